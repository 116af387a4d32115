"""The texts of the desk: what its code and templates say in English, and what the Korean catalogue lacks.

python -m tests.tools.texts            write the catalogue anew: new texts without a translation, old ones gone
"""

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

__all__ = ["CATALOGUE", "said", "untranslated"]

DESK = Path(__file__).parents[2] / "infra" / "desk"
CATALOGUE = DESK / "locale" / "ko.po"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]


def said() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    """Yield the file and the text of everything that is translated."""
    for file, _, text, _, _ in extract_from_dir(str(DESK), METHODS, {"**.html": {"trimmed": "true"}}):
        yield file, text


def untranslated() -> list[str]:
    """Return the texts that the catalogue does not have, or that nobody says any more."""
    with CATALOGUE.open("rb") as file:
        known = {each.id: each.string for each in read_po(file, locale="ko") if each.id}
    used = {text for _, text in said()}
    return sorted(
        str(text) for text in used | known.keys() if text not in used or not any(map(bool, [known.get(text)]))
    )


def main() -> None:
    """Write the catalogue."""
    catalogue = Catalog(locale="ko")
    old = {}
    if CATALOGUE.exists():
        with CATALOGUE.open("rb") as file:
            old = {each.id: each.string for each in read_po(file, locale="ko") if each.id}
    for file, text in said():
        catalogue.add(text, string=old.get(text), locations=[(file, 1)])
    with CATALOGUE.open("wb") as file:
        write_po(file, catalogue, width=110, sort_output=True, omit_header=True, no_location=True)
    print("\n".join(untranslated()))


if __name__ == "__main__":
    main()
