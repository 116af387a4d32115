"""Class hours, who takes them, and what people marked in them, as of now: read from their topics and kept warm."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Lock
from typing import Any

import msgspec

from enrollment.class_hours import roster_of, student_of
from schemas.cluster import View
from schemas.errors import BadMessageError, RefusedError
from schemas.ids import split_class_hour
from schemas.messages import AS_JUDGED, ClassHour, Enrollment, HallDay, MarkBatch, Moment, Roster, Said, Student, decode
from schemas.rosters import Rosters
from schemas.settings import Settings
from schemas.translations import Text

__all__ = ["HourRegister", "StandingMark", "after", "said_of", "standing"]

_READ: dict[str, Callable[[bytes], Any]] = {
    "timetable": lambda value: decode(value, HallDay),
    "rosters": lambda value: decode(value, Roster),
    "marks": lambda value: value,  # a term of roll calls: only those of one class hour are ever looked into
    "enrollments": lambda value: value,
}

TICK = timedelta(milliseconds=1)
"""The least by which two marks differ in every place that keeps when they were made."""


class StandingMark(msgspec.Struct, frozen=True, kw_only=True):
    """What a person said of a student in a class hour. batch: the id of the message; the rest as in ``MarkBatch``."""

    batch: str
    student_id: str
    verdict: Said
    by: str
    at: Moment
    kind: str = "mark"
    reason: str = ""
    confirmed: bool = False
    in_bulk: bool = False
    looks_like: str | None = None

    @property
    def stands(self) -> bool:
        """Whether a person's word holds; else it was taken back, and the camera's verdict does."""
        return self.verdict != AS_JUDGED


class HourRegister:
    """Answers with what was acknowledged before the question. For any thread; they take turns.

    Raises:
        UnavailableError: from every method but ``close``, if the broker does not answer.
    """

    def __init__(self, settings: Settings) -> None:
        """Connect when first asked."""
        self._settings = settings
        self._views: dict[str, View[Any]] = {}
        self._reading = Lock()
        self._deciding = Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Let nobody else decide meanwhile: what was read is still true when what follows from it is sent."""
        with self._deciding:
            yield

    def warm(self) -> None:
        """Read everything once, so that whoever asks first does not wait for it."""
        for topic in _READ:
            self._items(topic)

    def hour(self, class_hour: str) -> ClassHour:
        """Return a class hour by its id.

        Raises:
            RefusedError: the timetable has none of this id.
        """
        try:
            _, day, _ = split_class_hour(class_hour)
        except ValueError:
            found: list[ClassHour] = []
        else:
            days: list[HallDay] = [each for each in self._items("timetable").values() if each.date == day]
            found = [hour for each in days for hour in each.hours if hour.id == class_hour]
        if not found:
            raise RefusedError(
                Text("there is no class hour {class_hour!r}", class_hour=class_hour),
                "`naul timetable show` lists those that there are.",
            )
        return found[0]

    def roster(self, hour: ClassHour) -> Roster:
        """Return the roster of a class hour's date.

        Raises:
            RefusedError: its section has none.
        """
        return roster_of(hour.section, self._rosters(), hour.date)

    def student(self, hour: ClassHour, student: str) -> Student:
        """Return a student of a class hour by his id.

        Raises:
            RefusedError: he is not on its roster.
        """
        return student_of(student, hour.section, self._rosters(), hour.date)

    def anybody(self, student: str) -> Student:
        """Return whoever is on any roster by his id.

        Raises:
            RefusedError: nobody has it.
        """
        if found := self._rosters().students.get(student):
            return found
        raise RefusedError(
            Text("nobody has the student id {student!r}", student=student), "Give an id that is on a roster."
        )

    def enrollment(self, student: str) -> Enrollment | None:
        """Return how a student (an id) is enrolled; None: he is not, or it cannot be read."""
        value = self._items("enrollments").get(student)
        with suppress(BadMessageError):
            return decode(value, Enrollment) if value else None
        return None

    def marks(self, class_hour: str) -> list[MarkBatch]:
        """Return what was marked in a class hour, the oldest first."""
        found: dict[str, bytes] = self._items("marks")
        batches: list[MarkBatch] = []
        for key, value in found.items():
            if key.startswith(f"{class_hour}|"):
                with suppress(BadMessageError):  # attend puts it aside
                    batches.append(decode(value, MarkBatch))
        return sorted(batches, key=_order)

    def marks_of(self, student: str) -> list[tuple[str, StandingMark]]:
        """Return everything that was marked of a student (an id), each with its class hour, the oldest first."""
        named = msgspec.json.encode(student)
        batches: list[MarkBatch] = []
        for value in self._items("marks").values():
            if named in value:
                with suppress(BadMessageError):
                    batches.append(decode(value, MarkBatch))
        ordered = sorted(batches, key=_order)
        return [(batch.class_hour, each) for batch in ordered for each in _marks(batch) if each.student_id == student]

    def close(self) -> None:
        """Let the connections go."""
        with self._reading:
            for view in self._views.values():
                view.close()
            self._views.clear()

    def _rosters(self) -> Rosters:
        return Rosters(self._items("rosters").values())

    def _items(self, topic: str) -> dict[str, Any]:
        with self._reading:
            if topic not in self._views:
                self._views[topic] = View(self._settings, topic, _READ[topic])
            view = self._views[topic]
            view.catch_up()
            return dict(view.items)


def said_of(batches: Iterable[MarkBatch], student: str) -> list[StandingMark]:
    """Return everything that people said of a student, the oldest first; the last of it holds."""
    return [each for batch in sorted(batches, key=_order) for each in _marks(batch) if each.student_id == student]


def standing(batches: Iterable[MarkBatch]) -> dict[str, StandingMark]:
    """Return the mark that holds of each student: the latest, of equal ones that of the greater id."""
    return {each.student_id: each for batch in sorted(batches, key=_order) for each in _marks(batch)}


def after(now: Moment, before: Iterable[StandingMark]) -> Moment:
    """Return when a mark is made that is to hold instead of these: now, or later where somebody's clock is ahead."""
    return max([now, *(each.at + TICK for each in before)])


def _order(batch: MarkBatch) -> tuple[Moment, str]:
    return batch.at, batch.id


def _marks(batch: MarkBatch) -> Iterator[StandingMark]:
    for each in batch.marks:
        yield StandingMark(
            batch=batch.id,
            student_id=each.student_id,
            verdict=each.verdict,
            by=batch.by,
            at=batch.at,
            kind=batch.kind,
            reason=batch.reason,
            confirmed=each.confirmed,
            in_bulk=each.in_bulk,
            looks_like=each.looks_like,
        )
