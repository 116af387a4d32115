"""When: the time that frames stand for, and from sightings the arrival, departures and returns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["AwayInterval", "FrameCoverage", "Hour", "Interval", "Stay", "common", "stay"]

Interval: TypeAlias = tuple[float, float]


class AwayInterval(NamedTuple):
    """When a student was away. He left after one moment and before another; the first one dates his departure.

    left_at: the last sighting before. back_at: the first one after, None if there is none. gone_by: since when he was
    surely gone: so much covered time had then passed without him as makes a departure. He may have sat with his head
    down until then, or through an outage.
    """

    left_at: float
    back_at: float | None
    gone_by: float


@dataclass(frozen=True)
class Hour:
    """The class hour in POSIX seconds; ends_at is the first moment that does not belong to it.

    halls: in which it meets, if that is more than one.
    """

    starts_at: float
    ends_at: float
    halls: tuple[str, ...] = ()


def common(some: Sequence[Interval], others: Sequence[Interval]) -> tuple[Interval, ...]:
    """Return the time that belongs to both; each is disjoint and sorted."""
    shared = ((max(a, c), min(b, d)) for a, b in some for c, d in others)
    return tuple((start, end) for start, end in shared if start < end)


@dataclass(frozen=True, eq=False)
class FrameCoverage:
    """What the frames taken at some times stand for. A frame covers up to the next one, at most ``frame_cover``.

    times: sorted, POSIX seconds, of the hour; of several cameras all together. until: of each, when its camera sent the
    next one, which may be none of these since it showed nothing; infinite if it sent none. None: all are these.
    only: nothing else is covered, whatever the frames stand for; disjoint, sorted. None: no such bound.
    """

    hour: Hour
    times: NDArray[np.float64]
    frame_cover: float
    until: NDArray[np.float64] | None = None
    only: tuple[Interval, ...] | None = None

    @cached_property
    def intervals(self) -> tuple[Interval, ...]:
        """The covered time: disjoint, sorted."""
        return self._covered if self.only is None else common(self._covered, self.only)

    @cached_property
    def _covered(self) -> tuple[Interval, ...]:
        until = self.hour.ends_at if self.until is None else np.minimum(self.until, self.hour.ends_at)
        ends = np.maximum.accumulate(np.minimum(self.times + self.frame_cover, until))
        breaks = np.flatnonzero(self.times[1:] > ends[:-1])
        starts = self.times[np.concatenate([[0], breaks + 1]).astype(int)] if len(self.times) else self.times
        lasts = ends[np.concatenate([breaks, [len(ends) - 1]]).astype(int)] if len(ends) else ends
        return tuple((float(a), float(b)) for a, b in zip(starts, lasts, strict=True) if b > a)

    @cached_property
    def gaps(self) -> tuple[Interval, ...]:
        """The rest of the class hour: disjoint, sorted."""
        edges = [self.hour.starts_at, *(edge for interval in self.intervals for edge in interval), self.hour.ends_at]
        return tuple((a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b > a)

    @cached_property
    def seconds(self) -> float:
        """How much is covered."""
        return sum(end - start for start, end in self.intervals)

    @cached_property
    def _elapsed(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        lengths = [length for start, end in self.intervals for length in (0.0, end - start)]
        return np.array(self.intervals, np.float64).reshape(-1), np.cumsum(lengths)

    def between(self, start: float, end: float) -> float:
        """Return the covered seconds from one moment to another."""
        edges, elapsed = self._elapsed
        if not len(edges):
            return 0.0
        before, after = np.interp([start, end], edges, elapsed)
        return max(0.0, float(after - before))

    def unseen(self, sighting: float, until: float) -> float:
        """Return the covered seconds after a sighting in which the student was not seen.

        The frame that shows him stands for time in which he was there, so it does not count.
        """
        later = np.searchsorted(self.times, sighting, "right")
        upcoming = self.times[later] if later < len(self.times) else np.inf
        return self.between(min(upcoming, sighting + self.frame_cover), until)

    def unseen_for(self, sighting: float, seconds: float) -> float:
        """Return the first moment by which so many covered seconds have passed unseen; the hour's end if never."""
        edges, elapsed = self._elapsed
        wanted = self.seconds - self.unseen(sighting, self.hour.ends_at) + seconds
        if not len(edges) or wanted > elapsed[-1]:
            return self.hour.ends_at
        last = int(np.searchsorted(elapsed, wanted))  # the first edge by which that much has passed
        return float(edges[last] - (elapsed[last] - wanted))

    @property
    def outages(self) -> tuple[Interval, ...]:
        """Gaps long enough to hide an arrival or a departure; shorter ones are the ordinary space between frames."""
        return tuple((start, end) for start, end in self.gaps if end - start > self.frame_cover)


@dataclass(frozen=True)
class Stay:
    """A student's hour. absences: sorted; only the last can be without return.

    arrived_from: he may have come as early as this, while nothing was covered. left_by: he may have left as late.
    seconds: covered time from arrival to departure, without the absences.
    """

    arrived_at: float
    arrived_from: float
    absences: tuple[AwayInterval, ...]
    departed_at: float | None
    left_by: float | None
    seconds: float


def stay(sightings: NDArray[np.float64], coverage: FrameCoverage, departure_after: float) -> Stay:
    """Return what a student's sightings say of his hour.

    sightings: those that count, sorted, at least one. coverage: of the frames that could have shown him.
    departure_after: covered seconds unseen that make a departure.
    """
    absences = tuple(_absences(sightings, coverage, departure_after))
    arrived, last = float(sightings[0]), float(sightings[-1])
    departed = last if absences and absences[-1].back_at is None else None
    end = coverage.hour.ends_at if departed is None else departed
    away = sum(coverage.between(each.left_at, each.back_at) for each in absences if each.back_at is not None)
    return Stay(
        arrived_at=arrived,
        arrived_from=_earliest(arrived, coverage, departure_after),
        absences=absences,
        departed_at=departed,
        left_by=None if departed is None else _latest(departed, coverage, departure_after),
        seconds=coverage.between(arrived, end) - away,
    )


def _absences(
    sightings: NDArray[np.float64], coverage: FrameCoverage, departure_after: float
) -> Iterator[AwayInterval]:
    moments = [float(each) for each in sightings]
    for seen, again in zip(moments, [*moments[1:], None], strict=True):
        until = coverage.hour.ends_at if again is None else again
        if again is not None and again - seen < departure_after:
            continue
        unseen = coverage.unseen(seen, until)
        if unseen > 0 and unseen >= departure_after:
            gone_by = coverage.unseen_for(seen, departure_after)
            yield AwayInterval(seen, again, gone_by if again is None else min(gone_by, again))


def _earliest(arrived: float, coverage: FrameCoverage, departure_after: float) -> float:
    """Walk back over outages as long as he may have sat unseen since."""
    earliest = arrived
    for start, end in reversed(coverage.outages):
        if end <= arrived and coverage.between(end, arrived) < departure_after:
            earliest = start
    return earliest


def _latest(departed: float, coverage: FrameCoverage, departure_after: float) -> float:
    """Walk on over outages as long as he may have sat unseen until then."""
    latest = departed
    for start, end in coverage.outages:
        if start >= departed and coverage.unseen(departed, start) < departure_after:
            latest = end
    return latest
