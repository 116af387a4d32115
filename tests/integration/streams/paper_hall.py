"""A lecture of numbers as it stands in the topics of a site, and its rows."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np

from schemas.cluster import Record, View, send
from schemas.messages import (
    Attendance,
    Candidate,
    ClassHour,
    Coverage,
    Enrollment,
    EnrollmentTemplate,
    Face,
    FrameRef,
    HallDay,
    MarkBatch,
    Message,
    Observation,
    Roster,
    Student,
    Tick,
    decode,
    encode,
)
from schemas.partitions import partition_of
from schemas.rosters import roster_key
from schemas.settings import Settings
from schemas.topics import topic
from streams.attend.facts import marked, seen
from streams.faces.calibration import calibration_of
from streams.faces.engines import engine_id
from streams.faces.template_cipher import TemplateCipher, look_context, template_context
from streams.judgement.judge import judge
from streams.judgement.observations import Facts, Seen
from tests.lecture import START, Lecture

ENGINE = engine_id("centerface-dlib")
STARTS = datetime.fromtimestamp(START, UTC)
HOUR = ClassHour(
    section="EA0017-1",
    hall="E101",
    date=STARTS.date(),
    period=1,
    starts_at=STARTS,
    ends_at=STARTS + timedelta(minutes=50),
)
OVER = Tick(hall="E101", at=HOUR.ends_at + timedelta(hours=1), complete=True)
PARTITIONS = topic("sightings").partitions
SOURCES = ("sightings", "marks")
"""What attend reads."""


class Hall:
    """A lecture of numbers as it stands in the topics of a site."""

    def __init__(
        self,
        settings: Settings,
        name: str = "E101",
        section: str = "EA0017-1",
        twins: tuple[int, int] | None = None,
    ) -> None:
        """twins: two of its students who are too alike to tell apart."""
        self.settings = settings
        self.name = name
        self.hour = msgspec.structs.replace(HOUR, hall=name, section=section)
        self.cipher = TemplateCipher.create(settings.key_file)
        self.lecture = Lecture(size=8, every=60)
        if twins:
            self.lecture.twins(*twins)
        self.observations = [self._message(each) for each in self._film().observations]

    def _film(self) -> Facts:
        # 0 is late, 1 slips away, 2 comes back after ten minutes, 3 is absent.
        return self.lecture.film({0: [(15, 60)], 1: [(0, 25)], 2: [(0, 15), (25, 60)], 3: []})

    def _message(self, frame: Seen) -> Observation:
        at = datetime.fromtimestamp(frame.captured_at, UTC)
        context = look_context(self.name, frame.camera, at)
        faces = tuple(
            Face(
                box=tuple(box.tolist()),
                score=float(score),
                cosines=row.astype("<f2").tobytes(),
                look=self.cipher.seal(look, context, half=True) if np.isfinite(look).all() else None,
            )
            for box, score, row, look in zip(frame.boxes, frame.scores, frame.cosines, frame.looks, strict=True)
        )
        return Observation(
            hall=self.name, camera=frame.camera, captured_at=at, engine=ENGINE, live=False, class_hour=self.hour.id,
            frame=FrameRef(topic="frames", partition=0, offset=0), width=frame.width, height=frame.height,
            candidates=tuple(Candidate(student_id=name, version=1) for name in frame.students), faces=faces,
        )  # fmt: skip

    @property
    def students(self) -> tuple[Student, ...]:
        """Its roster."""
        people = self.lecture.people
        return tuple(Student(student_id=each.student_id, name=f"학생 {i}") for i, each in enumerate(people))

    def take(self, *rosters: Roster) -> None:
        """Load rosters."""
        name = self.settings.topic("rosters")
        send(self.settings, [(name, roster_key(each).encode(), encode(each), None, None) for each in rosters])

    def meet(self, *hours: ClassHour) -> None:
        """Load the timetable of the day."""
        day = HallDay(hall=self.name, date=HOUR.date, hours=hours)
        send(
            self.settings,
            [(self.settings.topic("timetable"), f"{self.name}|{HOUR.date}".encode(), encode(day), None, None)],
        )

    def prepare(self) -> None:
        """Say what the university says."""
        people = self.lecture.people
        day = HallDay(hall=self.name, date=HOUR.date, hours=(self.hour,))
        records: list[tuple[str, str, Message]] = [
            ("timetable", f"{self.name}|{HOUR.date}", day),
            ("rosters", self.hour.section, Roster(section=self.hour.section, students=self.students)),
        ]
        for each in people:
            assert each.template is not None
            sealed = self.cipher.seal(each.template, template_context(each.student_id, ENGINE))
            mine = EnrollmentTemplate(engine=ENGINE, photos=each.photos, sealed=sealed)
            enrolled = Enrollment(
                student_id=each.student_id, version=1, enrolled_at=STARTS, consent_on_file=True, templates=(mine,)
            )
            records.append(("enrollments", each.student_id, enrolled))
        send(
            self.settings,
            [(self.settings.topic(name), key.encode(), encode(value), None, None) for name, key, value in records],
        )

    def tell(self, *messages: Message, name: str = "sightings", partitions: int = PARTITIONS) -> None:
        place = partition_of(self.name, partitions)
        records: list[Record] = [
            (
                self.settings.topic(name),
                self.name.encode() if name == "sightings" else str(i).encode(),
                encode(each),
                place,
                None,
            )
            for i, each in enumerate(messages)
        ]
        send(self.settings, records)

    def rows(self) -> dict[str, Attendance]:
        """The rows as they stand, by student."""
        read: Callable[[bytes], Any] = lambda value: decode(value, Attendance | Coverage)  # noqa: E731
        view = View(self.settings, "attendance", read)
        view.catch_up()
        view.close()
        rows = (each for each in view.items.values() if isinstance(each, Attendance))
        return {each.student_id: each for each in rows if each.class_hour == self.hour.id}

    def expected(
        self, observations: Sequence[Observation], marks: Sequence[MarkBatch] = ()
    ) -> dict[str, tuple[Any, ...]]:
        """What the pure judgement says of these facts."""
        facts = Facts()
        for each in observations:
            facts = facts.with_(seen(each, encode(each), cipher=lambda: self.cipher))
        for batch in marks:
            facts = facts.with_marks(marked(batch))
        judged = judge(
            self.lecture.hour, facts, self.lecture.people, self.settings.policy,
            calibration_of("centerface-dlib"), closed=True,
        )  # fmt: skip
        return {
            name: (one.verdict, one.arrived_at, tuple(one.absences), one.source, judged.version)
            for name, one in judged.students.items()
        }


def told(rows: dict[str, Attendance]) -> dict[str, tuple[Any, ...]]:
    """The same of rows."""

    def seconds(at: datetime | None) -> float | None:
        return at.timestamp() if at else None

    return {
        name: (
            row.verdict,
            seconds(row.arrived_at),
            tuple(
                (each.departed_at.timestamp(), seconds(each.returned_at), seconds(each.gone_by))
                for each in row.absences
            ),
            row.source,
            row.version,
        )
        for name, row in rows.items()
    }
