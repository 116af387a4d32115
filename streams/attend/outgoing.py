"""From the judgement of a class hour to the messages that tell it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from schemas.ids import presence_id
from schemas.messages import (
    AS_JUDGED,
    CAMERA,
    Absence,
    Attendance,
    CameraVerdict,
    ClassHour,
    Coverage,
    Gap,
    Judged,
    Presence,
    Roster,
    Student,
)
from schemas.rivals import without_rival
from schemas.settings import Policy
from streams.judgement.doubts import REASONS
from streams.judgement.judge import HourJudgement, StudentJudgement
from streams.judgement.observations import Facts, Marked

__all__ = [
    "Absentees",
    "News",
    "Provenance",
    "PublishedEvents",
    "as_told",
    "attendance",
    "changes",
    "coverage",
    "last_said",
    "presence",
    "remarked",
    "retold",
    "unlike",
    "unnamed",
]

T = TypeVar("T", Attendance, Coverage, Presence)


class Provenance(NamedTuple):
    """Whose judgement is told: the run, the class hour, the engine that looked and the policy that held."""

    run: str
    hour: ClassHour
    engine: str
    policy: Policy


PublishedEvents = dict[str, Presence]
"""Presence events that were told and not retracted, by id."""


def attendance(
    telling: Provenance, judged: HourJudgement, roster: Sequence[Student], *, final: bool
) -> Iterator[Attendance]:
    """Yield the row of every student of the roster."""
    for student in roster:
        one = judged.students[student.student_id]
        yield msgspec.structs.replace(
            _unjudged(telling, student, judged.version, final=final),
            verdict=one.verdict,
            arrived_at=_moment(one.arrived_at),
            departed_at=_moment(one.departed_at),
            absences=tuple(
                Absence(departed_at=_utc(each.left_at), returned_at=_moment(each.back_at), gone_by=_utc(each.gone_by))
                for each in one.absences
            ),
            seconds_present=round(one.seconds_present, 3),
            seconds_covered=round(judged.seconds_covered, 3),
            confidence=round(one.confidence, 4),
            review=one.review,
            source=one.source,
            reason=one.reason,
            marked_at=_moment(one.marked_at),
            looks=one.looks,
            p=round(one.p, 4),
            judged=_camera_verdict(one.judged) if one.judged else None,
            doubts=one.doubts,
        )


def _camera_verdict(said: StudentJudgement | Attendance) -> CameraVerdict:
    return CameraVerdict(
        verdict=msgspec.convert(said.verdict, Judged),
        confidence=round(said.confidence, 4),
        review=said.review,
        reason=said.reason,
    )


class News:
    """Which rows of a running class hour say what was not told yet. A row keeps the version at which it was told."""

    def __init__(self) -> None:
        self._rows: dict[str, Attendance] = {}

    def of(self, rows: Iterable[Attendance]) -> list[Attendance]:
        """Return those that are to be told: what grows with every frame is no news until something else is."""
        told = self._rows
        return [row for row in rows if row.student_id not in told or _claim(row) != _claim(told[row.student_id])]

    def told(self, rows: Iterable[Attendance]) -> None:
        """Note that they were told."""
        self._rows.update((row.student_id, row) for row in rows)


def _claim(row: Attendance) -> Attendance:
    """Return a row without its version, and without what grows with every frame."""
    camera = row.judged and msgspec.structs.replace(row.judged, confidence=0)
    return msgspec.structs.replace(
        row, version=0, seconds_present=0, seconds_covered=0, looks=0, p=0, confidence=0, judged=camera
    )


def unlike(rows: Iterable[Attendance], before: Iterable[Attendance]) -> list[Attendance]:
    """Return those rows that say something else than before, beside their versions."""
    told = {each.student_id: msgspec.structs.replace(each, version=0) for each in before}
    return [row for row in rows if msgspec.structs.replace(row, version=0) != told.get(row.student_id)]


class Absentees(NamedTuple):
    """Who left a roster, and what their rows are told with: the version, and whether they are final."""

    students: Sequence[Student]
    version: int
    final: bool


def last_said(telling: Provenance, gone: Absentees, before: Mapping[str, Attendance], marks: Facts) -> list[Attendance]:
    """Return what holds of students who are no longer judged: what was said last, and what people marked since.

    before: the rows that were told last, by student id, as far as they are known.
    """
    rows = [
        before.get(each.student_id) or _unjudged(telling, each, gone.version, final=gone.final)
        for each in gone.students
    ]
    marked = {each.student_id: each for each in remarked(rows, marks)}
    return [
        msgspec.structs.replace(marked.get(each.student_id, each), final=gone.final, version=gone.version)
        for each in rows
    ]


def retold(telling: Provenance, rows: Sequence[Attendance], roster: Roster, newer: int) -> list[Attendance]:
    """Return the rows of a class hour whose facts are gone, for another roster.

    newer: by how much its version is higher than that of the roster by which the rows were told.
    """
    version = 1 + max((each.version for each in rows), default=0) + newer
    before, taking = {each.student_id for each in rows}, {each.student_id: each for each in roster.students}
    known = [
        msgspec.structs.replace(each, name=student.name, withdrawn=False, version=version)
        if (student := taking.get(each.student_id))
        else msgspec.structs.replace(each, version=version)
        for each in rows
    ]
    new = [
        msgspec.structs.replace(
            _unjudged(telling, each, version, final=True), reason=REASONS["new_on_roster"], doubts=("new_on_roster",)
        )
        for name, each in taking.items()
        if name not in before
    ]
    return [*known, *new]


def as_told(rows: Iterable[Attendance], roster: Roster, zone: ZoneInfo) -> list[Attendance]:
    """Return rows as they are told: of who is no longer on the roster with that, whatever was said of him.

    What is kept of a class hour is without it: who is put back on the roster has the row that he had.
    """
    taking, reason = {each.student_id for each in roster.students}, _since_when(roster, zone)
    return [
        each
        if each.student_id in taking
        else msgspec.structs.replace(each, withdrawn=True, reason=reason, review=False)
        for each in rows
    ]


def unnamed(row: Attendance, student: str) -> Attendance:
    """Return a row that does not name a student (an id) whom somebody is too like; itself if it did not."""
    judged = row.judged and msgspec.structs.replace(row.judged, reason=without_rival(row.judged.reason, student))
    less = msgspec.structs.replace(row, reason=without_rival(row.reason, student), judged=judged)
    return row if less == row else msgspec.structs.replace(less, version=row.version + 1)


def _since_when(roster: Roster, zone: ZoneInfo) -> str:
    said = f"no longer on the roster of {roster.section}"
    if roster.loaded_at:
        said += f", loaded {roster.loaded_at.astimezone(zone):%Y-%m-%d %H:%M}"
        said += f" by {roster.by}" if roster.by else ""
    return said


def _unjudged(telling: Provenance, student: Student, version: int, *, final: bool) -> Attendance:
    """Return the row of a student of whom nothing is said yet."""
    hour = telling.hour
    return Attendance(
        run=telling.run,
        class_hour=hour.id,
        section=hour.section,
        hall=hour.hall,
        date=hour.date,
        period=hour.period,
        student_id=student.student_id,
        name=student.name,
        verdict="unobserved",
        arrived_at=None,
        departed_at=None,
        absences=(),
        seconds_present=0,
        seconds_covered=0,
        confidence=0,
        review=True,
        source=CAMERA,
        final=final,
        version=version,
        engine=telling.engine,
        policy=telling.policy.version,
    )


def remarked(rows: Iterable[Attendance], marks: Facts) -> list[Attendance]:
    """Return attendance whose facts are gone, where marks came since that it does not say yet.

    A mark that is older than the one a row has says nothing more: it only came late.
    """
    return [
        msgspec.structs.replace(said, version=row.version + marks.rank)
        for row in rows
        if (mark := marks.last_marks.get(row.student_id))
        and (row.marked_at is None or row.marked_at <= _utc(mark.at))
        and (said := _marked(row, mark)) != row
    ]


def _marked(row: Attendance, mark: Marked) -> Attendance:
    said, judged = mark.verdicts[row.student_id], row.judged if row.source != CAMERA else _camera_verdict(row)
    if said != AS_JUDGED:
        return msgspec.structs.replace(
            row,
            verdict=said,
            source=mark.by,
            reason=mark.reason,
            marked_at=_utc(mark.at),
            confidence=1.0,
            review=False,
            judged=judged,
        )
    if judged is None:
        # An older Naul marked it, and did not keep what the camera had said: then nothing is claimed.
        judged = CameraVerdict(verdict="unobserved", confidence=0, review=True, reason=REASONS["not_kept"])
        row = msgspec.structs.replace(row, doubts=("not_kept",))
    return msgspec.structs.replace(
        row,
        verdict=judged.verdict,
        source=CAMERA,
        reason=judged.reason,
        marked_at=_utc(mark.at),
        confidence=judged.confidence,
        review=judged.review,
        judged=None,
    )


def coverage(telling: Provenance, judged: HourJudgement, *, final: bool, deletions: Collection[float] = ()) -> Coverage:
    """Return how much of the class hour the cameras showed.

    deletions: capture times (POSIX seconds) of frames before which others were deleted unseen.
    """
    hour = telling.hour
    return Coverage(
        run=telling.run,
        class_hour=hour.id,
        section=hour.section,
        hall=hour.hall,
        date=hour.date,
        period=hour.period,
        starts_at=hour.starts_at,
        ends_at=hour.ends_at,
        frames=judged.frames,
        seconds_covered=round(judged.seconds_covered, 3),
        gaps=tuple(
            Gap(
                starts_at=_utc(start),
                ends_at=_utc(end),
                reason=why or ("deleted" if any(start <= each <= end for each in deletions) else ""),  # type: ignore[arg-type]
            )
            for (start, end), why in zip(judged.gaps, judged.reasons, strict=True)
        ),
        unknown_faces=round(judged.unknown_faces, 3),
        repeated=judged.repeated,
        final=final,
        version=judged.version,
        engine=telling.engine,
        policy=telling.policy.version,
    )


def presence(telling: Provenance, judged: HourJudgement) -> PublishedEvents:
    """Return who arrived, departed and returned, as the facts stand, by id."""
    events = [
        event for student, one in judged.students.items() for event in _events(telling, student, one, judged.version)
    ]
    return {event.id: event for event in events}


def changes(said: Mapping[str, Presence], now: Mapping[str, Presence], version: int) -> list[Presence]:
    """Return what whoever heard ``said`` has to be told to know ``now``: what is new, other, or no longer true."""
    told = [event for name, event in now.items() if name not in said or not _same(said[name], event)]
    gone = [
        msgspec.structs.replace(event, retracted=True, version=max(version, event.version + 1))
        for name, event in said.items()
        if name not in now
    ]
    return told + gone


def _same(one: Presence, other: Presence) -> bool:
    return one.at == other.at and one.returned_at == other.returned_at


def _events(telling: Provenance, student: str, one: StudentJudgement, version: int) -> Iterator[Presence]:
    hour = telling.hour

    def event(kind: str, ordinal: int, at: float, returned_at: float | None = None) -> Presence:
        return Presence(
            id=str(presence_id(telling.run, hour.id, student, kind, ordinal)),
            run=telling.run,
            class_hour=hour.id,
            section=hour.section,
            hall=hour.hall,
            date=hour.date,
            period=hour.period,
            student_id=student,
            kind=kind,  # type: ignore[arg-type]
            ordinal=ordinal,
            at=_utc(at),
            returned_at=_moment(returned_at),
            version=version,
        )

    if one.arrived_at is not None:
        yield event("arrived", 0, one.arrived_at)
    for ordinal, each in enumerate(one.absences):
        yield event("departed", ordinal, each.left_at, each.back_at)
        if each.back_at is not None:
            yield event("returned", ordinal, each.back_at)


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else _utc(seconds)


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(round(seconds, 3), UTC)
