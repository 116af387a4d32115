"""Decides which class hours are judged, and when: on facts, on marks, and when the time of a hall passes."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
import numpy as np

from schemas.ids import base_engine, split_class_hour
from schemas.messages import Attendance, ClassHour, Face, Forget, MarkBatch, Observation, Sighting, Student, Tick
from schemas.settings import Settings
from streams.attend.fact_store import Fact, FactStore
from streams.attend.outgoing import unnamed
from streams.reference.reference_data import Reference

__all__ = ["HourSchedule", "without"]

RECORDING, LATE = timedelta(minutes=10), timedelta(minutes=1)
"""A recording that is read in has no live audience, a closed hour neither, and whoever fell behind has to catch up
first: they are judged no more often, of event time."""

WATCHED = timedelta(seconds=5)
"""Unless somebody may watch how it comes in: so often, by the broker's clock, one is judged like live frames."""


class HourSchedule:
    """Keeps the facts of the halls of a partition. ``take`` returns the class hours that are due to be judged."""

    def __init__(self, settings: Settings, reference: Reference, fact_store: FactStore) -> None:
        self._settings = settings
        self._reference = reference
        self.fact_store = fact_store
        self._settled: dict[str, set[str]] = {}
        """By hall, class hours of which nothing is left to say for as long as the plan is the same."""
        self._plan: Any = None
        self._expired_on: date | None = None
        self._recording: set[str] = set()
        """Halls of which a recording came in since the last tick that found none."""

    def take(
        self, message: Sighting | MarkBatch, value: bytes, came_at: datetime, *, behind: bool = False
    ) -> list[ClassHour]:
        """Take a message and its bytes into the fact store.

        came_at: when the broker received it. behind: whether more of the hall is waiting already.

        Raises:
            BadMessageError: it is about a class hour that cannot be.
        """
        match message:
            case Observation():
                return self._observe(message, value, came_at, behind=behind)
            case MarkBatch():
                return self._known([message.class_hour] if self.fact_store.mark(message, value) else [])
            case Tick():
                return self._pass(message, came_at)
            case Forget():
                raise TypeError("a person is forgotten in a partition: call forget")

    def only_adds(self, message: Sighting | MarkBatch) -> bool:
        """Whether a message is a fact of an hour whose engine is known, whatever else was said meanwhile."""
        if not isinstance(message, Observation) or message.class_hour is None:
            return False
        return self._reference.engine_of(message.class_hour) == base_engine(message.engine)

    def as_of_now(self, hours: Iterable[ClassHour]) -> list[ClassHour]:
        """Return class hours as the timetable has them now."""
        return self._known(each.id for each in hours)

    def forget(self, student: str) -> tuple[list[str], list[ClassHour]]:
        """Take a student out of the facts.

        Return the hours in whose facts the student may have been, and those that are to be judged again.
        """
        self.fact_store.overwritten()
        for hour in self.fact_store.naming(student, "told"):
            told = self.fact_store.told(hour)
            self.fact_store.tell(hour, tuple(each for each in told if each.student_id != student))
        here = [*self.fact_store.hours_with_facts()]
        return here, self._known(hour for hour in here if self.fact_store.erase(hour, student, without))

    def forget_rows(self, student: str) -> dict[str, list[Attendance]]:
        """Take a student out of the rows of closed class hours, also where they name him as too like another one.

        Return those of the others that say something else now, by class hour.
        """
        told: dict[str, list[Attendance]] = {}
        for hour in self.fact_store.naming(student, "rows"):
            rows = self.fact_store.rows(hour)
            kept = [unnamed(row, student) for row in rows if row.student_id != student]
            if kept != rows:
                self.fact_store.keep_rows(hour, kept)
                told[hour] = [row for row in kept if row not in rows]
        return told

    def is_closed(self, hour: ClassHour) -> bool:
        """Whether a class hour is over and nothing more of it is expected: no recording is just coming in."""
        return hour.hall not in self._recording and self.fact_store.closed(hour.id) is not None

    def judged(self, hour: ClassHour, roster: tuple[Student, ...], version: int) -> None:
        """Note that a class hour was judged with all its facts, and told. roster: who was judged; version: of that."""
        record = self.fact_store.record(hour.id)
        record.changed = False
        closed = self.fact_store.closed(hour.id)
        record.unsettled = closed is not None and not self.is_closed(hour)
        record.judged_at = record.newest
        record.roster, record.roster_version = roster, version
        if closed and self.is_closed(hour):
            self.fact_store.judge(hour.id, roster, version)
            record.let_go()

    def _observe(self, seen: Observation, value: bytes, came_at: datetime, *, behind: bool) -> list[ClassHour]:
        hour = self._reference.hour(seen.class_hour or "")
        hall = hour.hall if hour else seen.hall
        if not seen.live:
            self.fact_store.recording_came(hall, came_at)
            self._recording.add(hall)
        new = self.fact_store.observe(seen, value)
        if not new or hour is None:
            return []
        record = self.fact_store.record(hour.id)
        record.newest = max(record.newest or seen.captured_at, seen.captured_at)
        record.due_at = record.due_at or came_at
        late = behind or self.fact_store.closed(hour.id) is not None
        read_in = not seen.live and (late or came_at - record.due_at < WATCHED)
        pace = RECORDING if read_in else LATE if late else timedelta(0)
        if record.newest - (record.judged_at or hour.starts_at) < max(self._settings.judge_every, pace):
            return []
        record.due_at = came_at
        return [hour]

    def _pass(self, tick: Tick, came_at: datetime) -> list[ClassHour]:
        # Whatever the sender's clock says, a hall is never told of a time that the broker's clock has not reached.
        moment, grace = min(tick.at, came_at), self._settings.policy.grace
        # The hours of a recording are long over while it is read in; they close when no more of it comes.
        if tick.complete:
            self.fact_store.recording_ended(tick.hall)
        recorded = self.fact_store.recordings.get(tick.hall)
        quiet = tick.complete or recorded is None or recorded + grace <= moment
        settled = quiet or tick.hall in self.fact_store.complete
        if settled:
            self._recording.discard(tick.hall)
        else:
            self._recording.add(tick.hall)
        due = []
        for hour in self._to_look_at(tick.hall, moment - grace):
            over = settled and hour.ends_at + grace <= moment
            if (over and not self.is_closed(hour)) or self._changed(hour):
                due.append(hour)
                if over and not self.is_forgotten(hour):
                    self.fact_store.close(hour.id, moment, came_at)
            elif not (over and (closed := self.fact_store.closed(hour.id))):
                continue
            elif hour.id not in self.fact_store.hours:
                self._settled[tick.hall].add(hour.id)
            elif quiet and self._old(closed.at, moment):
                self.fact_store.forget_hour(hour.id)
        self._forget_strays(tick.hall, moment)
        if came_at.date() != self._expired_on:
            self._expired_on = came_at.date()
            self.fact_store.expire(came_at)
        return due

    def _to_look_at(self, hall: str, over: datetime) -> list[ClassHour]:
        """Return the class hours that a hall keeps and of which a tick may say something new.

        over: those that ended before it are. With the same timetable and rosters as at the last tick these are few.
        """
        if self._plan != self._reference.plan:
            self._plan = self._reference.plan
            self._settled.clear()
        settled, kept = self._settled.setdefault(hall, set()), self.fact_store.hours
        return [
            hour
            for hour in self._reference.hours(hall)
            if hour.hall == hall  # another hall keeps its own
            and (hour.id in kept or (hour.ends_at <= over and hour.id not in settled))
        ]

    def _forget_strays(self, hall: str, moment: datetime) -> None:
        """Forget class hours that the timetable no longer knows."""
        for name in [*self.fact_store.hours]:
            if self._reference.hour(name) is None and self.fact_store.hall_of(name) == hall:
                _, day, _ = split_class_hour(name)
                if self._old(datetime.combine(day, time.max, UTC), moment):
                    self.fact_store.forget_hour(name)

    def _old(self, since: datetime, now: datetime) -> bool:
        return now - since > self._settings.forget_after

    def _changed(self, hour: ClassHour) -> bool:
        """Whether facts, or who takes the course, are other than at the last judgement, or there was none yet."""
        closed = self.fact_store.closed(hour.id)
        record = self.fact_store.hours.get(hour.id)
        if closed and not closed.digest and (self.is_closed(hour) or record is None or record.changed):
            return True  # closed, and then more came, or the worker ended, or could not judge
        version = self._reference.roster_version(hour)
        if closed and closed.forgotten and closed.roster not in (None, version):
            return True
        if record is None:
            return False
        if record.unsettled and self.is_closed(hour):
            return True
        roster = self._reference.roster(hour).students
        same = closed and closed.roster in (None, version)
        if record.roster is None and closed and same and self.fact_store.was_judged_for(hour.id, roster):
            # A restart alone is no reason to judge again.
            record.changed, record.roster, record.roster_version = False, roster, version
        return (record.changed and self.fact_store.has_facts(hour.id)) or (
            record.roster is not None and (record.roster, record.roster_version) != (roster, version)
        )

    def is_forgotten(self, hour: ClassHour) -> bool:
        """Whether the facts of a class hour are gone: then its rows alone say what it was."""
        closed = self.fact_store.closed(hour.id)
        return closed is not None and closed.forgotten

    def _known(self, hours: Iterable[str]) -> list[ClassHour]:
        return [hour for each in hours if (hour := self._reference.hour(each))]


