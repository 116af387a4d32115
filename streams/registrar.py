"""Decides which class hours are judged, and when: on facts, on marks, and when the time of a hall passes."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
import numpy as np

from schemas.messages import ClassHour, Forget, MarkBatch, Observation, Sighting, Tick
from schemas.settings import Settings
from streams.ledger import Fact, Ledger
from streams.reference import Reference

__all__ = ["Registrar", "without"]

RECORDING = 10
"""A recording that is read in has no live audience: its hours are judged this many times less often meanwhile."""


class Registrar:
    """Keeps the ledger of the halls of this worker. ``take`` returns the class hours that are due to be judged."""

    def __init__(self, settings: Settings, engine: str, reference: Reference, ledger: Ledger) -> None:
        """engine: the id of the engine whose observations count."""
        self._settings = settings
        self._engine = engine
        self._reference = reference
        self.ledger = ledger

    def take(self, message: Sighting | MarkBatch, value: bytes, came_at: datetime) -> list[ClassHour]:
        """Take a message and its bytes into the ledger. came_at: when the broker received it."""
        match message:
            case Observation():
                return self._observe(message, value, came_at)
            case MarkBatch():
                return self._known([message.class_hour] if self.ledger.mark(message, value) else [])
            case Forget():
                return self._known(self._forget(message.student_id))
            case _:
                return self._pass(message)

    def is_closed(self, hour: ClassHour) -> bool:
        """Whether a class hour is over and nothing more of it is expected."""
        return hour.id in self.ledger.closed

    def judged(self, hour: ClassHour) -> None:
        """Note that a class hour was judged with all its facts, and told."""
        book = self.ledger.book(hour.id)
        book.changed = False
        book.judged_at = book.newest

    def is_restless(self, hall: str) -> bool:
        """Whether a hall has facts that no judgement has seen yet."""
        return any(self._changed(hour) for hour in self._reference.hours(hall))

    def _observe(self, seen: Observation, value: bytes, came_at: datetime) -> list[ClassHour]:
        self.ledger.hear(seen.hall, seen.captured_at)
        if not seen.live:
            self.ledger.recorded[seen.hall] = came_at
        if seen.engine != self._engine or seen.class_hour is None:
            return []
        hour = self._reference.hour(seen.class_hour)
        if not self.ledger.observe(seen, value) or hour is None:
            return []
        book = self.ledger.book(hour.id)
        book.newest = max(book.newest or seen.captured_at, seen.captured_at)
        every = self._settings.judge_every * (1 if seen.live else RECORDING)
        return [hour] if book.newest - (book.judged_at or hour.starts_at) >= every else []

    def _pass(self, tick: Tick) -> list[ClassHour]:
        moment, grace = tick.at, self._settings.policy.grace
        low = self.ledger.hear(tick.hall, moment, passed=True).low
        # The hours of a recording are long over while it is read in; they close when no more of it comes.
        recorded = self.ledger.recorded.get(tick.hall)
        settled = tick.complete or recorded is None or recorded + grace <= moment
        due = []
        for hour in self._reference.hours(tick.hall):
            over = settled and low < hour.ends_at and hour.ends_at + grace <= moment
            if (over and not self.is_closed(hour)) or self._changed(hour):
                due.append(hour)
                if over:
                    self.ledger.close(hour.id, moment)
            elif (
                over and self.is_closed(hour) and moment - self.ledger.closed[hour.id].at > self._settings.forget_after
            ):
                self.ledger.forget_hour(hour.id)
        return due

    def _changed(self, hour: ClassHour) -> bool:
        book = self.ledger.hours.get(hour.id)
        return book is not None and bool(book.keys) and book.changed

    def _forget(self, student: str) -> list[str]:
        return [
            hour
            for hour in self.ledger.hours_with_facts()
            if self.ledger.erase(hour, lambda fact: without(fact, student))
        ]

    def _known(self, hours: Iterable[str]) -> list[ClassHour]:
        return [hour for each in hours if (hour := self._reference.hour(each))]


def without(fact: Fact, student: str) -> Fact:
    """Return a fact with everything about a student taken out of it; the fact itself where there is nothing."""
    if isinstance(fact, MarkBatch):
        marks = tuple(mark for mark in fact.marks if mark.student_id != student)
        return fact if len(marks) == len(fact.marks) else msgspec.structs.replace(fact, marks=marks)
    place = next((i for i, each in enumerate(fact.candidates) if each.student_id == student), None)
    if place is None:
        return fact
    faces = tuple(
        msgspec.structs.replace(
            face,
            cosines=np.delete(np.frombuffer(face.cosines, "<f2"), place).tobytes(),
            student=None if face.student == student else face.student,
            look=None if face.student == student else face.look,
        )
        for face in fact.faces
    )
    candidates = fact.candidates[:place] + fact.candidates[place + 1 :]
    return msgspec.structs.replace(fact, candidates=candidates, faces=faces)
