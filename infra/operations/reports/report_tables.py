"""The tables of reports as files have them: in the words of whoever reads them."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from babel.dates import get_day_names

from infra.operations.class_hours.labels import column_name, reason_text, word
from infra.operations.reports.rates import COUNTED, Dimension, RateLine, VerdictCounts
from infra.operations.terms.terms import StudentStanding
from schemas.messages import CAMERA
from schemas.translations import Texts, say
from sinks.term_reports import SlipRow, StudentHourRow, VerdictRow

__all__ = [
    "ReportTable",
    "attendance_table",
    "dimension_key",
    "rates_table",
    "slips_table",
    "standing_table",
    "student_table",
    "weekday_name",
]

Rows = Iterable[tuple[Any, ...]]

_STANDINGS: Final[Texts] = {
    "failed": "beyond the limit",
    "last_hour": "one absence more is too many",
    "at_risk": "at risk",
    "ok": "within the limit",
}
_NUMBERS: Final = ("class_hours", *COUNTED, "rate", "no_record")


class ReportTable(NamedTuple):
    """A table that may be long. head: in the reader's language. rows: as of ``Table``, as they come.

    text: columns that are no numbers, however they look.
    """

    head: tuple[str, ...]
    rows: Rows
    text: frozenset[int] = frozenset()


def weekday_name(language: str, day: int) -> str:
    """Return what a weekday (1 to 7) is called."""
    return str(get_day_names("abbreviated", locale=language)[day - 1])


def dimension_key(language: str, dimension: Dimension, key: Any) -> str:
    """Return what a line of rates is called."""
    match dimension:
        case "weekday":
            return weekday_name(language, key)
        case "hour":
            return f"{key:02}:00"
        case "faculty":
            return key or say(language, "no faculty named")
        case _:
            return str(key)


def rates_table(language: str, dimension: Dimension, lines: Iterable[RateLine], totals: VerdictCounts) -> ReportTable:
    """Return rates, all of them together in the last line."""
    rows = [(_cell(language, dimension, each.key), *_numbers(each.counts)) for each in lines]
    head = _head(language, (dimension, *_NUMBERS))
    return ReportTable(head, [*rows, (say(language, "all together"), *_numbers(totals))], frozenset({0}))


def standing_table(language: str, standings: Iterable[StudentStanding]) -> ReportTable:
    """Return how students stand by the rule of the term."""
    names = (
        "section", "student_id", "name", "absent", "late", "left_early", "official_leave", "excused", "unobserved",
        "charged", "limit", "hours_left", "standing",
    )  # fmt: skip
    rows = (
        (row.section, row.student_id, row.name, of.absent, of.late, of.left_early, of.official_leave, of.excused,
         of.unobserved, round(float(it.charged), 2), round(float(it.limit), 2), it.left,
         say(language, _STANDINGS[it.word]))
        for row, it in standings
        for of in [row.counts]
    )  # fmt: skip
    return ReportTable(_head(language, names), rows, frozenset({0, 1, 2}))


def slips_table(language: str, slips: Iterable[SlipRow]) -> ReportTable:
    """Return who slips away."""
    names = ("section", "student_id", "name", "class_hours", "left_early", "left", "returned", "minutes_away")
    return ReportTable(_head(language, names), slips, frozenset({0, 1, 2}))


def student_table(language: str, zone: ZoneInfo, student: str, rows: Iterable[StudentHourRow]) -> ReportTable:
    """Return the class hours of a student."""
    names = (
        "date", "starts_at", "section", "period", "hall", "student_id", "name", "verdict", "arrived_at", "departed_at",
        "minutes_present", "minutes_covered", "by", "reason",
    )  # fmt: skip
    told = (
        (each.date, _clock(each.starts_at, zone), each.section, each.period, each.hall, student, each.name,
         word(language, each.verdict), _clock(each.arrived_at, zone), _clock(each.departed_at, zone),
         each.minutes_present, each.minutes_covered, _by(each.source), reason_text(language, each.reason))
        for each in rows
    )  # fmt: skip
    return ReportTable(_head(language, names), told, frozenset({2, 5, 6}))


def attendance_table(language: str, zone: ZoneInfo, rows: Iterable[VerdictRow]) -> ReportTable:
    """Return what everybody was in every class hour."""
    names = (
        "date", "starts_at", "section", "period", "hall", "student_id", "name", "verdict", "arrived_at", "departed_at",
        "by",
    )  # fmt: skip
    return ReportTable(_head(language, names), _attendance(language, zone, rows), frozenset({2, 5, 6}))


def _attendance(language: str, zone: ZoneInfo, rows: Iterable[VerdictRow]) -> Iterator[tuple[Any, ...]]:
    words: dict[str, str] = {}
    for each in rows:
        if each.verdict not in words:
            words[each.verdict] = word(language, each.verdict)
        yield (
            each.date, _clock(each.starts_at, zone), each.section, each.period, each.hall, each.student_id, each.name,
            words[each.verdict], _clock(each.arrived_at, zone), _clock(each.departed_at, zone), _by(each.source),
        )  # fmt: skip


def _numbers(counts: VerdictCounts) -> tuple[Any, ...]:
    rate = None if counts.rate is None else round(counts.rate, 4)
    return (counts.class_hours, *(getattr(counts, each) for each in COUNTED), rate, counts.missing)


def _cell(language: str, dimension: Dimension, key: Any) -> Any:
    return key if isinstance(key, date) else dimension_key(language, dimension, key)


@lru_cache(maxsize=2**12)  # the students of a class hour have its times
def _clock(moment: datetime | None, zone: ZoneInfo) -> str | None:
    """Return a time of day."""
    return moment.astimezone(zone).strftime("%H:%M:%S") if moment else None


def _by(source: str) -> str | None:
    """Return the person who said a verdict."""
    return None if source == CAMERA else source


def _head(language: str, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(column_name(language, each).replace("_", " ") for each in names)
