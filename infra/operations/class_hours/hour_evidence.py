"""Why somebody counts as what he counts in a class hour: all that is known of it, as facts.

Of a verdict only the newest version is kept, in the store as in the topic; of what people marked, everything.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain, pairwise, repeat
from typing import Literal, NamedTuple

import msgspec

from infra.operations.class_hours.decide_hour import OTHER, Doubt, StandingRow, standing_row
from infra.operations.class_hours.hour_register import HourRegister, StandingMark, said_of, standing
from schemas.errors import RefusedError
from schemas.messages import ClassHour, MarkBatch, Moment, Roster, Verdict
from schemas.rivals import TOLD_UNNAMED, rival_in
from schemas.settings import Policy, Settings
from schemas.translations import Text
from sinks.coverage_gaps import judged_until, unseen_in
from sinks.hour_rows import FramesNamed, HourRows, VerdictVersion, frames_named, rows_of_hour, versions_of
from sinks.rows import AttendanceRow, CoverageRow
from sinks.store import open_for_reading

__all__ = [
    "AwayTime",
    "HourEvidence",
    "RosterOfHour",
    "Segment",
    "SegmentKind",
    "evidence_of",
    "gaps_of",
    "hour_evidence",
    "naming_nobody_else",
    "strip",
]

SegmentKind = Literal["seen", "away", "not_seen", "unseeable", "no_frame"]


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the class hour. ends_at: the first moment that does not belong to it.

    kind: ``seen``: he was there, as far as frames tell; ``away``: he had come, and was not there; ``not_seen``: he had
    not come yet, or never came; ``unseeable``: there were frames, in which nobody could be seen; ``no_frame``.
    reason: of the last two, as in ``schemas.messages.Gap``.
    """

    kind: SegmentKind
    starts_at: Moment
    ends_at: Moment
    reason: str = ""


class AwayTime(msgspec.Struct, frozen=True, kw_only=True):
    """When a student was away: fields as in ``schemas.messages.Absence``."""

    departed_at: Moment
    returned_at: Moment | None
    gone_by: Moment | None


class RosterOfHour(msgspec.Struct, frozen=True, kw_only=True):
    """By which roster a class hour is judged now; fields as in ``schemas.messages.Roster``. listed: he is on it."""

    version: int
    since: str
    loaded_at: Moment | None
    by: str
    listed: bool


class HourEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a student in a class hour. Times of the store are whole seconds.

    row: the verdict that holds, what the camera says, and its doubts. version: of the row; earlier ones were replaced.
    away: every departure. seconds_covered: of the class hour. unknown_faces: mean number a frame.
    gaps: a minute or longer. segments: the strip, without a gap from the start to the end, or to now while it runs.
    named: frames that alone took a face for his. marks: all, the oldest first; the last one holds. versions: what was
    said of him, each thing once, as it was first said.
    policy: None if this Naul does not know what ``policy_text`` says.
    """

    class_hour: str
    section: str
    halls: tuple[str, ...]
    period: int
    starts_at: Moment
    ends_at: Moment
    row: StandingRow
    withdrawn: bool
    version: int
    away: tuple[AwayTime, ...]
    frames: int
    seconds_covered: float
    unknown_faces: float
    gaps: tuple[Segment, ...]
    segments: tuple[Segment, ...]
    named: FramesNamed | None
    marks: tuple[StandingMark, ...]
    versions: tuple[VerdictVersion, ...]
    engine: str
    policy: Policy | None
    policy_text: str
    roster: RosterOfHour

    @property
    def verdict(self) -> Verdict:
        """What holds."""
        return self.row.verdict

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """Why what the camera says is in doubt."""
        return self.row.doubts


def hour_evidence(
    settings: Settings, register: HourRegister, class_hour: str, student: str, now: datetime
) -> HourEvidence:
    """Return what is known of a student (an id) in a class hour (its id). now: aware.

    Raises:
        RefusedError: there is no such class hour, or nothing was ever said of him in it.
        UnavailableError: the broker or the store does not answer.
    """
    hour = register.hour(class_hour)
    roster = register.roster(hour)
    with open_for_reading(settings) as store:
        rows = rows_of_hour(store, class_hour)
        stored = StoredEvidence(rows, frames_named(store, hour, student), tuple(versions_of(store, hour, student)))
    return evidence_of(hour, student, stored, batches=register.marks(class_hour), roster=roster, now=now)


class StoredEvidence(NamedTuple):
    """What the store says of a class hour, and of one student in it."""

    rows: HourRows
    named: FramesNamed | None = None
    versions: tuple[VerdictVersion, ...] = ()


def evidence_of(
    hour: ClassHour,
    student: str,
    stored: StoredEvidence,
    *,
    batches: Sequence[MarkBatch],
    roster: Roster,
    now: datetime,
) -> HourEvidence:
    """Put together what the store and the topics say.

    Raises:
        RefusedError: the student has no row.
    """
    rows = stored.rows
    row = next((each for each in rows.attendance if each.student_id == student), None)
    if row is None:
        raise RefusedError(
            Text("nothing is known of {student} in {id}", student=student, id=hour.id),
            "A class hour is judged while it runs, and when it is over.",
        )
    names = {each.student_id: each.name for each in rows.attendance}
    gaps = tuple(gaps_of(rows.coverage))
    until = judged_until(rows.coverage) if rows.coverage else hour.ends_at
    until = until if row.final else min(until, now)
    return HourEvidence(
        class_hour=hour.id,
        section=hour.section,
        halls=hour.halls,
        period=hour.period,
        starts_at=hour.starts_at,
        ends_at=hour.ends_at,
        row=standing_row(row, rows.coverage, standing(batches).get(student), names),
        withdrawn=bool(row.withdrawn),
        version=row.version,
        away=tuple(_away(row)),
        frames=rows.coverage.frames if rows.coverage else 0,
        seconds_covered=row.seconds_covered,
        unknown_faces=rows.coverage.unknown_faces if rows.coverage else 0.0,
        gaps=gaps,
        segments=strip(hour, row, gaps, until),
        named=stored.named,
        marks=tuple(said_of(batches, student)),
        versions=stored.versions,
        engine=row.engine,
        policy=Policy.of_version(row.policy),
        policy_text=row.policy,
        roster=RosterOfHour(
            version=roster.version,
            since=str(roster.since or ""),
            loaded_at=roster.loaded_at,
            by=roster.by,
            listed=any(each.student_id == student for each in roster.students),
        ),
    )


def naming_nobody_else(it: HourEvidence) -> HourEvidence:
    """Return the evidence as its student may read it: without whom he was taken for, or may have been."""
    unnamed = {"too_alike": Doubt(code="too_alike_unnamed"), OTHER: Doubt(code=OTHER, values={"reason": TOLD_UNNAMED})}
    named = [each.code == "too_alike" or bool(rival_in(str(each.values.get("reason", "")))) for each in it.row.doubts]
    doubts = tuple(unnamed[each.code] if names else each for each, names in zip(it.row.doubts, named, strict=True))
    mark = it.row.mark and msgspec.structs.replace(it.row.mark, looks_like=None)
    marks = tuple(msgspec.structs.replace(each, looks_like=None) for each in it.marks)
    return msgspec.structs.replace(it, row=msgspec.structs.replace(it.row, doubts=doubts, mark=mark), marks=marks)


def strip(hour: ClassHour, row: AttendanceRow, gaps: Iterable[Segment], until: datetime) -> tuple[Segment, ...]:
    """Return what was when, from the start of the class hour up to a moment; neighbours differ.

    What nobody could see is nothing else: a gap wins over what is said before and after it.
    """
    arrived = row.arrived_at
    gone = [(each.departed_at, each.returned_at or hour.ends_at) for each in _away(row)]
    gaps = list(gaps)
    edges = {hour.starts_at, until, *([arrived] if arrived else []), *chain(*gone)}
    edges |= {edge for gap in gaps for edge in (gap.starts_at, gap.ends_at)}
    found: list[Segment] = []
    moments = sorted(each for each in edges if hour.starts_at <= each <= until)
    for start, end in pairwise(moments):
        gap = next((each for each in gaps if each.starts_at <= start < each.ends_at), None)
        kind: SegmentKind
        if gap:
            kind = gap.kind
        elif arrived is None or start < arrived:
            kind = "not_seen"
        else:
            kind = "away" if any(left <= start < back for left, back in gone) else "seen"
        part = Segment(kind=kind, starts_at=start, ends_at=end, reason=gap.reason if gap else "")
        if found and (found[-1].kind, found[-1].reason) == (kind, part.reason):
            part = msgspec.structs.replace(part, starts_at=found.pop().starts_at)
        found.append(part)
    return tuple(found)


def _away(row: AttendanceRow) -> Iterable[AwayTime]:
    surely = chain(row.absences_gone_by, repeat(None))  # rows of before it was told have none
    times = zip(row.absences_departed_at, row.absences_returned_at, surely, strict=False)
    return [AwayTime(departed_at=left, returned_at=back, gone_by=gone) for left, back, gone in times]


def gaps_of(covered: CoverageRow | None) -> list[Segment]:
    """Return the stretches of a minute or longer in which nobody could be seen, in the order of time.

    What lies after the last judgement of an hour that runs is none of them.
    """
    return [
        Segment(
            kind="no_frame" if each.reason in ("", "deleted") else "unseeable",
            starts_at=each.starts_at,
            ends_at=each.ends_at,
            reason=each.reason,
        )
        for each in (unseen_in(covered) if covered else ())
    ]
