"""The judgement of a class hour: a verdict for every student, from everything that was seen and marked.

It is a function of the set of facts alone: names in each frame, places, identities, names once more with the places
known, times, verdicts. The rule and its constants were measured as a whole; each step says what its part is.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache, reduce
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from schemas.messages import AS_JUDGED, CAMERA, DoubtCode, Said, Verdict
from schemas.settings import Policy
from streams.faces.calibration import Calibration
from streams.judgement import held_up, verdict
from streams.judgement.doubts import in_words
from streams.judgement.hall import Hall
from streams.judgement.identity import FEWEST_MINUTES, Identity, Person
from streams.judgement.learning import Memory, Recognised, settled, told_by
from streams.judgement.observations import Facts, Marked, Seen
from streams.judgement.places import Place, elsewhere
from streams.judgement.recognition import Sought
from streams.judgement.timeline import AwayInterval, FrameCoverage, Hour, Interval, common, stay
from streams.judgement.visibility import HallVisibility

__all__ = ["Hour", "HourJudgement", "Person", "StudentJudgement", "judge"]

CoverageOf: TypeAlias = Callable[[NDArray[np.bool_]], FrameCoverage]
"""The coverage of some of the frames, (T,)."""

UNCLEAR = 0.2
"""Where more of the frames than this show a nameless face too small to be known, somebody sits there."""

FULL = 10
"""People; with fewer in the hall nothing is said of whose class it is."""

HARDLY_ANYBODY = 0.35
"""Of the roster, or of the hall if that is smaller. Of 96 halls of strangers one seemed to hold 0.31 of a roster, the
others up to 0.2; of the right class, 0.9."""


@dataclass(frozen=True)
class StudentJudgement:
    """What is said of one student; times are POSIX seconds.

    absences: every departure, with its return if there was one; departed_at is the one without.
    seconds_present: covered time from arrival to departure, without the absences.
    p: probability that the student was seen, 0 if there is no place of his. looks: minutes with a look behind it.
    confidence: that the verdict is about the right person. Seen: p. Absent: (1 - p) times the part of the hour that
    was covered. Unobserved claims nothing: p. Marked: 1.
    review: a person should decide; doubts, and reason in words, say why. rival: whom he is too like, by id.
    source: ``camera``, or who marked; reason and marked_at are then those of the mark, and judged is what was said
    without it.
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
    doubts: tuple[DoubtCode, ...] = ()
    rival: str = ""
    judged: "StudentJudgement | None" = None

    def doubted(self, *doubts: DoubtCode, review: bool = True) -> "StudentJudgement":
        """Return the judgement with these doubts and no others. review: whether a person should decide."""
        return replace(self, review=review, doubts=doubts, reason=in_words(doubts, self.rival))


@dataclass(frozen=True)
class HourJudgement:
    """What is said of a class hour.

    version: grows with the facts; closing counts as one. covered, gaps: disjoint, sorted, together the class hour.
    reasons: of each gap, as in ``schemas.messages.Gap``.
    unknown_faces: mean number of faces a frame that are nobody's who was surely seen.
    repeated: frames that were the same picture as one before; they count for nothing.
    """

    version: int
    frames: int
    covered: tuple[Interval, ...]
    gaps: tuple[Interval, ...]
    reasons: tuple[str, ...]
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
    memory: Memory | None = None,
) -> HourJudgement:
    """Return the judgement of a class hour.

    facts: observations of one engine; only those taken in the class hour count. people: the roster, in any order.
    calibration: of the engine. closed: whether the class hour is over and nothing more of it is expected.
    visitors: those of ``facts.visitors`` whose faces are known; they compete with the roster and get no verdict.
    memory: of the last judgement of a running hour; it makes no difference but to the time that this one takes.

    Raises:
        ValueError: observations of several engines; their cosines cannot be compared.
    """
    taken = [seen for seen in facts.observations if hour.starts_at <= seen.captured_at < hour.ends_at]
    memory = Memory() if memory is None else memory
    frames = held_up.fresh(taken, memory.pictures)
    if len(engines := {seen.engine for seen in frames}) > 1:
        raise ValueError(f"a class hour is judged by one engine at a time, got {', '.join(sorted(engines))}")
    known = sorted((each for each in people if each.template is not None), key=lambda each: each.student_id)
    first = len(frames) if closed else settled(frames)
    told = told_by(frames, Sought(known, visitors, policy, calibration), first, Memory() if closed else memory)
    hall, sighted, identities, named, _ = told
    everywhere = sighted.whole(hall.places, hall.frame, hall.camera_of, hall.aspect)
    until = np.minimum(hall.until, held_up.repeated_from(frames, taken))
    coverage_of = _coverage(hall, hour, policy, until)
    shown = _Shown(sighted, everywhere, coverage_of, _coverage_of_all(hall, hour, coverage_of))
    students = {each.student_id: StudentJudgement("unobserved").doubted("no_face") for each in people}
    students |= _judged(told, known, shown, policy, closed=closed)
    if (closed or _is_known_for(frames, policy.departure_after)) and _is_another_class(hall, identities):
        students = {name: _doubted(each) for name, each in students.items()}
    _mark_all(students, facts.last_marks)
    coverage, sure = shown.coverage_of_all(everywhere), _sure(identities)
    repeated = np.setdiff1d([each.captured_at for each in taken], hall.times)
    return HourJudgement(
        version=facts.rank + closed,
        frames=len(frames),
        covered=coverage.intervals,
        gaps=coverage.gaps,
        reasons=tuple(_why(gap, hall.times, shown, repeated) for gap in coverage.gaps),
        seconds_covered=coverage.seconds,
        unknown_faces=float(np.sum(~sure[named]) / max(len(frames), 1)),
        students=MappingProxyType(students),
        repeated=len(taken) - len(frames),
    )


