"""The facts of every class hour of a partition, as rows of a table: written once each, read when they are needed.

Row keys, with the id of a class hour being ``section|date|period``:

    <class hour>|o|hall/camera|captured at|engine   an observation (``streams.attend.fact_rows``), or as it came
    <class hour>|c|digest                      who was compared in observations that name this digest
    <class hour>|m|batch id                    a batch of marks, as it came
    <class hour>|closed                        when the hour was closed, and for which roster it was judged then
    <class hour>|rows                          the attendance that was told when it was closed
    <class hour>|told                          who has a row, as far as that is known since this is written down
    <class hour>|said                          the presence events that were told
    <class hour>|erased                        how much the rank of its facts fell when people were forgotten
    recording|<hall>                           when a frame of a recording last came in
    complete|<hall>                            that nothing more of it is on its way

All rows of a class hour are beside each other, and in the partition of the hall that keeps its facts.
"""

import shlex
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import blake2b
from itertools import chain
from typing import Protocol, TypeAlias, TypeVar

import msgspec

from schemas.errors import BadMessageError, CorruptStateError, NaulError
from schemas.ids import base_engine, split_class_hour
from schemas.messages import (
    Attendance,
    Candidate,
    MarkBatch,
    Message,
    Moment,
    Observation,
    Presence,
    Student,
    decode,
    encode,
)
from schemas.unreadable import UNREADABLE
from streams.attend import fact_rows
from streams.attend.facts import marked, seen
from streams.attend.outgoing import News, PublishedEvents
from streams.judgement.learning import Memory
from streams.judgement.observations import Facts, Seen

__all__ = ["Closed", "Fact", "FactRows", "FactStore", "HourRecord"]

Fact: TypeAlias = Observation | MarkBatch
M = TypeVar("M", bound=Message)
T = TypeVar("T")

RECORDINGS_EVERY = timedelta(seconds=10)
"""How often it is written down that frames of a recording still come. It is less than any grace that makes sense."""

ROWS_LAST = timedelta(days=366)
"""After an hour was closed, its rows are kept for so long: no term allows corrections for longer."""

_OF_A_HALL = ("recording", "complete", "hall")
"""How keys of rows begin that are of no class hour; the last one an older Naul wrote."""


class FactRows(Protocol):
    """The rows of a partition, by key. They are read by any thread, and changed by that of the event loop."""

    def get(self, key: str) -> bytes | None:
        """Return the value of a row; None: there is none."""

    def begin(self, prefix: str, beyond: str = "") -> Iterator[tuple[str, bytes]]:
        """Yield the rows whose keys begin so, in order, after all whose keys begin like ``beyond``."""

    def put(self, key: str, value: bytes | None) -> None:
        """Change a row; None deletes it."""

    def overwritten(self) -> None:
        """Note that what rows said until now may not stay on any disk."""


class Closed(Message, frozen=True, kw_only=True, tag="closed/1"):
    """At which tick an hour was closed, for which roster it was judged then, and whether its facts are gone since.

    digest: of the roster, and empty as soon as facts came that were not judged. An older Naul had the facts in it, too.
    roster: the version that was judged (``Reference.roster_version``); None in a row from before this was kept.
    on: when that was by the broker's clock; of a recording long after ``at``. None in a row from before this was kept.
    """

    at: Moment
    digest: bytes = b""
    forgotten: bool = False
    roster: int | None = None
    on: Moment | None = None


class HourRecord:
    """What is known of one class hour. ``facts`` is read from the rows when it is first asked for.

    engine: whose observations these facts are; None: of all, while the timetable does not know the hour.
    newest: the latest capture time of this session; judged_at: what it was at the last judgement, and roster: who was
    judged; roster_version: of all who may sit there. due_at: when frames last had it judged, by the broker's clock.
    changed: facts came since. unsettled: it was judged when it had been closed and a recording came in. memory, news:
    what the next judgement need not learn, and its rows not say, again; both are empty after a restart.
    people: who was compared, by digest.
    """

    def __init__(self) -> None:
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
        self.people: dict[bytes, tuple[str, ...]] = {}

    def let_go(self) -> None:
        """Forget what can be read or computed again: some MB, of a closed hour hardly ever needed again."""
        self.facts, self.memory, self.news, self.people = None, Memory(), News(), {}


