"""What absence costs by the rules of five universities, and laws that hold for any rule."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.operations.terms.term_standing import PlannedHours, standing
from infra.operations.terms.term_texts import rule_in_words
from schemas.messages import TermRule
from sinks.term_rows import TermCounts

TERM = PlannedHours(over=30, hours=45, minutes=45 * 50)
"""Three hours a week for fifteen weeks, of which ten are over."""

CHANGWON = TermRule(limit="1/4")
"""Three late are one absence, what is left over costs nothing; F above a quarter."""
GANGDONG = TermRule(limit="1/4", from_limit=True)
"""F from a quarter on."""
KYUNGIL = TermRule(limit="1/3", counted_together=True)
"""F above a third; late and early leaving are one account."""
HONAM = TermRule(limit="1/4", unit="minutes", block_minutes=30)
"""What was missed, in periods of 30 minutes."""
KANGNAM = TermRule(limit="1/4", late_absent_after=25)
"""Later than 25 minutes is absent."""
DONGEUI = TermRule(limit="1/4", official_leave_counts=True)
"""Official leave counts towards the limit."""


@pytest.mark.parametrize(
    ("rule", "counts", "charged", "left", "word"),
    [
        pytest.param(CHANGWON, TermCounts(), 0, 11, "ok", id="nothing missed: eleven of 45 are no quarter"),
        pytest.param(CHANGWON, TermCounts(absent=4, late=8), 6, 5, "ok", id="eight late are two absences"),
        pytest.param(CHANGWON, TermCounts(absent=11), 11, 0, "last_hour", id="the next one is too many"),
        pytest.param(CHANGWON, TermCounts(absent=9), 9, 2, "at_risk", id="going on like that it will be 13.5"),
        pytest.param(CHANGWON, TermCounts(absent=12), 12, 0, "failed", id="more than a quarter"),
        pytest.param(KYUNGIL, TermCounts(late=2, left_early=1), 1, 14, "ok", id="late and early add up"),
        pytest.param(CHANGWON, TermCounts(late=2, left_early=1), 0, 11, "ok", id="late and early apart"),
        pytest.param(KYUNGIL, TermCounts(absent=15), 15, 0, "last_hour", id="a third is not above a third"),
        pytest.param(KYUNGIL, TermCounts(absent=15, late=3), 16, 0, "failed", id="one more is"),
        pytest.param(KANGNAM, TermCounts(late=4, too_late=1), 2, 9, "ok", id="one far too late, three late"),
        pytest.param(DONGEUI, TermCounts(official_leave=3), 3, 8, "ok", id="official leave counts"),
        pytest.param(TermRule(official_leave_counts=False), TermCounts(official_leave=3), 0, 11, "ok", id="or not"),
        pytest.param(CHANGWON, TermCounts(excused=30), 0, 11, "ok", id="who is excused was there"),
        pytest.param(CHANGWON, TermCounts(unobserved=30), 0, 11, "ok", id="what nobody saw costs nothing"),
        pytest.param(
            HONAM, TermCounts(late=2, late_minutes=60, absent=2, absent_minutes=100), 160, 8, "ok", id="by minutes"
        ),
        pytest.param(TermRule(limit="0/1"), TermCounts(), 0, 0, "last_hour", id="no absence at all is allowed"),
        pytest.param(
            TermRule(whole_absences=False), TermCounts(late=4), Fraction(4, 3), 9, "ok", id="thirds of absences"
        ),
        pytest.param(TermRule(late_per_absence=0), TermCounts(late=30), 0, 11, "ok", id="late costs nothing"),
    ],
)
def test_a_rule_says_what_is_charged_and_what_is_left(
    rule: TermRule, counts: TermCounts, charged: float, left: int, word: str
) -> None:
    found = standing(rule, counts, TERM)
    assert (found.charged, found.left, found.word) == (charged, left, word)


def test_from_a_quarter_on_is_not_above_a_quarter() -> None:
    term = PlannedHours(over=20, hours=40, minutes=2000)
    words = [standing(rule, TermCounts(absent=10), term).word for rule in (CHANGWON, GANGDONG)]
    assert words == ["last_hour", "failed"]


def test_after_the_last_hour_nothing_is_left_and_nobody_is_at_risk() -> None:
    over = PlannedHours(over=45, hours=45, minutes=2250)
    assert standing(CHANGWON, TermCounts(absent=11), over)[3:] == (0, "ok")
    assert standing(CHANGWON, TermCounts(), PlannedHours(0, 0, 0))[3:] == (0, "ok")


rules = st.builds(
    TermRule,
    late_per_absence=st.integers(0, 5),
    left_early_per_absence=st.integers(0, 5),
    counted_together=st.booleans(),
    whole_absences=st.booleans(),
    limit=st.sampled_from(["0/1", "1/10", "1/4", "1/3", "1/1"]),
    from_limit=st.booleans(),
    official_leave_counts=st.booleans(),
)
counted = st.builds(TermCounts, absent=st.integers(0, 9), late=st.integers(0, 9), left_early=st.integers(0, 9),
                    official_leave=st.integers(0, 3), unobserved=st.integers(0, 9))  # fmt: skip


@given(rules, counted, st.integers(1, 20))
def test_who_misses_what_is_left_has_not_failed_and_one_more_has(
    rule: TermRule, counts: TermCounts, coming: int
) -> None:
    over = sum((counts.absent, counts.late, counts.left_early, counts.official_leave, counts.unobserved))
    term = PlannedHours(over, over + coming, 50.0 * (over + coming))
    now = standing(rule, counts, term)
    missing = counts._replace(absent=counts.absent + now.left)
    if now.word != "failed":
        assert standing(rule, missing, term).word != "failed"
        if now.left < coming:
            assert standing(rule, missing._replace(absent=missing.absent + 1), term).word == "failed"
    more = standing(rule, counts._replace(unobserved=counts.unobserved + 1), term)
    assert (more.charged, more.left) == (now.charged, now.left)


def test_a_rule_is_said_in_both_languages() -> None:
    assert rule_in_words("en", CHANGWON) == (
        "F above 1/4 of the class hours; late 3 times is one absence; left early 3 times is one absence; "
        "official leave counts; contested for 7 days"
    )
    assert (
        rule_in_words("ko", HONAM)
        == "결석이 전체 수업의 1/4 초과이면 F; 빠진 시간을 30분 단위로 셈; 공결도 한도에 넣음; 이의 신청은 7일 동안"
    )
    strict = TermRule(
        from_limit=True, counted_together=True, whole_absences=False, late_absent_after=25, official_leave_counts=False,
        excused_counts=True, appeal_days=0, professor_corrects_days=1, office_corrects_days=8,
    )  # fmt: skip
    assert rule_in_words("en", strict) == (
        "F from 1/4 of the class hours on; late or left early 3 times is one absence; parts of an absence count; "
        "late by more than 25 min is an absence; official leave costs nothing; excused hours count; "
        "corrected by those who teach for 1 days; then by the registrar until day 8"
    )
    free = TermRule(late_per_absence=0, left_early_per_absence=0)
    assert "지각은 결석으로 세지 않음; 조퇴는 결석으로 세지 않음" in rule_in_words("ko", free)
