"""The judgement of a class hour: a verdict for every student, from everything that was seen and marked.

It is a function of the set of facts alone: names in each frame, places, identities, names once more with the places
known, times, verdicts. The rule and its constants were measured as a whole; each step says what its part is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from schemas.messages import CAMERA, Verdict
from schemas.settings import Policy
from streams.faces.calibration import Calibration
from streams.judgement import held_up, verdict
from streams.judgement.hall import Hall, Units, units
from streams.judgement.identity import Gallery, Identification, Identity
from streams.judgement.matching import against
from streams.judgement.observations import Facts, Marked
from streams.judgement.places import elsewhere, places_of, seat_term
from streams.judgement.timeline import AwayInterval, FrameCoverage, Hour, Interval, stay

__all__ = ["Hour", "HourJudgement", "Person", "StudentJudgement", "judge"]

UNCLEAR = 0.2
"""Where more of the frames than this show a nameless face too small to be known, somebody sits there."""


@dataclass(frozen=True, eq=False, repr=False)
class Person:
    """A student of the roster, or a visitor.

    template: (d,), float32, unit length; None if the engine does not know the face.
    """

    student_id: str
    template: NDArray[np.float32] | None
    photos: int


@dataclass(frozen=True)
class StudentJudgement:
    """What is said of one student; times are POSIX seconds.

    absences: every departure, with its return if there was one; departed_at is the one without.
    seconds_present: covered time from arrival to departure, without the absences.
    p: probability that the student was seen, 0 if there is no place of his. looks: minutes with a look behind it.
    confidence: that the verdict is about the right person. Seen: p. Absent: (1 - p) times the part of the hour that
    was covered. Unobserved claims nothing: p. Marked: 1.
    review: a person should decide; reason says why. source: ``camera``, or who marked; reason and marked_at are then
    those of the mark.
    """

    verdict: Verdict
    arrived_at: float | None = None
    absences: tuple[AwayInterval, ...] = ()
    departed_at: float | None = None
    seconds_present: float = 0.0
    confidence: float = 0.0
    review: bool = False
    source: str = CAMERA
    reason: str = ""
    marked_at: float | None = None
    looks: int = 0
    p: float = 0.0


@dataclass(frozen=True)
class HourJudgement:
    """What is said of a class hour.

    version: grows with the facts; closing counts as one. covered, gaps: disjoint, sorted, together the class hour.
    unknown_faces: mean number of faces a frame that are nobody's who was surely seen.
    repeated: frames that were the same picture as one before; they count for nothing.
    """

    version: int
    frames: int
    covered: tuple[Interval, ...]
    gaps: tuple[Interval, ...]
    seconds_covered: float
    unknown_faces: float
    students: Mapping[str, StudentJudgement]
    repeated: int = 0


def judge(
    hour: Hour,
    facts: Facts,
    people: Sequence[Person],
    policy: Policy,
    calibration: Calibration,
    *,
    closed: bool,
    visitors: Sequence[Person] = (),
) -> HourJudgement:
    """Return the judgement of a class hour.

    facts: observations of one engine; only those taken in the class hour count. people: the roster, in any order.
    calibration: of the engine. closed: whether the class hour is over and nothing more of it is expected.
    visitors: those of ``facts.visitors`` whose faces are known; they compete with the roster and get no verdict.

    Raises:
        ValueError: observations of several engines; their cosines cannot be compared.
    """
    taken = [seen for seen in facts.observations if hour.starts_at <= seen.captured_at < hour.ends_at]
    frames = held_up.fresh(taken)
    if len(engines := {seen.engine for seen in frames}) > 1:
        raise ValueError(f"a class hour is judged by one engine at a time, got {', '.join(sorted(engines))}")
    known = sorted((each for each in people if each.template is not None), key=lambda each: each.student_id)
    hall = Hall.of(frames, [each.student_id for each in known])
    identities, named = _recognise(hall, known, visitors, policy, calibration)
    coverage_of = _coverage(hall, hour, policy)
    coverage = coverage_of(np.ones(len(frames), bool))
    taken_places = [place for each in identities if each.established for place in each.places]
    shift = held_up.shake(hall, taken_places)

    sure = np.array([identity.established for identity in identities] + [False])
    strange = hall.small & ~sure[named] & elsewhere(hall, taken_places)
    unclear = len(np.unique(hall.frame[strange])) > UNCLEAR * len(frames)
    students = {
        each.student_id: StudentJudgement("unobserved", review=True, reason="no face enrolled") for each in people
    }
    for column, (person, identity) in enumerate(zip(known, identities, strict=True)):
        could_show = hall.compared[:, column]
        if identity.established:
            could_show = could_show & np.isin(hall.camera_of, [place.camera for place in identity.places])
        mine = named == column
        sightings = np.unique(hall.time[mine])  # two cameras at one moment are one sighting
        rival = known[identity.rival].student_id if identity.rival >= 0 else ""
        said = _rule(identity, sightings, coverage_of(could_show), policy, closed=closed, rival=rival, unclear=unclear)
        if said.arrived_at is not None and (doubts := held_up.doubts(hall, identity.places, mine, shift)):
            said = replace(said, review=True, reason="; ".join(filter(None, [said.reason, *doubts])))
        students[person.student_id] = said
    _mark_all(students, facts.last_marks)

    return HourJudgement(
        version=facts.rank + closed,
        frames=len(frames),
        covered=coverage.intervals,
        gaps=coverage.gaps,
        seconds_covered=coverage.seconds,
        unknown_faces=float(np.sum(~sure[named]) / max(len(frames), 1)),
        students=MappingProxyType(students),
        repeated=len(taken) - len(frames),
    )


def _recognise(
    hall: Hall, known: Sequence[Person], visitors: Sequence[Person], policy: Policy, calibration: Calibration
) -> tuple[list[Identity], NDArray[np.intp]]:
    """Return who was seen, (M,), and the student of each face, (F,)."""
    gallery, strays = _gallery(known), _gallery(visitors)
    scale = units(hall, calibration)
    compared = max((seen.visitors for seen in hall.frames), default=0)
    others = against(_visits(hall, visitors, calibration, scale)[:, None], compared)
    llr = calibration.llr((hall.cosines - scale.center) / scale.spread, 1, gallery.photos)
    # Without the visitors: whose a place is, all looks there decide, and visitors take part in that.
    first = hall.names(llr)
    places = [places_of(hall, first, student) for student in range(len(known))]
    identities = Identification(hall, gallery, calibration, scale, strays, compared).identities(
        places, accept=policy.accept
    )
    for student, identity in enumerate(identities):
        if identity.established:
            llr[:, student] += seat_term(hall, identity.places)
    return identities, hall.names(llr, others)


def _gallery(people: Sequence[Person]) -> Gallery:
    return Gallery(
        np.array([each.template for each in people], np.float64), np.array([each.photos for each in people], np.int64)
    )


def _visits(hall: Hall, visitors: Sequence[Person], calibration: Calibration, scale: Units) -> NDArray[np.float64]:
    """Return what speaks for the visitor whom each face may be, (F,); NaN where there is none."""
    photos = {each.student_id: each.photos for each in visitors}
    llr = np.full(len(hall.frame), np.nan)
    for start, seen in zip(hall.starts, hall.frames, strict=False):
        for visit in seen.visits:
            if visit.student in photos:
                score = (visit.cosine - scale.center) / scale.spread
                llr[start + visit.face] = calibration.llr(score, 1, photos[visit.student])
    return llr


def _coverage(hall: Hall, hour: Hour, policy: Policy) -> Callable[[NDArray[np.bool_]], FrameCoverage]:
    """Return what gives the coverage of some of the frames, (T,); most students share theirs."""

    @cache
    def of(frames: bytes) -> FrameCoverage:
        times = hall.times[np.frombuffer(frames, bool)]
        return FrameCoverage(hour, times, policy.frame_cover.total_seconds())

    return lambda frames: of(frames.tobytes())


def _rule(
    identity: Identity,
    sightings: NDArray[np.float64],
    coverage: FrameCoverage,
    policy: Policy,
    *,
    closed: bool,
    rival: str,
    unclear: bool,
) -> StudentJudgement:
    if not identity.established or not len(sightings):
        share = coverage.seconds / (coverage.hour.ends_at - coverage.hour.starts_at)
        ruling = verdict.not_seen(identity.p, share, policy, closed=closed, rival=rival, unclear=unclear)
        confidence = (1 - identity.p) * share if ruling.verdict == "absent" else identity.p
        return StudentJudgement(
            ruling.verdict,
            confidence=confidence,
            review=ruling.review,
            reason=ruling.reason,
            looks=identity.minutes,
            p=identity.p,
        )
    mine = stay(sightings, coverage, policy.departure_after.total_seconds())
    ruling = verdict.seen(mine, coverage.hour, policy)
    return StudentJudgement(
        ruling.verdict,
        arrived_at=mine.arrived_at,
        absences=mine.absences,
        departed_at=mine.departed_at,
        seconds_present=mine.seconds,
        confidence=identity.p,
        review=ruling.review,
        reason=ruling.reason,
        looks=identity.minutes,
        p=identity.p,
    )


def _mark_all(students: dict[str, StudentJudgement], last_marks: Mapping[str, Marked]) -> None:
    for student, marked in last_marks.items():
        if student in students:
            students[student] = _mark(students[student], marked, marked.verdicts[student])


def _mark(judged: StudentJudgement, marked: Marked, said: Verdict) -> StudentJudgement:
    """A person's word wins; what the camera knows of times stays."""
    return replace(
        judged,
        verdict=said,
        confidence=1.0,
        review=False,
        source=marked.by,
        reason=marked.reason,
        marked_at=marked.at,
    )
