"""The register of a section as a map says. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from infra.operations.reports.rates import COUNTED
from infra.operations.reports.register_map import HOURS, MapColumn, RegisterMap
from sinks.reports import Table
from sinks.term_reports import VerdictRow

__all__ = ["RegisterWords", "register_table"]


class RegisterWords(NamedTuple):
    """How a reader says it. verdict: its word. weekday: of 1 to 7. zone: of the clocks."""

    verdict: Callable[[str], str]
    weekday: Callable[[int], str]
    zone: ZoneInfo


def register_table(said: RegisterMap, rows: Sequence[VerdictRow], words: RegisterWords) -> Table:
    """Return a register. rows: of a section, in the order of time."""
    numbers = {student: number for number, student in enumerate(sorted({each.student_id for each in rows}), 1)}
    if said.layout == "list":
        titles = tuple(each.title for each in said.columns)
        start = _monday(rows)
        return Table(titles, [_line(said, each, numbers[each.student_id], start, words) for each in rows])
    return _sheet(said, rows, numbers, words)


def _line(said: RegisterMap, row: VerdictRow, number: int, start: Any, words: RegisterWords) -> tuple[Any, ...]:
    values = _of_hour(row, start, words) | {
        "number": number,
        "student_id": row.student_id,
        "name": row.name,
        "section": row.section,
        "verdict": words.verdict(row.verdict),
        "sign": said.signs[row.verdict],
    }
    return tuple(each.text if each.what == "text" else values[each.what] for each in said.columns)


def _sheet(said: RegisterMap, rows: Sequence[VerdictRow], numbers: dict[str, int], words: RegisterWords) -> Table:
    start = _monday(rows)
    hours = {(each.date, each.starts_at, each.period): each for each in rows}
    his: dict[str, dict[Any, VerdictRow]] = {student: {} for student in numbers}
    for each in rows:
        his[each.student_id][each.date, each.starts_at, each.period] = each
    titles: list[str] = []
    for column in said.columns:
        if column.what == HOURS:
            titles += [_title(column, hours[key], start, words) for key in sorted(hours)]
        else:
            titles.append(column.title)

    def cells(student: str, column: MapColumn) -> Iterable[Any]:
        of = his[student]
        if column.what == HOURS:
            return [said.signs[of[key].verdict if key in of else "no_row"] for key in sorted(hours)]
        some = next(iter(of.values()))
        counts = Counter(each.verdict for each in of.values())
        totals = {name: counts[name] for name in COUNTED}
        values = totals | {
            "number": numbers[student], "student_id": student, "name": some.name, "section": some.section,
            "text": column.text, "class_hours": len(of),
        }  # fmt: skip
        return [values[column.what]]

    return Table(
        tuple(titles),
        [tuple(cell for column in said.columns for cell in cells(student, column)) for student in numbers],
    )


def _title(column: MapColumn, row: VerdictRow, start: Any, words: RegisterWords) -> str:
    values = _of_hour(row, start, words)
    day = {"year": row.date.year, "month": row.date.month, "day": row.date.day}
    return column.title.format(**values | day)


def _of_hour(row: VerdictRow, start: Any, words: RegisterWords) -> dict[str, Any]:
    return {
        "date": row.date,
        "weekday": words.weekday(row.date.isoweekday()),
        "week": (row.date - start).days // 7 + 1,
        "period": row.period,
        "hall": row.hall,
        "starts_at": f"{row.starts_at.astimezone(words.zone):%H:%M}",
        "ends_at": f"{row.ends_at.astimezone(words.zone):%H:%M}",
    }


def _monday(rows: Sequence[VerdictRow]) -> Any:
    """Return the Monday of the first week."""
    return rows[0].date - timedelta(days=rows[0].date.weekday()) if rows else None
