"""Files as people bring them."""

import re

import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from enrollment.csv_files import ALIKE, SHOWN, Problem, is_name, read_table, refusal
from enrollment.hangul import can_be_korean

COLUMNS = ("section", "name")
WHICH = (
    "save it as `CSV UTF-8` from the spreadsheet, or say what it is: --encoding gbk, big5, shift_jis, latin-1 or cp949"
)
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


@pytest.mark.parametrize(
    ("data", "read_as"),
    [
        pytest.param(TEXT.replace(",", ";").encode(), "UTF-8, LF line ends, semicolons", id="semicolons"),
        pytest.param(
            TEXT.replace(",", "\t").encode("utf-16"), "UTF-16, LF line ends, tabs", id="Unicode Text of Excel"
        ),
    ],
)
def test_other_separators_are_read_and_said(data: bytes, read_as: str) -> None:
    table = read_table(data, COLUMNS)
    assert table.read_as == read_as
    assert [line.fields for line in table.lines] == [{"section": "EA0017-1", "name": "김민수"}]


def test_what_a_person_says_of_the_encoding_holds() -> None:
    table = read_table("section,name\nA,黄丽\n".encode("gbk"), COLUMNS, "gbk")
    assert (table.read_as, table.lines[0].fields["name"]) == ("GBK, LF line ends", "黄丽")


@pytest.mark.parametrize(
    ("encoding", "what"), [("klingon", "cannot be read as 'klingon'"), ("ascii", "is not ascii"), ("hex", "hex")]
)
def test_what_it_is_not_is_refused(encoding: str, what: str) -> None:
    (problem,) = read_table(TEXT.encode("cp949"), COLUMNS, encoding).problems
    assert what in problem.said()[0]


@pytest.mark.parametrize("text", ["김하나\n이둘\n응우옌반\n", "공학관 101", "IT융합관 AI개론-1", "김(金)하나"])
def test_korean_is_read_as_korean(text: str) -> None:
    assert read_table(f"section,name\nA,{text.splitlines()[0]}\n".encode("cp949"), COLUMNS).problems == ()
    assert can_be_korean(text)


RARE = "section,name\n물리-1,홍길동\n물리-1,똠방각\n"


@pytest.mark.parametrize("text", [RARE, "A,이햏\nA,김뷁\n", "A,펲시콜\n물리-1,홍길동\n", "A,쌍문동\nA,응우옌티\n"])
def test_rare_syllables_among_others_are_korean(text: str) -> None:
    assert can_be_korean(text)
    assert read_table(f"section,name\n{text}".encode("cp949"), COLUMNS).problems == ()


def test_the_line_that_is_in_doubt_is_named() -> None:
    data = RARE.encode("cp949") + "A,陳靜\nA,黃麗\nA,許瑋\nA,馮斌\nB,龔軍\n".encode("big5") * 3
    (problem,) = read_table(data, COLUMNS).problems
    assert problem.line > 3
    (broken,) = read_table(RARE.encode("cp949") + b"A,\xff\xff\n", COLUMNS).problems
    assert broken.line == 4


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;", "sep=;;;"])
def test_the_line_that_tells_excel_what_separates_the_columns_is_no_header(first: str) -> None:
    table = read_table(f"{first}\r\nsection;name\r\nA;Kim, Minsu\r\nA\r\n".encode("utf-8-sig"), COLUMNS)
    assert [(each.number, each.fields) for each in table.lines] == [(3, {"section": "A", "name": "Kim, Minsu"})]
    assert [each.line for each in table.problems] == [4]
    assert table.read_as == "UTF-8 with BOM, CRLF line ends, semicolons"


@pytest.mark.parametrize("cell", ['="0012345"', '"=""0012345"""', ' ="0012345" '])
def test_a_cell_that_tells_excel_to_keep_zeros_is_its_text(cell: str) -> None:
    assert fields(f"section,name\nA,{cell}\n".encode()) == [(2, {"section": "A", "name": "0012345"})]


def test_commas_after_the_last_column_are_passed_over() -> None:
    assert fields(b"section,name\nA,B,,\n") == [(2, {"section": "A", "name": "B"})]


