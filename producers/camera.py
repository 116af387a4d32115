"""A camera: shots from a source into the topic ``frames``.

A live camera keeps its newest frames when Kafka cannot keep up and sheds the oldest; a recording is sent whole.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import msgspec
from kafka.errors import KafkaError

from producers.backlog import Backlog, Feed
from producers.delivery import SYSTEM_CLOCK, Arrival, Clock, Delivery, Letter
from producers.disk_limit import DiskLimit
from producers.shots import WHOLE, Refused, Shortfall, Shot
from producers.sources import Source
from schemas import cluster
from schemas.broker_disk import BrokerDisk, DiskSpace
from schemas.errors import UnavailableError
from schemas.frame_seals import FrameSealer, frame_sealer
from schemas.frames import FrameHeaders
from schemas.metrics import CAMERA_FRAMES, few
from schemas.pulse import PULSE
from schemas.settings import Settings
from schemas.translations import Text

__all__ = ["Broker", "Sent", "send", "send_recording"]

WAITING_LIVE = 60
"""Frames that a live camera keeps while Kafka is away: five minutes of them at one every 5 s."""
WAITING_RECORDED = 8
WINDOW = 8
"""Unacknowledged frames: enough that the network never waits for the disk, few enough that little is sent twice."""

LONGEST_UNDER_WAY_MS = 60_000
"""A frame that the client could not deliver for so long is handed over anew, with what the clock says then."""

_TICK = 0.2


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the frames.

    sent: acknowledged by Kafka. dropped: of a live camera: shed, or unsent when it was stopped.
    dropped_for: how many of these for what reason, as far as one is known. unsent: of a recording: not taken yet when
    it was interrupted. refused: too large or damaged. total: how many the source has, if that is known.
    shortfall: of a recording, what it should hold and does not. arrivals: where its frames are, when it has ended.
    """

    sent: int = 0
    dropped: int = 0
    dropped_for: tuple[tuple[str, int], ...] = ()
    unsent: int = 0
    refused: tuple[Refused, ...] = ()
    total: int | None = None
    shortfall: Shortfall = WHOLE
    arrivals: tuple[Arrival, ...] = ()
    interrupted: bool = False

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return not (self.dropped or self.unsent or self.refused or self.interrupted or not self.shortfall.whole)


def send_recording(
    settings: Settings,
    source: Source,
    hall: str,
    camera: str,
    progress: Callable[[Sent], None] | None = None,
) -> Sent:
    """Send a directory or a file whole, and return when Kafka has acknowledged everything.

    Sending it again does no harm: the same frames are the same facts. While Kafka is away it waits.
    """
    if source.live:
        raise ValueError(f"{source.name} is live, not a recording")
    return send(settings, source, hall, camera, progress=progress)


class Broker(NamedTuple):
    """Kafka as a camera uses it. connect: opens a producer. disk_space: how much room there is now."""

    connect: Callable[[], Any]
    disk_space: Callable[[], DiskSpace]


