"""What a stretch of messages means for the store: which rows to write, and who is to be erased first."""

from datetime import datetime
from uuid import UUID

from schemas.errors import BadMessageError
from schemas.ids import split_class_hour
from schemas.messages import Attendance, Audited, Coverage, Forget, Observation, Sighting, decode
from schemas.rivals import without_rival
from schemas.topics import ROLL
from sinks.rows import (
    AttendanceRow,
    AuditRow,
    CoverageRow,
    SightingRow,
    attendance_row,
    audit_row,
    coverage_row,
    sighting_rows,
)
from sinks.store.erasure import StudentHour, erase, forget
from sinks.store.port import Store

__all__ = ["Batch", "insert", "write"]


class Batch:
    """Collects messages in the order in which they come.

    An erasure holds for what came before it: it takes rows out of the batch and is carried out before the rest is
    written. Writing the same batch again, or parts of it, changes nothing.
    """

    def __init__(self, run: str) -> None:
        """run: whose sightings these are."""
        self._run = run
        self.attendance: dict[StudentHour, AttendanceRow] = {}
        self.coverage: dict[tuple[str, str], CoverageRow] = {}
        self.sightings: list[SightingRow] = []
        self.audit: dict[UUID, AuditRow] = {}
        self.erased: set[StudentHour] = set()
        self.forgotten: set[str] = set()
        self.newest_mark: datetime | None = None
        """When the latest of the marks was made that its verdicts tell of."""
        self.captured: list[datetime] = []
        """When the live frames were captured whose observations these are."""

    def __len__(self) -> int:
        return len(self.attendance) + len(self.coverage) + len(self.sightings) + len(self.audit) + self.erasures

    @property
    def erasures(self) -> int:
        """How many students, and students of class hours, are to be erased."""
        return len(self.erased) + len(self.forgotten)

    @property
    def student_hours(self) -> set[StudentHour]:
        """Of whom and which class hour there are rows."""
        seen = {(row.run, _hour(row), row.student_id) for row in self.sightings if row.student_id}
        return {*self.attendance, *seen}

    @property
    def students(self) -> set[str]:
        """Of whom there are rows."""
        seen = {each for row in self.sightings for each in (row.student_id, row.visitor) if each}
        return {student for _, _, student in self.attendance} | seen

    def take(self, topic: str, key: bytes | None, value: bytes | None) -> None:
        """Take a message of a topic (name without prefix).

        Raises:
            BadMessageError: it can never be stored; nothing of it was taken.
        """
        match topic:
            case "attendance" if key == ROLL:
                pass
            case "attendance" if value is None:
                self._erase(_student_hour(key))
            case "attendance":
                self._tell(decode(value, Attendance | Coverage))
            case "sightings":
                self._see(decode(value, Sighting))
            case "audit":
                row = audit_row(decode(value, Audited))
                self.audit[row.id] = row
            case _:
                raise ValueError(f"the store takes nothing from {topic}")

    def _tell(self, said: Attendance | Coverage) -> None:
        if isinstance(said, Attendance):
            row = attendance_row(said)
            self.newest_mark = max(filter(None, (self.newest_mark, said.marked_at)), default=None)
            _keep(self.attendance, (said.run, said.class_hour, said.student_id), row)
        else:
            _keep(self.coverage, (said.run, said.class_hour), coverage_row(said))

    def _see(self, seen: Sighting) -> None:
        match seen:
            case Observation():
                self.sightings.extend(list(sighting_rows(seen, self._run)))
                if seen.live:
                    self.captured.append(seen.captured_at)
            case Forget():
                self._forget(seen.student_id)

    def _erase(self, key: StudentHour) -> None:
        run, hour, student = key
        self.attendance.pop(key, None)
        self.erased.add(key)
        self.sightings = [
            row._replace(student_id="") if row.student_id == student and (row.run, _hour(row)) == (run, hour) else row
            for row in self.sightings
        ]

    def _forget(self, student: str) -> None:
        self.attendance = {
            key: row._replace(reason=without_rival(row.reason, student))
            for key, row in self.attendance.items()
            if row.student_id != student
        }
        self.forgotten.add(student)
        self.sightings = [
            row._replace(
                student_id="" if row.student_id == student else row.student_id,
                visitor="" if row.visitor == student else row.visitor,
            )
            for row in self.sightings
        ]


def write(store: Store, batch: Batch) -> None:
    """Bring a batch into the store, and wait until whoever it erases is erased.

    Raises:
        UnavailableError: not all of it is on record; writing it again does no harm.
    """
    erase(store, batch.erased)
    forget(store, batch.forgotten)
    insert(store, batch)


def insert(store: Store, batch: Batch) -> None:
    """Bring the rows of a batch into the store, and erase nobody.

    Raises:
        UnavailableError: as ``write``.
    """
    store.insert("attendance_rows", AttendanceRow._fields, batch.attendance.values())
    store.insert("coverage_rows", CoverageRow._fields, batch.coverage.values())
    store.insert("sightings_rows", SightingRow._fields, batch.sightings)
    store.insert("audit_rows", AuditRow._fields, batch.audit.values())


def _keep(rows: dict, key: tuple[str, ...], row: AttendanceRow | CoverageRow) -> None:  # type: ignore[type-arg]
    known = rows.get(key)
    if known is None or row.version >= known.version:
        rows[key] = row


def _hour(row: SightingRow) -> str:
    return f"{row.section}|{row.date}|{row.period}"


def _student_hour(key: bytes | None) -> StudentHour:
    text = (key or b"").decode("utf-8", "replace")
    run, _, rest = text.partition("|")
    hour, _, student = rest.rpartition("|")
    try:
        split_class_hour(hour)
    except ValueError as error:
        raise BadMessageError(
            f"an erasure whose key is not run|section|date|period|student: {text[:200]!r}", "Find who sent it."
        ) from error
    return run, hour, student