def without(fact: Fact, student: str) -> Fact:
    """Return a fact with everything about a student taken out of it; the fact itself where there is nothing."""
    if isinstance(fact, MarkBatch):
        return fact.without(student)
    if any(face.visitor and face.visitor.student_id == student for face in fact.faces):
        fact = msgspec.structs.replace(fact, faces=tuple(_without_visitor(face, student) for face in fact.faces))
    place = next((i for i, each in enumerate(fact.candidates) if each.student_id == student), None)
    if place is None:
        return fact
    faces = tuple(_without_candidate(face, student, place) for face in fact.faces)
    candidates = fact.candidates[:place] + fact.candidates[place + 1 :]
    return msgspec.structs.replace(fact, candidates=candidates, faces=faces)


def _without_candidate(face: Face, student: str, place: int) -> Face:
    """Return a face with a candidate taken out; of a face that nobody was named for, the look may be his."""
    cosines = np.frombuffer(face.cosines, "<f2")
    his = face.student == student or (face.student is None and len(cosines) > place and cosines.argmax() == place)
    return msgspec.structs.replace(
        face,
        cosines=np.delete(cosines, place).tobytes(),
        student=None if his else face.student,
        look=None if his else face.look,
    )


def _without_visitor(face: Face, student: str) -> Face:
    """Return a face with a visitor taken out; with no name beside his, the look may be his."""
    if face.visitor is None or face.visitor.student_id != student:
        return face
    return msgspec.structs.replace(face, visitor=None, look=face.look if face.student else None)
