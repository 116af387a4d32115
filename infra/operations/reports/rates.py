"""Class hours added up by what they have in common: by section, week, weekday, hour of day, hall or faculty.

Pure. Every class of verdict is kept apart. The rate is of those who could be decided: whoever nobody could see is no
part of it, and stands beside it as a number of his own. So do class hours that the timetable has and the store has not.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, Literal, NamedTuple, TypeAlias, get_args
from zoneinfo import ZoneInfo

from schemas.messages import ClassHour
from sinks.term_reports import HourTally

__all__ = [
    "COUNTED",
    "DIMENSIONS",
    "Dimension",
    "HeatMap",
    "RateLine",
    "VerdictCounts",
    "added_up",
    "heat_map",
    "lines_by",
    "missing_hours",
]

Dimension: TypeAlias = Literal["section", "week", "weekday", "hour", "hall", "faculty"]
DIMENSIONS: Final[tuple[Dimension, ...]] = get_args(Dimension)

COUNTED: Final = ("present", "late", "left_early", "absent", "excused", "official_leave", "unobserved")
"""The classes, in the order in which tables have them."""

STEPS: Final = (0.5, 0.7, 0.8, 0.9, 0.95)
"""Where a colour of a heat map ends and the next begins."""


class VerdictCounts(NamedTuple):
    """How many rows of students are what, in how many closed class hours.

    missing: class hours that are over by the timetable, and that the store has no closed record of.
    """

    class_hours: int = 0
    present: int = 0
    late: int = 0
    left_early: int = 0
    absent: int = 0
    excused: int = 0
    official_leave: int = 0
    unobserved: int = 0
    missing: int = 0

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(getattr(self, each) for each in COUNTED)

    @property
    def attended(self) -> int:
        """Who was there."""
        return self.present + self.late + self.left_early

    @property
    def rate(self) -> float | None:
        """Who was there, of those who were there or absent; None: nobody was either."""
        decided = self.attended + self.absent
        return self.attended / decided if decided else None

    def share(self, name: str) -> float:
        """Return the part of a class in all rows; 0 of none."""
        return getattr(self, name) / self.rows if self.rows else 0.0

    @property
    def level(self) -> str:
        """Which colour it has in a heat map: by the rate, or why there is none."""
        if self.rate is not None:
            return str(sum(self.rate >= step for step in STEPS))
        return "unobserved" if self.unobserved else "free" if self.rows else "missing"


class RateLine(NamedTuple):
    """key: a section, hall or faculty by name; a Monday; a weekday, 1 to 7; an hour, 0 to 23."""

    key: Any
    counts: VerdictCounts


class HeatMap(NamedTuple):
    """What is at (row, column); where no class hour was, nothing."""

    rows: Sequence[Any]
    columns: Sequence[Any]
    cells: Mapping[tuple[Any, Any], VerdictCounts]


def missing_hours(hours: Iterable[ClassHour], tallies: Iterable[HourTally]) -> list[ClassHour]:
    """Return those class hours that have no tally. hours: that are over."""
    stored = {(each.section, each.date, each.period) for each in tallies}
    return [each for each in hours if (each.section, each.date, each.period) not in stored]


def added_up(tallies: Iterable[HourTally], missing: Sequence[ClassHour] = ()) -> VerdictCounts:
    """Return all of them together."""
    return _grouped(tallies, missing, lambda each: 0).get(0, VerdictCounts())


def lines_by(
    dimension: Dimension,
    tallies: Iterable[HourTally],
    missing: Iterable[ClassHour],
    zone: ZoneInfo,
    faculty_of: Callable[[str], str],
) -> list[RateLine]:
    """Return them by what a dimension says, in its order. zone: of weekday and hour. faculty_of: a section."""
    found = _grouped(tallies, missing, _key(dimension, zone, faculty_of))
    return [RateLine(key, found[key]) for key in sorted(found)]


def heat_map(
    down: Dimension, across: Dimension, tallies: Iterable[HourTally], missing: Iterable[ClassHour], zone: ZoneInfo
) -> HeatMap:
    """Return them by two dimensions. Weeks, weekdays and hours between the first and the last are columns, too."""
    row, column = _key(down, zone, str), _key(across, zone, str)
    found = _grouped(tallies, missing, lambda each: (row(each), column(each)))
    rows, columns = sorted({row for row, _ in found}), sorted({column for _, column in found})
    return HeatMap(_without_gaps(down, rows), _without_gaps(across, columns), found)


def _without_gaps(dimension: Dimension, keys: list[Any]) -> list[Any]:
    if not keys or dimension in ("section", "hall", "faculty"):
        return keys
    step: Any = timedelta(weeks=1) if dimension == "week" else 1
    filled = [keys[0]]
    while filled[-1] < keys[-1]:
        filled.append(filled[-1] + step)
    return filled


def _key(
    dimension: Dimension, zone: ZoneInfo, faculty_of: Callable[[str], str]
) -> Callable[[HourTally | ClassHour], Any]:
    match dimension:
        case "section":
            return lambda each: each.section
        case "week":
            return lambda each: each.date - timedelta(days=each.date.weekday())
        case "weekday":
            return lambda each: each.date.isoweekday()
        case "hour":
            return lambda each: each.starts_at.astimezone(zone).hour
        case "hall":
            return lambda each: each.hall
        case "faculty":
            return lambda each: faculty_of(each.section)


def _grouped(
    tallies: Iterable[HourTally], missing: Iterable[ClassHour], key: Callable[[HourTally | ClassHour], Hashable]
) -> dict[Any, VerdictCounts]:
    sums = defaultdict[Any, list[int]](lambda: [0] * len(VerdictCounts._fields))
    for each in tallies:
        sum_ = sums[key(each)]
        sum_[0] += 1
        for place, name in enumerate(COUNTED, 1):
            sum_[place] += getattr(each, name)
    for hour in missing:
        sums[key(hour)][-1] += 1
    return {key_: VerdictCounts._make(sum_) for key_, sum_ in sums.items()}
