"""Files as people bring them."""

import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from enrollment.csv_files import SHOWN, Problem, is_name, read_table, refusal

COLUMNS = ("section", "name")
TEXT = "section,name\nEA0017-1,김민수\n"


def fields(data: bytes) -> list[tuple[int, dict[str, str]]]:
    table = read_table(data, COLUMNS)
    assert table.problems == ()
    return [(line.number, line.fields) for line in table.lines]


@pytest.mark.parametrize(
    ("data", "read_as"),
    [
        pytest.param(TEXT.encode(), "UTF-8, LF line ends", id="utf-8"),
        pytest.param(TEXT.encode("utf-8-sig"), "UTF-8 with BOM, LF line ends", id="utf-8 with bom"),
        pytest.param(TEXT.encode("cp949"), "CP949, LF line ends", id="korean excel"),
        pytest.param(TEXT.replace("\n", "\r\n").encode("cp949"), "CP949, CRLF line ends", id="windows"),
        pytest.param(TEXT.replace("\n", "\r").encode(), "UTF-8, CR line ends", id="old mac"),
        pytest.param(
            TEXT.replace("\n", "\r\n", 1).encode(), "UTF-8, CRLF and LF line ends", id="two kinds of line ends"
        ),
    ],
)
def test_every_encoding_and_line_end_is_read_and_said(data: bytes, read_as: str) -> None:
    table = read_table(data, COLUMNS)
    assert table.read_as == read_as
    assert [line.fields for line in table.lines] == [{"section": "EA0017-1", "name": "김민수"}]


def test_hangul_in_pieces_is_composed() -> None:
    decomposed = "section,name\nEA0017-1,김\n"
    assert fields(decomposed.encode()) == [(2, {"section": "EA0017-1", "name": "김"})]


def test_empty_lines_are_passed_over_and_counted() -> None:
    assert fields(b"\nsection,name\n\n , \nA,B\n") == [(5, {"section": "A", "name": "B"})]


def test_a_quoted_field_holds_commas() -> None:
    assert fields(b'section,name\nA,"Kim, Minsu"\n') == [(2, {"section": "A", "name": "Kim, Minsu"})]


def test_header_names_may_stand_in_any_order_and_case() -> None:
    assert fields(b"Name , SECTION\nB,A\n") == [(2, {"section": "A", "name": "B"})]


def test_other_columns_are_passed_over_and_said() -> None:
    table = read_table(b"section,name,email\nA,B,c@d\n", COLUMNS)
    assert table.read_as == "UTF-8, LF line ends, without the columns email"
    assert table.lines[0].fields == {"section": "A", "name": "B"}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(b"", Problem(0, "has no lines", "begin it with section,name"), id="empty"),
        pytest.param(b"A,B\n", Problem(1, "is no header", "begin the file with section,name"), id="no header"),
        pytest.param(
            b"section,nmae\nA,B\n", Problem(1, "the column 'name' is missing", "rename 'nmae'"), id="misspelt column"
        ),
        pytest.param(b"section\nA\n", Problem(1, "the column 'name' is missing", "add it"), id="missing column"),
        pytest.param(
            b"section,name,name\nA,B,C\n", Problem(1, "the column 'name' is there 2 times", "keep one"), id="twice"
        ),
        pytest.param(
            b"section;name\nA;B\n",
            Problem(1, "columns are separated by semicolons", "save it with commas"),
            id="semicolons",
        ),
        pytest.param(
            b"section,name\nA,B\nA,B,C\n",
            Problem(3, "has 3 fields where the header has 2", "quote a field that holds a comma"),
            id="too many fields",
        ),
        pytest.param(
            b'section,name\nA,"B\n',
            Problem(2, "has a stray quote (unexpected end of data)", "close it, or write it twice"),
            id="open quote",
        ),
        pytest.param(
            b'section,name\n"A\nX",B\n',
            Problem(2, "section holds a line break or a control character", "remove it"),
            id="line break in a field",
        ),
        pytest.param(
            "section,name\n".encode("utf-16"),
            Problem(0, "is no CSV text", "save it as `CSV UTF-8` from the spreadsheet"),
            id="utf-16",
        ),
        pytest.param(
            b"section,name\r\nA,B\r\nC,\xff\xff\r\n",
            Problem(3, "is neither UTF-8 nor CP949", "save it as `CSV UTF-8` from the spreadsheet"),
            id="neither encoding",
        ),
    ],
)
def test_what_is_wrong_is_said_with_line_and_remedy(data: bytes, problem: Problem) -> None:
    assert read_table(data, COLUMNS).problems == (problem,)


def test_a_refusal_lists_everything_in_the_order_of_lines() -> None:
    error = refusal("a.csv", [Problem(7, "is odd", "mend it"), Problem(0, "is old", "renew it"), Problem(2, "x", "y")])
    assert str(error) == (
        "a.csv: is old; renew it\na.csv, line 2: x; y\na.csv, line 7: is odd; mend it\n  Nothing of a.csv was applied."
    )


def test_a_refusal_of_very_many_problems_is_cut() -> None:
    error = refusal("a.csv", [Problem(each, "x", "y") for each in range(1, SHOWN + 4)])
    assert error.message.splitlines()[-1] == "... and 3 more"
    assert len(error.message.splitlines()) == SHOWN + 1


@pytest.mark.parametrize("name", ["EA0017-1", "공학관 101", "B.12", "(A)"])
def test_names_of_sections_and_halls(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", ["", "a|b", "a/b", "a\n", "x" * 101])
def test_names_that_would_break_a_key_are_refused(name: str) -> None:
    assert not is_name(name)


@example_settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    read_table(data, COLUMNS)
