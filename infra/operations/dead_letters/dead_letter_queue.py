"""Messages that could not be understood: those that wait for a person, one of them, and sending them again."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, NamedTuple

from kafka import TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from infra.machine.lag import RETRIED, Cluster
from schemas.broker_clock import BrokerClock
from schemas.cluster import Record, consumer, kafka_away, send
from schemas.dead_letters import ORIGINAL
from schemas.errors import BadMessageError, RefusedError
from schemas.frame_seals import FrameOpener, sealed_for
from schemas.frames import FrameHeaders, sent_again
from schemas.messages import MarkBatch, decode
from schemas.settings import Settings
from schemas.topics import all_topics
from schemas.translations import Text

__all__ = [
    "Dealt",
    "RefusedMessage",
    "dealt_with",
    "dismiss_letters",
    "distinct",
    "find_letter",
    "original",
    "read_letter",
    "retry_letters",
    "waiting_letters",
]

BATCH_MIB = 32
"""Bytes that are sent in one go when letters are retried, in MiB."""
_NUMBERS = 4000
"""Letters of a note beside an offset that Kafka keeps; it takes 4096."""


class Dealt(NamedTuple):
    """Which dead letters wait for nobody any more: those before an offset, and some after it."""

    until: int = 0
    beyond: frozenset[int] = frozenset()

    def __contains__(self, offset: object) -> bool:
        return isinstance(offset, int) and (offset < self.until or offset in self.beyond)


class RefusedMessage(NamedTuple):
    """A message that was refused.

    refused_at: by the broker's clock, UTC. headers: why, by whom, where it was, and those that it had itself.
    value: None erased something. picture: the JPEG of a frame that is sealed, if a key here opens it.
    """

    offset: int
    refused_at: datetime
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    picture: bytes | None = None

    @property
    def stage(self) -> str:
        """Which stage refused it."""
        return self.text("stage")

    @property
    def reason(self) -> str:
        """Why, in one line."""
        return self.text("reason").partition("\n")[0]

    @property
    def same(self) -> tuple[object, ...]:
        """What this message and another share if they are one frame that was refused twice for the same reason."""
        moment = self.text(f"{ORIGINAL}captured_at")
        if not moment:
            return (self.offset,)
        whose = self.text(f"{ORIGINAL}hall"), self.text(f"{ORIGINAL}camera"), moment
        shown = self.value or b"" if self.picture is None else self.picture  # sealed once more it has other bytes
        return (*whose, self.reason, blake2b(shown, digest_size=16).digest())

    def taken_at(self, header: str = "captured_at") -> datetime | None:
        """Return when a frame was captured, or what another header of it says; None of what is no frame."""
        try:
            return datetime.fromtimestamp(int(self.text(f"{ORIGINAL}{header}")) / 1e6, UTC)
        except (ValueError, OverflowError, OSError):
            return None

    def text(self, header: str) -> str:
        """Return a header as text; empty if there is none."""
        return (dict(self.headers).get(header) or b"").decode("utf-8", "replace")


def waiting_letters(settings: Settings, *, retried: bool = False) -> Iterator[RefusedMessage]:
    """Yield the dead letters that wait for a person, oldest first; a frame that was refused twice is one of them.

    retried: also those that were sent again, and each that was refused.

    Raises:
        UnavailableError: the broker does not answer.
    """
    return _letters(settings) if retried else distinct(_waiting(settings, dealt_with(settings)))


def distinct(letters: Iterable[RefusedMessage]) -> Iterator[RefusedMessage]:
    """Yield dead letters, of those that are the same the first."""
    seen = set()
    for letter in letters:
        if letter.same not in seen:
            seen.add(letter.same)
            yield letter


def find_letter(settings: Settings, offset: int) -> RefusedMessage:
    """Return the dead letter at an offset.

    Raises:
        RefusedError: there is none.
        UnavailableError: the broker does not answer.
    """
    found = [letter for letter in _letters(settings, offset, 1) if letter.offset == offset]
    if found:
        return found[0]
    raise RefusedError(
        Text("there is no dead letter {offset}", offset=offset), "`naul dead-letters list` shows those that are."
    )


def retry_letters(settings: Settings, offsets: Sequence[int] = ()) -> int:
    """Send dead letters again to the topics they came from, and return how many. offsets: none is all that wait.

    Raises:
        RefusedError: there is no such letter, or it came from no topic of this site.
        UnavailableError: the broker does not answer; sending them again does no harm.
    """
    dealt = dealt_with(settings)
    letters = [find_letter(settings, each) for each in offsets] if offsets else _waiting(settings, dealt)
    # Which others are the same is seen before they are sent: what is refused again waits again.
    done = _with_others(settings, dealt, offsets)
    sent, waiting, size, last, clock = 0, list[Record](), 0, -1, BrokerClock(settings)
    seen = set()
    for letter in letters:
        last = letter.offset
        if letter.same in seen:
            continue
        seen.add(letter.same)
        waiting.append(original(settings, letter, clock.now))
        size += len(letter.value or b"")
        if size > BATCH_MIB * 2**20:
            sent += send(settings, waiting)
            waiting, size = [], 0
    sent += send(settings, waiting)
    if last >= 0:
        _remember(settings, done if offsets else Dealt(last + 1))
    return sent


def dismiss_letters(settings: Settings, offsets: Sequence[int] = ()) -> int:
    """Let nobody wait any more for dead letters, and return for how many. They stay to be looked at.

    offsets: none is all that wait now.

    Raises:
        RefusedError: there is no such letter.
        UnavailableError: the broker does not answer.
    """
    dealt = dealt_with(settings)
    if offsets:
        dismissed = {find_letter(settings, each).same for each in offsets if each not in dealt}
        _remember(settings, _with_others(settings, dealt, offsets))
        return len(dismissed)
    last, waiting = -1, set()
    for letter in _waiting(settings, dealt):
        last = letter.offset
        waiting.add(letter.same)
    if waiting:
        _remember(settings, Dealt(last + 1))
    return len(waiting)


def original(settings: Settings, letter: RefusedMessage, now: Callable[[], datetime]) -> Record:
    """Return the message as it was, for the partition it was in. now: the broker's time, asked for a frame alone.

    Raises:
        RefusedError: it came from no topic of this site.
    """
    topic = letter.text("topic")
    known = {each.full_name(settings.prefix): each for each in all_topics()}
    if topic not in known:
        raise RefusedError(
            Text(
                "dead letter {offset} says it came from {topic!r}, no topic of this site",
                offset=letter.offset,
                topic=topic,
            ),
            "Skip it.",
        )
    try:
        appended_at = datetime.fromisoformat(letter.text("appended_at") or "9999-12-31")
    except ValueError as error:
        raise RefusedError(
            Text("dead letter {offset} does not say where it came from ({error})", offset=letter.offset, error=error),
            "Skip it.",
        ) from error
    headers = _own(letter.headers)
    if known[topic].name == "frames":
        headers = sent_again(headers, appended_at if letter.text("appended_at") else None, now())
    return topic, letter.key, letter.value, _hall(letter.value) if known[topic].name == "marks" else None, headers


def _hall(value: bytes | None) -> str | None:
    """Return the hall of marks, whose partition is not that of their key; None: they cannot be read."""
    with suppress(BadMessageError):
        return decode(value or b"", MarkBatch).hall
    return None


def dealt_with(settings: Settings) -> Dealt:
    """Return which letters were sent again or dismissed.

    Raises:
        UnavailableError: the broker does not answer.
    """
    with _note(settings) as (client, where):
        found = client.committed(where, metadata=True)
    return Dealt(max(0, found.offset), frozenset(map(int, found.metadata.split()))) if found else Dealt()


def _remember(settings: Settings, dealt: Dealt) -> None:
    until = dealt.until
    while until in dealt.beyond:
        until += 1
    numbers = " ".join(str(each) for each in sorted(dealt.beyond) if each > until)
    if len(numbers) > _NUMBERS:
        raise RefusedError(
            "so many dead letters cannot be dealt with one by one",
            "Leave the numbers out: then it is done with all that wait.",
        )
    with _note(settings) as (client, where):
        client.commit({where: OffsetAndMetadata(until, numbers, -1)})


@contextmanager
def _note(settings: Settings) -> Iterator[tuple[Any, TopicPartition]]:
    """Open what is noted of the letters: an offset of a group, and numbers beside it."""
    with closing(consumer(settings, settings.group(RETRIED.name))) as client:
        where = TopicPartition(settings.topic("dead-letters"), 0)
        client.assign([where])
        try:
            yield client, where
        except KafkaError as error:
            raise kafka_away(settings, error, "Try again.") from error


def _with_others(settings: Settings, dealt: Dealt, offsets: Sequence[int]) -> Dealt:
    """Return what is dealt with when these are, too, and whatever waits and is the same as one of them."""
    if not offsets:
        return dealt
    wanted, same = {*offsets}, {find_letter(settings, each).same for each in offsets}
    others = {each.offset for each in _waiting(settings, dealt) if each.offset in wanted or each.same in same}
    return dealt._replace(beyond=dealt.beyond | others)


def _waiting(settings: Settings, dealt: Dealt) -> Iterator[RefusedMessage]:
    return (each for each in _letters(settings, dealt.until) if each.offset not in dealt.beyond)


def _letters(settings: Settings, first: int = 0, count: int | None = None) -> Iterator[RefusedMessage]:
    """Yield the records of the topic, from an offset on and at most so many."""
    with Cluster(settings) as cluster:
        ends = cluster.ends(["dead-letters"])
        starts = {each: max(first, begin) for each, begin in cluster.begins(ends).items()}
        if count is not None:
            ends = {each: min(end, first + count) for each, end in ends.items()}
        opener = FrameOpener(settings.frames_key_file)
        for record in cluster.read(starts, ends):
            yield read_letter(record, opener)


def read_letter(record: Any, opener: FrameOpener) -> RefusedMessage:
    """Return what a record of the topic holds."""
    at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
    headers, picture = tuple(record.headers), None
    if sealed_for(record.value or b"") is not None:
        with suppress(BadMessageError):
            picture = opener.picture(FrameHeaders.unpack(_own(headers)), record.value)
    return RefusedMessage(record.offset, at, record.key, record.value, headers, picture)


def _own(headers: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Return the headers that a message had itself."""
    return [(name.removeprefix(ORIGINAL), value) for name, value in headers if name.startswith(ORIGINAL)]
