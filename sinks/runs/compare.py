"""Two runs beside each other. Pure: rows in, a value out. Swapping the runs mirrors everything."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Literal, TypeAlias

import msgspec

from schemas.ids import class_hour_id
from schemas.messages import CAMERA, Moment
from schemas.runs import Manifest, MissingFrames
from schemas.translations import Text
from sinks.runs.rows import HourKey, RunHour, RunRows, StudentHour, StudentKey, Subject, VerdictEvidence, evidence
from sinks.runs.statistics import Error, Interval, error, interval, paired
from sinks.runs.truth import Truths

__all__ = ["Comparison", "Confusion", "Cost", "Difference", "HourCoverage", "HourPair", "compare"]

Less: TypeAlias = Literal["a", "b", "both"]
Right: TypeAlias = Literal["a", "b", "neither"]

SECOND = 1.0
"""Coverage that differs by less is the same: times in the store are whole seconds."""

HARDLY = 0.05
"""A chance below this is called small."""


class Difference(Subject, frozen=True, kw_only=True):
    """A verdict that differs. less: as of its class hour.

    right: where the truth is known and both verdicts are the camera's; a mark says nothing about a run.
    """

    a: VerdictEvidence
    b: VerdictEvidence
    truth: str | None
    right: Right | None
    less: Less | None


class Confusion(msgspec.Struct, frozen=True, kw_only=True):
    """How many verdicts are this in A and that in B."""

    a: str
    b: str
    count: int


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """Times of B after those of A, where both say one; only_a, only_b: only that run says one."""

    shift: Error
    only_a: int
    only_b: int


class HourCoverage(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a class hour a run saw. share: 0 to 1. unknown_faces: in the mean frame.

    missing: frames that it could not be judged by, by reason.
    """

    frames: int
    share: float
    unknown_faces: float
    missing: MissingFrames


class HourPair(msgspec.Struct, frozen=True, kw_only=True):
    """A class hour in both runs; None: that run has none. live: the share that the live run saw, None if it has none.

    less: which saw less of it than the other one, or than live.
    """

    section: str
    date: date
    period: int
    hall: str
    starts_at: Moment
    ends_at: Moment
    a: HourCoverage | None
    b: HourCoverage | None
    live: float | None
    less: Less | None


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a frame cost, in seconds of the clock and of a core."""

    frames: int
    seconds_per_frame: float
    core_seconds_per_frame: float


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that tells two runs apart.

    students: verdicts that both have. only_a, only_b: verdicts of students whom the other run does not know.
    right_a, right_b: differing verdicts in which only that run is right; None without truth.
    chance: of a split at least as uneven if both were equally good (exact McNemar).
    statement: that in words.
    """

    a: str
    b: str
    students: int
    only_a: int
    only_b: int
    confusion: tuple[Confusion, ...]
    differing: tuple[Difference, ...]
    differ: Interval
    arrivals: Shift
    departures: Shift
    hours: tuple[HourPair, ...]
    cost_a: Cost | None
    cost_b: Cost | None
    right_a: int | None
    right_b: int | None
    chance: float | None
    statement: str


def compare(
    a: RunRows, b: RunRows, truths: Truths | None = None, live: Mapping[HourKey, RunHour] | None = None
) -> Comparison:
    """Compare two runs.

    truths: what is known to be true, of as many as it is known. live: what the live run saw.
    """
    pairs = [(key, one, other) for key, one in a.attendance.items() if (other := b.attendance.get(key))]
    hours = tuple(_hour(key, a, b, (live or {}).get(key)) for key in sorted(a.coverage.keys() | b.coverage.keys()))
    less = {(each.section, each.date, each.period): each.less for each in hours}
    differing = tuple(
        _difference(key, one, other, truths, less.get(key[:3]))
        for key, one, other in sorted(each for each in pairs if each[1].verdict != each[2].verdict)
    )
    counts = Counter((one.verdict, other.verdict) for _, one, other in pairs)
    differ = interval(len(differing), len(pairs))
    right = Counter(each.right for each in differing)
    chance = None if truths is None else paired(right["a"], right["b"])
    return Comparison(
        a=a.run,
        b=b.run,
        students=len(pairs),
        only_a=len(a.attendance) - len(pairs),
        only_b=len(b.attendance) - len(pairs),
        confusion=tuple(Confusion(a=one, b=other, count=count) for (one, other), count in sorted(counts.items())),
        differing=differing,
        differ=differ,
        arrivals=_shift(pairs, "arrived_at"),
        departures=_shift(pairs, "departed_at"),
        hours=hours,
        cost_a=_cost(a.manifest),
        cost_b=_cost(b.manifest),
        right_a=None if truths is None else right["a"],
        right_b=None if truths is None else right["b"],
        chance=chance,
        statement=_undecided(differ) if chance is None else _decided(a.run, b.run, right, chance),
    )


