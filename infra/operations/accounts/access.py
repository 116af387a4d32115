"""Who may do what. Pure: every question is answered by the user and the record itself, never by an address.

Whatever is not allowed here is not allowed. A right over a section takes both: the role in the account, and the section
in what is taught. The record is the class hour as the timetable has it: in a shared hall each section has its own, and
that of an exam names every hall in which it sits.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

import msgspec

from schemas.messages import ClassHour

__all__ = [
    "ALONE",
    "GIVEN",
    "NOBODY",
    "ROLES",
    "TEACHING_ROLES",
    "DeskUser",
    "KioskSeat",
    "Role",
    "TeachingRole",
    "may_answer_appeal",
    "may_ask_what_if",
    "may_call_roll",
    "may_correct",
    "may_enroll",
    "may_export",
    "may_export_section",
    "may_load_reference",
    "may_manage_account",
    "may_manage_accounts",
    "may_mark_at_kiosk",
    "may_query",
    "may_read_audit",
    "may_read_health",
    "may_report_section",
    "may_report_student",
    "may_run_kiosk",
    "may_run_site",
    "may_see_cameras",
    "may_see_hall",
    "may_see_hour",
    "may_see_people",
    "may_see_pictures",
    "may_see_reports",
    "may_see_roster",
    "may_see_student_hour",
    "may_start_kiosk",
    "own_student",
    "sees_names",
]

TeachingRole: TypeAlias = Literal["professor", "assistant"]
Role: TypeAlias = Literal["professor", "assistant", "student", "registrar", "engineer", "kiosk"]

TEACHING_ROLES: Final[tuple[TeachingRole, ...]] = get_args(TeachingRole)
ROLES: Final[tuple[Role, ...]] = get_args(Role)
ALONE: Final[frozenset[Role]] = frozenset({"engineer", "kiosk"})
"""Roles beside which an account has no other: who sees no names by one role must not see them by another."""


GIVEN: Final[frozenset[Role]] = frozenset(ROLES) - {"engineer"}
"""Roles that are given at the desk. Who runs the machine is said there, by a command."""


class KioskSeat(NamedTuple):
    """What a kiosk is bound to."""

    hall: str
    date: date


class DeskUser(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, as the account is at this moment.

    account, name: of the account, and of the person. teaches: section -> as what. student_id: whose record is his own.
    kiosk: what a kiosk is bound to; whoever started it, it has no other right.
    """

    account: str
    name: str = ""
    roles: frozenset[Role] = frozenset()
    teaches: Mapping[str, TeachingRole] = {}
    student_id: str = ""
    kiosk: KioskSeat | None = None

    def has(self, role: Role) -> bool:
        """Whether a role counts. One that stands alone takes every other one away, and so does a kiosk's seat."""
        held = self.roles & {"kiosk"} if self.kiosk else self.roles & ALONE or self.roles
        return role in held

    def teaches_as(self, section: str) -> TeachingRole | None:
        """Return what the user is in a section; None: nothing."""
        role = self.teaches.get(section)
        return role if role and self.has(role) else None


NOBODY: Final = DeskUser(account="")
"""Somebody who has not signed in."""


def sees_names(user: DeskUser) -> bool:
    """Whether names and ids of students may be shown at all, of the records that the user may see."""
    return any(user.has(role) for role in ("professor", "assistant", "student", "registrar"))


def may_see_hour(user: DeskUser, hour: ClassHour) -> bool:
    """Whether the user may see a class hour as a whole. Without ``sees_names``: its numbers alone."""
    return user.teaches_as(hour.section) is not None or user.has("registrar") or user.has("engineer")


def may_see_hall(user: DeskUser, hall: str, hours: Iterable[ClassHour]) -> bool:
    """Whether the user may see a hall live. hours: the class hours that run; of each, ``may_see_hour`` says more."""
    if user.has("registrar") or user.has("engineer"):
        return True
    return any(hall in each.halls and may_see_hour(user, each) for each in hours)


def may_see_student_hour(user: DeskUser, hour: ClassHour, student_id: str) -> bool:
    """Whether the user may see what is on record of a student in a class hour, and why."""
    own = user.has("student") and student_id != "" and student_id == user.student_id
    return own or user.teaches_as(hour.section) == "professor" or user.has("registrar")


def may_see_pictures(user: DeskUser, hour: ClassHour) -> bool:
    """Whether the user may see frames of a class hour, and faces cut out of them."""
    return user.teaches_as(hour.section) == "professor"


def may_correct(user: DeskUser, hour: ClassHour) -> bool:
    """Whether the user may decide what a student was in a class hour."""
    return user.teaches_as(hour.section) == "professor"


