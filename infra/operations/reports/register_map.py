"""Which columns a register has, in which order and under which titles, and by which signs it says what somebody was.

Korean systems (KLAS, Coursemos and others) have no public format; each university has a sheet of its own. So a site
writes once, in a TOML file, what its sheet is like; ``docs/exports.md`` has examples.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args

import msgspec

from infra.operations.reports.map_file import MapFile, read_map
from infra.operations.reports.rates import COUNTED
from schemas.translations import Text

__all__ = ["HOUR_FIELDS", "SIGNS", "STUDENT_FIELDS", "Layout", "MapColumn", "RegisterMap", "read_register_map"]

Layout: TypeAlias = Literal["sheet", "list"]
"""``sheet``: a row a student, a column a class hour. ``list``: a row a student and class hour."""

SIGNS: Final[Mapping[str, str]] = {
    "present": "",
    "late": "X",
    "left_early": "ⓧ",
    "absent": "/",
    "official_leave": "공",
    "excused": "인",
    "unobserved": "?",
    "no_row": "-",
}
"""As registers have them; ``no_row``: he was not on the roster then, or nothing is on record of the class hour."""

STUDENT_FIELDS: Final = ("number", "student_id", "name", "section", "text")
HOUR_FIELDS: Final = ("date", "weekday", "week", "period", "hall", "starts_at", "ends_at", "verdict", "sign")
TOTAL_FIELDS: Final = ("class_hours", *COUNTED)
HOURS: Final = "hours"
"""The column of a sheet that stands for all class hours."""

_OF_LAYOUT: Final = {
    "sheet": (*STUDENT_FIELDS, *TOTAL_FIELDS, HOURS),
    "list": (*STUDENT_FIELDS, *HOUR_FIELDS),
}
_TITLE_VALUES: Final = {"year": 2026, "month": 3, "day": 9, "period": 1, "weekday": "월", "week": 2, "hall": "E101"}


class MapColumn(msgspec.Struct, frozen=True):
    """A column. what: of ``STUDENT_FIELDS`` and the like. text: what each of its cells says, if what is ``text``."""

    title: str
    what: str
    text: str = ""


class RegisterMap(msgspec.Struct, frozen=True, kw_only=True):
    """A whole map. signs: by verdict, and of ``no_row``."""

    layout: Layout
    columns: tuple[MapColumn, ...]
    signs: Mapping[str, str]


def read_register_map(file: Path) -> RegisterMap:
    """Read a map.

    Raises:
        RefusedError: a line is wrong; the text names it, and the remedy.
    """
    found = read_map(file, ("layout", "columns", "signs"))
    layout = found.values.get("layout", "sheet")
    if layout not in get_args(Layout):
        raise found.refusal(
            Text("layout must be sheet or list, got {layout!r}", layout=layout),
            Text("sheet: a row a student, a column a class hour. list: a row a student and class hour."),
            "",
            "layout",
        )
    columns = found.values.get("columns", [])
    if not isinstance(columns, list) or not columns:
        raise found.refusal(
            Text("it has no columns"), Text("Write a part [[columns]] with title and what for each."), "", "columns"
        )
    read = tuple(_column(found, place, each, layout) for place, each in enumerate(columns))
    if layout == "sheet" and [each.what for each in read].count(HOURS) != 1:
        raise found.refusal(
            Text("a sheet has the class hours in one place"),
            Text('Write exactly one part [[columns]] with what = "hours".'),
            "columns",
        )
    return RegisterMap(layout=layout, columns=read, signs=_signs(found))


def _column(found: MapFile, place: int, values: Any, layout: str) -> MapColumn:
    if not isinstance(values, dict):
        raise found.refusal(Text("a column must be a table"), Text("Write a line [[columns]] above it."), "", "columns")
    for name, value in values.items():
        found.known(name, MapColumn.__struct_fields__, "columns", place)
        if not isinstance(value, str) or not value.isprintable():
            raise found.refusal(
                Text("{name} must be text in quotes", name=name), Text("Write it in one line."), "columns", name, place
            )
    what, title = values.get("what", ""), values.get("title", "")
    if what not in _OF_LAYOUT[layout]:
        raise found.refusal(
            Text("{what!r} is nothing that a {layout} has", what=what, layout=layout),
            Text("There are {names}.", names=", ".join(_OF_LAYOUT[layout])),
            "columns",
            "what",
            place,
        )
    if what == HOURS:
        _see_title(found, place, title)
    return MapColumn(title, what, values.get("text", ""))


def _see_title(found: MapFile, place: int, title: str) -> None:
    """See that the title of each class hour can be made."""
    try:
        made = title.format(**_TITLE_VALUES)
    except (KeyError, IndexError, ValueError, AttributeError, TypeError):
        made = ""
    if not made or "{" not in title or len(made) > 100:
        raise found.refusal(
            Text("{title!r} names no class hour", title=title),
            Text("Write it like {example}; there are {names}.", example='"{month}/{day} {period}"',
                 names=", ".join(_TITLE_VALUES)),
            "columns",
            "title",
            place,
        )  # fmt: skip


def _signs(found: MapFile) -> dict[str, str]:
    table = found.table("signs")
    for verdict, sign in table.items():
        found.known(verdict, SIGNS, "signs")
        if not isinstance(sign, str) or not sign.isprintable() or len(sign) > 20:
            raise found.refusal(
                Text("a sign must be text of at most 20 letters in quotes"), Text('Nothing is "".'), "signs", verdict
            )
    signs = {**SIGNS, **table}
    for unknown in ("unobserved", "no_row"):
        for claim in ("present", "absent"):
            if signs[unknown] == signs[claim]:
                raise found.refusal(
                    Text("{unknown} has the sign of {claim}", unknown=unknown, claim=claim),
                    Text("Give it another: whom nobody could see was neither present nor absent."),
                    "signs",
                    unknown if unknown in table else claim,
                )
    return signs