def send(
    settings: Settings,
    source: Source,
    hall: str,
    camera: str,
    *,
    progress: Callable[[Sent], None] | None = None,
    say: Callable[[str], None] = print,
    broker: Broker | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Sent:
    """Send what a source gives until it ends or Ctrl-C, which sends what waits and then returns.

    While a disk of Kafka is nearly full nothing is sent: a recording waits, a live camera sheds.

    progress: is called whenever the numbers changed. say: is told what a person should know meanwhile.
    broker, clock: Kafka as the settings say, and this machine's time; tests give their own.

    Raises:
        RefusedError: its frames must be sealed, and there is no key for that.
        UnavailableError: Kafka failed in a way that trying again does not mend.
    """
    sealer = frame_sealer(settings)
    broker_disk = BrokerDisk(settings)
    options = {"max_block_ms": 5000, "delivery_timeout_ms": LONGEST_UNDER_WAY_MS}
    broker = broker or Broker(partial(cluster.producer, settings, **options), broker_disk.space)
    delivery = Delivery(
        broker.connect,
        settings.topic("frames"),
        window=WINDOW,
        say=say,
        clock=clock,
        check_disk=DiskLimit(broker.disk_space, say=say).check,
    )
    try:
        return _Run(source, (hall, camera), sealer, delivery, progress or (lambda _: None)).run()
    except KafkaError as error:
        raise UnavailableError(
            Text("Kafka did not take a frame: {error}", error=error), "Send it again; what was sent does no harm."
        ) from error
    finally:
        broker_disk.close()


class _Run:
    """One source being sent."""

    def __init__(
        self,
        source: Source,
        camera: tuple[str, str],
        sealer: FrameSealer | None,
        delivery: Delivery,
        progress: Callable[[Sent], None],
    ) -> None:
        """camera: with its hall before it. sealer: None sends pictures as they are."""
        self._source = source
        self._hall, self._camera = camera
        self._sealer = sealer
        self._delivery = delivery
        self._progress = progress
        self._backlog: Backlog[tuple[int, Shot | Refused]] = Backlog(
            WAITING_LIVE if source.live else WAITING_RECORDED, sheds=source.live, reason=lambda: delivery.obstacle
        )
        self._refused: list[Refused] = []
        self._shown = Sent(total=source.total, shortfall=source.shortfall)

    def run(self) -> Sent:
        feed = Feed(lambda: enumerate(self._source.shots()), self._backlog)
        interrupted = False
        unsent = 0
        try:
            while not feed.ended:
                self._delivery.collect()
                self._forward(feed.take(_TICK), self._delivery.post)
                self._show()
            self._delivery.settle()
        except KeyboardInterrupt:
            interrupted = True
            feed.stop()
            while not feed.ended:
                self._forward(feed.take(0), self._delivery.add)
        finally:
            unsent = self._delivery.close()
        result = self._result(interrupted, unsent)
        self._tell(result)
        return msgspec.structs.replace(result, arrivals=tuple(self._delivery.arrivals))

    def _forward(self, item: tuple[int, Shot | Refused] | None, deliver: Callable[[Letter], None]) -> None:
        match item:
            case (sequence, Shot() as shot):
                headers = FrameHeaders(
                    hall=self._hall,
                    camera=self._camera,
                    captured_at=shot.captured_at,
                    live=self._source.live,
                    sequence=sequence,
                )
                value = self._sealer.seal(headers, shot.jpeg) if self._sealer else shot.jpeg
                deliver(Letter(headers, value, shot.name))
            case (_, Refused() as refused):
                self._refused.append(refused)

    def _show(self) -> None:
        PULSE.turned()
        PULSE.has_work(self._source.live)  # a live camera has a picture to give at any time
        self._tell(self._result(interrupted=False, unsent=0))

    def _tell(self, now: Sent) -> None:
        before, self._shown = self._shown, now
        if now == before:
            return
        PULSE.progressed()
        numbers = {"sent": now.sent, "dropped": now.dropped, "refused": len(now.refused)}
        known = {"sent": before.sent, "dropped": before.dropped, "refused": len(before.refused)}
        for outcome, count in numbers.items():
            CAMERA_FRAMES.labels(*few(self._hall, self._camera), outcome).inc(max(0, count - known[outcome]))
        self._progress(now)

    def _result(self, interrupted: bool, unsent: int) -> Sent:
        too_large = tuple(Refused(name, "Kafka takes no frame of this size") for name in self._delivery.too_large)
        refused = (*self._refused, *too_large)
        dropped = self._backlog.dropped
        if not self._source.live and interrupted and self._source.total is not None:
            unsent = self._source.total - self._delivery.acknowledged - len(refused)
        return Sent(
            sent=self._delivery.acknowledged,
            dropped=dropped.total() + unsent if self._source.live else 0,
            dropped_for=tuple(sorted((why, count) for why, count in dropped.items() if why)),
            unsent=0 if self._source.live else unsent,
            refused=refused,
            total=self._source.total,
            shortfall=self._source.shortfall,
            interrupted=interrupted,
        )
