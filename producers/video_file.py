"""A video file: which of its frames are sent, when each was taken, and what it promised and did not hold."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import cv2
import numpy as np

from producers.capture import open_capture
from producers.containers import Container, read_container
from producers.frame_times import REORDERED, FrameTimes
from producers.jpeg import encode
from producers.shots import CHOSEN, WHOLE, Refused, Shortfall, Shot, SourceError, Thinner
from schemas.errors import RefusedError

__all__ = ["FilmClock", "Thinning", "Video"]

_LOOKED_AT: Final = 12
"""Frames at the beginning that tell how many there are a second, whatever the header says."""
_FASTEST: Final = 240
"""Frames a second of a camera; a header that says more names the unit of its times."""
_TOLERANCE: Final = 1.0
"""Seconds by which the sound may be longer than the picture, and that may be missing of a long film."""
_AGAIN: Final = 1.0
"""Seconds by which times go back where another recording begins."""
_REGULAR: Final = 0.9
"""Share of equal steps from which a longer one is a hole, and no camera that waits until something moves."""
_UNKNOWN_LENGTH: Final = timedelta(hours=12)


class Thinning(NamedTuple):
    """Why not all frames are sent. rate: frames a second. size: bytes of all, or of an hour's if the end is unknown."""

    rate: float
    size: float
    an_hour: bool


class FilmClock:
    """The times of a film's frames, in seconds from its beginning, held against what the file promises."""

    def __init__(self, container: Container, rate: float, count: float) -> None:
        """rate, count: frames a second and in all, as the header says; whatever they are if it does not."""
        believed = rate if 0 < rate < 1e6 else 0.0
        counted = count / believed if believed and 0 < count < 1e12 else None
        self.seconds = container.seconds or counted
        """How long the picture should last; None if the file does not say."""
        self._container = container
        self._rate = believed
        self._count = round(count) if counted else None
        self._steps: Counter[float] = Counter()
        self.frames = 0
        self.last = 0.0

    @property
    def step(self) -> float:
        """The usual time from a frame to the next one."""
        usual = self._steps.most_common(1)
        return usual[0][0] if usual else 1 / self._rate if 0 < self._rate <= _FASTEST else 0.04

    @property
    def promised(self) -> int | None:
        """How many frames there should be."""
        if self.seconds is None:
            return None
        rate = self._rate if 0 < self._rate <= _FASTEST else 1 / self.step
        if not self._container.counts:  # its rate may be that of a grid on which few frames stand
            rate = min(rate, 1 / self.step)
        within = max(1, round(self.seconds * rate))  # what was trimmed is counted, and is not shown
        return min(self._count, within) if self._count and self._container.counts else within

    def due(self, every: timedelta) -> int | None:
        """Return how many of the promised frames are due."""
        if self.seconds is None or self.promised is None:
            return None
        interval = every.total_seconds()
        return self.promised if interval <= self.step else int((self.seconds - self.step) / interval + 1e-6) + 1

    @property
    def following(self) -> float:
        """The time of a frame that has none of its own, once a step is known."""
        return self.last + self.step if self._steps else self.last

    def tick(self, at: float) -> bool:
        """Take the time of the next frame; False, and it is not taken, if it is not later than the one before."""
        if self.frames and at <= self.last:
            return False
        if self.frames:
            self._steps[round(at - self.last, 3)] += 1
        self.last = at
        self.frames += 1
        return True

    def begins_again(self, at: float) -> bool:
        """Say whether another recording begins with a frame of this time, and it is not one out of its order."""
        if not self.frames:
            return False
        back = at < self.last - _AGAIN
        begin = at <= self.step / 2 and (back or self.frames > REORDERED)
        joined_unseen = self._container.kind == "avi" and self._container.recordings > 1  # its times just run on
        return (
            begin
            or (back and at < self.last - REORDERED * self.step)
            or (joined_unseen and self.promised is not None and self.frames >= self.promised)
        )

    @property
    def breaks_off(self) -> bool:
        """Whether the file was cut, and does not say how long it was."""
        return self._container.cut_off and (self.promised is None or not self._container.promises)

    def missing(self, lead: float = 0.0) -> tuple[int, int]:
        """Return how many frames are missing within and at the end, when all have come.

        lead: seconds before the first frame, which some count into the length: as many as frames are held back.
        """
        surely = self._container.cut_off and self._container.promises
        # Of frames that are stored out of their order some near the cut have nothing to be shown from.
        strict = _TOLERANCE if self.breaks_off else 0.0 if surely else min(_TOLERANCE, (self.seconds or 0) / 100)
        holes = self._holes()
        within = round(holes / self.step) if holes > strict else 0
        if self.seconds is None or self.promised is None:
            return within, 0
        end = self.seconds - self.last - self.step
        if self._container.counts:
            lost = self.promised - self.frames
            if lost * self.step <= strict + 1e-6:
                return 0, 0
            at_end = min(lost, max(0, round(end / self.step)))
            return lost - at_end, at_end
        patience = 0.5 * self.step if surely else _TOLERANCE + self._longest() + min(lead, REORDERED * self.step)
        return within, round(end / self.step) if end > patience else 0

    def _holes(self) -> float:
        """Return the seconds of the frames that are not there, of a film whose steps are otherwise equal."""
        usual = self.step
        if sum(n for each, n in self._steps.items() if each < 1.5 * usual) < _REGULAR * self._steps.total():
            return 0.0
        return sum(n * (round(each / usual) - 1) * usual for each, n in self._steps.items() if each >= 1.5 * usual)

    def _longest(self) -> float:
        """Return the longest step of a film whose steps differ."""
        return max(self._steps, default=0.0) if not self._holes() else self.step


