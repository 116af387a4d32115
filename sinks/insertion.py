"""A stretch of messages on its way into the store: what the store refuses is found, and all the rest is written."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from schemas.dead_letters import BadMessageLimit
from sinks.batch import Batch
from sinks.store.port import RefusedRowsError

__all__ = ["Insertion", "Limits", "StoredMessage"]

log = logging.getLogger(__name__)


class StoredMessage(NamedTuple):
    """A message that could be read. topic: without prefix. partition, offset: where it is."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Limits:
    """Ends a sink into whose tables nothing goes any more. Each topic counts for itself: each has tables of its own."""

    def __init__(self) -> None:
        self._limits: dict[str, BadMessageLimit] = {}

    def of(self, topic: str) -> BadMessageLimit:
        """Return the count of a topic."""
        what = "were refused by the store: has it the tables of this version?"
        return self._limits.setdefault(topic, BadMessageLimit(what=what))


class Insertion:
    """Messages on their way into the store.

    A part that the store refuses is halved, until who is refused is alone. The parts are written in the order of their
    messages, so erasures hold for what came before them as in one batch. ``write`` may be called again after any
    failure: what is settled stays settled.
    """

    def __init__(self, write: Callable[[Batch], None], run: str, limits: Limits) -> None:
        """write: brings a batch into the store. run: whose sightings these are."""
        self._write = write
        self._run = run
        self._limits = limits
        self._whole: Batch | None = Batch(run)  # until it has to be divided
        self._parts: list[list[StoredMessage]] = [[]]
        self.refused: list[tuple[StoredMessage, RefusedRowsError]] = []
        """Messages that the store will never take, and why."""

    def __len__(self) -> int:
        return len(self._whole or ())

    @property
    def erasures(self) -> int:
        """How many students, and students of class hours, are to be erased."""
        return self._whole.erasures if self._whole else 0

    @property
    def newest_mark(self) -> datetime | None:
        """When the latest of the marks was made that its verdicts tell of."""
        return self._whole.newest_mark if self._whole else None

    def take(self, message: StoredMessage) -> None:
        """Take a message, before anything is written.

        Raises:
            BadMessageError: it can never be stored; nothing of it was taken.
        """
        assert self._whole is not None  # noqa: S101  for mypy: nothing was divided yet
        self._whole.take(message.topic, message.key, message.value)
        self._parts[0].append(message)

    def write(self) -> None:
        """Write what is not settled yet.

        Raises:
            UnavailableError: not all of it is on record; call again.
            RuntimeError: of some topic nothing is taken any more.
        """
        while self._parts:
            part = self._parts[0]
            try:
                self._write(self._batch(part) if self._whole is None else self._whole)
            except RefusedRowsError as error:
                self._whole = None
                self._divide(part, error)
            else:
                self._parts.pop(0)
                for topic in {each.topic for each in part}:
                    self._limits.of(topic).good()

    def _divide(self, part: list[StoredMessage], error: RefusedRowsError) -> None:
        if len(part) == 1:
            self._limits.of(part[0].topic).bad()
            self.refused.append((part[0], error))
            self._parts.pop(0)
        else:
            log.info("the store refused one of %d messages; dividing them", len(part))
            middle = len(part) // 2
            self._parts[:1] = [part[:middle], part[middle:]]

    def _batch(self, part: list[StoredMessage]) -> Batch:
        batch = Batch(self._run)
        for each in part:
            batch.take(each.topic, each.key, each.value)
        return batch
