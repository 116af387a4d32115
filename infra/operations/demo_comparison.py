"""What Naul says of a simulated hall beside what its script says."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

import msgspec
from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from producers.simulated_hall import Expected, Script, expected
from schemas.ids import class_hour_id, split_class_hour
from schemas.messages import Moment, Verdict
from schemas.settings import Policy
from sinks.runs.rows import StudentKey
from sinks.runs.truth import Truth

__all__ = ["TOLERANCE", "Away", "Comparison", "Departure", "PublishedEvents", "cast", "compare", "tables", "truths"]

TOLERANCE = timedelta(seconds=60)
"""How far a departure may be from the script: two frames, and a head that was bent when it happened."""


class PublishedEvents(msgspec.Struct, frozen=True, kw_only=True):
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


class Departure(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``naul report departures --format json``, as far as it is compared."""

    section: str
    date: str
    period: int
    student_id: str
    departed_at: Moment
    returned_at: Moment | None


COLUMNS = {"": 1, "name": 6, "by script": 10, "by Naul": 10, "arrived": 8, "away by script": 17, "away by Naul": 17}

Away = tuple[datetime, datetime | None]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
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
) -> list[Comparison]:
    """Return a comparison for every class hour and student of the script, in its order.

    said, departures: rows of the two reports; what concerns other class hours is passed over.
    """
    rows = {row.key: row for each in said if (row := msgspec.convert(each, PublishedEvents, strict=False))}
    away: dict[tuple[str, str], list[Away]] = {}
    for each in departures:
        left = msgspec.convert(each, Departure, strict=False)
        hour = class_hour_id(left.section, datetime.fromisoformat(left.date).date(), left.period)
        away.setdefault((hour, left.student_id), []).append((left.departed_at, left.returned_at))
    names = {each.student_id: each.name for each in script.students}
    return [
        Comparison(
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


def cast(script: Script) -> Table:
    """Return who plays what."""
    table = Table(title="the script", title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0), show_header=False)
    for student in script.students:
        table.add_row(student.name, student.story)
    for stranger in script.strangers:
        stays = " ".join(f"{each.starts_at:%H:%M}–{each.ends_at:%H:%M}" for each in stranger.here)
        table.add_row("a stranger", f"{stays} on seat {stranger.seat}")
    for dark in script.dark:
        table.add_row("the camera", f"dark {dark.starts_at:%H:%M}–{dark.ends_at:%H:%M}")
    return table


def tables(script: Script, compared: Sequence[Comparison]) -> Group:
    """Return one table a class hour, and a line that counts."""
    zone = script.hours[0].starts_at.tzinfo
    hours = dict.fromkeys(each.class_hour for each in compared)
    wrong = sum(not each.verdict_right for each in compared)
    missed = sum(not each.departures_right for each in compared)
    errors = [
        abs(told[0] - true[0]).total_seconds()
        for each in compared
        if each.departures_right
        for told, true in zip(each.away, each.true_away, strict=True)
    ]
    count = Text(
        f"{len(compared) - wrong} of {len(compared)} verdicts right", "bold green" if not wrong else "bold red"
    )
    count.append(
        f"; {len(errors)} departures, {f'at most {max(errors):.0f} s from the script' if errors else 'none told'}"
        + (f"; {missed} students with a wrong or missing departure" if missed else "")
    )
    return Group(*(_table(hour, compared, zone) for hour in hours), count)


def _table(hour: str, compared: Sequence[Comparison], zone: Any) -> Table:
    table = Table(title=hour.replace("|", "  "), title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0))
    for column, width in COLUMNS.items():
        table.add_column(column, no_wrap=True, min_width=width)
    for each in compared:
        if each.class_hour == hour:
            colour = "green" if each.verdict_right and each.departures_right else "red"
            table.add_row(
                Text("✓" if colour == "green" else "✗", colour),
                each.name,
                each.truth.verdict,
                Text(each.verdict or "nothing", colour),
                _clock(each.arrived_at, zone),
                " ".join(_stretches(each.true_away, zone)),
                " ".join(_stretches(each.away, zone)),
            )
    return table


def _stretches(away: Iterable[Away], zone: Any) -> Iterator[str]:
    for left, back in away:
        yield f"{_clock(left, zone)}–{_clock(back, zone)}"


def _clock(moment: datetime | None, zone: Any) -> str:
    return moment.astimezone(zone).strftime("%H:%M:%S") if moment else ""
