"""People as the registrar sees them: rosters of all dates, consent, how faces are enrolled, who looks like whom."""

from datetime import date

import msgspec

from enrollment.advice import sentences
from infra.desk.api.calls import ApiCall, Endpoint
from infra.desk.api.consent_resource import ApiConsent, told_consent
from infra.desk.api.paging import ApiPage, PageQuery, paged
from infra.desk.api.problems import not_found
from infra.operations.accounts.access import may_see_people
from infra.operations.people.enrolment_texts import hard_to_tell, same_face
from infra.operations.people.people_check import check_people
from infra.operations.people.student_record import RosterStay, section_people, stays_of, student_record
from schemas.messages import EnrollmentVersion
from schemas.texts import written_plainly
from schemas.translations import say

__all__ = [
    "ENDPOINTS",
    "ApiAdvice",
    "ApiEnrolmentCheck",
    "ApiPair",
    "ApiSectionPeople",
    "ApiStay",
    "ApiStudentRecord",
]


class ApiSectionPeople(msgspec.Struct, frozen=True, kw_only=True):
    """A section today. since: from when its roster holds; null: always. without: students without an enrolled face."""

    section: str
    students: int
    since: date | None
    without: int


class ApiStay(msgspec.Struct, frozen=True, kw_only=True):
    """How long a student is on the rosters of a section. since: null: from always. until: the last day; null: on."""

    section: str
    student_id: str
    name: str | None
    since: date | None
    until: date | None


class ApiStudentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A student beside his attendance. versions: of his enrolment.

    advice: what would make his photos better, in your language.
    """

    student_id: str
    name: str | None
    stays: tuple[ApiStay, ...]
    consent: ApiConsent
    versions: tuple[EnrollmentVersion, ...]
    advice: tuple[str, ...]


class ApiPair(msgspec.Struct, frozen=True, kw_only=True):
    """Two ids whose faces are alike, and why that matters, in your language."""

    one: str
    other: str
    text: str


class ApiAdvice(msgspec.Struct, frozen=True, kw_only=True):
    """What would make somebody's photos better."""

    student_id: str
    texts: tuple[str, ...]


class ApiEnrolmentCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody who is enrolled, held against everybody, by the live engine. elsewhere: whom it does not know.

    same: one face under two ids. alike: hard to tell apart within a section.
    """

    engine: str
    same: tuple[ApiPair, ...]
    alike: tuple[ApiPair, ...]
    needs: tuple[ApiAdvice, ...]
    elsewhere: int


def _stay(call: ApiCall, of: RosterStay) -> ApiStay:
    return ApiStay(**(of._asdict() | {"name": call.name(of.name)}))


def sections_list(call: ApiCall) -> ApiPage[ApiSectionPeople]:
    """List the sections as they are today: how many students, and of how many no face is enrolled; for a registrar."""
    call.require(may_see_people)
    found = section_people(call.desk.settings, call.desk.calendar.rosters, call.desk.today)
    rows = [ApiSectionPeople(**each._asdict()) for each in found]
    return paged(rows, call.query, call.list_name, lambda each: (each.section,), tuple[str])


def stays_list(call: ApiCall) -> ApiPage[ApiStay]:
    """List who takes a section, from when until when, by student; who left is there, too."""
    call.require(may_see_people)
    section = call.path["section"]
    loaded = call.desk.calendar.rosters.history(section)
    if not loaded:
        raise not_found()
    call.on_record("see_people", detail=section)
    stays = [_stay(call, each) for each in stays_of(loaded)]
    return paged(
        stays, call.query, call.list_name, lambda each: (each.student_id, f"{each.since or ''}"), tuple[str, str]
    )


def people_record(call: ApiCall) -> ApiStudentRecord:
    """Show what is known of a student beside his attendance: his rosters, consent, and how his face is enrolled."""
    call.require(may_see_people)
    student = written_plainly(call.path["student"])
    call.on_record("see_student", student=student)
    found = student_record(call.settings, student, call.now)
    if found is None:
        raise not_found()
    return ApiStudentRecord(
        student_id=found.student_id,
        name=call.name(found.name),
        stays=tuple(_stay(call, each) for each in found.stays),
        consent=told_consent(student, found.consent),
        versions=found.versions,
        advice=tuple(said for each in found.advice for said in sentences(call.settings, each)),
    )


def enrolment_checked(call: ApiCall) -> ApiEnrolmentCheck:
    """Show whose photos should be better, and who looks like whom."""
    call.require(may_see_people)
    call.on_record("see_people")
    found = check_people(call.settings, call.now)
    it = found.check
    same = [(each, same_face(each, it.strangers)) for each in it.same]
    alike = [(each.pair, hard_to_tell(each.pair, each.sections)) for each in it.alike]
    told = [
        tuple(ApiPair(one=pair.one, other=pair.other, text=say(call.language, text)) for pair, text in pairs)
        for pairs in (same, alike)
    ]
    needs = (ApiAdvice(student_id=each.student_id, texts=tuple(sentences(call.settings, each))) for each in it.needs)
    return ApiEnrolmentCheck(
        engine=found.engine, same=told[0], alike=told[1], needs=tuple(needs), elsewhere=found.elsewhere
    )


READ = "people:read"

ENDPOINTS = (
    Endpoint("GET", "/sections", READ, sections_list, ApiPage[ApiSectionPeople], PageQuery),
    Endpoint("GET", "/sections/{section}/stays", READ, stays_list, ApiPage[ApiStay], PageQuery),
    Endpoint("GET", "/students/{student}", READ, people_record, ApiStudentRecord),
    Endpoint("GET", "/enrolment-check", READ, enrolment_checked, ApiEnrolmentCheck),
)
