"""Wait until every stage has processed what was in the topics at the call."""

import time
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from infra.machine.lag import STAGES, Cluster, Offsets, Stage
from schemas.broker_clock import BrokerClock
from schemas.cluster import Record, View, send
from schemas.errors import UnavailableError
from schemas.messages import HallDay, Tick, decode, encode
from schemas.retry import retry
from schemas.settings import Settings
from schemas.translations import Text

__all__ = ["MISSING", "StageProgress", "catch_up"]

T = TypeVar("T")

StageProgress = Callable[[str, int, int], None]
"""Called with a stage, how many of its records are dealt with, and how many there are."""

MISSING = 30.0
"""Seconds without progress and without a worker after which a stage counts as not running. A restart takes 3."""


class _Deadline(msgspec.Struct, frozen=True):
    at: float
    timeout: timedelta
    clock: Callable[[], float]

    def check(self, stage: Stage, left: int) -> None:
        if self.clock() > self.at:
            raise UnavailableError(
                Text(
                    "{name} has not caught up within {seconds:g} s: {left} records are left",
                    name=stage.name,
                    seconds=self.timeout.total_seconds(),
                    left=left,
                ),
                "Give it more time with --timeout, or look at `naul status`.",
            )


def catch_up(
    settings: Settings,
    *,
    timeout: timedelta,
    now: Callable[[], datetime] | None = None,
    report: StageProgress = lambda stage, done, total: None,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Return when what was sent before the call has gone all the way to the store.

    A tick is sent to every hall of the timetable once its frames are looked at, so that attend judges what it has
    put off. now: when the call was made; else the broker is asked, for this machine's clock may be wrong.

    Raises:
        UnavailableError: the time is over, or nobody works at a stage.
    """
    deadline = _Deadline(clock() + timeout.total_seconds(), timeout, clock)
    until = min(deadline.at, clock() + MISSING)
    at = _soon(now or BrokerClock(settings).now, until, clock, pause)
    with _soon(lambda: Cluster(settings), until, clock, pause) as cluster:
        frames = _soon(lambda: cluster.ends(["frames"]), until, clock, pause)
        for stage in STAGES:
            own = 0
            if stage.name == "attend":
                own = send(settings, _ticks(settings, at, sending=cluster.halls_since(frames)))
            ends = frames if stage.name == "recognise" else cluster.ends(stage.topics)
            _follow(cluster, stage, ends, deadline, _without(own, report), pause)


def _without(own: int, report: StageProgress) -> StageProgress:
    """Leave our own records, which come last, out of what is reported: nobody sent them, and each call has new ones."""

    def told(stage: str, done: int, total: int) -> None:
        if done == total or done < total - own:
            report(stage, min(done, total - own), total - own)

    return told if own else report


def _soon(work: Callable[[], T], until: float, clock: Callable[[], float], pause: Callable[[float], None]) -> T:
    """Return what the work returns; a broker that is just starting has until then."""
    return retry(work, longest=1.0, stop=lambda _: clock() > until, sleep=pause, quiet=True)


def _follow(
    cluster: Cluster,
    stage: Stage,
    ends: Offsets,
    deadline: _Deadline,
    report: StageProgress,
    pause: Callable[[float], None],
) -> None:
    total = left = cluster.lag(stage, ends)
    moved = deadline.clock()
    while True:
        report(stage.name, total - left, total)
        if not left:
            return
        deadline.check(stage, left)
        pause(0.2)
        try:
            before, left = left, cluster.lag(stage, ends)
            if left < before or cluster.members(stage):
                moved = deadline.clock()
        except UnavailableError:
            moved = deadline.clock()  # the broker is away: the deadline decides
        if deadline.clock() > moved + MISSING:
            raise UnavailableError(
                Text("nobody works at {name}: {left} records are left", name=stage.name, left=left),
                Text("Start it with `naul up`, or `naul worker {name}`; see `naul status`.", name=stage.name),
            )


def _ticks(settings: Settings, at: datetime, *, sending: Collection[str]) -> list[Record]:
    """Write a tick for every hall; where nobody sent more frames meanwhile, recordings are at their end."""
    timetable: View[str] = View(settings, "timetable", lambda value: decode(value, HallDay).hall)
    try:
        timetable.catch_up()
    finally:
        timetable.close()
    name = settings.topic("sightings")
    return [
        (name, hall.encode(), encode(tick), None, None)
        for hall in sorted(set(timetable.items.values()))
        if (tick := Tick(hall=hall, at=at, complete=hall not in sending))
    ]
