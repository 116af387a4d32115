"""What became of the frames of a recording: looked at, put aside and why, or still waiting."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from kafka import TopicPartition

from infra.machine.catch_up import MISSING, StageProgress
from infra.machine.lag import STAGES, Cluster, Offsets
from infra.operations.frames.recording_check import HallHours
from producers.delivery import Arrival
from schemas.errors import ForbiddenError, UnavailableError
from schemas.settings import Settings

__all__ = ["Fate", "follow_frames", "grouped"]

LETTERS = "dead-letters"
RECOGNISE = next(each for each in STAGES if each.name == "recognise")

Place = tuple[int, int]
"""Partition and offset in the topic ``frames``."""


class Fate(NamedTuple):
    """What became of the frames that Kafka took.

    looked_at: by a recognise worker, in or outside of class. aside: put aside, by reason, the most frequent first.
    waiting: not looked at yet. outside: of all but those put aside, how many belong to no class hour of the hall.
    nobody: nobody works at recognise, so waiting is of no use.
    """

    looked_at: int
    aside: tuple[tuple[str, int], ...]
    waiting: int
    outside: int
    nobody: bool = False


def follow_frames(
    settings: Settings,
    arrivals: Sequence[Arrival],
    hours: HallHours,
    *,
    since: Offsets,
    report: StageProgress = lambda stage, done, total: None,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], object] = time.sleep,
) -> Fate:
    """Wait until a recording is looked at, as long as somebody works at that, and say what became of it.

    Ctrl-C ends the waiting. since: where the dead letters ended before the first frame was sent.

    Raises:
        UnavailableError: the broker does not answer.
        ForbiddenError: this user may not ask that.
    """
    topic = settings.topic("frames")
    with Cluster(settings) as cluster:
        committed, nobody = _wait(cluster, topic, arrivals, report, clock, pause)
        done = {(part, at): when for part, at, when in arrivals if at < committed.get(TopicPartition(topic, part), 0)}
        aside = dict(_put_aside(cluster, since, topic, done))
    outside = sum(each.captured_at not in hours for each in arrivals if each[:2] not in aside)
    return Fate(len(done) - len(aside), grouped(aside.values()), len(arrivals) - len(done), outside, nobody)


def grouped(reasons: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Return reasons with how often each was given, the most frequent first; numbers make no other reason.

    Of those that differ in a number alone the first stands for all. What is quoted, like a hall, is a name.
    """
    first: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for reason in reasons:
        what = reason.partition("\n")[0]  # the remedy follows
        kind = re.sub(r"'[^']*'|\d[\d.,:T+-]*", lambda found: found[0] if found[0][0] == "'" else "#", what)
        first.setdefault(kind, reason)
        counts[kind] += 1
    return tuple((first[kind], count) for kind, count in counts.most_common())


def _wait(
    cluster: Cluster,
    topic: str,
    arrivals: Sequence[Arrival],
    report: StageProgress,
    clock: Callable[[], float],
    pause: Callable[[float], object],
) -> tuple[Offsets, bool]:
    """Return how far recognise has committed when it has looked at all, or else whether nobody works there."""
    committed: Offsets = {}
    before, worked_at = -1, float("-inf")  # somebody must be there at the first look; later a restart is waited for
    try:
        while True:
            try:
                committed = cluster.committed(RECOGNISE)
                done = sum(at < committed.get(TopicPartition(topic, part), 0) for part, at, _ in arrivals)
                report(RECOGNISE.name, done, len(arrivals))
                if done == len(arrivals):
                    return committed, False
                if done > before >= 0 or cluster.members(RECOGNISE):
                    worked_at = clock()
                before = done
            except ForbiddenError:
                raise
            except UnavailableError:
                worked_at = clock()  # the broker is away, and nobody can say who works
            if clock() > worked_at + MISSING:
                return committed, True
            pause(0.2)
    except KeyboardInterrupt:
        return committed, False


def _put_aside(cluster: Cluster, since: Offsets, topic: str, places: Iterable[Place]) -> Iterable[tuple[Place, str]]:
    """Yield which of these frames were put aside, and why."""
    wanted, ends = set(places), cluster.ends([LETTERS])
    begins = cluster.begins(ends)
    starts = {each: max(begins[each], since.get(each, 0)) for each in ends}
    for record in cluster.read(starts, ends):
        said = {name: value.decode("utf-8", "replace") for name, value in record.headers}
        place = int(said.get("partition") or 0), int(said.get("offset") or -1)
        if said.get("topic") == topic and place in wanted:
            yield place, said.get("reason", "")
