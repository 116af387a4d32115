"""What Naul says of a simulated hall beside what its script says."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

import msgspec

from producers.simulated_hall import Expected, Script, expected
from schemas.ids import class_hour_id, split_class_hour
from schemas.messages import Moment, Verdict
from schemas.settings import Policy
from sinks.runs.rows import StudentKey
from sinks.runs.truth import Truth

__all__ = ["TOLERANCE", "Away", "ScriptComparison", "compare", "truths"]

TOLERANCE = timedelta(seconds=60)
"""How far a departure may be from the script: two frames, and a head that was bent when it happened."""


class ReportedAttendance(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``naul report attendance --format json``, as far as it is compared."""

    section: str
    date: str
    period: int
    student_id: str
    name: str
    verdict: Verdict
    arrived_at: Moment | None

    @property
    def key(self) -> tuple[str, str]:
        """Class hour and student."""
        return class_hour_id(self.section, datetime.fromisoformat(self.date).date(), self.period), self.student_id


class ReportedDeparture(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``naul report departures --format json``, as far as it is compared."""

    section: str
    date: str
    period: int
    student_id: str
    departed_at: Moment
    returned_at: Moment | None


Away = tuple[datetime, datetime | None]


class ScriptComparison(msgspec.Struct, frozen=True, kw_only=True):
    """One student in one class hour: the script's word and ours."""

    class_hour: str
    student_id: str
    name: str
    truth: Expected
    verdict: Verdict | None
    arrived_at: datetime | None
    away: tuple[Away, ...]

    @property
    def true_away(self) -> tuple[Away, ...]:
        """When the script has him away."""
        return tuple((each.departed_at, each.returned_at) for each in self.truth.absences)

    @property
    def verdict_right(self) -> bool:
        """Whether the verdict is the script's."""
        return self.verdict == self.truth.verdict

    @property
    def departures_right(self) -> bool:
        """Whether there are the same departures, each within ``TOLERANCE``, and the same that ended."""
        return all(
            told is not None
            and true is not None
            and abs(told[0] - true[0]) <= TOLERANCE
            and (told[1] is None) == (true[1] is None)
            for told, true in zip_longest(self.away, self.true_away)
        )


def compare(
    script: Script, said: Iterable[Mapping[str, Any]], departures: Iterable[Mapping[str, Any]], policy: Policy
) -> list[ScriptComparison]:
    """Return a comparison for every class hour and student of the script, in its order.

    said, departures: rows of the two reports; what concerns other class hours is passed over.
    """
    rows = {row.key: row for each in said if (row := msgspec.convert(each, ReportedAttendance, strict=False))}
    away: dict[tuple[str, str], list[Away]] = {}
    for each in departures:
        left = msgspec.convert(each, ReportedDeparture, strict=False)
        hour = class_hour_id(left.section, datetime.fromisoformat(left.date).date(), left.period)
        away.setdefault((hour, left.student_id), []).append((left.departed_at, left.returned_at))
    names = {each.student_id: each.name for each in script.students}
    return [
        ScriptComparison(
            class_hour=hour,
            student_id=student,
            name=names[student],
            truth=truth,
            verdict=rows[hour, student].verdict if (hour, student) in rows else None,
            arrived_at=rows[hour, student].arrived_at if (hour, student) in rows else None,
            away=tuple(sorted(away.get((hour, student), ()), key=lambda each: each[0])),
        )
        for (hour, student), truth in expected(script, policy).items()
    ]


def truths(script: Script, policy: Policy) -> dict[StudentKey, Truth]:
    """Return what is true of every student and class hour of a script."""
    return {
        (*split_class_hour(hour), student): Truth(true.verdict, true.arrived_at, true.departed_at)
        for (hour, student), true in expected(script, policy).items()
    }