class Video:
    """A video file that began at a known moment."""

    live = False

    def __init__(self, path: Path, starts_at: datetime, every: timedelta | None = None) -> None:
        """Look into the file. every: None lets the film decide.

        Raises:
            SourceError: nothing in it can be decoded, or its frames have no times.
        """
        self.name = str(path)
        self._starts_at = starts_at
        try:
            self._container = read_container(path)
        except OSError as error:
            raise SourceError("unreadable", path=path, why=error.strerror) from error
        with _opened(path, self._container) as video:
            clock = self._clock(video)
            image = _first_frames(video, _times(video, self._container), clock, path)
        self.thinning = self._thinning(clock, image) if every is None else None
        self._every = every if every is not None else CHOSEN if self.thinning else timedelta(0)
        self._step = max(self._every, timedelta(seconds=clock.step))
        self.total: int | None = clock.due(self._every)
        self.shortfall = WHOLE

    def moments(self) -> Sequence[datetime]:
        """Return when its frames were taken, as far as can be told before they are read."""
        if self.total is None:
            return [self._starts_at + n * timedelta(minutes=1) for n in range(_UNKNOWN_LENGTH // timedelta(minutes=1))]
        return [self._starts_at + n * self._step for n in range(self.total)]

    def shots(self) -> Iterator[Shot | Refused]:
        """Yield the frames that are due; the others are not even decoded. Then ``shortfall`` tells what was missing."""
        kept, undated, again = 0, 0, False
        thinner = Thinner(self._every)
        with _opened(Path(self.name), self._container) as video:
            clock, times = self._clock(video), _times(video, self._container)
            while video.grab():
                at = _time(times.read(video), clock)
                if again := clock.begins_again(at):
                    break
                if not clock.tick(at):
                    undated += 1
                    continue
                captured_at = self._starts_at + timedelta(seconds=at)
                if thinner.keeps(captured_at):
                    kept += 1
                    yield _shot(video, captured_at, f"{Path(self.name).name} at {captured_at.isoformat()}")
        missing = clock.missing(times.lead)
        self._conclude(clock, missing, kept, undated, joined=again or self._container.recordings > 1)

    def _conclude(self, clock: FilmClock, missing: tuple[int, int], kept: int, undated: int, *, joined: bool) -> None:
        within, end = missing
        breaks_off = clock.breaks_off and not (joined or end)
        due, self.total = self.total, kept
        last = self._starts_at + timedelta(seconds=clock.last)
        self.shortfall = Shortfall(
            missing=within + end,
            promised=clock.frames + within + end,
            due=max(0, (due or 0) - kept) if within or end else 0,
            ends_at=last if end or breaks_off else None,
            breaks_off=breaks_off,
            more_after=last + timedelta(seconds=clock.step) if joined else None,
            undated=undated,
        )

    def _clock(self, video: Any) -> FilmClock:
        return FilmClock(self._container, video.get(cv2.CAP_PROP_FPS), video.get(cv2.CAP_PROP_FRAME_COUNT))

    def _thinning(self, clock: FilmClock, image: Any) -> Thinning | None:
        rate = 1 / clock.step
        if rate <= 1 or image is None:
            return None
        try:
            size = len(encode(image))
        except RefusedError:
            return None  # each of its frames is refused, and says why
        return Thinning(rate, size * rate * (clock.seconds or 3600), clock.seconds is None)


@contextmanager
def _opened(path: Path, container: Container) -> Iterator[Any]:
    """Open a file to be decoded, and let it go."""
    video = open_capture(str(path))
    try:
        if not video.isOpened():
            raise SourceError("no_video" if container.indexed else "unfinished_video", path=path)
        yield video
    finally:
        video.release()


def _times(video: Any, container: Container) -> FrameTimes:
    return FrameTimes(video.get(cv2.CAP_PROP_FPS), in_stored_order=container.kind == "avi")


def _time(at: float | None, clock: FilmClock) -> float:
    """Return the time of a frame; of one without any, as the last of an AVI, the next one."""
    return clock.following if at is None else at


def _first_frames(video: Any, times: FrameTimes, clock: FilmClock, path: Path) -> Any:
    """Let the clock see the first frames, and return the first picture that is not damaged, or None."""
    image, looked_at = None, 0
    while looked_at < _LOOKED_AT and video.grab():
        clock.tick(_time(times.read(video), clock))
        if image is None:
            read, picture = video.retrieve()
            image = np.asarray(picture, np.uint8) if read else None
        looked_at += 1
    if looked_at == 0:
        raise SourceError("no_video", path=path)
    if looked_at > 1 and clock.frames == 1:
        raise SourceError("untimed_video", path=path)
    return image


def _shot(video: Any, captured_at: datetime, name: str) -> Shot | Refused:
    read, image = video.retrieve()
    if not read:
        return Refused(name, "damaged")
    try:
        return Shot(captured_at, encode(np.asarray(image)), name)
    except RefusedError as error:
        return Refused(name, str(error))
