"""Deterministic identifiers: the same facts written twice, by anyone, land on the same row."""

import re
from datetime import date
from uuid import UUID, uuid5

from schemas.errors import RefusedError
from schemas.texts import written_plainly
from schemas.translations import Text

__all__ = [
    "LIVE",
    "NAUL",
    "base_engine",
    "class_hour_id",
    "happening_id",
    "id_fault",
    "presence_id",
    "row_id",
    "split_class_hour",
    "spreadsheet_form",
    "student_id",
]

NAUL = UUID("7b1f8a52-3c7e-5d19-9a40-6e61756c0001")

LIVE = "live"
"""The run that professors and the registrar see; every other run is a replay."""

_STUDENT = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{1,39}")
_SPREADSHEET = re.compile(r"\d+\.0+|\d+(\.\d+)?[Ee]\+?\d+")
_BEGINS = re.compile(r"(\d+\.0+|\d+(?:[.,]\d+)?[Ee]\+\d+|\d+[.,]\d+[Ee]\d+|\d{1,3}(?:,\d{3})+)(?![0-9A-Za-z])")
_HOLDS = re.compile(r"(?<![0-9A-Za-z.,])(?:\d{4,}\.0+|\d+[.,]\d+[Ee]\+?\d+|\d{1,3}(?:,\d{3}){2,})(?![0-9A-Za-z])")
"""What a spreadsheet makes of a number, at the beginning of a name; and anywhere, where it is long enough for an id."""


def class_hour_id(section: str, day: date, period: int) -> str:
    """Name a class hour, e.g. ``EA0017-1|2026-11-23|1``. The hall is not in it: an hour may move."""
    return f"{section}|{day.isoformat()}|{period}"


def split_class_hour(class_hour: str) -> tuple[str, date, int]:
    """Return section, date and period of a class hour's id.

    Raises:
        ValueError: it is not such an id.
    """
    section, day, period = class_hour.split("|")
    return section, date.fromisoformat(day), int(period)


def row_id(run: str, class_hour: str, student: str) -> UUID:
    """Identify the attendance row of a student in a class hour of a run."""
    return uuid5(NAUL, f"{run}|{class_hour}|{student}")


def presence_id(run: str, class_hour: str, student: str, kind: str, ordinal: int) -> UUID:
    """Identify the n-th (from 0) event of a kind of a student in a class hour of a run."""
    return uuid5(NAUL, f"{run}|{class_hour}|{student}|{kind}|{ordinal}")


def happening_id(*parts: object) -> UUID:
    """Identify what happened, by all that is said of it: the same said again has the same id for ever."""
    return uuid5(NAUL, "|".join(["happening", *map(str, parts)]))


def base_engine(engine: str) -> str:
    """Return the id of the engine that embeds, of an observation's engine: that is the id and how the faces were found.

    ``centerface-dlib@1-530a2c1e+q8+p-1a2b3c4d`` was found by the quantised detector with a camera's profile; its
    embeddings compare with all others of ``centerface-dlib@1-530a2c1e``.
    """
    return engine.partition("+")[0]


def spreadsheet_form(name: str) -> str:
    """Return what of a file's name a spreadsheet made of an id, like ``202100001.0`` or ``2.021E+08``; or nothing."""
    found = _BEGINS.match(name) or _HOLDS.search(name)
    return found[0] if found else ""


def id_fault(text: str) -> str:
    """Return what is wrong with a student id, or nothing: ``spreadsheet_id`` is what a spreadsheet made of one."""
    if _SPREADSHEET.fullmatch(text):
        return "spreadsheet_id"
    return "" if _STUDENT.fullmatch(text) else "no_id"


def student_id(text: str) -> str:
    """Return a student id as it is stored: 2 to 40 letters, digits, dots, dashes, underscores and slashes.

    Dashes of any kind are ``-``, as wherever ids come in (``schemas.texts.written_plainly``).

    Raises:
        RefusedError: the text is no student id, or what a spreadsheet made of one.
    """
    text = written_plainly(text)
    fault = id_fault(text)
    if fault == "spreadsheet_id":
        raise RefusedError(
            Text("{text!r} is what a spreadsheet or a data frame made of a student id", text=text),
            "Write ids as text, like 201912345: give the column the format Text, or read it with dtype=str.",
        )
    if fault:
        raise RefusedError(
            Text("{text!r} is not a student id", text=text),
            "An id has 2 to 40 letters and digits, like 201912345; . - _ / may follow.",
        )
    return text