class FactStore:
    """A view of the rows by class hour. The rows are the truth; this can be thrown away and read again."""

    def __init__(self, rows: FactRows, engine_of: Callable[[str], str | None], cipher: fact_rows.Opener) -> None:
        """Open it. cipher: opens and seals looks; asked for only if there are any.

        engine_of: the id of the engine whose observations are facts of a class hour; None: it is not known. What it
        says may change for as long as an hour can still move, or another engine be chosen for it.
        """
        self._rows = rows
        self._engine_of = engine_of
        self._cipher = cipher
        self.hours: dict[str, HourRecord] = {}
        """Of those whose facts are kept, or are coming."""
        self.recordings: dict[str, datetime] = {}
        """When a recording's frame last came in, by hall; at most ``RECORDINGS_EVERY`` too early."""
        self.complete: set[str] = set()
        """Halls of whose recording nothing more is on its way, as somebody said who knows."""
        self._closed: dict[str, Closed] = {}
        for key, value in rows.begin("recording|"):
            self.recordings[key.partition("|")[2]] = self._read(key, value, _moment)
        for key, _ in rows.begin("complete|"):
            self.complete.add(key.partition("|")[2])
        for hour in self._hours():
            closed = self.closed(hour)
            if (closed and not closed.forgotten) or self._has_facts(hour):
                self.record(hour)

    def _hours(self) -> Iterator[str]:
        """Yield every class hour that has a row. It reads the first row of each alone."""
        beyond = ""
        while (found := next(self._rows.begin("", beyond), None)) is not None:
            key = found[0]
            kind = key.partition("|")[0]
            if kind not in _OF_A_HALL:
                kind = self._read(key, key.encode(), _hour_of)
                yield kind
            beyond = f"{kind}|"

    def _has_facts(self, hour: str) -> bool:
        return any(next(self._rows.begin(f"{hour}|{kind}|"), None) for kind in "om")

    def _read(self, key: str, value: bytes, read: Callable[[bytes], T]) -> T:
        """Read a row of the table.

        Raises:
            CorruptStateError: it cannot be read.
        """
        try:
            return read(value)
        except CorruptStateError:
            raise
        except (NaulError, *UNREADABLE) as error:
            raise CorruptStateError(
                f"the row {key!r} of the table of facts cannot be read: {error}",
                "If a newer version of Naul wrote it, start that one. If it is damaged, take it out with "
                f"`naul state drop {shlex.quote(key)}`: what it said is then missing.",
            ) from error

    def record(self, hour: str) -> HourRecord:
        """Return the record of a class hour, a new one if nothing is known of it."""
        return self.hours.setdefault(hour, HourRecord())

    def closed(self, hour: str) -> Closed | None:
        """Return that a class hour was closed; None: it was not."""
        found = self._closed.get(hour)
        if found is None and (value := self._rows.get(f"{hour}|closed")) is not None:
            found = self._read(f"{hour}|closed", value, lambda value: decode(value, Closed, untagged="closed/0"))
            if hour in self.hours:
                self._closed[hour] = found
        return found

    def facts(self, hour: str) -> Facts:
        """Return the facts of a class hour: marks, and what its engine saw."""
        record, engine = self.record(hour), self._engine_of(hour)
        if record.facts is None or record.engine != engine:
            facts = Facts().union(self._seen(hour, key, value) for key, value in self._observed(hour))
            for key, value in self._rows.begin(f"{hour}|m|"):
                facts = facts.with_marks(self._read(key, value, lambda value: marked(decode(value, MarkBatch))))
            record.facts, record.engine = facts, engine
        return record.facts

    def has_facts(self, hour: str) -> bool:
        """Whether there is a mark, or anything that the engine of a class hour saw."""
        return any(True for _ in self._observed(hour)) or any(True for _ in self._rows.begin(f"{hour}|m|"))

    def _observed(self, hour: str) -> Iterator[tuple[str, bytes]]:
        engine = self._engine_of(hour)
        for key, value in self._rows.begin(f"{hour}|o|"):
            if engine is None or key.endswith(f"|{engine}"):
                yield key, value

    def _seen(self, hour: str, key: str, value: bytes) -> Seen:
        """Return what a row saw, slim: the rest is read when it is asked for."""
        again = partial(self._whole, hour, key)
        if not fact_rows.is_packed(value):
            return self._read(key, value, self._as_it_came).slim(again)
        row = self._read(key, value, fact_rows.decoded)
        return fact_rows.slim(row, self._people(hour, row.people), again)

    def _whole(self, hour: str, key: str) -> Seen:
        """Return what a row saw; for any thread."""
        value = self._rows.get(key)
        if value is None:
            raise CorruptStateError(f"the row {key!r} of the table of facts is gone", "Start again.")
        if not fact_rows.is_packed(value):
            return self._read(key, value, self._as_it_came)
        students = self._people(hour, self._read(key, value, fact_rows.decoded).people)
        return self._read(key, value, lambda value: fact_rows.opened(key, value, students, self._cipher))

    def _as_it_came(self, value: bytes) -> Seen:
        return seen(decode(value, Observation), value, cipher=self._cipher)

    def _people(self, hour: str, name: bytes) -> tuple[str, ...]:
        """Return the ids of whom an observation was compared with, the same object for all of an hour."""
        known = self.record(hour).people
        if name not in known:
            known[name] = tuple(each.student_id for each in self._compared(hour, name))
        return known[name]

    def _compared(self, hour: str, name: bytes) -> tuple[Candidate, ...]:
        key = f"{hour}|c|{name.hex()}"
        value = self._rows.get(key)
        return self._read(key, value or b"", partial(msgspec.json.decode, type=tuple[Candidate, ...]))

    def observe(self, observation: Observation, value: bytes) -> bool:
        """Add an observation of a class hour and return whether it said anything new.

        Raises:
            BadMessageError: its class hour is none.
        """
        hour = observation.class_hour
        if hour is None:
            return False
        engine = base_engine(observation.engine)
        captured = observation.captured_at.astimezone(UTC).isoformat()
        key = f"{_checked(hour)}|o|{observation.hall}/{observation.camera}|{captured}|{engine}"
        if self._engine_of(hour) not in (None, engine):
            return False
        before = self.facts(hour)
        what = seen(observation, value, cipher=self._cipher)
        if not before.lacks(what):
            return self._again(key)
        name, known = fact_rows.people_name(observation.candidates), self.record(hour).people
        if name not in known:
            self._rows.put(f"{hour}|c|{name.hex()}", msgspec.json.encode(observation.candidates))
            known[name] = what.students
        row = fact_rows.row_of(key, observation, what, self._cipher)
        self._add(hour, key, row)
        thin = fact_rows.slim(fact_rows.decoded(row), known[name], partial(self._whole, hour, key))
        self.record(hour).facts = before.with_(thin)
        return True

    def mark(self, batch: MarkBatch, value: bytes) -> bool:
        """Add a batch of marks and return whether it said anything new.

        Raises:
            BadMessageError: its class hour is none.
        """
        hour = batch.class_hour
        key, before = f"{_checked(hour)}|m|{batch.id}", self.facts(hour)
        after = before.with_marks(marked(batch))
        if after is before:
            return self._again(key)
        self._add(hour, key, value)
        self.record(hour).facts = after
        return True

    def _again(self, key: str) -> bool:
        """Take what is known already.

        Perhaps whoever took it the first time ended before the broker had the row, and it is on the disk of another.
        """
        if (value := self._rows.get(key)) is not None:
            self._rows.put(key, value)
        return False

    def _add(self, hour: str, key: str, value: bytes) -> None:
        closed = self.closed(hour)
        if closed and closed.digest and not closed.forgotten:
            self._close(hour, msgspec.structs.replace(closed, digest=b""))
        self.record(hour).changed = True
        self._rows.put(key, value)

    def recording_came(self, hall: str, at: datetime) -> None:
        """Note that a frame of a recording of a hall came in."""
        if hall in self.complete:
            self.complete.discard(hall)
            self._rows.put(f"complete|{hall}", None)
        last = self.recordings.get(hall)
        if last is None or at - last >= RECORDINGS_EVERY:
            self.recordings[hall] = at
            self._rows.put(f"recording|{hall}", msgspec.json.encode(at))

    def recording_ended(self, hall: str) -> None:
        """Note that nothing more of a recording of a hall is on its way: until another frame of one comes in."""
        if hall in self.recordings and hall not in self.complete:
            self.complete.add(hall)
            self._rows.put(f"complete|{hall}", b"{}")

    def hall_of(self, hour: str) -> str | None:
        """Return the hall that the facts of a class hour are from; None if there are none."""
        for key, value in self._rows.begin(f"{hour}|o|"):
            if fact_rows.is_packed(value):
                return self._read(key, value, fact_rows.decoded).hall
            return self._read(key, value, lambda value: decode(value, Observation)).hall
        for key, value in self._rows.begin(f"{hour}|m|"):
            return self._read(key, value, lambda value: decode(value, MarkBatch)).hall
        return None

    def close(self, hour: str, at: datetime, on: datetime) -> None:
        """Note that a class hour was closed, and is to be judged. on: by the broker's clock."""
        before = self.closed(hour)
        self._close(hour, Closed(at=at, roster=before.roster if before else None, on=on))

    def judge(self, hour: str, roster: tuple[Student, ...], version: int) -> None:
        """Note that a closed class hour was judged, and for whom."""
        if closed := self.closed(hour):
            self._close(hour, msgspec.structs.replace(closed, digest=_digest(roster), forgotten=False, roster=version))

    def keep_roster(self, hour: str, roster: int | None) -> None:
        """Note by which roster the rows of a closed class hour were told; None: others were told since."""
        if (closed := self.closed(hour)) and closed.roster != roster:
            self._close(hour, msgspec.structs.replace(closed, roster=roster))

    def was_judged_for(self, hour: str, roster: tuple[Student, ...]) -> bool:
        """Whether a closed class hour was judged with all its facts, and for these students."""
        closed = self.closed(hour)
        if closed is None or not closed.digest:
            return False
        return closed.digest in (_digest(roster), self._older_digest(hour, roster))

    def _older_digest(self, hour: str, roster: tuple[Student, ...]) -> bytes:
        """Return what an older Naul wrote down for the facts and the roster of a class hour."""
        digest = blake2b(msgspec.json.encode(roster), digest_size=16)
        rows = [*self._rows.begin(f"{hour}|m|"), *self._observed(hour)]
        for key, value in sorted(rows):
            digest.update(key.encode() + b"\0" + value)
        return digest.digest()

    def told(self, hour: str) -> tuple[Student, ...]:
        """Return who has a row of a class hour."""
        key = f"{hour}|told"
        value = self._rows.get(key)
        return () if value is None else self._read(key, value, partial(msgspec.json.decode, type=tuple[Student, ...]))

    def tell(self, hour: str, students: tuple[Student, ...]) -> None:
        """Note them."""
        self._rows.put(f"{hour}|told", msgspec.json.encode(students))

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
        self.hours.pop(hour, None)
        for kind in ("c|", "m|", "o|", "said", "told"):
            for key in [key for key, _ in self._rows.begin(f"{hour}|{kind}")]:
                self._rows.put(key, None)
        if closed := self.closed(hour):
            self._close(hour, msgspec.structs.replace(closed, forgotten=True))
        self._closed.pop(hour, None)

    def expire(self, now: datetime) -> None:
        """Delete rows of class hours that were closed so long ago that nobody may mark them any more.

        now: by the broker's clock.
        """
        for hour in [*self._hours()]:
            closed = self.closed(hour)
            if closed and closed.forgotten and now - (closed.on or closed.at) > ROWS_LAST:
                for kind in ("rows", "erased"):
                    if self._rows.get(f"{hour}|{kind}") is not None:
                        self._rows.put(f"{hour}|{kind}", None)

    def naming(self, student: str, kind: str) -> Iterator[str]:
        """Yield the class hours whose row of a kind may name a student."""
        for hour in [*self._hours()]:
            if student.encode() in (self._rows.get(f"{hour}|{kind}") or b""):
                yield hour

    def erased(self, hour: str) -> int:
        """Return how much the rank of a class hour's facts fell by erasure: versions never fall."""
        key = f"{hour}|erased"
        value = self._rows.get(key)
        return 0 if value is None else self._read(key, value, int)

    def erase(self, hour: str, student: str, without: Callable[[Fact, str], Fact]) -> bool:
        """Take a student out of the facts of a class hour and return whether he was in any. For erasure alone.

        without: returns a fact as it came without him.
        """
        changes = [*self._without(hour, student, without)]
        if not changes:
            return False
        record, before = self.record(hour), self.facts(hour).rank
        for key, value in changes:
            self._rows.put(key, value)
        record.changed = True
        record.let_go()
        lost = before - self.facts(hour).rank
        self._rows.put(f"{hour}|erased", b"%d" % (self.erased(hour) + lost + 1))
        if (closed := self.closed(hour)) and closed.digest:
            self._close(hour, msgspec.structs.replace(closed, digest=b""))
        return True

    def _without(
        self, hour: str, student: str, without: Callable[[Fact, str], Fact]
    ) -> Iterator[tuple[str, bytes | None]]:
        """Yield what changes when a student is taken out of a class hour."""
        renamed: dict[bytes, tuple[tuple[Candidate, ...], tuple[Candidate, ...]]] = {}
        for key, value in self._rows.begin(f"{hour}|c|"):
            before = self._read(key, value, partial(msgspec.json.decode, type=tuple[Candidate, ...]))
            after = tuple(each for each in before if each.student_id != student)
            renamed[bytes.fromhex(key.rpartition("|")[2])] = before, after
            if after != before:
                yield key, None
                yield f"{hour}|c|{fact_rows.people_name(after).hex()}", msgspec.json.encode(after)
        tells = [student.encode(), *(name for name, (before, after) in renamed.items() if after != before)]
        for key, value in chain(self._rows.begin(f"{hour}|m|"), self._rows.begin(f"{hour}|o|")):
            if not any(each in value for each in tells):
                continue
            new = self._read(key, value, partial(self._fact_without, key, student, without, renamed))
            if new != value:
                yield key, new

    def _fact_without(
        self,
        key: str,
        student: str,
        without: Callable[[Fact, str], Fact],
        renamed: dict[bytes, tuple[tuple[Candidate, ...], tuple[Candidate, ...]]],
        value: bytes,
    ) -> bytes:
        if fact_rows.is_packed(value):
            if (name := fact_rows.decoded(value).people) not in renamed:
                raise ValueError("nobody knows who was compared")
            before, after = renamed[name]
            return fact_rows.taken_out(key, value, student, before, after, self._cipher)
        old: Fact = decode(value, Fact)
        new = without(old, student)
        return value if new == old else encode(new)

    def hours_with_facts(self) -> Iterator[str]:
        """Yield the class hours of which facts are kept."""
        yield from [hour for hour in self.hours if self._has_facts(hour)]

    def overwritten(self) -> None:
        """Note that what rows said until now may not stay on any disk."""
        self._rows.overwritten()

    def _close(self, hour: str, closed: Closed) -> None:
        if hour in self.hours:
            self._closed[hour] = closed
        self._rows.put(f"{hour}|closed", encode(closed))

    def _load(self, key: str, kind: type[M]) -> list[M]:
        value = self._rows.get(key)
        if value is None:
            return []
        return self._read(key, value, lambda value: [decode(each, kind) for each in _list(value)])

    def _store(self, key: str, messages: list[M]) -> None:
        self._rows.put(key, b"[" + b",".join(encode(each) for each in messages) + b"]")


def _checked(hour: str) -> str:
    try:
        split_class_hour(hour)
    except ValueError as error:
        raise BadMessageError(f"{hour[:100]!r} is not a class hour", "It is section|date|period.") from error
    return hour


def _digest(roster: tuple[Student, ...]) -> bytes:
    return blake2b(msgspec.json.encode(roster), digest_size=16, person=b"naul judged").digest()


def _list(value: bytes) -> list[bytes]:
    return [bytes(each) for each in msgspec.json.decode(value, type=list[msgspec.Raw])]


def _moment(value: bytes) -> datetime:
    return msgspec.json.decode(value, type=Moment)


def _hour_of(key: bytes) -> str:
    section, day, period, _ = key.decode().split("|", 3)
    return f"{section}|{day}|{period}"
