"""Whose F changes: by other counts, by another rule, by both; counted by hand."""

from datetime import UTC, date, datetime, timedelta

import pytest

from infra.operations.terms.rule_change import RuleChange, TermSide, changed_standings, count_standings, with_change
from infra.operations.terms.term_standing import PlannedHours
from schemas.errors import RefusedError
from schemas.messages import Term, TermRule
from sinks.term_rows import TermCounts, TermRow
from tests.unit.infra.operations.test_term_standing import TERM as PLANNED

FIRST = date(2026, 3, 2)
HOURS = {"EA": PLANNED, "CS": PlannedHours(over=8, hours=8, minutes=400)}
QUARTER = TermRule(limit="1/4")


@pytest.fixture
def term() -> Term:
    loaded_at = datetime(2026, 2, 1, tzinfo=UTC)
    last = FIRST + timedelta(days=100)
    return Term(term="2026-1", first=FIRST, last=last, sections={"CS": TermRule(limit="1/3")}, loaded_at=loaded_at)


def rows(**counts: TermCounts) -> list[TermRow]:
    """``EA_s1`` is student s1 in section EA."""
    split = [(name.partition("_"), each) for name, each in counts.items()]
    return [TermRow(section, student, f"name {student}", each) for (section, _, student), each in split]


def told(before: list[TermRow], after: list[TermRow], rule: TermRule = QUARTER, other: TermRule = QUARTER) -> list[str]:
    changes = changed_standings(TermSide(before, lambda _: rule, HOURS), TermSide(after, lambda _: other, HOURS))
    return [
        f"{each.section} {each.student_id} {each.fate} {each.before.charged}->{each.after.charged}" for each in changes
    ]


def test_who_is_late_more_often_gets_an_f_and_who_is_not_loses_it() -> None:
    before = rows(EA_s1=TermCounts(absent=10, late=5), EA_s2=TermCounts(absent=11, late=3), EA_s3=TermCounts(absent=2))
    after = rows(EA_s1=TermCounts(absent=10, late=6), EA_s2=TermCounts(absent=11, late=2), EA_s3=TermCounts(absent=2))
    assert told(before, after) == ["EA s1 appears 11->12", "EA s2 vanishes 12->11"]


def test_one_late_more_that_makes_no_whole_absence_changes_nothing() -> None:
    assert told(rows(EA_s1=TermCounts(late=3)), rows(EA_s1=TermCounts(late=5))) == []


def test_who_is_charged_otherwise_without_an_f_comes_last() -> None:
    before = rows(EA_s1=TermCounts(late=2), EA_s2=TermCounts(absent=11), CS_s1=TermCounts(absent=3))
    after = rows(EA_s1=TermCounts(late=3), EA_s2=TermCounts(absent=12), CS_s1=TermCounts(absent=3))
    assert told(before, after) == ["EA s2 appears 11->12", "EA s1 other 0->1"]


def test_a_rule_alone_changes_f_of_the_same_counts() -> None:
    same = rows(EA_s1=TermCounts(absent=12), CS_s1=TermCounts(absent=2), CS_s2=TermCounts(late=3))
    assert told(same, same, other=TermRule(limit="1/3")) == ["EA s1 vanishes 12->12"]
    assert told(same, same, other=TermRule(limit="1/4", from_limit=True)) == ["CS s1 appears 2->2"]
    assert told(same, same, other=TermRule(limit="1/4", late_per_absence=1)) == ["CS s2 appears 1->3"]


def test_a_student_of_two_sections_has_an_f_in_each() -> None:
    before = rows(EA_s1=TermCounts(absent=11), CS_s1=TermCounts(absent=2))
    after = rows(EA_s1=TermCounts(absent=12), CS_s1=TermCounts(absent=3))
    assert told(before, after) == ["CS s1 appears 2->3", "EA s1 appears 11->12"]


def test_standings_are_counted_before_and_after() -> None:
    before = rows(CS_s1=TermCounts(), CS_s2=TermCounts(absent=2), CS_s3=TermCounts(absent=3))
    after = rows(CS_s1=TermCounts(absent=3), CS_s2=TermCounts(absent=2), CS_s3=TermCounts(absent=3))
    counts = count_standings(TermSide(before, lambda _: QUARTER, HOURS), TermSide(after, lambda _: QUARTER, HOURS))
    assert [(each.word, each.before, each.after) for each in counts] == [
        ("failed", 1, 2), ("last_hour", 0, 0), ("at_risk", 0, 0), ("ok", 2, 1),
    ]  # fmt: skip


def test_a_change_holds_in_every_section_and_leaves_all_else_of_its_own_rule(term: Term) -> None:
    changed = with_change(term, RuleChange(late_per_absence=2, from_limit=True))
    assert changed.rule == TermRule(late_per_absence=2, from_limit=True)
    assert changed.sections["CS"] == TermRule(limit="1/3", late_per_absence=2, from_limit=True)
    assert with_change(term, RuleChange()) == term


def test_a_change_of_some_sections_gives_them_a_rule_of_their_own_and_leaves_all_others(term: Term) -> None:
    changed = with_change(term, RuleChange(limit="1/2"), ["EA"])
    assert (changed.rule, changed.sections["CS"]) == (term.rule, term.sections["CS"])
    assert changed.sections["EA"] == TermRule(limit="1/2")


def test_who_is_in_the_term_only_on_one_side_stood_in_order_on_the_other() -> None:
    no_term = TermSide([], lambda _: QUARTER, {})
    loaded = TermSide(rows(EA_s1=TermCounts(absent=12), EA_s2=TermCounts()), lambda _: QUARTER, HOURS)
    [new] = changed_standings(no_term, loaded)
    assert (new.student_id, new.fate, new.before.word, new.before.charged) == ("s1", "appears", "ok", 0)
    assert [each.fate for each in changed_standings(loaded, no_term)] == ["vanishes"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (RuleChange(limit="25%"), "limit must be a part in quotes, like \"1/4\", got '25%'"),
        (RuleChange(late_per_absence=-1), "late_per_absence must be "),
        (RuleChange(late_absent_after=9999), "late_absent_after must be "),
    ],
)
def test_what_no_rule_can_be_is_refused_in_words(term: Term, change: RuleChange, said: str) -> None:
    with pytest.raises(RefusedError) as error:
        with_change(term, change)
    assert error.value.message.startswith(said)
