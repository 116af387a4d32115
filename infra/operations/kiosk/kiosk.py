"""A kiosk at the door of a hall: whose face a photo shows among those who have a class hour there, and marking him.

The three requests of 2019 are ``identify`` (photo to student id), ``mark_student`` (student id and section to mark) and
``roster`` (section to its students). A photo is looked at and forgotten; nothing of it is written anywhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Lock, RLock
from typing import NamedTuple

import msgspec
import numpy as np

from enrollment.likeness import EnrolledFace
from infra.operations.class_hours.hour_register import HourRegister, standing
from infra.operations.kiosk.kiosk_challenge import Challenge, TimedLook, TurnState, judge_turn, same_face
from infra.operations.kiosk.kiosk_looks import KioskLook, look, portrait_of
from infra.operations.kiosk.kiosk_marks import BY, Standing, hour_to_mark, kiosk_mark_id, verdict_at
from infra.operations.kiosk.kiosk_naming import LikelyStudent, whose_face
from infra.operations.kiosk.kiosk_texts import mark_reason
from producers.marks import mark_batch, send_marks
from schemas.errors import RefusedError
from schemas.messages import ClassHour, Student, Verdict
from schemas.settings import Settings
from schemas.texts import nearest as nearest_text
from schemas.translations import Text
from streams.faces.engines import Engine, load_engine
from streams.faces.unfit_pictures import Unfit, UnfitPictureError
from streams.faces.values import Floats
from streams.reference.live_engine import name_here
from streams.reference.reference_data import Reference
from streams.reference.visitors import Visitors

__all__ = ["EARLY", "Kiosk", "MarkedAtKiosk", "NamedAtKiosk", "NotNamed"]

EARLY = timedelta(minutes=15)
"""Who comes so long before a class hour comes for it."""


class NamedAtKiosk(NamedTuple):
    """Whose face it is. hour: which he would be marked in. marked: what he already is in it, and None otherwise."""

    student: Student
    hour: ClassHour
    probability: float
    marked: Verdict | None = None


class NotNamed(NamedTuple):
    """Why nobody is named."""

    reason: Unfit


class MarkedAtKiosk(NamedTuple):
    """What holds for a student in a class hour. fresh: it was written now; else it was said before, and stays.

    by_person: whether a person said it.
    """

    student: Student
    hour: ClassHour
    verdict: Verdict
    fresh: bool
    by_person: bool = False


class _Gallery(NamedTuple):
    """Whose face may be before a kiosk. hours: of each student, those in its hall."""

    engine: str
    faces: Sequence[EnrolledFace]
    students: Mapping[str, Student]
    hours: Mapping[str, Sequence[ClassHour]]
    others: Visitors


class Kiosk:
    """What a process needs for all kiosks of a site, kept ready: who is enrolled, who takes what, and the engine.

    Threads may share it; one after the other asks what holds, and all look at once.
    """

    def __init__(self, settings: Settings) -> None:
        """Open what is read. Nothing is read yet.

        Raises:
            UnavailableError: the broker does not answer.
        """
        self._settings = settings
        self._reference = Reference(settings)
        self._register = HourRegister(settings)
        self._engines: dict[str, Engine] = {}
        self._lock, self._loading = RLock(), Lock()

    def close(self) -> None:
        """Let the connections go."""
        with self._lock:
            self._reference.close()
            self._register.close()

    def hours(self, hall: str, now: datetime) -> list[ClassHour]:
        """Return the class hours that run in a hall, and those that begin soon, in the order of time. now: aware.

        Raises:
            UnavailableError: the broker does not answer.
        """
        with self._lock:
            self._reference.catch_up()
        return self._known_hours(hall, now)

    def prepare(self, now: datetime) -> None:
        """Read what holds and load the engine that is live at a moment (aware), so that nobody waits for it.

        Raises:
            RefusedError: this machine does not have that engine.
            UnavailableError: the broker does not answer, or the key is not here.
        """
        with self._lock:
            self._reference.catch_up()
            engine = self._reference.engine_schedule.at(now)
            self._reference.everybody(engine)
        self._engine(engine)

    def look(self, hall: str, picture: bytes, now: datetime) -> KioskLook:
        """Look at a small picture of the browser, not mirrored. It asks the broker nothing. now: aware.

        Raises:
            RefusedError: this machine does not have the engine of the hall's class hour.
        """
        return look(self._engine_in(hall, now), picture)

    def judge_turn(self, hall: str, challenge: Challenge, looks: Sequence[TimedLook], now: datetime) -> TurnState:
        """Return what the looks since a challenge come to; see ``kiosk_challenge.judge_turn``."""
        return judge_turn(challenge, looks, now, self._engine_in(hall, now).calibration)

    def identify(
        self, hall: str, photo: bytes, now: datetime, *, turned: Floats | None = None
    ) -> NamedAtKiosk | NotNamed:
        """Return whose face a photo shows, among those on the rosters of the class hours of a hall.

        now: aware. turned: of the look into the camera of who turned his head when asked; the photo must show the same.

        Raises:
            RefusedError: this machine does not have the live engine.
            UnavailableError: the broker does not answer, or the key is not here.
        """
        with self._lock:
            gallery = self._gallery(hall, now)
        if isinstance(gallery, Unfit):
            return NotNamed(gallery)
        engine = self._engine(gallery.engine)
        try:
            found = portrait_of(engine, photo).found
        except UnfitPictureError as error:
            return NotNamed(error.unfit)
        if turned is not None and not same_face(turned, found.embedding, engine.calibration):
            return NotNamed(Unfit("other_face", {}))
        who = whose_face(found, gallery.faces, gallery.others, engine.calibration, self._settings.policy.accept)
        return NotNamed(who) if isinstance(who, Unfit) else self._named(gallery, who, now)

    def mark(self, hall: str, known: NamedAtKiosk, now: datetime, *, turned: bool = False) -> MarkedAtKiosk:
        """Mark who was identified and said that he is it, and return when every replica has it.

        The same again changes nothing, and what a person said before stays. now: aware. turned: he turned his head when
        asked, which the reason says.

        Raises:
            RefusedError: the class hour is over.
            UnavailableError: the broker does not answer, or did not take it.
        """
        reason = mark_reason(self._settings.language, known.probability, turned=turned)
        return self._mark(hall, known.student, known.hour, now, reason)

    def mark_student(self, hall: str, section: str, student: str, now: datetime) -> MarkedAtKiosk:
        """Mark a student (an id) of a section that has a class hour in a hall now, by the time. now: aware.

        Raises:
            RefusedError: it has none now, or no such student.
            UnavailableError: the broker does not answer, or did not take it.
        """
        hour, students = self._section(hall, section, now)
        found = next((each for each in students if each.student_id == student), None)
        if found is None:
            near = nearest_text(student, [each.student_id for each in students])
            hint = f"; did you mean {near}?" if near else ""
            raise RefusedError(
                Text(
                    "no student {student!r} on the roster of {section}{hint}",
                    student=student,
                    section=section,
                    hint=hint,
                ),
                "Correct the id.",
            )
        return self._mark(hall, found, hour, now, "")

    def roster(self, hall: str, section: str, now: datetime) -> tuple[Student, ...]:
        """Return who takes a section that has a class hour in a hall now. now: aware.

        Raises:
            RefusedError: it has none now.
            UnavailableError: the broker does not answer.
        """
        return self._section(hall, section, now)[1]

    def _section(self, hall: str, section: str, now: datetime) -> tuple[ClassHour, tuple[Student, ...]]:
        with self._lock:
            hours = self.hours(hall, now)
            for hour in hours:
                if hour.section == section:
                    return hour, self._reference.roster(hour).students
        there = ", ".join(sorted({each.section for each in hours})) or "none"
        raise RefusedError(
            Text("section {section!r} has no class hour in {hall} now", section=section, hall=hall),
            Text("Those that have one: {there}.", there=there),
        )

    def _known_hours(self, hall: str, now: datetime) -> list[ClassHour]:
        """The same as of what was read last: a timetable is never changed, so that no thread need wait for another."""
        return [each for each in self._reference.hours(hall) if each.starts_at - EARLY <= now < each.ends_at]

    def _engine_in(self, hall: str, now: datetime) -> Engine:
        """Return the engine that a photo is looked at with."""
        schedule, hours = self._reference.engine_schedule, self._known_hours(hall, now)
        return self._engine(schedule.of(hours[0]) if hours else schedule.at(now))

    def _engine(self, engine: str) -> Engine:
        with self._loading:
            if engine not in self._engines:
                loaded = load_engine(name_here(self._settings, engine), self._settings.home)
                loaded.quicken(self._settings.arithmetic)
                self._engines[engine] = loaded
            return self._engines[engine]

    def _gallery(self, hall: str, now: datetime) -> _Gallery | Unfit:
        reference = self._reference
        every = self.hours(hall, now)
        if not every:
            return Unfit("no_hour", {"hall": hall})
        engine = reference.engine_schedule.of(every[0])
        faces: dict[str, EnrolledFace] = {}
        students: dict[str, Student] = {}
        mine: dict[str, list[ClassHour]] = {}
        # An hour that begins with another engine has templates that do not compare: it is there once it runs alone.
        for hour in [each for each in every if reference.engine_schedule.of(each) == engine]:
            roster = {each.student_id: each for each in reference.roster(hour).students}
            known = reference.candidates(hour)
            for who, vector, photos in zip(known.students, known.templates, known.photos.tolist(), strict=True):
                if who.student_id in roster:
                    students[who.student_id] = roster[who.student_id]
                    faces.setdefault(who.student_id, EnrolledFace(who.student_id, vector, photos))
                    mine.setdefault(who.student_id, []).append(hour)
        if not faces:
            return Unfit("nobody_enrolled", {"hall": hall})
        everybody = reference.everybody(engine)
        rows = np.array(sorted(everybody.rows[each] for each in faces if each in everybody.rows), np.intp)
        return _Gallery(engine, list(faces.values()), students, mine, Visitors(everybody, rows))

    def _named(self, gallery: _Gallery, who: LikelyStudent, now: datetime) -> NamedAtKiosk | NotNamed:
        hours = gallery.hours[who.student_id]
        with self._lock:
            marked = self._standing(who.student_id, hours)
        hour = hour_to_mark(hours, marked, now)
        if hour is None:
            return NotNamed(Unfit("over", {}))
        mark = marked.get(hour.id)
        return NamedAtKiosk(gallery.students[who.student_id], hour, who.probability, mark.verdict if mark else None)

    def _standing(self, student: str, hours: Iterable[ClassHour]) -> dict[str, Standing]:
        """Return the mark that holds of a student in each of these class hours that has one, by their ids."""
        found = {}
        for hour in hours:
            mark = standing(self._register.marks(hour.id)).get(student)
            if mark and mark.stands:
                found[hour.id] = Standing(msgspec.convert(mark.verdict, Verdict), mark.by, mark.at)
        return found

    def _mark(self, hall: str, student: Student, hour: ClassHour, now: datetime, reason: str) -> MarkedAtKiosk:
        if now >= hour.ends_at:
            raise RefusedError(Text("the class hour {id} is over", id=hour.id), "Ask the professor.")
        with self._lock:
            before = self._standing(student.student_id, [hour]).get(hour.id)
            if before:
                return MarkedAtKiosk(student, hour, before.verdict, fresh=False, by_person=not before.at_kiosk)
        verdict = verdict_at(hour, now, self._settings.policy)
        batch = mark_batch(
            hour, {student.student_id: verdict}, batch_id=kiosk_mark_id(hour, student.student_id), kind="mark",
            by=f"{BY}{hall}", at=now, reason=reason,
        )  # fmt: skip
        send_marks(self._settings, batch)
        return MarkedAtKiosk(student, hour, verdict, fresh=True)
