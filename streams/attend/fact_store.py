"""The facts of every class hour, as rows of one table: written once each, read back after any restart.

Row keys, with the id of a class hour being ``section|date|period``:

    <class hour>|o|hall/camera|captured at|engine   an observation, as it came
    <class hour>|m|batch id                    a batch of marks, as it came
    <class hour>|closed                        when the hour was closed, and for which facts it was judged then
    <class hour>|rows                          the attendance that was told when it was closed
    <class hour>|told                          who has a row, as far as that is known since this is written down
    <class hour>|said                          the presence events that were told
    <class hour>|erased                        how much the rank of its facts fell when people were forgotten
    recording|<hall>                           when a frame of a recording last came in
"""

import shlex
from collections.abc import Callable, Iterator, MutableMapping
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import TypeAlias, TypeVar

import msgspec

from schemas.errors import BadMessageError, CorruptStateError, NaulError
from schemas.ids import base_engine, split_class_hour
from schemas.messages import Attendance, MarkBatch, Message, Moment, Observation, Presence, Student, decode, encode
from schemas.unreadable import UNREADABLE
from streams.attend.outgoing import News, PublishedEvents
from streams.judgement.learning import Memory
from streams.judgement.observations import Facts, Marked, Seen

__all__ = ["Closed", "Fact", "FactStore", "HourRecord"]

Fact: TypeAlias = Observation | MarkBatch
M = TypeVar("M", bound=Message)
T = TypeVar("T")

RECORDINGS_EVERY = timedelta(seconds=10)
"""How often it is written down that frames of a recording still come. It is less than any grace that makes sense."""


class Closed(Message, frozen=True, kw_only=True, tag="closed/1"):
    """At which tick an hour was closed, the digest of what was judged then, and whether its facts are gone since.

    roster: the version that was judged (``Reference.roster_version``); None in a row from before this was kept.
    """

    at: Moment
    digest: bytes = b""
    forgotten: bool = False
    roster: int | None = None


class HourRecord:
    """What is known of one class hour. ``facts`` is decoded from the rows when it is first asked for.

    engine: whose observations these facts are; None: of all, while the timetable does not know the hour.
    newest: the latest capture time of this session; judged_at: what it was at the last judgement, and roster: who was
    judged; roster_version: of all who may sit there. due_at: when frames last had it judged, by the broker's clock.
    changed: facts came since. unsettled: it was judged when it had been closed and a recording came in. memory, news:
    what the next judgement need not learn, and its rows not say, again; both are empty after a restart.
    """

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.facts: Facts | None = None
        self.engine: str | None = None
        self.newest: datetime | None = None
        self.judged_at: datetime | None = None
        self.due_at: datetime | None = None
        self.roster: tuple[Student, ...] | None = None
        self.roster_version = 0
        self.changed = True
        self.unsettled = False
        self.memory = Memory()
        self.news = News()

    def let_go(self) -> None:
        """Forget what can be read or computed again: some 10 MB, of a closed hour hardly ever needed again."""
        self.facts, self.memory, self.news = None, Memory(), News()


