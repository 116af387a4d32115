"""A live camera: read as fast as it delivers, opened again as often as it breaks off."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Timer
from typing import Any, Final

import cv2
import numpy as np

from producers.addresses import CameraAddress, masked, read_address
from producers.capture import devices, open_capture
from producers.jpeg import encode, fit
from producers.probing import PATIENCE, CameraAnswer, NoPictureError, Snapshots, ask, is_web
from producers.shots import CHOSEN, WHOLE, Refused, Shot, SourceError, Tell, Thinner
from schemas.errors import RefusedError
from schemas.metrics import RECONNECTS
from schemas.pulse import PULSE
from schemas.retry import pauses

__all__ = ["Live", "LiveEdge"]

LONGEST_PAUSE: Final = 30.0
"""Seconds between two attempts at most: a camera that comes back is seen within this time and what opening it takes."""

_PACE = 0.5
"""Seconds, of the clock or of the stream, after which their paces are compared."""
_LOOKED_AT: Final = timedelta(seconds=2)
"""For so long a stream is looked at to say how many frames a second it has."""
_BRISKEST: Final = timedelta(seconds=1)
"""A camera that is asked for each picture gives one in this time at most if nobody says how many are wanted."""

_OTHER_WAYS: Final = 100
"""From this number on a device's number says also in which of OpenCV's ways it is opened."""

_FINAL: Final = {
    "busy", "closed_port", "no_path", "password", "password_missing", "timeout", "unknown_host", "unreachable",
    "web_page",
}  # fmt: skip
"""Answers of HTTP after which a decoder need not try."""


class Live:
    """A device, a network stream, or a camera that is asked for each picture over HTTP.

    Every frame is taken off a stream at once, so that what is kept is now and not what a buffer held; only those
    that are due are decoded. The clock dates a frame when it arrives; what waited while the stream was opened is not
    kept, for nobody knows when it was taken.
    """

    live = True
    total: int | None = None
    shortfall = WHOLE

    def __init__(
        self,
        source: int | str,
        *,
        every: timedelta | None,
        tell: Tell,
        clock: Callable[[], datetime],
        sleep: Callable[[float], object],
        connect: Callable[[int | str], Any] = open_capture,
        asked: Callable[[CameraAddress], CameraAnswer] = ask,
        timer: Callable[[float, Callable[[], None]], Any] = Timer,
    ) -> None:
        """Keep what is needed to open the camera; it is opened by ``shots``.

        every: None lets the camera decide: all, unless there are several a second. clock: gives aware times.
        sleep: waits seconds. connect: opens the source as ``cv2.VideoCapture`` does. asked: says what an address has.
        timer: calls back after some seconds once it is started, unless it is cancelled.
        """
        self.name = f"camera {source}" if isinstance(source, int) else masked(source)
        self._address = _address(source) if isinstance(source, str) else None
        self._source = self._address.url if self._address else source
        self._every = every
        self._pace = _Pace(every, _of(tell, self.name))
        self._trouble = _Trouble(_of(tell, self.name))
        self._clock = clock
        self._sleep = sleep
        self._connect = connect
        self._asked = asked
        self._timer = timer
        self._kind = "" if self._address and is_web(self._address) else "stream"

    def moments(self) -> Sequence[datetime] | None:
        """Nobody knows yet."""
        return None

    def check(self) -> None:
        """See whether there is such a device at all; one that is unplugged later is waited for.

        Raises:
            SourceError: there is none.
        """
        known, number = devices(), self._source
        if isinstance(number, int) and number < _OTHER_WAYS and known is not None and number not in known:
            raise SourceError("no_such_device", device=number, known=", ".join(map(str, sorted(known))) or "-")

    def shots(self) -> Iterator[Shot | Refused]:
        """Yield for ever what the camera shows; close the iterator to stop."""
        while True:
            try:
                if self._address and self._look(self._address) == "snapshot":
                    yield from self._snapshots(self._address)
                else:
                    yield from self._stream()
            except NoPictureError as error:
                if self._kind == "snapshot":
                    self._kind = ""  # it may have become something else
                self._sleep(self._trouble.pause(error.answer))

    def _look(self, address: CameraAddress) -> str:
        """Say of an address of HTTP what it has, until it is known; all else is a stream."""
        if not self._kind:
            with self._told_if_slow():
                answer = self._asked(address)
            if answer.what in _FINAL:
                raise NoPictureError(answer)
            # What cannot be asked may be decoded all the same, as with a certificate that nobody signed.
            self._kind = answer.what if answer.what in ("snapshot", "stream") else ""
        return self._kind

    def _stream(self) -> Iterator[Shot | Refused]:
        """Yield what a stream shows until it breaks off.

        Raises:
            NoPictureError: it did, or there is none; the answer says why.
        """
        asked_at = self._clock()
        with self._told_if_slow():
            capture = self._connect(self._source)
        edge, came = LiveEdge((self._clock() - asked_at).total_seconds()), False
        try:
            while capture.isOpened() and capture.grab():
                came = True
                self._trouble.over()
                captured_at = self._clock()
                position = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
                if edge.reached(captured_at, position) and self._pace.keeps(captured_at):
                    shot = self._shot(capture, captured_at)
                    self._pace.saw(shot)
                    yield shot
        finally:
            capture.release()
        if came:
            raise NoPictureError(CameraAnswer("broke_off"))
        if self._address is None:
            raise NoPictureError(CameraAnswer("no_device" if isinstance(self._source, int) else "no_stream"))
        answer = self._asked(self._address)
        self._kind = answer.what if answer.what == "snapshot" else self._kind
        raise NoPictureError(CameraAnswer("no_stream") if answer.what in ("stream", "snapshot") else answer)

    @contextmanager
    def _told_if_slow(self) -> Iterator[None]:
        """Tell that a camera takes long to answer, as long as it does: whoever waits should know for what."""
        timer = self._timer(PATIENCE, self._trouble.slow)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _snapshots(self, address: CameraAddress) -> Iterator[Shot | Refused]:
        """Yield a picture as often as one is due, until there is none.

        Raises:
            NoPictureError: there is none; the answer says why.
        """
        every = CHOSEN if self._every is None else self._every or _BRISKEST
        with Snapshots(address) as camera:
            while True:
                asked_at = self._clock()
                jpeg = camera.take()
                captured_at = self._clock()
                self._trouble.over()
                name = f"{self.name} at {captured_at.isoformat()}"
                try:
                    yield Shot(captured_at, fit(jpeg), name)
                except RefusedError as error:
                    yield Refused(name, str(error))
                self._sleep(max(0.0, (every - (self._clock() - asked_at)).total_seconds()))

    def _shot(self, capture: Any, captured_at: datetime) -> Shot | Refused:
        name = f"{self.name} at {captured_at.isoformat()}"
        read, image = capture.retrieve()
        if not read:
            return Refused(name, "damaged on its way from the camera")
        try:
            return Shot(captured_at, encode(np.asarray(image)), name)
        except RefusedError as error:
            return Refused(name, str(error))


class _Pace:
    """Chooses the frames that are due, and how often that is where nobody said."""

    def __init__(self, every: timedelta | None, tell: Tell) -> None:
        self._thinner = Thinner(CHOSEN if every is None else every)
        self._open = every is None
        self._tell = tell
        self._began: datetime | None = None
        self._frames = 0
        self._size = 0

    def keeps(self, moment: datetime) -> bool:
        """Say whether the next frame is due."""
        if self._open:
            self._look_at(moment)
        return self._thinner.keeps(moment)

    def saw(self, shot: Shot | Refused) -> None:
        """Learn how large a picture is."""
        self._size = len(shot.jpeg) if isinstance(shot, Shot) else self._size

    def _look_at(self, moment: datetime) -> None:
        self._began = self._began or moment
        passed = moment - self._began
        if passed >= _LOOKED_AT:
            self._open = False
            rate = self._frames / passed.total_seconds()
            if rate > 1:
                self._tell("thinned_live", rate=rate, size=self._size * rate * 3600)
            else:
                self._thinner = Thinner(timedelta(0))
        self._frames += 1


class _Trouble:
    """What people are told of a camera without a picture: when the cause changes, and when the pauses have grown."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._answer: CameraAnswer | None = None
        self._waits = pauses(LONGEST_PAUSE)
        self._told_pause = 0.0

    def pause(self, answer: CameraAnswer) -> float:
        """Return for how many seconds to wait because of an answer."""
        RECONNECTS.labels("camera").inc()
        PULSE.waits("camera")
        pause = LONGEST_PAUSE if answer.what == "password" else next(self._waits)  # cameras lock out who tries often
        if answer != self._answer or pause >= 2 * self._told_pause:
            self._tell(answer.what, status=answer.status, pause=pause)
            self._told_pause = pause
        self._answer = answer
        return pause

    def slow(self) -> None:
        """There is no answer yet; of a camera in trouble people know more already."""
        if not self._answer:
            self._tell("slow", seconds=PATIENCE)

    def over(self) -> None:
        """There is a picture."""
        if self._answer:
            self._tell("back")
            self._answer, self._waits, self._told_pause = None, pauses(LONGEST_PAUSE), 0.0


def _address(source: str) -> CameraAddress | None:
    """Read an address; None of one that only a decoder understands, like ``udp://@:5000``."""
    try:
        return read_address(source)
    except ValueError:
        return None


def _of(tell: Tell, name: str) -> Tell:
    """Return what tells of one camera."""
    return lambda text, **values: tell(text, name=name, **values)


class LiveEdge:
    """Tells when a stream shows now, and no longer what waited in the connection while it was opened.

    What waited comes faster than it was taken, and no more of it waited than was shown in that time.
    """

    def __init__(self, opening: float) -> None:
        """Expect the stream's first frame. opening: seconds that it took to open."""
        self._waiting = opening
        self._looked: tuple[datetime, float] | None = None

    def reached(self, arrived_at: datetime, position: float) -> bool:
        """Say whether a frame shows now.

        position: in the stream, in seconds; of a source that does not know, always the same.
        """
        self._looked = self._looked or (arrived_at, position)
        passed, shown = (arrived_at - self._looked[0]).total_seconds(), position - self._looked[1]
        if max(passed, shown) >= _PACE:
            self._waiting = 0 if passed >= shown * 3 / 4 else self._waiting - shown
            self._looked = arrived_at, position
        return self._waiting <= 0