def may_answer_appeal(user: DeskUser, section: str) -> bool:
    """Whether the user may answer what students of a section contest or ask beforehand."""
    return user.teaches_as(section) == "professor" or user.has("registrar")


def own_student(user: DeskUser) -> str:
    """Return the student id whose record is the user's own, in which he may contest and ask; empty: none."""
    return user.student_id if user.has("student") else ""


def may_call_roll(user: DeskUser, hour: ClassHour) -> bool:
    """Whether the user may call the roll of a class hour."""
    return user.teaches_as(hour.section) is not None


def may_export(user: DeskUser, hour: ClassHour) -> bool:
    """Whether the user may take the rows of a class hour away as a file."""
    return may_export_section(user, hour.section)


def may_export_section(user: DeskUser, section: str) -> bool:
    """Whether the user may take what is known of a section away as a file."""
    return user.teaches_as(section) == "professor" or user.has("registrar")


def may_see_reports(user: DeskUser) -> bool:
    """Whether the user may see reports at all; of which sections, ``may_report_section`` says."""
    return user.has("registrar") or user.has("engineer") or any(may_report_section(user, each) for each in user.teaches)


def may_report_section(user: DeskUser, section: str) -> bool:
    """Whether reports to the user count a section. Without ``sees_names``: its numbers alone."""
    return user.teaches_as(section) == "professor" or user.has("registrar") or user.has("engineer")


def may_report_student(user: DeskUser, section: str) -> bool:
    """Whether reports to the user name the students of a section."""
    return user.teaches_as(section) == "professor" or user.has("registrar")


def may_start_kiosk(user: DeskUser, hall: str, day: date, hours: Iterable[ClassHour]) -> bool:
    """Whether the user may bind a kiosk to a hall and a date. hours: any that may meet there then."""
    if user.has("registrar"):
        return True
    return any(hall in each.halls and each.date == day and user.teaches_as(each.section) for each in hours)


def may_run_kiosk(user: DeskUser, hall: str, day: date) -> bool:
    """Whether this is the kiosk of a hall and a date."""
    return user.has("kiosk") and user.kiosk == KioskSeat(hall, day)


def may_mark_at_kiosk(user: DeskUser, hour: ClassHour) -> bool:
    """Whether this is a kiosk in which students of a class hour may mark themselves."""
    return any(may_run_kiosk(user, hall, hour.date) for hall in hour.halls)


def may_manage_accounts(user: DeskUser) -> bool:
    """Whether the user may add, change and remove accounts; which ones, ``may_manage_account`` says."""
    return user.has("registrar")


def may_manage_account(user: DeskUser, account: str, roles: Collection[Role]) -> bool:
    """Whether the user may change what an account may do, or let somebody in by it. roles: that it has or gets.

    Never his own: nobody gives himself a right, and whoever manages accounts is still there afterwards. None with a
    role that he may not give.
    """
    return may_manage_accounts(user) and account != user.account and frozenset(roles) <= GIVEN


def may_load_reference(user: DeskUser) -> bool:
    """Whether the user may load rosters, timetables, and terms with their rules."""
    return user.has("registrar")


def may_see_people(user: DeskUser) -> bool:
    """Whether the user may see rosters of all dates, and of each student consent and how his face is enrolled."""
    return user.has("registrar")


def may_enroll(user: DeskUser) -> bool:
    """Whether the user may enrol faces from photos, and put consent on record and that it was taken back."""
    return user.has("registrar")


def may_see_cameras(user: DeskUser) -> bool:
    """Whether the user may see which halls and cameras there are and how old their last frames are; no picture."""
    return user.has("registrar") or user.has("engineer")


def may_read_audit(user: DeskUser, student_id: str = "") -> bool:
    """Whether the user may read the audit. student_id: only what is about this student; empty: everything."""
    own = user.has("student") and student_id != "" and student_id == user.student_id
    return own or user.has("registrar")


def may_see_roster(user: DeskUser, section: str) -> bool:
    """Whether the user may see who takes a section."""
    return user.teaches_as(section) is not None or user.has("registrar")


def may_query(user: DeskUser) -> bool:
    """Whether the user may ask the named queries, which are over all sections."""
    return user.has("registrar")


def may_ask_what_if(user: DeskUser) -> bool:
    """Whether the user may ask what a term would be like under another policy or rule, and whose F would change."""
    return user.has("registrar")


def may_read_health(user: DeskUser) -> bool:
    """Whether the user may read how the site is: whether all of it works, in plain words."""
    return user.has("registrar") or user.has("engineer")


def may_run_site(user: DeskUser) -> bool:
    """Whether the user may keep the site running: its processes and dead letters, replays and engines, in numbers."""
    return user.has("engineer")