class FactStore:
    """A view of the table by class hour. The table is the truth; this can be thrown away and read again."""

    def __init__(
        self,
        table: MutableMapping[str, bytes],
        engine_of: Callable[[str], str | None],
        seen: Callable[[Observation, bytes], Seen],
        marked: Callable[[MarkBatch], Marked],
    ) -> None:
        """Open it. seen, marked: make of messages what is judged.

        engine_of: the id of the engine whose observations are facts of a class hour; None: it is not known. What it
        says may change for as long as an hour can still move, or another engine be chosen for it.
        """
        self._table = table
        self._engine_of = engine_of
        self._seen = seen
        self._marked = marked
        self.hours: dict[str, HourRecord] = {}
        self.closed: dict[str, Closed] = {}
        self.recordings: dict[str, datetime] = {}
        """When a recording's frame last came in, by hall; at most ``RECORDINGS_EVERY`` too early."""
        self.complete: set[str] = set()
        """Halls of whose recording nothing more is on its way, as somebody said who knows."""
        for key in table:
            self._index(key)

    def _index(self, key: str) -> None:
        kind, _, hall = key.partition("|")
        if kind == "hall":
            return  # an older Naul wrote down when it first heard of a hall
        if kind == "recording":
            self.recordings[hall] = self._row(key, _moment)
            return
        if kind == "complete":
            self.complete.add(hall)
            return
        hour, kind = self._row(key, lambda _: _split(key))
        if kind == "closed":
            self.closed[hour] = self._row(key, lambda value: decode(value, Closed, untagged="closed/0"))
            if not self.closed[hour].forgotten:
                self.record(hour)
        elif kind in ("m", "o"):
            self.record(hour).keys.add(key)

    def _row(self, key: str, read: Callable[[bytes], T]) -> T:
        """Read a row of the table.

        Raises:
            CorruptStateError: it cannot be read.
        """
        try:
            return read(self._table[key])
        except (NaulError, *UNREADABLE) as error:
            raise CorruptStateError(
                f"the row {key!r} of the table of facts cannot be read: {error}",
                "If a newer version of Naul wrote it, start that one. If it is damaged, take it out with "
                f"`naul state drop {shlex.quote(key)}`: what it said is then missing.",
            ) from error

    def record(self, hour: str) -> HourRecord:
        """Return the record of a class hour, a new one if nothing is known of it."""
        return self.hours.setdefault(hour, HourRecord())

    def facts(self, hour: str) -> Facts:
        """Return the facts of a class hour: marks, and what its engine saw."""
        record, engine = self.record(hour), self._engine_of(hour)
        if record.facts is None or record.engine != engine:
            facts = Facts()
            for key in self.keys(hour):
                facts = self._row(key, partial(self._read, facts, key))
            record.facts, record.engine = facts, engine
        return record.facts

    def keys(self, hour: str) -> list[str]:
        """Return the keys of the rows that are facts of a class hour, sorted."""
        engine = self._engine_of(hour)
        return sorted(key for key in self.record(hour).keys if engine is None or _is_of(engine, key))

    def observe(self, observation: Observation, value: bytes) -> bool:
        """Add an observation of a class hour and return whether it said anything new.

        Raises:
            BadMessageError: its class hour is none.
        """
        if observation.class_hour is None:
            return False
        engine = base_engine(observation.engine)
        captured = observation.captured_at.astimezone(UTC).isoformat()
        camera = f"{observation.hall}/{observation.camera}"
        return self._add(observation.class_hour, f"o|{camera}|{captured}|{engine}", value)

    def mark(self, batch: MarkBatch, value: bytes) -> bool:
        """Add a batch of marks and return whether it said anything new.

        Raises:
            BadMessageError: its class hour is none.
        """
        return self._add(batch.class_hour, f"m|{batch.id}", value)

    def _add(self, hour: str, name: str, value: bytes) -> bool:
        try:
            split_class_hour(hour)
        except ValueError as error:
            raise BadMessageError(f"{hour[:100]!r} is not a class hour", "It is section|date|period.") from error
        key, engine = f"{hour}|{name}", self._engine_of(hour)
        if engine is not None and not _is_of(engine, key):
            return False
        before = self.facts(hour)
        after = self._read(before, key, value)
        if after is before:
            if key in self.record(hour).keys:
                # It came again: perhaps whoever took it the first time ended before the broker had the row.
                self._table[key] = self._table[key]
            return False
        record = self.record(hour)
        record.facts = after
        record.keys.add(key)
        record.changed = True
        self._table[key] = value
        return True

    def _read(self, facts: Facts, key: str, value: bytes) -> Facts:
        if _split(key)[1] == "o":
            return facts.with_(self._seen(decode(value, Observation), value))
        return facts.with_marks(self._marked(decode(value, MarkBatch)))

    def recording_came(self, hall: str, at: datetime) -> None:
        """Note that a frame of a recording of a hall came in."""
        if hall in self.complete:
            self.complete.discard(hall)
            self._table.pop(f"complete|{hall}")
        last = self.recordings.get(hall)
        if last is None or at - last >= RECORDINGS_EVERY:
            self.recordings[hall] = at
            self._table[f"recording|{hall}"] = msgspec.json.encode(at)

    def recording_ended(self, hall: str) -> None:
        """Note that nothing more of a recording of a hall is on its way: until another frame of one comes in."""
        if hall in self.recordings and hall not in self.complete:
            self.complete.add(hall)
            self._table[f"complete|{hall}"] = b"{}"

    def hall_of(self, hour: str) -> str | None:
        """Return the hall that the facts of a class hour are from; None if there are none."""
        key = next(iter(self.record(hour).keys), None)
        fact = self._fact(key) if key else None
        return fact.hall if fact else None

    def digest(self, hour: str, roster: tuple[Student, ...]) -> bytes:
        """Return a digest of the facts of a class hour and of who takes the course."""
        digest = blake2b(msgspec.json.encode(roster), digest_size=16)
        for key in self.keys(hour):
            digest.update(key.encode() + b"\0" + self._table[key])
        return digest.digest()

    def close(self, hour: str, at: datetime, digest: bytes = b"", roster: int | None = None) -> None:
        """Note that a class hour was closed, and what was judged then."""
        self._close(hour, Closed(at=at, digest=digest, roster=roster))

    def keep_roster(self, hour: str, roster: int) -> None:
        """Note which roster a closed class hour was told by, when its facts are gone."""
        self._close(hour, msgspec.structs.replace(self.closed[hour], roster=roster))

    def told(self, hour: str) -> tuple[Student, ...]:
        """Return who has a row of a class hour."""
        key = f"{hour}|told"
        if key not in self._table:
            return ()
        return self._row(key, partial(msgspec.json.decode, type=tuple[Student, ...]))

    def tell(self, hour: str, students: tuple[Student, ...]) -> None:
        """Note them."""
        self._table[f"{hour}|told"] = msgspec.json.encode(students)

    def rows(self, hour: str) -> list[Attendance]:
        """Return the attendance that was told when a class hour was closed."""
        return self._load(f"{hour}|rows", Attendance)

    def keep_rows(self, hour: str, rows: list[Attendance]) -> None:
        """Keep it: marks are still taken when the facts are gone."""
        self._store(f"{hour}|rows", rows)

    def said(self, hour: str) -> PublishedEvents:
        """Return the presence events of a class hour that were told."""
        return {event.id: event for event in self._load(f"{hour}|said", Presence)}

    def say(self, hour: str, said: PublishedEvents) -> None:
        """Note them."""
        self._store(f"{hour}|said", list(said.values()))

    def forget_hour(self, hour: str) -> None:
        """Delete the facts of a class hour. That it was closed is kept, so that it is not closed again."""
        record = self.hours.pop(hour, HourRecord())
        for key in [*record.keys, f"{hour}|said", f"{hour}|told"]:
            self._table.pop(key, None)
        if hour in self.closed:
            self._close(hour, msgspec.structs.replace(self.closed[hour], forgotten=True))

    def erased(self, hour: str) -> int:
        """Return how much the rank of a class hour's facts fell by erasure: versions never fall."""
        key = f"{hour}|erased"
        return self._row(key, int) if key in self._table else 0

    def erase(self, hour: str, change: Callable[[Fact], Fact]) -> bool:
        """Rewrite the facts of a class hour in place and return whether any changed. For erasure alone."""
        record, before, changed = self.record(hour), self.facts(hour).rank, False
        for key in record.keys:
            old = self._fact(key)
            new = change(old)
            if new != old:
                self._table[key] = encode(new)
                changed = record.changed = True
        if changed:
            record.let_go()
            lost = before - self.facts(hour).rank
            self._table[f"{hour}|erased"] = b"%d" % (self.erased(hour) + lost + 1)
        return changed

    def hours_with_facts(self) -> Iterator[str]:
        """Yield the class hours of which facts are kept."""
        yield from [hour for hour, record in self.hours.items() if record.keys]

    def hours_told(self) -> Iterator[str]:
        """Yield the class hours of which it is written down who has a row."""
        yield from [key.removesuffix("|told") for key in list(self._table) if key.endswith("|told")]

    def _fact(self, key: str) -> Fact:
        return self._row(key, lambda value: decode(value, Fact))

    def _close(self, hour: str, closed: Closed) -> None:
        self.closed[hour] = closed
        self._table[f"{hour}|closed"] = encode(closed)

    def _load(self, key: str, kind: type[M]) -> list[M]:
        if key not in self._table:
            return []
        return self._row(key, lambda value: [decode(each, kind) for each in _list(value)])

    def _store(self, key: str, messages: list[M]) -> None:
        self._table[key] = b"[" + b",".join(encode(each) for each in messages) + b"]"


def _is_of(engine: str, key: str) -> bool:
    """Whether a row is a mark, or an observation of this engine."""
    return _split(key)[1] != "o" or key.endswith(f"|{engine}")


def _list(value: bytes) -> list[bytes]:
    return [bytes(each) for each in msgspec.json.decode(value, type=list[msgspec.Raw])]


def _moment(value: bytes) -> datetime:
    return msgspec.json.decode(value, type=Moment)


def _split(key: str) -> tuple[str, str]:
    section, day, period, kind = key.split("|")[:4]
    return f"{section}|{day}|{period}", kind
