"""How values become SQL, and how statements are told apart."""

import string
from datetime import date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from clickhouse_driver.util.escape import escape_chars_map
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import RefusedError
from sinks.store.sql import bind, is_one_select, literal, statements


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("O'Neil", r"'O\'Neil'", id="a quote is escaped"),
        pytest.param("\\", r"'\\'", id="so is a backslash"),
        pytest.param("김나얼", "'김나얼'", id="Korean stays as it is"),
        pytest.param(True, "1", id="true is one"),
        pytest.param(None, "NULL", id="nothing is NULL"),
        pytest.param(date(2026, 11, 23), "toDate('2026-11-23')", id="a date"),
        pytest.param(
            datetime(2026, 11, 23, 9, tzinfo=timezone(timedelta(hours=9))),
            "toDateTime('2026-11-23 00:00:00', 'UTC')",
            id="a time becomes UTC",
        ),
        pytest.param(UUID(int=1), "toUUID('00000000-0000-0000-0000-000000000001')", id="a UUID"),
        pytest.param([("a", 1), ("b", 2)], "(('a', 1), ('b', 2))", id="tuples nest"),
    ],
)
def test_a_value_is_written_as_clickhouse_reads_it(value: Any, expected: str) -> None:
    assert literal(value) == expected


@pytest.mark.parametrize("value", [datetime(2026, 11, 23), [], {}, b"x"], ids=repr)  # noqa: DTZ001  naive on purpose
def test_what_has_no_sql_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        literal(value)


@given(st.text(alphabet=string.printable + "김'\\\"`;%-/*", max_size=30))
def test_no_text_ends_its_own_quotes(text: str) -> None:
    assert statements(f"SELECT {literal(text)} ; SELECT 2")[1:] == ["SELECT 2"]


def test_parameters_are_put_in_by_name_and_a_percent_sign_means_nothing_else() -> None:
    assert bind("a LIKE '%x%' AND b = %(b)s AND c = %(b)s", {"b": "%(b)s"}) == (
        "a LIKE '%x%' AND b = '%(b)s' AND c = '%(b)s'"
    )


def test_a_parameter_that_was_not_given_is_named() -> None:
    with pytest.raises(RefusedError, match="'student'"):
        bind("SELECT %(student)s", {"run": "live"})


def test_statements_end_at_semicolons_outside_quotes_and_comments() -> None:
    text = """
    -- one; still the comment
    CREATE TABLE a (b String DEFAULT 'x;y'); /* two; */
    SELECT ';' -- end
    ;
    """
    assert statements(text) == ["CREATE TABLE a (b String DEFAULT 'x;y')", "SELECT ';'"]


@pytest.mark.parametrize(
    ("sql", "allowed"),
    [
        ("SELECT 1", True),
        ("-- why\nselect 1;", True),
        ("WITH 1 AS one SELECT one", True),
        ("SELECT 1; DROP TABLE a", False),
        ("INSERT INTO a SELECT 1", False),
        ("USE system", False),
        ("", False),
    ],
)
def test_only_one_statement_that_reads_is_a_select(sql: str, *, allowed: bool) -> None:
    assert is_one_select(sql) is allowed


def test_text_is_escaped_as_the_driver_of_the_server_does() -> None:
    text = "".join(map(chr, range(0x250)))
    assert literal(text) == f"'{''.join(escape_chars_map.get(each, each) for each in text)}'"
