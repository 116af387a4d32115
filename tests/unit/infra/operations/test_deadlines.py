"""Until when a class hour may be contested and corrected, and by whom."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.operations.accounts.access import DeskUser
from infra.operations.terms.deadlines import (
    Deadlines,
    call_roll_now,
    correct_now,
    deadlines_of,
    last_day,
    may_contest,
    term_of,
)
from schemas.errors import RefusedError
from schemas.messages import ClassHour, Term, TermRule

SEOUL = ZoneInfo("Asia/Seoul")
AT = datetime(2026, 8, 20, tzinfo=UTC)
KIM = DeskUser(account="kim", roles=frozenset({"professor"}), teaches={"A": "professor"})
LEE = DeskUser(account="lee", roles=frozenset({"professor"}), teaches={"B": "professor"})
PARK = DeskUser(account="park", roles=frozenset({"assistant"}), teaches={"A": "assistant"})
OFFICE = DeskUser(account="office", roles=frozenset({"registrar"}))
BOTH = DeskUser(account="dean", roles=frozenset({"professor", "registrar"}), teaches={"A": "professor"})


def hour(day: date, section: str = "A") -> ClassHour:
    start = datetime(day.year, day.month, day.day, 9, tzinfo=SEOUL)
    return ClassHour(
        section=section, hall="E", date=day, period=1, starts_at=start, ends_at=start + timedelta(minutes=50)
    )


def term(rule: TermRule, **other: object) -> Term:
    usual = {"term": "t", "first": date(2026, 1, 1), "last": date(2026, 12, 31), "loaded_at": AT, "rule": rule}
    return Term(**(usual | other))  # type: ignore[arg-type]


DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
COUNTS = st.integers(0, 366)
ZONES = st.sampled_from([SEOUL, ZoneInfo("UTC"), ZoneInfo("America/New_York"), ZoneInfo("Pacific/Chatham")])


@given(DAYS, COUNTS, ZONES)
def test_a_limit_is_midnight_at_the_end_of_a_day_in_the_sites_zone(day: date, count: int, zone: ZoneInfo) -> None:
    until = deadlines_of([term(TermRule(appeal_days=count))], hour(day), zone).appeal
    if count == 0:
        assert until is None
        return
    assert until is not None
    assert last_day(until) == day + timedelta(days=count)
    here = until.astimezone(zone)
    assert (here.hour, here.minute, here.second) == (0, 0, 0)
    moment_before = (until.astimezone(UTC) - timedelta(seconds=1)).astimezone(zone)
    assert moment_before.date() == day + timedelta(days=count)


@given(DAYS, COUNTS, COUNTS, st.integers(-1, 800))
def test_at_no_moment_may_both_correct_and_after_the_teachers_only_the_registrar(
    day: date, teachers: int, office: int, after: int
) -> None:
    rule = TermRule(professor_corrects_days=teachers, office_corrects_days=office)
    it, until = hour(day), deadlines_of([term(rule)], hour(day), SEOUL)
    now = it.ends_at + timedelta(days=after)

    def may(user: DeskUser) -> bool:
        try:
            return correct_now(user, it, until, now)
        except RefusedError:
            return False

    in_time = teachers == 0 or after <= teachers
    assert may(KIM) == in_time
    assert may(OFFICE) == (not in_time and (office == 0 or after <= office))
    assert may(BOTH) == (may(KIM) or may(OFFICE))
    assert not may(LEE)
    assert not may(PARK)


def test_without_a_term_of_the_day_nothing_is_limited() -> None:
    now = AT + timedelta(days=9999)
    for terms in ((), [term(TermRule(professor_corrects_days=1), first=date(2026, 5, 1))]):
        until = deadlines_of(terms, hour(date(2026, 3, 9)), SEOUL)
        assert until == Deadlines()
        assert correct_now(KIM, hour(date(2026, 3, 9)), until, now)
        assert not correct_now(OFFICE, hour(date(2026, 3, 9)), until, now)
        assert may_contest(hour(date(2026, 3, 9)), final=True, until=until, now=now)


def test_a_sections_rule_holds_over_the_sites_and_the_term_that_began_last() -> None:
    own = TermRule(appeal_days=3)
    terms = [
        term(TermRule(appeal_days=9)),
        term(TermRule(appeal_days=5), term="u", first=date(2026, 3, 1), sections={"A": own}),
    ]
    for section, days in (("A", 3), ("B", 5)):
        until = deadlines_of(terms, hour(date(2026, 3, 9), section), SEOUL).appeal
        assert until is not None
        assert last_day(until) == date(2026, 3, 9 + days)
    found = term_of(terms, date(2026, 2, 1))
    assert found is not None
    assert found.term == "t"


def test_who_is_too_late_hears_until_when_it_was_and_who_still_can() -> None:
    rule = TermRule(professor_corrects_days=1, office_corrects_days=8)  # Woosong
    it = hour(date(2026, 3, 9))
    until = deadlines_of([term(rule)], it, SEOUL)
    assert correct_now(KIM, it, until, datetime(2026, 3, 10, 23, 59, 59, tzinfo=SEOUL))
    assert not correct_now(OFFICE, it, until, datetime(2026, 3, 10, 23, 59, 59, tzinfo=SEOUL))
    late = datetime(2026, 3, 11, tzinfo=SEOUL)
    for asked, user in ((correct_now, KIM), (call_roll_now, KIM), (call_roll_now, PARK)):
        with pytest.raises(RefusedError, match="until midnight of 2026-03-10") as refused:
            asked(user, it, until, late)
        assert refused.value.remedy == "The registrar still can, until midnight of 2026-03-17."
    assert correct_now(OFFICE, it, until, late)
    assert not call_roll_now(OFFICE, it, until, late)
    with pytest.raises(RefusedError, match="until midnight of 2026-03-17") as refused:
        correct_now(OFFICE, it, until, datetime(2026, 3, 18, tzinfo=SEOUL))
    assert "Nobody corrects it any more" in refused.value.remedy
    for_ever = until._replace(office=None)
    with pytest.raises(RefusedError) as refused:
        correct_now(KIM, it, for_ever, late)
    assert refused.value.remedy == "The registrar still can."


def test_a_class_hour_is_contested_when_it_is_over_and_judged_to_its_end() -> None:
    it = hour(date(2026, 3, 9))
    until = deadlines_of([term(TermRule())], it, SEOUL)
    for final, now, may in (
        (True, it.ends_at, True),
        (True, it.ends_at - timedelta(seconds=1), False),
        (False, it.ends_at, False),
        (True, datetime(2026, 3, 17, tzinfo=SEOUL), False),
    ):
        assert may_contest(it, final=final, until=until, now=now) == may