class _Shown(NamedTuple):
    """What the frames show. everywhere: (T,), those that show nearly all seats.

    coverage_of: of some frames, (T,). coverage_of_all: the same, but of the moments that each hall of the class hour
    was shown.
    """

    sighted: HallVisibility
    everywhere: NDArray[np.bool_]
    coverage_of: CoverageOf
    coverage_of_all: CoverageOf


def _sure(identities: Sequence[Identity]) -> NDArray[np.bool_]:
    """Return who is established, (M + 1,); the last one is nobody."""
    return np.array([each.established for each in identities] + [False])


def _judged(
    told: Recognised, known: Sequence[Person], shown: _Shown, policy: Policy, *, closed: bool
) -> dict[str, StudentJudgement]:
    """Return what the camera says of every student whose face is known."""
    hall, _, identities, named, still = told
    taken_places = [place for each in identities if each.established for place in each.places]
    strange = np.flatnonzero(hall.small & ~_sure(identities)[named])
    strange = strange[elsewhere(hall, taken_places, strange)]
    unclear = len(np.unique(hall.frame[strange])) > UNCLEAR * len(hall.times)
    moved = shown.sighted.moved[hall.frame]
    students = {}
    for column, (person, identity) in enumerate(zip(known, identities, strict=True)):
        compared = hall.compared[:, column]
        coverage = (
            shown.coverage_of(compared & _shows(hall, shown.sighted, identity.places))
            if identity.established
            else shown.coverage_of_all(compared & shown.everywhere)
        )
        mine = np.flatnonzero(named == column)
        if moved[mine].any():  # a name somewhere in another picture than the usual one is chance
            usual = mine[~(moved[mine] & elsewhere(hall, identity.places, mine))]
            mine = usual if len(usual) else mine
        sightings = np.unique(hall.time[mine])  # two cameras at one moment are one sighting
        rival = known[identity.rival].student_id if identity.rival >= 0 else ""
        said = _rule(
            identity,
            sightings,
            coverage,
            policy,
            closed=closed,
            rival=rival,
            unclear=unclear,
            photos=person.photos,
        )
        if len(compared) and not compared.any():
            said = said.doubted("not_compared", review=said.review)
        if said.arrived_at is not None and (doubts := held_up.doubts(hall, mine, still=still[column])):
            said = said.doubted(*said.doubts, *doubts)
        students[person.student_id] = said
    return students


def _is_known_for(frames: Sequence[Seen], least: timedelta) -> bool:
    """Whether a running hour was looked at for so long: within the first minutes nobody is known yet."""
    return len(frames) > 0 and frames[-1].captured_at - frames[0].captured_at >= least.total_seconds()


def _is_another_class(hall: Hall, identities: Sequence[Identity]) -> bool:
    """Whether the seats are full and hardly anybody of the roster sits there."""
    here = sum(each.p for each in identities)
    return hall.people >= FULL and here < HARDLY_ANYBODY * min(len(identities), hall.people)


def _doubted(said: StudentJudgement) -> StudentJudgement:
    """Where another class sits, two of the roster who seem to be there are likelier look-alikes: a person decides."""
    if said.arrived_at is None:
        return said.doubted("another_class", *said.doubts)
    return StudentJudgement("unobserved", confidence=said.p, looks=said.looks, p=said.p).doubted("another_class")


