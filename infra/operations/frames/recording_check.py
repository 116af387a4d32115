"""A recording held against the timetable before it is sent: frames that nobody will count are better not sent."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from schemas.messages import ClassHour
from schemas.rosters import Rosters
from schemas.texts import nearest

__all__ = [
    "HallHours",
    "Objection",
    "Unrecognised",
    "halls",
    "hours_of",
    "objection",
    "strays",
    "unfinished",
    "unrecognised",
]

_MANY: Final = 0.25
"""Share of frames. A camera that runs through all breaks has a sixth between class hours of 50 minutes."""
_APART: Final = timedelta(minutes=5)
"""Without a frame for longer another recording begins: what runs on around a class hour was meant to."""
_ZONES: Final = [sign * timedelta(minutes=30) * n for n in range(1, 29) for sign in (1, -1)]
"""By how much clocks of two places differ."""
_STANDS_FOR: Final = timedelta(seconds=60)
"""Time that a frame covers at most."""


class Objection(NamedTuple):
    """Why a recording should not be sent: names of ``frame_texts`` and what they need.

    hall: that of the recording; near: the one that was perhaps meant, empty if none is like it. apart: how far the
    nearest class hour is away, or how far the frames are ahead of Kafka's clock.
    """

    text: str
    remedy: str
    near: str = ""
    apart: timedelta = timedelta(0)


class Unrecognised(NamedTuple):
    """A section in whose class hours nobody can be recognised.

    text: why, a name of ``frame_texts``. near: a section that has a roster, and was perhaps meant.
    """

    section: str
    text: str
    near: str = ""


class HallHours:
    """When a hall has class hours: stretches that neither touch nor overlap."""

    def __init__(self, hours: Iterable[ClassHour], hall: str) -> None:
        self.stretches: list[tuple[datetime, datetime]] = []
        for hour in sorted(hours, key=lambda each: each.starts_at):
            if hall not in hour.halls:
                continue
            if self.stretches and hour.starts_at <= self.stretches[-1][1]:
                starts_at, ends_at = self.stretches.pop()
                self.stretches.append((starts_at, max(ends_at, hour.ends_at)))
            else:
                self.stretches.append((hour.starts_at, hour.ends_at))

    def __contains__(self, moment: datetime) -> bool:
        at = bisect_right(self.stretches, moment, key=lambda each: each[0]) - 1
        return at >= 0 and moment < self.stretches[at][1]


def halls(hours: Iterable[ClassHour]) -> set[str]:
    """Return every hall of a timetable."""
    return {hall for hour in hours for hall in hour.halls}


def hours_of(hours: Iterable[ClassHour], hall: str, moments: Sequence[datetime]) -> list[ClassHour]:
    """Return the class hours of a hall into which frames fall. moments: of these, in their order."""
    return [
        hour
        for hour in hours
        if hall in hour.halls and bisect_left(moments, hour.starts_at) < bisect_left(moments, hour.ends_at)
    ]


def unrecognised(hours: Iterable[ClassHour], rosters: Rosters, enrolled: Collection[str]) -> tuple[Unrecognised, ...]:
    """Return the sections of these class hours of whose students nobody can be recognised, each once.

    enrolled: ids of students whose face is known.
    """
    taking = {each for each in rosters.sections if any(one.students for one in rosters.history(each))}
    found = {}
    for hour in hours:
        students = rosters.on(hour.section, hour.date).students
        if not students:
            near = nearest(hour.section, taking - {hour.section}) or ""
            found[hour.section] = (
                Unrecognised(hour.section, "warn_roster_later")
                if hour.section in taking
                else Unrecognised(hour.section, "warn_no_roster", near)
            )
        elif not any(each.student_id in enrolled for each in students):
            found[hour.section] = Unrecognised(hour.section, "warn_none_enrolled")
    return tuple(found[each] for each in sorted(found))


def objection(
    hours: Sequence[ClassHour],
    hall: str,
    moments: Sequence[datetime],
    *,
    latest: datetime | None = None,
    otherwise: Sequence[datetime] = (),
) -> Objection | None:
    """Say why a recording should not be sent; None if at least one of its frames counts.

    moments: when its frames were taken, in their order, at least one. latest: frames after it are put aside, for they
    have not come yet; None: nobody knows. otherwise: the same frames, if their names were local times.
    """
    if not hours:
        return Objection("no_timetable", "no_timetable_remedy")
    if hall not in (known := halls(hours)):
        return Objection("unknown_hall", "unknown_hall_remedy", nearest(hall, known) or "")
    mine = HallHours(hours, hall)
    within = [each for each in moments if each in mine]
    if any(latest is None or each <= latest for each in within):
        return None
    local = any(each in mine and (latest is None or each <= latest) for each in otherwise)
    if within and latest:
        return Objection("future", "local_names_remedy" if local else "future_remedy", apart=within[0] - latest)
    apart, text = min(_distances(mine, moments))
    return Objection(text, "local_names_remedy" if local else "outside_remedy", apart=apart)


def strays(hours: HallHours, moments: Sequence[datetime]) -> int:
    """Return how many frames lie outside of class hours as if their names were of another time zone; 0 if it is few.

    Counted are recordings none of whose frames falls into a class hour, and many of whose would by clocks of elsewhere.
    moments: in their order.
    """
    found = sum(
        len(each)
        for each in _recordings(moments)
        if not any(one in hours for one in each) and any(_fits(hours, each, zone) for zone in _ZONES)
    )
    return found if found >= _MANY * len(moments) else 0


def _recordings(moments: Sequence[datetime]) -> Iterator[Sequence[datetime]]:
    """Yield frames that follow each other without a long pause."""
    steps = [after - before for before, after in pairwise(moments)]
    longest = max(_APART, 3 * sorted(steps)[len(steps) // 2]) if steps else _APART
    begin = 0
    for n, step in enumerate(steps, 1):
        if step > longest:
            yield moments[begin:n]
            begin = n
    yield moments[begin:]


def _fits(hours: HallHours, moments: Sequence[datetime], shift: timedelta) -> bool:
    some = moments[:: max(1, len(moments) // 50)]
    return sum(each + shift in hours for each in some) >= _MANY * len(some)


def unfinished(hours: Iterable[ClassHour], hall: str, moments: Sequence[datetime]) -> list[ClassHour]:
    """Return the class hours of a hall that go on after the last frame, for longer than a frame stands for.

    moments: in their order, at least one.
    """
    last = moments[-1]
    stands_for = max(_STANDS_FOR, *(last - each for each in moments[-2:-1]), timedelta(0))
    return [each for each in hours if hall in each.halls and each.starts_at <= last < each.ends_at - stands_for]


def _distances(hours: HallHours, moments: Sequence[datetime]) -> Iterator[tuple[timedelta, str]]:
    """Yield how far each stretch is from the frames before and after it; none lies within."""
    for starts_at, ends_at in hours.stretches:
        at = bisect_left(moments, starts_at)
        if at:
            yield starts_at - moments[at - 1], "begins_later"
        if at < len(moments):
            yield moments[at] - ends_at, "ended_earlier"
