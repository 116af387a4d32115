"""What the broker's clock says: the one clock that a site shares, whatever the clocks of its machines say."""

import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

from kafka.errors import KafkaError

from schemas.cluster import producer
from schemas.errors import UnavailableError
from schemas.settings import Settings
from schemas.translations import Text

__all__ = ["BrokerClock"]

EVERY = 600.0
"""Seconds after which it is asked anew; in between, time passes by this machine's steady clock."""

_PATIENCE = 10.0


class BrokerClock:
    """Tells the broker's time, and never a later one. Blocking; for one thread."""

    def __init__(self, settings: Settings, steady: Callable[[], float] = time.monotonic) -> None:
        """steady: seconds that never jump."""
        self._settings = settings
        self._steady = steady
        self._asked: tuple[datetime, float] | None = None

    def now(self) -> datetime:
        """Return the time.

        Raises:
            UnavailableError: the broker does not answer, or the topic ``clock`` is not there.
        """
        if self._asked is None or self._steady() - self._asked[1] > EVERY:
            # The broker dates the record before it answers: by then it is later there, never earlier.
            self._asked = self._ask(), self._steady()
        said, at = self._asked
        return said + timedelta(seconds=self._steady() - at)

    def _ask(self) -> datetime:
        topic = self._settings.topic("clock")
        with closing(producer(self._settings, max_block_ms=int(_PATIENCE * 1000), linger_ms=0)) as client:
            try:
                told = client.send(topic, value=b"").get(timeout=_PATIENCE)
            except KafkaError as error:
                raise UnavailableError(
                    Text(
                        "Kafka at {bootstrap} does not tell the time: {error}",
                        bootstrap=self._settings.bootstrap,
                        error=error,
                    ),
                    Text("If the topic {topic} is not there, `naul up` creates it.", topic=topic),
                ) from error
        return datetime.fromtimestamp(told.timestamp / 1000, UTC)
