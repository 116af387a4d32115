"""Whose offsets a group's are: they say what one embedded store holds, and no other store may go on from them.

Every offset that the sink of an embedded store commits carries the store's name as metadata. So the claim lives and
ends with what it speaks of, nobody can commit without it, and Kafka decides between two who claim at once: only the
member that has been given the first partition makes the claim, and its commit is void in any other generation of the
group. ``docs/adr/0003-embedded-store.md`` tells why.
"""

import secrets
import socket
from collections.abc import Collection, Iterable
from pathlib import Path

import msgspec
from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import CommitFailedError, FencedInstanceIdError, KafkaError, RebalanceInProgressError

from schemas.errors import RefusedError, UnavailableError
from schemas.settings import Settings
from schemas.translations import Text
from schemas.unreadable import UNREADABLE

__all__ = ["Owner", "Ownership", "store_name"]

_TIMEOUT_MS = 5000


class Owner(msgspec.Struct, frozen=True):
    """An embedded store. store: its own name, which moves with it. host, home: where it was, for people."""

    store: str
    host: str
    home: str


class Ownership:
    """What one sink knows of the owner of its group's offsets."""

    def __init__(
        self,
        settings: Settings,
        client: KafkaConsumer,
        first: TopicPartition,
        store: str | None,
        *,
        take_over: bool,
        refill: bool = False,
    ) -> None:
        """Keep what is needed; nothing is asked yet.

        client: a member of the group, or about to be one. first: the partition whose holder may claim.
        store: the name of this sink's embedded store; None for a server, which any number of sinks share.
        take_over: whoever the owner is, become it, and fill this store from the start.
        refill: of a server that lost what it had: start over, whatever was committed.
        """
        self._client = client
        self._first = first
        self._site = settings.prefix
        self._mine = Owner(store, socket.gethostname(), str(settings.home)) if store else None
        self._take_over = take_over
        self._refill = refill

    @property
    def metadata(self) -> str:
        """What every commit must carry."""
        return msgspec.json.encode(self._mine).decode() if self._mine else ""

    def check(self) -> bool:
        """Look before joining the group, so that who is refused disturbs nobody; return True.

        Raises:
            RefusedError: the offsets belong to another store.
            UnavailableError: Kafka does not answer.
        """
        try:
            self._refuse(_read(self._committed(self._first)))
            return True
        except KafkaError as error:
            raise self._away(error) from error

    def settle(self) -> None:
        """Make sure that this sink may write, after each change of its partitions.

        Raises:
            RefusedError: the offsets belong to another store.
            UnavailableError: that is not decided yet, or Kafka does not answer; ask again.
        """
        try:
            owner = _read(self._committed(self._first))
            self._refuse(owner)
            partitions = self._client.assignment()
            if not self._is_mine(owner) and self._first not in partitions:
                whose = f"of the store in {owner.home} on {owner.host}" if owner else "that started just now"
                raise UnavailableError(
                    Text("another sink, {whose}, is at work", whose=whose), "Waiting for its end, or for its claim."
                )
            if self._refill and not self._holds_all(partitions):
                raise UnavailableError("another sink is at work", "Waiting for its end: it is to start over, too.")
            if claims := self._claims(partitions):
                self._client.commit(claims, timeout_ms=_TIMEOUT_MS)
        except (CommitFailedError, RebalanceInProgressError) as error:
            raise UnavailableError("partitions change hands", "Waiting for the end of that.") from error
        except FencedInstanceIdError:
            raise
        except KafkaError as error:
            raise self._away(error) from error
        self._take_over = self._refill = False

    def _claims(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, OffsetAndMetadata]:
        """Return what to commit so that the offsets of these partitions are this store's.

        Never the position: what was polled up to there may not be written yet.
        """
        found = {}
        for each in sorted(partitions):
            committed = self._committed(each)
            owner = _read(committed)
            if self._is_mine(owner) and not self._refill:
                continue
            if owner is None and committed is not None and not self._refill:
                start = committed.offset
            else:
                [start] = self._client.beginning_offsets([each], timeout_ms=_TIMEOUT_MS).values()
            if owner is not None or self._refill:  # what another store holds, or held, is not here
                self._client.seek(each, start)
            found[each] = OffsetAndMetadata(start, self.metadata, -1)
        return found

    def _holds_all(self, partitions: Collection[TopicPartition]) -> bool:
        topics = {each.topic for each in partitions}
        counts = [len(self._client.partitions_for_topic(each) or ()) for each in self._client.subscription() or ()]
        return bool(topics) and len(partitions) == sum(counts)

    def _committed(self, partition: TopicPartition) -> OffsetAndMetadata | None:
        return self._client.committed(partition, metadata=True, timeout_ms=_TIMEOUT_MS)

    def _is_mine(self, owner: Owner | None) -> bool:
        return (owner and owner.store) == (self._mine and self._mine.store)

    def _refuse(self, owner: Owner | None) -> None:
        if owner is None or self._is_mine(owner) or self._take_over:
            return
        raise RefusedError(
            Text(
                "the site {site!r} has its store in {home} on {host}; a second one would keep only "
                "what the first does not",
                site=self._site,
                home=owner.home,
                host=owner.host,
            ),
            "Run the sink there alone: other machines need only `naul worker recognise` and `attend`. Or give all "
            "machines one server with NAUL_STORE. If that store is lost or left, `naul worker sink --take-over` fills "
            "the one of this machine from the start.",
        )

    @staticmethod
    def _away(error: KafkaError) -> UnavailableError:
        return UnavailableError(
            Text("Kafka does not tell whose offsets these are: {error}", error=error), "Waiting for it."
        )


def _read(committed: OffsetAndMetadata | None) -> Owner | None:
    try:
        return msgspec.json.decode(committed.metadata, type=Owner) if committed and committed.metadata else None
    except UNREADABLE:
        return None  # somebody's tool has committed


def store_name(directory: Path) -> str:
    """Return the name of the store in a directory that this process owns; it gets one the first time."""
    file = directory / "name"
    try:
        return file.read_text("ascii")
    except FileNotFoundError:
        draft = file.with_suffix(".draft")
        draft.write_text(secrets.token_hex(8), "ascii")
        draft.replace(file)
        return file.read_text("ascii")