@pytest.mark.parametrize("space", ["\u00a0", "\u3000", "\u2003"])
def test_other_spaces_and_what_nobody_sees_are_plain_ones_and_nothing(space: str) -> None:
    assert fields(f"section,name\n\u200bA,김{space}하나\ufeff\n".encode()) == [(2, {"section": "A", "name": "김 하나"})]


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
        pytest.param(b"", (0, "has no lines", "begin it with section,name"), id="empty"),
        pytest.param(b"A,B\n", (1, "is no header", "begin the file with section,name"), id="no header"),
        pytest.param(
            b"section,nmae\nA,B\n", (1, "the column 'name' is missing", "rename 'nmae'"), id="misspelt column"
        ),
        pytest.param(b"section\nA\n", (1, "the column 'name' is missing", "add it"), id="missing column"),
        pytest.param(b"section,name,name\nA,B,C\n", (1, "the column 'name' is there 2 times", "keep one"), id="twice"),
        pytest.param(
            b"section,name\nA,B\nA,B,C\n",
            (3, "has 3 fields where the header has 2", 'quote a field that holds a comma, like "B, C"'),
            id="too many fields",
        ),
        pytest.param(
            b"section,name\nA\n",
            (2, "has 1 fields where the header has 2", "add what is missing: section, name"),
            id="too few fields",
        ),
        pytest.param(
            b'section,name\nA,"B\n',
            (2, "has a stray quote (unexpected end of data)", "close it, or write it twice"),
            id="open quote",
        ),
        pytest.param(
            b'section,name\n"A\nX",B\n',
            (2, "section holds a line break or a control character", "remove it"),
            id="line break in a field",
        ),
        pytest.param(
            "section,name\n".encode("utf-16-le"),
            (0, "is no CSV text", "save it as `CSV UTF-8` from the spreadsheet"),
            id="utf-16 without its mark",
        ),
        pytest.param(
            b"section,name\r\nA,B\r\nC,\xff\xff\r\n",
            (3, "is neither UTF-8 nor CP949", WHICH),
            id="neither encoding",
        ),
        pytest.param(
            "section,name\nA,Kim\nA,黄丽\nA,陈静\n".encode("gbk"),
            (
                3,
                f"is not UTF-8, and read as CP949 it says {'A,黄丽'.encode('gbk').decode('cp949')!r}, "
                "which can hardly be meant",
                WHICH,
            ),
            id="another encoding whose bytes happen to be Hangul",
        ),
    ],
)
def test_what_is_wrong_is_said_with_line_and_remedy(data: bytes, problem: tuple[int, str, str]) -> None:
    (found,) = read_table(data, COLUMNS).problems
    assert (found.line, *found.said()) == problem
    assert all(re.search("[가-힣]", each) for each in found.said("ko"))


def odd(line: int, what: str, remedy: str) -> Problem:
    return Problem(line, what, remedy)


def test_a_refusal_lists_everything_in_the_order_of_lines() -> None:
    error = refusal(
        "a.csv",
        [
            odd(7, "is odd", "mend it"),
            odd(0, "is old", "renew it"),
            odd(2, "x", "y"),
        ],
    )
    assert str(error) == (
        "a.csv: is old; renew it\na.csv, line 2: x; y\na.csv, line 7: is odd; mend it\n  Nothing of a.csv was applied."
    )


def test_a_refusal_of_very_many_problems_is_cut() -> None:
    error = refusal("a.csv", [odd(each, "x", f"y{each}") for each in range(1, SHOWN + 4)])
    assert error.message.splitlines()[-1] == "... and 3 more"
    assert len(error.message.splitlines()) == SHOWN + 1


def test_a_whole_column_that_is_wrong_is_told_by_its_first_lines() -> None:
    error = refusal("a.csv", [odd(each, f"x{each}", "write it as text") for each in range(2, 14)])
    assert error.message.splitlines()[ALIKE:] == ["... and 7 more lines of this kind (write it as text)"]


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


# ---------------------------------------------------------------- in Korean


def test_a_refusal_and_what_a_file_was_read_as_are_said_in_korean() -> None:
    table = read_table("section;name;email\r\nA;B\r\n".encode("utf-8-sig"), COLUMNS, language="ko")
    assert table.read_as == "BOM이 있는 UTF-8, 줄바꿈 CRLF, 구분 기호 세미콜론, 쓰지 않은 열: email"
    assert str(refusal("명단.csv", table.problems, "ko")) == (
        "명단.csv 2행: 칸이 2개인데 열 이름은 3개입니다. 빠진 칸을 채우세요: section, name, email\n"
        "  명단.csv 파일의 내용은 하나도 적용하지 않았습니다."
    )


def test_a_long_word_without_hangul_takes_no_time() -> None:
    """Every place of it was once a beginning to try; 200 kB took half an hour."""
    assert can_be_korean("x" * 200_000 + ",김나얼")
    assert not can_be_korean("x" * 200_000 + "뷁")
