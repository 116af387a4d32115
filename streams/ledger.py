"""The facts of every class hour, as rows of one table: written once each, read back after any restart.

Row keys, with the id of a class hour being ``section|date|period``:

    <class hour>|o|camera|captured at|engine   an observation, as it came
    <class hour>|m|batch id                    a batch of marks, as it came
    <class hour>|closed                        when the hour was closed
    <class hour>|said                          the presence events that were told
    hall|<hall>                                the time of the hall
"""

from collections.abc import Callable, Iterator, MutableMapping
from datetime import UTC, datetime
from typing import TypeAlias

import msgspec

from schemas.messages import MarkBatch, Moment, Observation, Presence, decode, encode
from streams.judgement.observations import Facts, Marked, Seen
from streams.verdicts import Said

__all__ = ["Fact", "HallTime", "HourBook", "Ledger"]


Fact: TypeAlias = Observation | MarkBatch


class HallTime(msgspec.Struct, frozen=True, kw_only=True):
    """What a hall knows of time: the first moment it heard of, and up to when nothing is expected any more."""

    low: Moment
    high: Moment | None = None


class Closed(msgspec.Struct, frozen=True, kw_only=True):
    """At which tick an hour was closed, and whether its facts have been forgotten since."""

    at: Moment
    forgotten: bool = False


class HourBook:
    """What is known of one class hour. ``facts`` is decoded from the rows when it is first asked for."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.facts: Facts | None = None
        self.judged_at: datetime | None = None
        self.newest: datetime | None = None
        self.changed = True


class Ledger:
    """A view of the table by class hour. The table is the truth; this can be thrown away and read again."""

    def __init__(
        self,
        table: MutableMapping[str, bytes],
        seen: Callable[[Observation, bytes], Seen],
        marked: Callable[[MarkBatch], Marked],
    ) -> None:
        """seen, marked: turn messages into the facts that are judged."""
        self._table = table
        self._seen = seen
        self._marked = marked
        self.hours: dict[str, HourBook] = {}
        self.halls: dict[str, HallTime] = {}
        self.closed: dict[str, Closed] = {}
        self.recorded: dict[str, datetime] = {}
        """When a recording's frame last came in, by hall. Not in the table: after a restart the clock waits anyway."""
        for key, value in table.items():
            self._index(key, value)

    def _index(self, key: str, value: bytes) -> None:
        kind, _, hall = key.partition("|")
        if kind == "hall":
            self.halls[hall] = msgspec.json.decode(value, type=HallTime)
            return
        hour, kind = _split(key)
        if kind == "closed":
            self.closed[hour] = msgspec.json.decode(value, type=Closed)
        elif kind in ("o", "m"):
            self.book(hour).keys.add(key)

    def book(self, hour: str) -> HourBook:
        """Return the book of a class hour, a new one if nothing is known of it."""
        return self.hours.setdefault(hour, HourBook())

    def facts(self, hour: str) -> Facts:
        """Return the facts of a class hour."""
        book = self.book(hour)
        if book.facts is None:
            facts = Facts()
            for key in sorted(book.keys):
                facts = self._read(facts, key, self._table[key])
            book.facts = facts
        return book.facts

    def observe(self, observation: Observation, value: bytes) -> bool:
        """Add an observation of a class hour and return whether it said anything new."""
        hour = observation.class_hour
        if hour is None:
            return False
        captured = observation.captured_at.astimezone(UTC).isoformat()
        return self._add(hour, f"{hour}|o|{observation.camera}|{captured}|{observation.engine}", value)

    def mark(self, batch: MarkBatch, value: bytes) -> bool:
        """Add a batch of marks and return whether it said anything new."""
        return self._add(batch.class_hour, f"{batch.class_hour}|m|{batch.id}", value)

    def _add(self, hour: str, key: str, value: bytes) -> bool:
        book = self.book(hour)
        before = self.facts(hour)
        after = self._read(before, key, value)
        if after is before:
            return False
        book.facts = after
        book.keys.add(key)
        book.changed = True
        self._table[key] = value
        return True

    def _read(self, facts: Facts, key: str, value: bytes) -> Facts:
        if _split(key)[1] == "o":
            return facts.with_(self._seen(decode(value, Observation), value))
        return facts.with_marks(self._marked(decode(value, MarkBatch)))

    def hear(self, hall: str, moment: datetime, *, passed: bool = False) -> HallTime:
        """Let a hall hear of a moment, and that it has passed; return what it knows then."""
        known = self.halls.get(hall, HallTime(low=moment))
        high = max(known.high or moment, moment) if passed else known.high
        heard = HallTime(low=min(known.low, moment), high=high)
        if heard != self.halls.get(hall):
            self.halls[hall] = heard
            self._table[f"hall|{hall}"] = msgspec.json.encode(heard)
        return heard

    def close(self, hour: str, at: datetime) -> None:
        """Note that a class hour was closed."""
        self._close(hour, Closed(at=at))

    def said(self, hour: str) -> Said:
        """Return the presence events of a class hour that were told."""
        value = self._table.get(f"{hour}|said")
        events = msgspec.json.decode(value, type=list[Presence]) if value else []
        return {event.id: event for event in events}

    def say(self, hour: str, said: Said) -> None:
        """Note them."""
        self._table[f"{hour}|said"] = b"[" + b",".join(encode(event) for event in said.values()) + b"]"

    def forget_hour(self, hour: str) -> None:
        """Delete the facts of a class hour; that it was closed is kept, so that it is not closed again."""
        book = self.hours.pop(hour, HourBook())
        for key in [*book.keys, f"{hour}|said"]:
            self._table.pop(key, None)
        if hour in self.closed:
            self._close(hour, msgspec.structs.replace(self.closed[hour], forgotten=True))

    def erase(self, hour: str, change: Callable[[Fact], Fact]) -> bool:
        """Rewrite the facts of a class hour in place and return whether any changed. For erasure alone."""
        book, changed = self.book(hour), False
        for key in book.keys:
            old: Fact = decode(self._table[key], Fact)
            new = change(old)
            if new != old:
                self._table[key] = encode(new)
                book.facts = None
                changed = book.changed = True
        return changed

    def hours_with_facts(self) -> Iterator[str]:
        """Yield the class hours of which facts are kept."""
        yield from [hour for hour, book in self.hours.items() if book.keys]

    def _close(self, hour: str, closed: Closed) -> None:
        self.closed[hour] = closed
        self._table[f"{hour}|closed"] = msgspec.json.encode(closed)


def _split(key: str) -> tuple[str, str]:
    section, day, period, kind = key.split("|")[:4]
    return f"{section}|{day}|{period}", kind