def _difference(
    key: StudentKey, a: StudentHour, b: StudentHour, truths: Truths | None, less: Less | None
) -> Difference:
    truth = (truths or {}).get(key)
    right: Right | None = None
    if truth and a.source == b.source == CAMERA:
        right = "a" if a.verdict == truth.verdict else "b" if b.verdict == truth.verdict else "neither"
    section, day, period, student = key
    return Difference(
        section=section,
        date=day,
        period=period,
        hall=a.hall,
        student_id=student,
        name=a.name,
        a=evidence(a),
        b=evidence(b),
        truth=truth.verdict if truth else None,
        right=right,
        less=less,
    )


def _shift(
    pairs: list[tuple[StudentKey, StudentHour, StudentHour]], name: Literal["arrived_at", "departed_at"]
) -> Shift:
    off, only_a, only_b = [], 0, 0
    for _, one, other in pairs:
        before, after = getattr(one, name), getattr(other, name)
        if before and after:
            off.append((after - before).total_seconds())
        only_a += bool(before and not after)
        only_b += bool(after and not before)
    return Shift(shift=error(off), only_a=only_a, only_b=only_b)


def _hour(key: HourKey, a: RunRows, b: RunRows, live: RunHour | None) -> HourPair:
    one, other = a.coverage.get(key), b.coverage.get(key)
    covered = [each.seconds_covered if each else -SECOND for each in (one, other, live)]
    short_a, short_b = (max(covered) - each >= SECOND for each in covered[:2])
    less: Less | None = "both" if short_a and short_b else "a" if short_a else "b" if short_b else None
    section, day, period = key
    hour = next(each for each in (one, other) if each)
    return HourPair(
        section=section,
        date=day,
        period=period,
        hall=hour.hall,
        starts_at=hour.starts_at,
        ends_at=hour.ends_at,
        a=_seen(key, one, a.manifest),
        b=_seen(key, other, b.manifest),
        live=live.share if live else None,
        less=less,
    )


def _seen(key: HourKey, hour: RunHour | None, manifest: Manifest | None) -> HourCoverage | None:
    if hour is None:
        return None
    missing = manifest.gaps.get(class_hour_id(*key), MissingFrames()) if manifest else MissingFrames()
    return HourCoverage(frames=hour.frames, share=hour.share, unknown_faces=hour.unknown_faces, missing=missing)


def _cost(manifest: Manifest | None) -> Cost | None:
    if manifest is None or not manifest.frames:
        return None
    return Cost(
        frames=manifest.frames,
        seconds_per_frame=manifest.seconds / manifest.frames,
        core_seconds_per_frame=manifest.core_seconds / manifest.frames,
    )


def _undecided(differ: Interval) -> str:
    if not differ.of:
        return Text("No student of a class hour is in both runs.")
    if not differ.count:
        return Text("No verdict of {count} differs.", count=differ.of)
    return Text("{share} verdicts differ. Which of them are right cannot be said without truth.", share=differ)


def _decided(a: str, b: str, right: Counter[Right | None], chance: float) -> str:
    judged = right["a"] + right["b"]
    if not judged:
        return Text(
            "Neither run is right where the other is wrong: of the verdicts that differ, "
            "both are wrong in {wrong}, and {open} cannot be judged.",
            wrong=right["neither"],
            open=right[None],
        )
    if right["a"] == right["b"]:
        return Text(
            "{a} and {b} are each right in {count} of {judged} differing verdicts of which one is right.",
            a=a,
            b=b,
            count=right["a"],
            judged=judged,
        )
    better, worse = (a, b) if right["a"] > right["b"] else (b, a)
    return Text(
        "{better} is right where {worse} is wrong in {count} of {judged} differing verdicts "
        "of which one is right; {verdict} (exact McNemar, p = {chance:.2g}).",
        better=better,
        worse=worse,
        count=max(right["a"], right["b"]),
        judged=judged,
        verdict=Text("this is hardly chance" if chance < HARDLY else "this may well be chance"),
        chance=chance,
    )
