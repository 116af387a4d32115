"""What holds of cursors, entity tags, parameters and paths, whatever is given."""

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.desk.api.calls import NoQuery, query_of
from infra.desk.api.etags import etag_of, matches, named_tags
from infra.desk.api.hour_resource import HoursQuery, TotalsQuery
from infra.desk.api.paging import PageQuery, cursor_of, key_of, paged, row_page
from infra.desk.api.problems import ProblemError

KEYS = st.lists(st.tuples(st.text(), st.integers(-(2**53), 2**53)), unique=True)


def everything(items: list[Any], limit: int, added: list[Any] = []) -> list[Any]:  # noqa: B006  never changed
    """Read a list to its end by cursors; some are added after the first page."""
    found, cursor, now = list[Any](), "", items
    while True:
        page = paged(now, PageQuery(limit=limit, cursor=cursor), "list", lambda each: each, tuple[str, int])
        found += page.items
        now = [*items, *added]
        if page.next is None:
            return found
        cursor = page.next


@given(KEYS, st.integers(1, 7))
def test_pages_are_the_whole_once_and_in_order(items: list[Any], limit: int) -> None:
    assert everything(items, limit) == sorted(items)


@given(KEYS, KEYS, st.integers(1, 7))
def test_what_is_added_meanwhile_hides_and_repeats_nothing(items: list[Any], others: list[Any], limit: int) -> None:
    added = [each for each in others if each not in items]
    found = everything(items, limit, added)
    assert [each for each in found if each in items] == sorted(items)
    assert len({*found}) == len(found)


@given(st.lists(st.integers(), unique=True), st.lists(st.integers()), st.integers(1, 5))
def test_rows_in_an_order_of_their_own_are_found_again_when_others_come_before(
    rows: list[int], before: list[int], limit: int
) -> None:
    first = row_page(rows, PageQuery(limit=limit), "list")
    if first.next:
        now = [*(each for each in before if each not in rows), *rows]
        rest = row_page(now, PageQuery(limit=500, cursor=first.next), "list")
        assert [*first.items, *rest.items] == rows


@given(st.text(), st.text(), st.text(), st.integers())
def test_a_cursor_is_of_its_own_list_alone(one: str, other: str, text: str, number: int) -> None:
    cursor = cursor_of(one, [text, number])
    assert cursor.isascii()
    if -(2**63) <= number < 2**64:
        assert key_of(one, cursor, tuple[str, int]) == (text, number)
    if one != other:
        with pytest.raises(ProblemError):
            key_of(other, cursor, tuple[str, int])


@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]{0,60}", fullmatch=True))
def test_whatever_else_is_none(text: str) -> None:
    with pytest.raises(ProblemError) as refused:
        key_of("list", text, tuple[date, int])
    assert refused.value.status == 422


@given(st.binary(), st.binary())
def test_equal_contents_have_equal_tags_and_others_have_others(one: bytes, other: bytes) -> None:
    assert (etag_of(one) == etag_of(other)) == (one == other)
    tag = etag_of(one)
    assert matches(f'"a", W/{tag}', tag, weakly=True)
    assert not matches(f"W/{tag}", tag, weakly=False)
    assert matches("*", tag, weakly=False)
    assert not matches("*", "", weakly=True)


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ('"a"', ('"a"',)),
        ('"a", W/"b" ,"c,d"', ('"a"', 'W/"b"', '"c,d"')),
        ("a", ()),
        ('"a" b', ()),
        ("", ()),
        ('"', ()),
    ],
)
def test_tags_as_they_are_written(header: str, tags: tuple[str, ...]) -> None:
    assert named_tags(header) == tags


@given(st.text())
def test_no_header_breaks_it(header: str) -> None:
    assert matches(header, '"x"', weakly=True) in (True, False)


def test_parameters_are_refused_by_name() -> None:
    assert query_of([], NoQuery) == NoQuery()
    asked = query_of([("from", "2026-03-09"), ("limit", "7"), ("totals", "true")], TotalsQuery)
    assert (asked.since, asked.limit, asked.totals) == (date(2026, 3, 9), 7, True)
    for pairs, name in (
        ([("x", "1")], "'x'"),
        ([("limit", "1"), ("limit", "2")], "limit"),
        ([("limit", "many")], "limit"),
        ([("from", "2026-W11-1")], "from"),
        ([("to", "0001-01-01")], "to"),
        ([("section", "a" * 201)], "section"),
    ):
        with pytest.raises(ProblemError) as refused:
            query_of(pairs, HoursQuery)
        assert name in refused.value.what


@given(st.lists(st.tuples(st.sampled_from(["from", "to", "limit", "section", "cursor", "x"]), st.text())))
def test_no_query_breaks_it(pairs: list[tuple[str, str]]) -> None:
    try:
        made = query_of(pairs, HoursQuery)
    except ProblemError as refused:
        msgspec.json.encode(refused.told("ko", "/x"))
    else:
        assert made.limit >= 1
