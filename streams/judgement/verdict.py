"""From what is known of a student's hour to a verdict. Absence, lateness and leaving early each need evidence."""

from typing import NamedTuple

from schemas.messages import DoubtCode, Judged
from schemas.settings import Policy
from streams.judgement.doubts import in_words
from streams.judgement.identity import SINGLE
from streams.judgement.timeline import Hour, Stay

__all__ = ["Ruling", "not_seen", "seen"]


class Ruling(NamedTuple):
    """A verdict; review: whether a person should decide; doubts: why, if so. rival: whom he is too like, by id."""

    verdict: Judged
    review: bool = False
    doubts: tuple[DoubtCode, ...] = ()
    rival: str = ""

    @property
    def reason(self) -> str:
        """The doubts in words."""
        return in_words(self.doubts, self.rival)


def seen(stay: Stay, hour: Hour, policy: Policy, *, elsewhere: bool = False) -> Ruling:
    """Rule on a student who was seen; the first that holds: late, left early, present.

    Late: he arrived later than ``late_after``, and no outage hides that he may have come in time. An outage hides it if
    he was then unseen for less than ``departure_after`` of covered time: one who sits with his head down for that long
    has not left either. Left early: the same at the other end, from the last sighting on; whether he left before or
    after the deadline is for a person to decide if nobody could see it.

    elsewhere: somebody sat at another place meanwhile who may be he; then nothing is claimed.
    """
    deadline = hour.starts_at + policy.late_after.total_seconds()
    farewell = hour.ends_at - policy.left_early_before.total_seconds()
    doubts: list[DoubtCode] = []
    if stay.arrived_from > deadline:
        if not elsewhere:
            return Ruling("late")
        doubts.append("came_elsewhere")
    elif stay.arrived_at > deadline:
        doubts.append("came_unseen")
    if stay.departed_at is not None and stay.left_by is not None and stay.departed_at < farewell:
        if stay.left_by >= farewell:
            doubts.append("left_unseen")
        elif elsewhere:
            doubts.append("left_elsewhere")
        else:
            if stay.absences[-1].gone_by > farewell:
                doubts.append("left_head_down")
            return Ruling("left_early", bool(doubts), tuple(doubts))
    return Ruling("present", bool(doubts), tuple(doubts))


def not_seen(
    p: float,
    covered: float,
    policy: Policy,
    *,
    closed: bool,
    few: bool = False,
    rival: str = "",
    unclear: bool = False,
    photos: int = 2,
) -> Ruling:
    """Rule on a student whose face is known but who was not surely seen.

    p: how likely he was seen. covered: the part of the whole class hour in which he could have been, 0 to 1. Nobody is
    absent before the class hour is closed: he may still come. few: too few minutes showed whoever may be he; while the
    class hour runs the next one tells, so there is nothing to decide yet. rival: who was seen instead, if that was not
    himself. unclear: somebody sits so far away that it may be anybody. photos: behind his template; of one, half as
    much doubt is enough.
    """
    if few and not closed:
        return Ruling("unobserved")
    if rival:
        return Ruling("unobserved", True, ("too_alike",), rival)
    if p >= policy.review * (SINGLE if photos < 2 else 1):
        return Ruling("unobserved", True, ("like_him",))
    if not closed:
        return Ruling("unobserved")
    if covered <= 0:
        return Ruling("unobserved", True, ("no_camera",))
    if covered < policy.enough_coverage:
        return Ruling("unobserved", True, ("too_little",))
    if unclear:
        return Ruling("unobserved", True, ("far_away",))
    return Ruling("absent")
