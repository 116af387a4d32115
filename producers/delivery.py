"""Frames on their way to Kafka: a few unacknowledged at once, all of them sent again when the connection is lost."""

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from kafka.errors import AuthorizationError, KafkaError, KafkaTimeoutError, MessageSizeTooLargeError

from producers.disk_limit import LowDiskError
from schemas.errors import UnavailableError
from schemas.frames import FrameHeaders
from schemas.metrics import RECONNECTS
from schemas.pulse import PULSE
from schemas.retry import pauses

__all__ = ["SYSTEM_CLOCK", "Arrival", "Clock", "Delivery", "Letter"]

PATIENCE = 5.0
"""Seconds without an acknowledgement after which people are told."""

LONGEST_PAUSE = 10.0
"""Seconds between two attempts to reach Kafka, at most."""


class Clock(NamedTuple):
    """Time as a producer has it: what this machine's clock says, and how it waits for some seconds."""

    now: Callable[[], datetime]
    sleep: Callable[[float], object]


SYSTEM_CLOCK = Clock(lambda: datetime.now(UTC), time.sleep)


class Letter(NamedTuple):
    """One record of the topic ``frames``. value: a JPEG, or one that is sealed. name: for messages to people."""

    headers: FrameHeaders
    value: bytes
    name: str


class Arrival(NamedTuple):
    """Where in the topic ``frames`` a frame is that Kafka has acknowledged, and when it was taken."""

    partition: int
    offset: int
    captured_at: datetime


class Delivery:
    """Sends letters in order, at most ``window`` of them unacknowledged.

    A letter that is sent twice is the same fact twice, so when in doubt it is sent again.
    """

    def __init__(
        self,
        connect: Callable[[], Any],
        topic: str,
        *,
        window: int,
        say: Callable[[str], None],
        clock: Clock,
        check_disk: Callable[[], None] = lambda: None,
    ) -> None:
        """Keep what is needed; the first letter opens the connection.

        connect: returns a producer like ``schemas.cluster.producer``, or raises UnavailableError.
        topic: with prefix. say: is told when Kafka is away.
        clock: what it says when a frame is handed over goes along with it.
        check_disk: is called before anything is sent; raises LowDiskError while nothing may be.
        """
        self._connect = connect
        self._topic = topic
        self._window = window
        self._say = say
        self._clock = clock
        self._check_disk = check_disk
        self._client: Any = None
        self._waits = pauses(LONGEST_PAUSE)
        self._letters: deque[Letter] = deque()
        self._futures: deque[Any] = deque()  # of the first letters; the others still have to be handed over
        self.acknowledged = 0
        self.arrivals: list[Arrival] = []
        """Of the letters of recordings: a live camera sends for months, and nobody follows each of its frames."""
        self.too_large: list[str] = []
        """Names of the letters that the broker will never take."""
        self.obstacle = ""
        """What letters wait for, in a few words; empty while they are sent."""

    def post(self, letter: Letter) -> None:
        """Send a letter; wait first until there is room in the window, however long Kafka is away."""
        self.settle(self._window - 1)
        self.add(letter)
        self._try(self._hand_over)

    def add(self, letter: Letter) -> None:
        """Take a letter without sending it yet."""
        self._letters.append(letter)

    def settle(self, most: int = 0) -> None:
        """Wait until at most so many letters are unacknowledged."""
        while len(self._letters) > most:
            self._try(self._settle_oldest)

    def collect(self) -> None:
        """Take note of the acknowledgements that have come, without waiting."""
        while self._futures and self._futures[0].is_done:
            self._try(self._settle_oldest)

    def close(self, timeout: float = 5) -> int:
        """Send what is left, wait at most so many seconds, and return how many letters are still unacknowledged."""
        if self._client is not None:
            with suppress(KafkaError, UnavailableError):
                self._hand_over()
                self._client.flush(timeout=timeout)
        with suppress(KafkaError, UnavailableError):
            while self._futures and self._futures[0].succeeded():
                self._settle_oldest()
        self._drop_client()
        return len(self._letters)

    def _try(self, step: Callable[[], None]) -> None:
        """Take a step; if Kafka is away, say so, pause, and let everything unacknowledged be handed over again."""
        try:
            step()
            self.obstacle = ""
        except (KafkaError, UnavailableError) as error:
            if isinstance(error, LowDiskError):
                self.obstacle = "Kafka's disk is nearly full"
            else:
                refused = isinstance(error, AuthorizationError)
                self.obstacle = "Kafka does not let this user send" if refused else "Kafka is away"
                RECONNECTS.labels("kafka").inc()
                self._drop_client()  # one that was refused stays so when the right is there again
            PULSE.waits("kafka")
            pause = next(self._waits)
            why = str(error) if isinstance(error, UnavailableError) else f"Kafka did not take a frame: {error}"
            self._say(f"{why}\n  {len(self._letters)} frames wait; trying again in {pause:.1f} s.")
            self._clock.sleep(pause)

    def _hand_over(self) -> None:
        if len(self._futures) < len(self._letters):
            try:
                self._check_disk()
            except LowDiskError:
                if not self._futures:  # what is under way is waited for first
                    raise
                return
        if self._client is None:
            self._client = self._connect()
        while len(self._futures) < len(self._letters):
            headers, value, _ = self._letters[len(self._futures)]
            packed = msgspec.structs.replace(headers, sent_at=self._clock.now()).pack()
            self._futures.append(self._client.send(self._topic, key=headers.key, value=value, headers=packed))

    def _settle_oldest(self) -> None:
        self._hand_over()
        try:
            place = self._wait_for(self._futures[0])
            self.acknowledged += 1
            headers = self._letters[0].headers
            if not headers.live:
                self.arrivals.append(Arrival(place.partition, place.offset, headers.captured_at))
        except MessageSizeTooLargeError:
            self.too_large.append(self._letters[0].name)
        self._futures.popleft()
        self._letters.popleft()
        self._waits = pauses(LONGEST_PAUSE)

    def _wait_for(self, future: Any) -> Any:
        """Wait for an acknowledgement, and return it; Kafka's own time limit (two minutes) ends it."""
        patience = PATIENCE
        while not future.is_done:
            try:
                future.get(timeout=patience)
            except KafkaTimeoutError:
                if not future.is_done:
                    PULSE.waits("kafka")
                    self._say(f"Kafka does not answer; {len(self._letters)} frames wait for it.")
                    patience *= 2
        return future.get(timeout=0)

    def _drop_client(self) -> None:
        client, self._client = self._client, None
        self._futures.clear()
        if client is not None:
            with suppress(KafkaError):
                client.close(timeout=1)
