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

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import reduce
from pathlib import Path
from typing import Any, Final, NamedTuple, get_type_hints

import msgspec

from schemas.allowed import allowed
from schemas.errors import RefusedError
from schemas.messages import Term, TermRule
from schemas.texts import cleaned, nearest, written_plainly
from schemas.toml_file import read_toml
from schemas.translations import Text

__all__ = [
    "RULE_FIELDS",
    "TermFault",
    "TermFaultsError",
    "own_fields",
    "read_term",
    "section_table",
    "term_file",
    "term_of_values",
    "with_values",
]

RULE_FIELDS: Final = TermRule.__struct_fields__
_FIELDS = ("term", "first", "last", "rule", "sections", "faculties")
NO_REMEDY: Final = Text("")
_EXAMPLE = "See docs/terms.md for a whole example."


NAMED: Final = 50
"""Faults that are named; the others are counted."""


class TermFault(NamedTuple):
    """What is wrong with a term. table, name: where; a table is ``rule``, ``sections."X"`` or ``faculties``.

    remedy: empty: the whole example of such a file says it.
    """

    table: str
    name: str
    what: Text
    remedy: Text = NO_REMEDY


class TermFaultsError(RefusedError):
    """A term is refused for all of its faults. file: which has them; empty: none."""

    def __init__(self, faults: Iterable[TermFault], file: str = "") -> None:
        self.faults = tuple(faults)
        alone = len(self.faults) == 1
        lines = [_placed(each, file, told=not alone) for each in self.faults[:NAMED]]
        if (more := len(self.faults) - NAMED) > 0:
            lines.append(Text("and {count} more", count=more))
        super().__init__(reduce(_below, lines), (alone and self.faults[0].remedy) or _EXAMPLE)


def _placed(fault: TermFault, file: str, *, told: bool) -> Text:
    """Return a fault with its place. told: with its remedy, too."""
    table = f"[{fault.table}]" if fault.table else ""
    where = " ".join(filter(None, (file, table)))
    what = Text("{what}. {remedy}", what=fault.what, remedy=fault.remedy) if told and fault.remedy else fault.what
    return Text("{where}: {what}", where=where, what=what) if where else what


def _below(above: Text, line: Text) -> Text:
    return Text("{above}\n{line}", above=above, line=line)


def read_term(file: Path, loaded_at: datetime, by: str) -> Term:
    """Return the term that a file describes. loaded_at: aware.

    Raises:
        TermFaultsError: a name is unknown, a value is of the wrong kind or out of bounds; the text names it.
        SettingsError: it cannot be read, or is no TOML.
    """
    return term_of_values(read_toml(file), loaded_at, by, str(file))


def term_of_values(values: Mapping[str, Any], loaded_at: datetime, by: str, file: str = "") -> Term:
    """Return the term that values describe, as they stand in such a file. file: for what is said of it.

    Raises:
        TermFaultsError: as ``read_term``.
    """
    reader = _Reader()
    reader.unknown("", values, _FIELDS)
    term = written_plainly(str(values.get("term", "")))
    if not term or "|" in term or not term.isprintable():
        reader.note("", "term", Text("term must be a name like 2026-2"))
    first, last = (reader.day(values, name) for name in ("first", "last"))
    if first and last and last < first:
        reader.note("", "last", Text("the term ends before it begins"), Text("Exchange first and last."))
    rule = reader.rule("rule", reader.table("rule", values.get("rule", {})), TermRule())
    sections = {
        written_plainly(name): reader.rule(section_table(name), reader.table(name, own), rule)
        for name, own in reader.table("sections", values.get("sections", {})).items()
    }
    if "" in sections:
        reader.note('sections.""', "section", Text("a section must have a name, like EA0017-1"))
    faculties = reader.faculties(reader.table("faculties", values.get("faculties", {})))
    if reader.faults or first is None or last is None:
        raise TermFaultsError(reader.faults, file)
    return Term(
        term=term, first=first, last=last, rule=rule, sections=sections, faculties=faculties, loaded_at=loaded_at, by=by
    )


