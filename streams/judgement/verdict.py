"""From what is known of a student's hour to a verdict. Absence, lateness and leaving early each need evidence."""

from typing import NamedTuple

from schemas.messages import Verdict
from schemas.settings import Policy
from streams.judgement.identity import SINGLE
from streams.judgement.timeline import Hour, Stay

__all__ = ["Ruling", "not_seen", "seen"]


class Ruling(NamedTuple):
    """A verdict; review: whether a person should decide; reason: what is in doubt, if anything."""

    verdict: Verdict
    review: bool = False
    reason: str = ""


def seen(stay: Stay, hour: Hour, policy: Policy, elsewhere: float = 0.0) -> Ruling:
    """Rule on a student who was seen; the first that holds: late, left early, present.

    Late: he arrived later than ``late_after``, and no outage hides that he may have come in time. An outage hides it if
    he was then unseen for less than ``departure_after`` of covered time: one who sits with his head down for that long
    has not left either. Left early: the same at the other end, from the last sighting on; whether he left before or
    after the deadline is for a person to decide if nobody could see it.

    elsewhere: how likely he is somebody who sat at another place and was not known.
    """
    ruling = _seen(stay, hour, policy)
    if elsewhere < policy.review or (ruling.verdict == "present" and not stay.absences):
        return ruling
    reasons = filter(None, [ruling.reason, "may have sat elsewhere meanwhile, not surely known"])
    return Ruling(ruling.verdict, True, "; ".join(reasons))


def _seen(stay: Stay, hour: Hour, policy: Policy) -> Ruling:
    deadline = hour.starts_at + policy.late_after.total_seconds()
    farewell = hour.ends_at - policy.left_early_before.total_seconds()
    if stay.arrived_from > deadline:
        return Ruling("late")
    doubt = stay.arrived_at > deadline
    reasons = ["may have come in time, while nothing was covered"] * doubt
    if stay.departed_at is not None and stay.left_by is not None and stay.departed_at < farewell:
        if stay.left_by < farewell:
            if stay.absences[-1].gone_by > farewell:
                reasons.append("may have left in time, with the head down")
            return Ruling("left_early", bool(reasons), "; ".join(reasons))
        reasons.append("may have left in time, while nothing was covered")
    return Ruling("present", bool(reasons), "; ".join(reasons))


def not_seen(
    p: float, covered: float, policy: Policy, *, closed: bool, rival: str = "", unclear: bool = False, photos: int = 2
) -> Ruling:
    """Rule on a student whose face is known but who was not surely seen.

    p: how likely he was seen. covered: the part of the whole class hour in which he could have been, 0 to 1. Nobody is
    absent before the class hour is closed: he may still come. rival: who was seen instead, if that was not himself.
    unclear: somebody sits so far away that it may be anybody. photos: behind his template; of one, half
    as much doubt is enough.
    """
    if rival:
        return Ruling("unobserved", True, f"this student or {rival} was seen; they are too alike to tell apart")
    if p >= policy.review * (SINGLE if photos < 2 else 1):
        return Ruling("unobserved", True, "somebody like him was seen, not surely enough")
    if not closed:
        return Ruling("unobserved")
    if covered < policy.enough_coverage:
        return Ruling("unobserved", True, "too little of the class hour was covered")
    if unclear:
        return Ruling("unobserved", True, "somebody sits too far away to be known; he may be this student")
    return Ruling("absent")
