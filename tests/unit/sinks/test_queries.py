"""The analytics as files."""

import re
from datetime import date

import pytest

from schemas.errors import RefusedError
from sinks.reports import Filters
from sinks.reports.queries import Query, _value, queries


@pytest.fixture(params=queries().values(), ids=lambda query: query.name)
def query(request: pytest.FixtureRequest) -> Query:
    found: Query = request.param
    return found


def test_there_are_at_least_ten() -> None:
    assert len(queries()) >= 10


def test_the_head_says_what_it_tells_and_names_every_parameter(query: Query) -> None:
    assert query.purpose.endswith(".")
    assert set(re.findall(r"%\((\w+)\)s", query.sql)) - {"zone"} == set(query.parameters)


def test_only_views_are_asked_and_one_run_at_a_time(query: Query) -> None:
    assert "_rows" not in query.sql
    of_no_run = query.name == "audit"
    assert query.sql.count("run = %(run)s") == (0 if of_no_run else len(re.findall(r"FROM \w", query.sql)))


def test_a_date_that_is_none_is_refused() -> None:
    with pytest.raises(RefusedError, match="from_date"):
        _value("from_date", "yesterday")


def test_what_is_asked_for_is_cleaned_whatever_door_it_comes_in_by() -> None:
    filters = Filters(section="\u1106\u1165\u1109\u1175\u11ab-1", hall="공학관\u3000B12\u200b", student=" 201912345")
    assert filters == Filters(section="머신-1", hall="공학관 B12", student="201912345")
    assert _value("student", "\ufeff201912345\u00a0") == "201912345"
    assert _value("from_date", "２０２６-11-23 ") == date(2026, 11, 23)