def with_values(rule: TermRule, values: Mapping[str, Any]) -> TermRule:
    """Return a rule in which some fields are others, given as such a file has them.

    Raises:
        TermFaultsError: as ``read_term``.
    """
    reader = _Reader()
    found = reader.rule("", values, rule)
    if reader.faults:
        raise TermFaultsError(reader.faults)
    return found


def section_table(section: str) -> str:
    """Return what the table of a section's own rule is called."""
    return f'sections."{section}"'


class _Reader:
    """Reads values, and keeps what is wrong with them."""

    def __init__(self) -> None:
        self.faults: list[TermFault] = []

    def note(self, table: str, name: str, what: Text, remedy: Text = NO_REMEDY) -> None:
        self.faults.append(TermFault(table, name, what, remedy))

    def unknown(self, table: str, values: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for name in values:
            if name not in known:
                near = nearest(name, known)
                remedy = Text("Did you mean {near}?", near=near) if near else NO_REMEDY
                self.note(table, name, Text("{name!r} is nothing of a term", name=name), remedy)

    def day(self, values: Mapping[str, Any], name: str) -> date | None:
        value = values.get(name)
        if type(value) is date:
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.note("", name, Text("{name} must be a day, like 2026-09-01", name=name))
            return None

    def table(self, name: str, value: Any) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        self.note("", name, Text("{name} must be a table, a line [{name}]", name=name))
        return {}

    def rule(self, table: str, values: Mapping[str, Any], base: TermRule) -> TermRule:
        """Return a rule. base: what is not in the table."""
        self.unknown(table, values, RULE_FIELDS)
        good = {}
        for name in RULE_FIELDS:
            if name not in values:
                continue
            try:
                msgspec.convert({name: values[name]}, TermRule)
            except msgspec.ValidationError:
                told = {"name": name, "allowed": _allowed(name), "given": values[name]}
                self.note(table, name, Text("{name} must be {allowed}, got {given!r}", **told))
            else:
                good[name] = values[name]
        rule = msgspec.structs.replace(base, **good)
        if 0 < rule.office_corrects_days <= rule.professor_corrects_days:
            self.note(
                table,
                "office_corrects_days",
                Text("office_corrects_days ends before the professor's days do"),
                Text("Both count from the class hour: give more than {days}.", days=rule.professor_corrects_days),
            )
        return rule

    def faculties(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Return whose sections are, by how their names begin."""
        found = {
            written_plainly(begin): cleaned(each) if isinstance(each, str) else "" for begin, each in values.items()
        }
        for begin, name in found.items():
            if not begin or not name:
                self.note("faculties", begin, Text("{begin} must be a name in quotes", begin=begin or '""'))
        return found


def _allowed(name: str) -> str:
    """Return what a field of a rule may be, in words."""
    if name == "limit":
        return Text("a part in quotes, like {example}", example='"1/4"')
    return allowed(get_type_hints(TermRule, include_extras=True)[name])


def own_fields(rule: TermRule, base: TermRule) -> dict[str, Any]:
    """Return what differs between a section's rule and the one above it, by field."""
    return {name: getattr(rule, name) for name in RULE_FIELDS if getattr(rule, name) != getattr(base, name)}


def term_file(term: Term) -> str:
    """Return a term as the file that describes it; when and by whom it was loaded is no part of it."""
    lines = [f"term = {_quoted(term.term)}", f"first = {term.first}", f"last = {term.last}", "", "[rule]"]
    lines += [f"{name} = {_written(getattr(term.rule, name))}" for name in RULE_FIELDS]
    for section, rule in sorted(term.sections.items()):
        lines += ["", f"[sections.{_quoted(section)}]"]
        lines += [f"{name} = {_written(value)}" for name, value in own_fields(rule, term.rule).items()]
    if term.faculties:
        lines += ["", "[faculties]"]
        lines += [f"{_quoted(begin)} = {_quoted(name)}" for begin, name in sorted(term.faculties.items())]
    return "\n".join(lines) + "\n"


def _written(value: Any) -> str:
    return _quoted(value) if isinstance(value, str) else str(value).lower()


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
