"""What a site has of a student beside his attendance: rosters by date, consent, how his face is enrolled."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import NamedTuple

from enrollment.advice import Advice
from enrollment.consent import Consent, consent_of
from enrollment.history import face_versions
from enrollment.loaded import enrollments, enrolment_records, rosters
from infra.operations.people.enrolled_people import advice_for
from schemas.errors import NaulError
from schemas.messages import EnrollmentVersion, Roster
from schemas.rosters import Rosters
from schemas.settings import Settings

__all__ = [
    "RosterStay",
    "SectionPeople",
    "StudentRecord",
    "find_students",
    "section_people",
    "stays_of",
    "student_record",
]

MOST = 50
"""Students that a search names."""


class RosterStay(NamedTuple):
    """How long a student is on the rosters of a section. since: None: from always. until: the last day; None: on."""

    section: str
    student_id: str
    name: str
    since: date | None
    until: date | None

    def on(self, day: date) -> bool:
        """Whether he is on the roster of a day."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


class SectionPeople(NamedTuple):
    """A section: how many students on a date, since when, and how many of them have no enrolled face."""

    section: str
    students: int
    since: date | None
    without: int


class StudentRecord(NamedTuple):
    """A student. consent: what was said last of it; None: nothing ever was.

    versions: of his enrolled face, the oldest first. advice: what would make his photos better, by the live engine.
    """

    student_id: str
    name: str
    stays: tuple[RosterStay, ...]
    consent: Consent | None
    versions: tuple[EnrollmentVersion, ...]
    advice: tuple[Advice, ...]


def stays_of(loaded: Sequence[Roster]) -> list[RosterStay]:
    """Return who is on the rosters of a section from when until when, by name. loaded: in the order of their dates."""
    open_: dict[str, tuple[date | None, str]] = {}
    found: list[RosterStay] = []
    for roster in loaded:
        here = {each.student_id: each.name for each in roster.students}
        for gone in open_.keys() - here.keys():
            since, name = open_.pop(gone)
            last = roster.since - timedelta(days=1) if roster.since else None
            found.append(RosterStay(roster.section, gone, name, since, last))
        for student, name in here.items():
            open_[student] = (open_[student][0] if student in open_ else roster.since, name)
    found += [RosterStay(loaded[-1].section, each, name, since, None) for each, (since, name) in open_.items()]
    return sorted(found, key=lambda each: (each.name, each.student_id, each.since or date.min))


def section_people(settings: Settings, lists: Rosters, day: date) -> list[SectionPeople]:
    """Return the sections as they are on a date.

    Raises:
        UnavailableError: the broker does not answer.
    """
    enrolled = enrollments(settings).keys()
    found = []
    for section in lists.sections:
        roster = lists.on(section, day)
        ids = {each.student_id for each in roster.students}
        found.append(SectionPeople(section, len(ids), roster.since, len(ids - enrolled)))
    return found


def find_students(lists: Rosters, text: str) -> list[tuple[str, str]]:
    """Return ids and names of students whose id or name holds a text, by name; an id that is exact comes alone."""
    wanted = text.casefold()
    known = {each.student_id: each.name for each in lists.students.values()}
    if text in known:
        return [(text, known[text])]
    found = [
        (student, name) for student, name in known.items() if wanted in student.casefold() or wanted in name.casefold()
    ]
    return sorted(found, key=lambda each: (each[1], each[0]))[:MOST]


def student_record(settings: Settings, student: str, now: datetime) -> StudentRecord | None:
    """Return what is known of a student; None: nobody has this id. now: aware.

    Raises:
        UnavailableError: the broker does not answer.
    """
    lists, enrolled = rosters(settings), enrolment_records(settings).get(student)
    known = lists.students.get(student)
    if known is None and enrolled is None:
        return None
    stays = [
        each for section in lists.sections for each in stays_of(lists.history(section)) if each.student_id == student
    ]
    versions = face_versions(enrolled) if enrolled and enrolled.templates else ()
    advice: Iterable[Advice] = ()
    if enrolled:
        with suppress(NaulError):  # an engine of another machine: what would be better is not told
            advice = advice_for(settings, enrolled, now)
    return StudentRecord(
        student, known.name if known else "", tuple(stays), consent_of(enrolled), versions, tuple(advice)
    )
