"""A small hall on paper: one section, three class hours, two known students."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import numpy as np

from schemas.messages import Candidate, ClassHour, Face, FrameRef, Observation, Roster, Student
from streams.reference.engine_schedule import EngineSchedule
from streams.reference.reference_data import Candidates

NINE = datetime(2026, 3, 9, 0, 0, tzinfo=UTC)
"""Nine in the morning in Seoul."""

ENGINE = "test@1"


def class_hour(period: int) -> ClassHour:
    starts = NINE + timedelta(hours=period - 1)
    return ClassHour(
        section="EA0017-1",
        hall="E101",
        date=date(2026, 3, 9),
        period=period,
        starts_at=starts,
        ends_at=starts + timedelta(minutes=50),
    )


class PaperRows:
    """Rows of a partition, in a dictionary."""

    def __init__(self, rows: dict[str, bytes]) -> None:
        self.rows = rows

    def get(self, key: str) -> bytes | None:
        return self.rows.get(key)

    def begin(self, prefix: str, beyond: str = "") -> Iterator[tuple[str, bytes]]:
        for key in sorted(self.rows):
            if key.startswith(prefix) and key > beyond and not (beyond and key.startswith(beyond)):
                yield key, self.rows[key]

    def put(self, key: str, value: bytes | None) -> None:
        if value is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = value

    def overwritten(self) -> None:
        """A dictionary keeps nothing of what it was told before."""


class PaperReference:
    """The timetable, rosters and templates of a test, in place of their topics."""

    def __init__(self, periods: int = 3) -> None:
        self.students = (
            Student(student_id="201912345", name="김나얼"),
            Student(student_id="201954321", name="이하늘"),
        )
        self.version = 1
        self.all = [class_hour(period) for period in range(1, periods + 1)]
        self.engine_schedule = EngineSchedule(ENGINE)

    @property
    def plan(self) -> object:
        return self.version, self.students, tuple(self.all)

    def hours(self, hall: str) -> list[ClassHour]:
        return [hour for hour in self.all if hour.hall == hall]

    def hour(self, name: str) -> ClassHour | None:
        return next((hour for hour in self.all if hour.id == name), None)

    def engine_of(self, name: str) -> str | None:
        return self.engine_schedule.of(hour) if (hour := self.hour(name)) else None

    def hours_at(self, hall: str, moment: datetime) -> list[ClassHour]:
        return [hour for hour in self.hours(hall) if moment in hour]

    def roster(self, hour: ClassHour) -> Roster:
        return Roster(section=hour.section, students=self.students, version=self.version)

    def together(self, hour: ClassHour) -> tuple[Student, ...]:
        return self.students

    def roster_version(self, hour: ClassHour) -> int:
        return self.version - 1

    def candidates(self, hour: ClassHour) -> Candidates:
        students = tuple(Candidate(student_id=each.student_id, version=1) for each in self.together(hour))
        return Candidates(students, np.eye(2, 4, dtype=np.float32), np.array([2, 2]))


def observation(
    minutes: float, *, period: int | None = 1, face: str | None = "201912345", **other: object
) -> Observation:
    cosines = np.array([0.99, 0.85], "<f2").tobytes()
    values: dict[str, object] = {
        "hall": "E101",
        "camera": "front",
        "captured_at": NINE + timedelta(minutes=minutes),
        "engine": ENGINE,
        "frame": FrameRef(topic="t-frames", partition=0, offset=0),
        "live": True,
        "width": 1280,
        "height": 720,
        "class_hour": class_hour(period).id if period else None,
        "candidates": tuple(Candidate(student_id=each, version=1) for each in ("201912345", "201954321")),
        "faces": ((Face(box=(100, 100, 140, 150), score=0.9, cosines=cosines, student=face),) if face else ()),
    }
    return Observation(**(values | other))  # type: ignore[arg-type]