def _shows(hall: Hall, sighted: HallVisibility, places: Sequence[Place]) -> NDArray[np.bool_]:
    """Return which frames could have shown somebody at one of these places, (T,)."""
    shows = np.zeros(len(hall.times), bool)
    for place in places:
        shows |= (hall.view_of == place.view) & sighted.at(place.x, place.y, hall.aspect)
    return shows


def _coverage(hall: Hall, hour: Hour, policy: Policy, until: NDArray[np.float64]) -> CoverageOf:
    """Return what gives the coverage of some of the frames, (T,); most students share theirs.

    until: (T,), up to when each may cover.
    """

    @cache
    def of(frames: bytes) -> FrameCoverage:
        these = np.frombuffer(frames, bool)
        return FrameCoverage(hour, hall.times[these], policy.frame_cover.total_seconds(), until[these])

    return lambda frames: of(frames.tobytes())


def _coverage_of_all(hall: Hall, hour: Hour, coverage_of: CoverageOf) -> CoverageOf:
    """Return what gives the coverage of moments at which frames show every hall of the class hour.

    Who was seen in none of them may have sat in the one that nobody showed.
    """
    if not hour.halls:
        return coverage_of
    hall_of = np.array([seen.camera.partition("/")[0] for seen in hall.frames], np.str_)

    def of(frames: NDArray[np.bool_]) -> FrameCoverage:
        shown = [coverage_of(frames & (hall_of == each)).intervals for each in hour.halls]
        return replace(coverage_of(frames), only=reduce(common, shown))

    return of


def _why(gap: Interval, times: NDArray[np.float64], shown: _Shown, repeated: NDArray[np.float64]) -> str:
    """Return why a gap is one; empty if no camera sent a frame."""
    start, end = gap
    unseen = np.flatnonzero(~shown.everywhere & (start <= times) & (times < end))
    if len(unseen):
        why = Counter(shown.sighted.blindness[frame] or "blinded" for frame in unseen)
        return min(why, key=lambda each: (-why[each], each))
    return "repeated" if np.any((start <= repeated) & (repeated < end)) else ""


def _rule(
    identity: Identity,
    sightings: NDArray[np.float64],
    coverage: FrameCoverage,
    policy: Policy,
    *,
    closed: bool,
    rival: str,
    unclear: bool,
    photos: int,
) -> StudentJudgement:
    if not identity.established or not len(sightings):
        share = coverage.seconds / (coverage.hour.ends_at - coverage.hour.starts_at)
        p = max(identity.p, identity.maybe)
        few = identity.minutes < FEWEST_MINUTES
        ruling = verdict.not_seen(p, share, policy, closed=closed, few=few, rival=rival, unclear=unclear, photos=photos)
        confidence = (1 - p) * share if ruling.verdict == "absent" else p
        weak = _weakness(identity, photos) if {"like_him", "too_alike"} & {*ruling.doubts} else ()
        said = StudentJudgement(ruling.verdict, confidence=confidence, looks=identity.minutes, p=p, rival=ruling.rival)
        return said.doubted(*ruling.doubts, *weak, review=ruling.review)
    mine = stay(sightings, coverage, policy.departure_after.total_seconds())
    ruling = verdict.seen(mine, coverage.hour, policy, elsewhere=identity.maybe >= policy.review)
    return StudentJudgement(
        ruling.verdict,
        arrived_at=mine.arrived_at,
        absences=mine.absences,
        departed_at=mine.departed_at,
        seconds_present=mine.seconds,
        confidence=identity.p,
        looks=identity.minutes,
        p=identity.p,
    ).doubted(*ruling.doubts, review=ruling.review)


def _weakness(identity: Identity, photos: int) -> tuple[DoubtCode, ...]:
    """Return why so little is known of whom somebody is like."""
    one_photo: tuple[DoubtCode, ...] = ("one_photo",) if photos < 2 else ()
    return (*one_photo, "few_looks") if identity.minutes < FEWEST_MINUTES else one_photo


def _mark_all(students: dict[str, StudentJudgement], last_marks: Mapping[str, Marked]) -> None:
    for student, marked in last_marks.items():
        if student in students:
            students[student] = _mark(students[student], marked, marked.verdicts[student])


def _mark(judged: StudentJudgement, marked: Marked, said: Said) -> StudentJudgement:
    """A person's word wins, unless it takes back what was marked; what the camera knows of times stays."""
    if said == AS_JUDGED:
        return replace(judged, marked_at=marked.at)
    return replace(
        judged,
        verdict=said,
        confidence=1.0,
        review=False,
        source=marked.by,
        reason=marked.reason,
        marked_at=marked.at,
        judged=judged,
    )
