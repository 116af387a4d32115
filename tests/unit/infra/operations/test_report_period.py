"""Which days a report is about."""

from datetime import UTC, date, datetime

import pytest

from infra.operations.reports.report_period import ReportPeriod, period_asked, term_of
from schemas.errors import RefusedError
from schemas.messages import Term
from sinks.rows import FIRST_DAY, LAST_DAY


def term(name: str, first: date, last: date) -> Term:
    return Term(term=name, first=first, last=last, loaded_at=datetime(2026, 1, 1, tzinfo=UTC))


SPRING = term("2026-1", date(2026, 3, 2), date(2026, 6, 19))
AUTUMN = term("2026-2", date(2026, 9, 1), date(2026, 12, 18))
TERMS = {each.term: each for each in (SPRING, AUTUMN)}
MAY = date(2026, 5, 1)


@pytest.mark.parametrize(
    ("today", "name"),
    [(MAY, "2026-1"), (date(2026, 8, 1), "2026-1"), (date(2026, 9, 1), "2026-2"), (date(2027, 2, 1), "2026-2")],
)
def test_nothing_asked_is_the_term_of_today_else_the_last_that_began(today: date, name: str) -> None:
    found = period_asked(TERMS, today)
    assert found == ReportPeriod(TERMS[name].first, TERMS[name].last, TERMS[name])
    assert found.name == name


def test_days_are_of_no_term_and_a_term_wins_over_days() -> None:
    assert period_asked(TERMS, MAY, "", date(2026, 3, 2), date(2026, 3, 9))[2] is None
    assert period_asked(TERMS, MAY, "2026‑2", date(2026, 3, 2)).term == AUTUMN
    assert period_asked({}, MAY) == ReportPeriod(date(2026, 4, 3), MAY)
    assert period_asked(TERMS, date(2026, 1, 1)).term is None
    assert period_asked(TERMS, MAY, first=date(2026, 4, 1)) == ReportPeriod(date(2026, 4, 1), MAY)
    assert period_asked(TERMS, MAY, last=date(2026, 4, 29)) == ReportPeriod(date(2026, 4, 1), date(2026, 4, 29))
    assert period_asked(TERMS, MAY, first=date(2027, 1, 1)) == ReportPeriod(date(2027, 1, 1), date(2027, 1, 1))


@pytest.mark.parametrize("day", [date.min, date.max])
def test_a_day_that_no_row_has_is_the_nearest(day: date) -> None:
    for asked in ({"first": day}, {"last": day}, {"first": day, "last": day}):
        first, last, _ = period_asked(TERMS, MAY, **asked)
        assert FIRST_DAY <= first <= last <= LAST_DAY


def test_what_is_no_period_is_refused_with_the_remedy() -> None:
    with pytest.raises(RefusedError, match="Did you mean 2026-1"):
        period_asked(TERMS, MAY, "2026-11")
    with pytest.raises(RefusedError, match="Exchange the two days"):
        period_asked(TERMS, MAY, "", MAY, date(2026, 4, 1))
    with pytest.raises(RefusedError, match="Choose a term"):
        term_of(ReportPeriod(MAY, MAY))
