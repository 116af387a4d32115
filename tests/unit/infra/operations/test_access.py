"""Who may do what: everything is refused that no role allows, whoever asks, whatever the record."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.operations.accounts import access
from infra.operations.accounts.access import ALONE, NOBODY, ROLES, TEACHING_ROLES, DeskUser, KioskSeat, Role
from schemas.messages import ClassHour

MONDAY = date(2026, 3, 9)
NINE = datetime(2026, 3, 9, tzinfo=UTC)
SECTIONS, HALLS, STUDENTS = ("EA0017-1", "CS2001-2", "ME3"), ("E101", "E102", "B12"), ("201912345", "202011208", "")


def class_hour(section: str, hall: str = "E101", day: date = MONDAY, also_in: tuple[str, ...] = ()) -> ClassHour:
    start = NINE + (day - MONDAY)
    ends = start + timedelta(minutes=50)
    return ClassHour(section=section, hall=hall, date=day, period=1, starts_at=start, ends_at=ends, also_in=also_in)


days = st.sampled_from([MONDAY, MONDAY + timedelta(days=1)])
hours = st.builds(
    class_hour,
    st.sampled_from(SECTIONS),
    st.sampled_from(HALLS),
    days,
    st.lists(st.sampled_from(HALLS), max_size=1).map(tuple),
)
users = st.builds(
    DeskUser,
    account=st.just("somebody"),
    roles=st.frozensets(st.sampled_from(ROLES)),
    teaches=st.dictionaries(st.sampled_from(SECTIONS), st.sampled_from(TEACHING_ROLES)),
    student_id=st.sampled_from(STUDENTS),
    kiosk=st.none() | st.builds(KioskSeat, st.sampled_from(HALLS), days),
)

RIGHTS: dict[str, Callable[[DeskUser, ClassHour, str], bool]] = {
    "see_hour": lambda user, hour, student: access.may_see_hour(user, hour),
    "see_hall": lambda user, hour, student: access.may_see_hall(user, hour.hall, [hour]),
    "see_student_hour": access.may_see_student_hour,
    "see_pictures": lambda user, hour, student: access.may_see_pictures(user, hour),
    "correct": lambda user, hour, student: access.may_correct(user, hour),
    "answer_appeal": lambda user, hour, student: access.may_answer_appeal(user, hour.section),
    "call_roll": lambda user, hour, student: access.may_call_roll(user, hour),
    "export": lambda user, hour, student: access.may_export(user, hour),
    "export_section": lambda user, hour, student: access.may_export_section(user, hour.section),
    "see_reports": lambda user, hour, student: access.may_see_reports(user),
    "report_section": lambda user, hour, student: access.may_report_section(user, hour.section),
    "report_student": lambda user, hour, student: access.may_report_student(user, hour.section),
    "start_kiosk": lambda user, hour, student: access.may_start_kiosk(user, hour.hall, hour.date, [hour]),
    "run_kiosk": lambda user, hour, student: access.may_run_kiosk(user, hour.hall, hour.date),
    "mark_at_kiosk": lambda user, hour, student: access.may_mark_at_kiosk(user, hour),
    "manage_accounts": lambda user, hour, student: access.may_manage_accounts(user),
    "manage_account": lambda user, hour, student: access.may_manage_account(user, "kim", {"professor"}),
    "read_audit": lambda user, hour, student: access.may_read_audit(user),
    "read_own_audit": lambda user, hour, student: access.may_read_audit(user, student),
    "see_roster": lambda user, hour, student: access.may_see_roster(user, hour.section),
    "load_reference": lambda user, hour, student: access.may_load_reference(user),
    "see_people": lambda user, hour, student: access.may_see_people(user),
    "enroll": lambda user, hour, student: access.may_enroll(user),
    "see_cameras": lambda user, hour, student: access.may_see_cameras(user),
    "query": lambda user, hour, student: access.may_query(user),
    "ask_what_if": lambda user, hour, student: access.may_ask_what_if(user),
    "read_health": lambda user, hour, student: access.may_read_health(user),
    "run_site": lambda user, hour, student: access.may_run_site(user),
    "sees_names": lambda user, hour, student: access.sees_names(user),
}
OF_A_SECTION = {
    "see_hour",
    "see_hall",
    "see_student_hour",
    "see_pictures",
    "correct",
    "answer_appeal",
    "call_roll",
    "export",
    "export_section",
    "report_section",
    "report_student",
    "start_kiosk",
    "see_roster",
}
OF_THE_OFFICE = {
    "see_hour", "see_hall", "see_student_hour", "answer_appeal", "export", "export_section", "see_reports",
    "report_section", "report_student", "start_kiosk", "manage_accounts", "manage_account", "read_audit",
    "read_own_audit", "see_roster", "query", "read_health", "ask_what_if", "load_reference", "see_people", "enroll",
    "see_cameras", "sees_names",
}  # fmt: skip
IN_NUMBERS = {"see_reports", "report_section", "see_hour", "see_hall", "see_cameras", "read_health", "run_site"}
"""What an engineer may: nobody is in it."""
AT_A_KIOSK = {"run_kiosk", "mark_at_kiosk"}
ANY_HOUR = class_hour("EA0017-1")


def held(user: DeskUser, hour: ClassHour, student: str) -> set[str]:
    """Every right that somebody has over a class hour and a student."""
    return {name for name, allowed in RIGHTS.items() if allowed(user, hour, student)}


def narrowed(user: DeskUser, *roles: Role) -> DeskUser:
    """The same with some roles alone."""
    return DeskUser(
        account=user.account,
        roles=user.roles & set(roles),
        teaches=user.teaches,
        student_id=user.student_id,
        kiosk=user.kiosk,
    )


def test_every_question_is_asked_here() -> None:
    asked = {name for name in access.__all__ if name.startswith(("may_", "sees_"))}
    assert asked == {*(f"may_{name}" for name in RIGHTS if not name.startswith(("sees", "read_own"))), "sees_names"}


@given(users, hours, st.sampled_from(STUDENTS))
def test_nobody_without_a_role_may_anything(user: DeskUser, hour: ClassHour, student: str) -> None:
    assert held(narrowed(user), hour, student) == set()
    assert held(NOBODY, hour, student) == set()


@given(users, hours, st.sampled_from(STUDENTS))
def test_who_teaches_may_nothing_of_a_section_of_others(user: DeskUser, hour: ClassHour, student: str) -> None:
    teacher = narrowed(user, "professor", "assistant")
    if teacher.teaches.get(hour.section) not in teacher.roles:
        assert held(teacher, hour, student) & OF_A_SECTION == set()
    assert held(teacher, hour, student) <= {*OF_A_SECTION, "see_reports", "sees_names"}


@given(users, hours, st.sampled_from(STUDENTS))
def test_a_student_sees_himself_alone(user: DeskUser, hour: ClassHour, student: str) -> None:
    rights = held(narrowed(user, "student"), hour, student)
    assert rights <= {"see_student_hour", "read_own_audit", "sees_names"}
    assert access.own_student(user) in ("", user.student_id)
    assert access.own_student(narrowed(user, "professor", "assistant", "registrar", "engineer", "kiosk")) == ""
    if student != user.student_id or not student:
        assert rights <= {"sees_names"}


@given(users, hours, st.sampled_from(STUDENTS))
def test_an_engineer_never_sees_names_whatever_else_he_is(user: DeskUser, hour: ClassHour, student: str) -> None:
    if "engineer" in user.roles:
        rights = held(user, hour, student)
        assert rights <= IN_NUMBERS | AT_A_KIOSK


@given(users, hours, st.sampled_from(STUDENTS))
def test_a_kiosk_may_only_be_a_kiosk_in_its_hall_and_on_its_day(user: DeskUser, hour: ClassHour, student: str) -> None:
    if user.kiosk or "kiosk" in user.roles:
        rights = held(user, hour, student)
        assert rights <= IN_NUMBERS | AT_A_KIOSK
        assert "engineer" in user.roles or rights <= AT_A_KIOSK
        if user.kiosk is None or user.kiosk.date != hour.date or user.kiosk.hall not in hour.halls:
            assert rights.isdisjoint(AT_A_KIOSK)


@given(users, hours, st.sampled_from(STUDENTS))
def test_whoever_may_do_something_has_a_role_that_allows_it(user: DeskUser, hour: ClassHour, student: str) -> None:
    """A set of roles allows what one of them does; one that stands alone takes the others away."""
    each = [held(narrowed(user, role), hour, student) for role in user.roles]
    assert held(user, hour, student) <= set().union(*each)
    if not (user.roles & ALONE or user.kiosk):
        assert held(user, hour, student) == set().union(*each)


TEACHER: dict[str, Any] = {"account": "kim", "teaches": {"EA0017-1": "professor"}, "roles": frozenset({"professor"})}


@pytest.mark.parametrize(
    ("user", "rights"),
    [
        pytest.param(DeskUser(**TEACHER), OF_A_SECTION | {"see_reports", "sees_names"}, id="the professor"),
        pytest.param(
            DeskUser(account="lee", teaches={"EA0017-1": "assistant"}, roles=frozenset({"assistant"})),
            {"see_hour", "see_hall", "call_roll", "start_kiosk", "see_roster", "sees_names"},
            id="an assistant: roll call and kiosk",
        ),
        pytest.param(
            DeskUser(account="lee", teaches={"EA0017-1": "professor"}, roles=frozenset({"assistant"})),
            {"sees_names"},
            id="one from whom the role was taken",
        ),
        pytest.param(
            DeskUser(account="s", student_id="201912345", roles=frozenset({"student"})),
            {"see_student_hour", "read_own_audit", "sees_names"},
            id="that student",
        ),
        pytest.param(DeskUser(account="r", roles=frozenset({"registrar"})), OF_THE_OFFICE, id="the registrar"),
        pytest.param(DeskUser(account="e", roles=frozenset({"engineer"})), IN_NUMBERS, id="an engineer"),
        pytest.param(DeskUser(account="k", roles=frozenset({"kiosk"})), set(), id="a kiosk without a hall"),
        pytest.param(
            DeskUser(account="k", roles=frozenset({"kiosk"}), kiosk=KioskSeat("E101", MONDAY)),
            AT_A_KIOSK,
            id="the kiosk",
        ),
        pytest.param(DeskUser(**TEACHER, kiosk=KioskSeat("E101", MONDAY)), set(), id="a professor who left a kiosk"),
    ],
)  # fmt: skip
def test_a_role_may_what_it_is_for(user: DeskUser, rights: set[str]) -> None:
    assert held(user, ANY_HOUR, "201912345") == rights


def test_in_a_shared_hall_each_sees_the_hall_and_his_own_section() -> None:
    kim = DeskUser(**TEACHER)
    own, other = class_hour("EA0017-1"), class_hour("CS2001-2")
    assert access.may_see_hall(kim, "E101", [other, own])
    assert not access.may_see_hall(kim, "E101", [other])
    assert not access.may_see_hour(kim, other)


def test_an_exam_is_in_each_of_its_halls() -> None:
    kim = DeskUser(**TEACHER)
    exam = class_hour("EA0017-1", "E101", also_in=("E102",))
    kiosk = DeskUser(account="k", roles=frozenset({"kiosk"}), kiosk=KioskSeat("E102", MONDAY))
    assert access.may_see_hall(kim, "E102", [exam])
    assert access.may_start_kiosk(kim, "E102", MONDAY, [exam])
    assert access.may_mark_at_kiosk(kiosk, exam)
    assert not access.may_see_hall(kim, "B12", [exam])


def test_a_kiosk_is_started_only_where_and_when_he_teaches() -> None:
    kim = DeskUser(**TEACHER)
    assert not access.may_start_kiosk(kim, "E102", MONDAY, [ANY_HOUR])
    assert not access.may_start_kiosk(kim, "E101", MONDAY + timedelta(days=1), [ANY_HOUR])


@given(users, st.frozensets(st.sampled_from(ROLES)))
def test_nobody_manages_his_own_account_nor_one_with_a_role_that_is_not_given(
    user: DeskUser, roles: frozenset[Role]
) -> None:
    assert not access.may_manage_account(user, user.account, roles)
    assert not access.may_manage_account(user, "kim", roles | {"engineer"})
    assert access.may_manage_account(user, "kim", roles - {"engineer"}) == access.may_manage_accounts(user)
