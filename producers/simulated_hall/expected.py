"""What a perfect observer of the frames would write down: pure functions of a script and a policy."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec

from producers.simulated_hall.geometry import room
from producers.simulated_hall.mishaps import hides
from producers.simulated_hall.script import Script, Stretch, StudentRole
from schemas.messages import Absence, ClassHour, Judged
from schemas.settings import Policy

__all__ = ["Expected", "expected"]

_NOTHING = timedelta(0)


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """The truth about one student in one class hour.

    arrived_at, absences: as the script says them; where the camera was dark, as the frames around it show them.
    """

    verdict: Judged
    arrived_at: datetime | None = None
    absences: tuple[Absence, ...] = ()

    @property
    def departed_at(self) -> datetime | None:
        """When he left for good, if he did."""
        return next((each.departed_at for each in self.absences if each.returned_at is None), None)


def expected(script: Script, policy: Policy | None = None) -> dict[tuple[str, str], Expected]:
    """Return what is true of each (class hour id, student id) of the script.

    The verdict is the first that holds: never seen: unobserved or absent; late; left_early; else present.
    """
    policy = policy or Policy()
    everything = _moments(script, None)
    found = {}
    for student in script.students:
        moments = _moments(script, student) if student.here else everything
        for hour in script.hours:
            shown = [seen for stay in student.here if (seen := _shown(stay, moments, hour, policy.frame_cover))]
            # Nobody knows the place of somebody who was never seen: he may have sat wherever something was hidden.
            covered = coverage(moments if shown else everything, hour, policy.frame_cover, script.moments())
            found[hour.id, student.student_id] = _judged(shown, hour, covered, policy)
    return found


def _moments(script: Script, student: StudentRole | None) -> tuple[datetime, ...]:
    """Return the capture times of the frames that show the seat of a student; None: of those that show all seats."""
    moments = script.moments()
    if not script.mishaps:
        return moments
    seats = room(script.width, script.height, script.nearest, script.farthest).seats

    def shows(moment: datetime) -> bool:
        mishap = next((each for each in script.mishaps if moment in each.when), None)
        if mishap is None:
            return True
        if student is None:
            return not hides(mishap.kind, None)
        moved = [each.seat for each in script.moves if each.face == student.face and each.at <= moment]
        seat = seats[(moved or [student.seat])[-1]]
        return not hides(mishap.kind, (seat.x / script.width, seat.y / script.height))

    return tuple(each for each in moments if shows(each))


def coverage(
    moments: Sequence[datetime], hour: ClassHour, frame_cover: timedelta, taken: Sequence[datetime]
) -> tuple[Stretch, ...]:
    """Return the stretches of a class hour that frames stand for: each up to the next, at most ``frame_cover``.

    taken: the capture times of all frames, those that show nothing too: what was seen stands for no time after them.
    """
    after = dict(pairwise(taken))
    ends = [after.get(moment, moment + frame_cover) for moment in moments]
    return tuple(
        Stretch(start, end)
        for moment, following in zip(moments, ends, strict=True)
        if (start := max(moment, hour.starts_at)) < (end := min(following, moment + frame_cover, hour.ends_at))
    )


def _judged(shown: list[Stretch], hour: ClassHour, covered: tuple[Stretch, ...], policy: Policy) -> Expected:
    def between(start: datetime, end: datetime) -> timedelta:
        parts = (min(each.ends_at, end) - max(each.starts_at, start) for each in covered)
        return sum((part for part in parts if part > _NOTHING), _NOTHING)

    if not shown:
        enough = between(hour.starts_at, hour.ends_at) >= (hour.ends_at - hour.starts_at) * policy.enough_coverage
        return Expected(verdict="absent" if enough else "unobserved")
    arrived_at = shown[0].starts_at
    absences = tuple(
        Absence(departed_at=before.ends_at, returned_at=after.starts_at)
        for before, after in pairwise(shown)
        if between(before.ends_at, after.starts_at) >= policy.departure_after
    )
    last = shown[-1].ends_at
    left = between(last, hour.ends_at) >= policy.departure_after
    deadline, farewell = hour.starts_at + policy.late_after, hour.ends_at - policy.left_early_before
    # Nobody could see whether he came, or left, in time: then he did.
    outages = _outages(covered, hour, policy.frame_cover)
    hidden_arrival = any(
        each.starts_at <= deadline
        and each.ends_at <= arrived_at
        and between(each.ends_at, arrived_at) < policy.departure_after
        for each in outages
    )
    hidden_departure = any(
        each.ends_at >= farewell and each.starts_at >= last and between(last, each.starts_at) < policy.departure_after
        for each in outages
    )
    verdict: Judged = "present"
    if arrived_at > deadline and not hidden_arrival:
        verdict = "late"
    elif left and last < farewell and not hidden_departure:
        verdict = "left_early"
    return Expected(
        verdict=verdict,
        arrived_at=arrived_at,
        absences=(*absences, Absence(departed_at=last)) if left else absences,
    )


def _outages(covered: tuple[Stretch, ...], hour: ClassHour, frame_cover: timedelta) -> list[Stretch]:
    edges = [hour.starts_at, *(edge for each in covered for edge in (each.starts_at, each.ends_at)), hour.ends_at]
    gaps = zip(edges[::2], edges[1::2], strict=True)
    return [Stretch(start, end) for start, end in gaps if end - start > frame_cover]


def _shown(stay: Stretch, moments: Sequence[datetime], hour: ClassHour, frame_cover: timedelta) -> Stretch | None:
    """Return the part of a stay in a class hour that frames can show, or None if no frame does."""
    start, end = max(stay.starts_at, hour.starts_at), min(stay.ends_at, hour.ends_at)
    frames = [moment for moment in moments if start <= moment < end]
    if not frames:
        return None
    first, last = frames[0], frames[-1]
    return Stretch(
        start if first - start <= frame_cover else first, end if end - last <= frame_cover else last + frame_cover
    )
