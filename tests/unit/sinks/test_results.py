"""Rows on their way in and out as JSON."""

from datetime import UTC, date, datetime
from uuid import UUID

import msgspec
import pytest

from sinks.store.rows_json import read_result, write_rows


@pytest.mark.parametrize(
    ("kind", "cell", "expected"),
    [
        ("String", "김", "김"),
        ("DateTime('UTC')", "2026-11-23 00:10:00", datetime(2026, 11, 23, 0, 10, tzinfo=UTC)),
        ("Nullable(DateTime('UTC'))", None, None),
        ("Array(Nullable(DateTime('UTC')))", [None], [None]),
        ("Date", "2026-11-23", date(2026, 11, 23)),
        ("UUID", "00000000-0000-0000-0000-000000000001", UUID(int=1)),
        ("UInt64", 2**64 - 1, 2**64 - 1),
        ("UInt64", str(2**64 - 1), 2**64 - 1),
        ("Float64", 1, 1.0),
        ("Float64", None, None),
    ],
)
def test_a_type_turns_a_cell_back_into_what_it_was(kind: str, cell: object, expected: object) -> None:
    for data in ({"a": [cell]}, [[cell]]):
        answer = msgspec.json.encode({"meta": [{"name": "a", "type": kind}], "data": data, "rows": 1})
        assert read_result(answer) == (("a",), [(expected,)])


def test_rows_are_a_line_each_whatever_their_text() -> None:
    assert write_rows([("a\nb;'", 1), ("김", None)]) == '["a\\nb;\'",1]\n["김",null]'
