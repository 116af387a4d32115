"""What holds as of now: timetable, rosters, templates, engines and profiles of cameras, as views of their topics."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from schemas.cluster import View, ViewReader
from schemas.errors import BadMessageError, RefusedError, UnavailableError
from schemas.messages import (
    Candidate,
    ClassHour,
    EngineChoice,
    Enrollment,
    EnrollmentTemplate,
    HallDay,
    Profile,
    Roster,
    Student,
    decode,
)
from schemas.rosters import Rosters
from schemas.settings import Settings
from streams.faces.engines import engine_id
from streams.faces.template_cipher import TemplateCipher, template_context
from streams.reference.engine_schedule import EngineSchedule
from streams.reference.hall_timetable import HallTimetable
from streams.reference.visitors import Everybody, Opened, Register, Visitors

__all__ = ["NOBODY", "Candidates", "OpenedTemplate", "Reference", "templates_at"]

T = TypeVar("T")
log = logging.getLogger(__name__)


KEPT = 1000
"""Class hours whose candidates are remembered, at 100 kB each: more than run at once, fewer than a term has."""


class OpenedTemplate(NamedTuple):
    """What the engine knows of a student: template (d,), float32, unit length; how many photos are behind it."""

    version: int
    template: NDArray[np.float32]
    photos: int


class Candidates(NamedTuple):
    """The students of a roster whose face is known, sorted by id: m of them.

    templates: (m, d) float32, unit length. photos: (m,) int.
    """

    students: tuple[Candidate, ...]
    templates: NDArray[np.float32]
    photos: NDArray[np.int64]


NOBODY = Candidates((), np.zeros((0, 0), np.float32), np.zeros(0, np.int64))


def templates_at(enrollment: Enrollment, hour: ClassHour) -> tuple[int, tuple[EnrollmentTemplate, ...]]:
    """Return version and templates that hold for a class hour.

    A first enrolment joins at once; a replacement made while the hour runs waits for the next one.
    """
    if not (enrollment.previous and enrollment.enrolled_at in hour):
        return enrollment.version, enrollment.templates
    replaced = {each.engine: each for each in enrollment.previous}
    # What another engine knows was not replaced, and goes on holding.
    return enrollment.version - 1, tuple(replaced.get(each.engine, each) for each in enrollment.templates)


class Reference:
    """Timetable, rosters and templates as of the last ``catch_up``. Not for use by several threads at once."""

    def __init__(self, settings: Settings, engine: str | None = None) -> None:
        """engine: id of the one that is meant throughout, whatever is live; without it, the live one of each hour.

        Raises:
            SettingsError: the engine that is set does not exist.
        """
        self._key_file = settings.key_file
        self._reader = ViewReader(settings)
        self._timetable = View(settings, "timetable", _decoded(HallDay), reader=self._reader)
        self._rosters = View(settings, "rosters", _decoded(Roster), reader=self._reader)
        self._enrollments = View(settings, "enrollments", _decoded(Enrollment), reader=self._reader)
        self._profiles = View(settings, "profiles", _decoded(Profile), reader=self._reader)
        self._views: tuple[View[Any], ...] = (self._timetable, self._rosters, self._enrollments, self._profiles)
        self._engines: View[EngineChoice] | None = None
        if engine is None:
            self._engines = View(settings, "engines", _decoded(EngineChoice), reader=self._reader)
            self._views += (self._engines,)
        self.engine_schedule = EngineSchedule(engine or engine_id(settings.engine, settings.home))
        self._cipher: TemplateCipher | None = None
        self._read: tuple[int, ...] = ()
        self._known: dict[bytes, OpenedTemplate | None] = {}
        self._candidates: dict[str, Candidates] = {}
        self._visitors: dict[str, Visitors] = {}
        self._registers: dict[str, Register] = {}
        self._halls = HallTimetable()
        self._lists = Rosters()

    def catch_up(self) -> None:
        """Read everything that was said until now.

        Raises:
            UnavailableError: the broker does not answer, or people are enrolled and the key is not here.
        """
        self._reader.catch_up()
        if self._cipher is None and any(each.templates for each in self._enrollments.items.values()):
            try:
                self._cipher = TemplateCipher.open(self._key_file)
            except RefusedError as error:
                raise UnavailableError(error.message, error.remedy) from error
        # Compared with what was last built of it: views may have moved on before another one failed.
        if (read := tuple(view.changes for view in self._views)) != self._read:
            self._build()
            self._read = read

    @property
    def plan(self) -> tuple[int, int]:
        """Changes with the timetable and the rosters."""
        return self._timetable.changes, self._rosters.changes

    def close(self) -> None:
        """Let the connection go; what was read stays."""
        self._reader.close()

    def _build(self) -> None:
        self._known.clear()
        self._candidates.clear()
        self._visitors.clear()
        if self._engines:
            self._choose(EngineSchedule(self.engine_schedule.first, self._engines.items.values()))
        self._lists = Rosters(self._rosters.items.values())
        self._halls = HallTimetable(hour for day in self._timetable.items.values() for hour in day.hours)

    def _choose(self, engine_schedule: EngineSchedule) -> None:
        for each in engine_schedule.said:
            if each not in self.engine_schedule.said:
                log.info("engine %s is live from %s on, chosen by %s", each.engine, each.at.isoformat(), each.by)
        self.engine_schedule = engine_schedule

    @property
    def cipher(self) -> TemplateCipher:
        """The cipher that opens templates and seals looks; there is one as soon as anybody is enrolled.

        Raises:
            RefusedError: the key file is missing or open to others.
        """
        if self._cipher is None:
            self._cipher = TemplateCipher.open(self._key_file)
        return self._cipher

    def hours(self, hall: str) -> Sequence[ClassHour]:
        """Every class hour that meets in a hall, in the order of time."""
        return self._halls.hours(hall)

    def hours_at(self, hall: str, moment: datetime) -> list[ClassHour]:
        """Return the class hours that run in a hall at a moment: one, or several where sections sit together."""
        return self._halls.hours_at(hall, moment)

    def hour(self, class_hour: str) -> ClassHour | None:
        """Return a class hour by its id."""
        return self._halls.hour(class_hour)

    def engine_of(self, class_hour: str) -> str | None:
        """Return the id of the engine of a class hour, by its id; None: the timetable does not know the hour."""
        hour = self.hour(class_hour)
        return self.engine_schedule.of(hour) if hour else None

    def roster(self, hour: ClassHour) -> Roster:
        """Return the roster of a class hour, as of its date; of a section without one it names nobody."""
        return self._lists.on(hour.section, hour.date)

    def together(self, hour: ClassHour) -> tuple[Student, ...]:
        """Return whoever may sit there: the rosters of a class hour and of its companions, each student once, by id."""
        found = {
            student.student_id: student
            for each in self._halls.companions(hour)
            for student in self.roster(each).students
        }
        return tuple(found[name] for name in sorted(found))

    def roster_version(self, hour: ClassHour) -> int:
        """Return a number that grows with every change of who may sit in a class hour."""
        return sum(max(self.roster(each).version - 1, 0) for each in self._halls.companions(hour))

    def profile(self, hall: str, camera: str) -> Profile | None:
        """Return where a camera's faces are, if that was learned."""
        return self._profiles.items.get(f"{hall}|{camera}")

    def candidates(self, hour: ClassHour) -> Candidates:
        """Return the students who may sit in a class hour and whose face is known to its engine."""
        found = self._candidates.get(hour.id)
        if found is None:
            if len(self._candidates) >= KEPT:
                self._candidates.clear()
            found = self._candidates[hour.id] = self._find_candidates(hour)
        return found

    def _find_candidates(self, hour: ClassHour) -> Candidates:
        known = {
            student.student_id: each
            for student in self.together(hour)
            if (each := self._know(student.student_id, hour))
        }
        if not known:
            return NOBODY
        return Candidates(
            tuple(Candidate(student_id=name, version=each.version) for name, each in known.items()),
            np.stack([each.template for each in known.values()]),
            np.array([each.photos for each in known.values()]),
        )

    def visitors(self, hour: ClassHour) -> Visitors:
        """Return all whose face is known to a class hour's engine and who are on no roster of it."""
        found = self._visitors.get(hour.id)
        if found is None:
            everybody = self.everybody(self.engine_schedule.of(hour))
            roster = {student.student_id for student in self.together(hour)}
            rows = sorted(everybody.rows[each] for each in roster & everybody.rows.keys())
            found = self._visitors[hour.id] = Visitors(everybody, np.array(rows, np.intp))
        return found

    def everybody(self, engine: str) -> Everybody:
        """Return all whose face is known to an engine (its id); only what changed since the last time is opened."""
        register = self._registers.setdefault(engine, Register(partial(self._open_latest, engine)))
        register.catch_up(self._enrollments.items)
        return register.everybody

    def _open_latest(self, engine: str, enrollment: Enrollment) -> Opened | None:
        mine = _of(engine, enrollment.templates)
        known = self._open(enrollment.student_id, enrollment.version, mine) if mine else None
        return (known.template, known.photos) if known else None

    def _know(self, student: str, hour: ClassHour) -> OpenedTemplate | None:
        enrollment = self._enrollments.items.get(student)
        if enrollment is None:
            return None
        version, templates = templates_at(enrollment, hour)
        mine = _of(self.engine_schedule.of(hour), templates)
        if mine is None:
            return None
        if mine.sealed not in self._known:
            self._known[mine.sealed] = self._open(student, version, mine)
        return self._known[mine.sealed]

    def _open(self, student: str, version: int, template: EnrollmentTemplate) -> OpenedTemplate | None:
        """Open a template. One that does not open is as good as none: only that student goes unrecognised."""
        try:
            vector = self.cipher.open_sealed(template.sealed, template_context(student, template.engine))
        except BadMessageError as error:
            log.error("template of %s: %s", student, error)
            return None
        return OpenedTemplate(version, vector, template.photos)


def _of(engine: str, templates: Sequence[EnrollmentTemplate]) -> EnrollmentTemplate | None:
    return next((each for each in templates if each.engine == engine), None)


def _decoded(kind: type[T]) -> Callable[[bytes], T]:
    return lambda value: decode(value, kind)
