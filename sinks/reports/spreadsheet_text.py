"""Text that no spreadsheet runs as a formula, though the file is CSV: names and reasons are entered by people."""

import re

__all__ = ["as_spreadsheet_text", "from_spreadsheet_text"]

_FORMULA = re.compile("'*[=+@\t\r\n\uff1d\uff0b\uff20\uff0d-]")
"""How a text begins that a spreadsheet would run (full-width signs, too), or that has been marked before."""


def as_spreadsheet_text(text: str) -> str:
    """Return a text with an apostrophe before what looks like a formula: the sign that spreadsheets have for "text".

    A text that begins with apostrophes before such a sign gets one more, so that nothing is lost.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def from_spreadsheet_text(text: str) -> str:
    """Return what a cell was before."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
