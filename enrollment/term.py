"""The terms of a university and what absence costs in them, as the registrar writes them: a TOML file each.

term = "2026-2"
first = 2026-09-01
last = 2026-12-18

[rule]
late_per_absence = 3
limit = "1/4"

[sections."EA0017-1"]      # what differs from the rule
limit = "1/3"

[faculties]                # who offers a section, by how its name begins
EA = "전자공학부"
"""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from schemas.allowed import allowed
from schemas.errors import RefusedError
from schemas.messages import Term, TermRule
from schemas.texts import cleaned, nearest, written_plainly
from schemas.toml_file import read_toml
from schemas.translations import Text

__all__ = ["read_term"]

_FIELDS = ("term", "first", "last", "rule", "sections", "faculties")
_EXAMPLE = "See docs/terms.md for a whole example."


def read_term(file: Path, loaded_at: datetime, by: str) -> Term:
    """Return the term that a file describes. loaded_at: aware.

    Raises:
        RefusedError: a name is unknown, a value is of the wrong kind or out of bounds; the text names it.
        SettingsError: it cannot be read, or is no TOML.
    """
    values = read_toml(file)
    _refuse_unknown(file, "", values, _FIELDS)
    term = written_plainly(str(values.get("term", "")))
    first, last = (_day(file, values, name) for name in ("first", "last"))
    if not term or "|" in term:
        raise RefusedError(Text("{file}: term must be a name like 2026-2", file=file), _EXAMPLE)
    if last < first:
        raise RefusedError(Text("{file}: the term ends before it begins", file=file), "Exchange first and last.")
    rule = _rule(file, "rule", _table(file, "rule", values.get("rule", {})), TermRule())
    sections = {
        written_plainly(name): _rule(file, f'sections."{name}"', _table(file, name, own), rule)
        for name, own in _table(file, "sections", values.get("sections", {})).items()
    }
    faculties = _faculties(file, _table(file, "faculties", values.get("faculties", {})))
    return Term(
        term=term, first=first, last=last, rule=rule, sections=sections, faculties=faculties, loaded_at=loaded_at, by=by
    )


def _faculties(file: Path, values: Mapping[str, Any]) -> dict[str, str]:
    """Return whose sections are, by how their names begin."""
    found = {written_plainly(begin): cleaned(each) if isinstance(each, str) else "" for begin, each in values.items()}
    for begin, name in found.items():
        if not begin or not name:
            raise RefusedError(
                Text("{file} [faculties]: {begin} must be a name in quotes", file=file, begin=begin or '""'), _EXAMPLE
            )
    return found


def _day(file: Path, values: Mapping[str, Any], name: str) -> date:
    value = values.get(name)
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise RefusedError(
            Text("{file}: {name} must be a day, like 2026-09-01", file=file, name=name), _EXAMPLE
        ) from error


def _table(file: Path, name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise RefusedError(Text("{file}: {name} must be a table, a line [{name}]", file=file, name=name), _EXAMPLE)


def _rule(file: Path, table: str, values: Mapping[str, Any], base: TermRule) -> TermRule:
    """Return a rule. base: what is not in the table."""
    _refuse_unknown(file, table, values, TermRule.__struct_fields__)
    for name, value in values.items():
        try:
            msgspec.convert({name: value}, TermRule)
        except msgspec.ValidationError as error:
            raise RefusedError(
                Text(
                    "{file} [{table}]: {name} must be {allowed}, got {given!r}",
                    file=file,
                    table=table,
                    name=name,
                    allowed=_allowed(name),
                    given=value,
                ),
                _EXAMPLE,
            ) from error
    rule = msgspec.structs.replace(base, **values)
    if 0 < rule.office_corrects_days <= rule.professor_corrects_days:
        raise RefusedError(
            Text("{file} [{table}]: office_corrects_days ends before the professor's days do", file=file, table=table),
            Text("Both count from the class hour: give more than {days}.", days=rule.professor_corrects_days),
        )
    return rule


def _allowed(name: str) -> str:
    """Return what a field of a rule may be, in words."""
    if name == "limit":
        return Text("a part in quotes, like {example}", example='"1/4"')
    return allowed(get_type_hints(TermRule, include_extras=True)[name])


def _refuse_unknown(file: Path, table: str, values: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for name in values:
        if name not in known:
            near = nearest(name, known)
            where = f"{file} [{table}]" if table else str(file)
            raise RefusedError(
                Text("{where}: {name!r} is nothing of a term", where=where, name=name),
                Text("Did you mean {near}?", near=near) if near else _EXAMPLE,
            )
