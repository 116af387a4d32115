"""XLSX, read back by another library."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from schemas.errors import RefusedError
from sinks.reports import workbook
from sinks.reports.spreadsheet_text import as_spreadsheet_text, from_spreadsheet_text
from sinks.reports.workbook import write_workbook

NINE = datetime(2026, 3, 9, tzinfo=UTC).astimezone(ZoneInfo("Asia/Seoul"))


def read(file: Path) -> list[list[Any]]:
    return CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()


def parts(file: Path) -> str:
    with ZipFile(file) as packed:
        return packed.read("xl/worksheets/sheet1.xml").decode("utf-8")


def test_every_kind_of_cell_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    rows = [
        ("0123", "뷁똠 <&> ⓧ", date(2026, 3, 9), NINE, 3, 0.5, True, None),
        ("", " two  spaces ", None, None, -1, 0, False, "a\nb"),
    ]
    assert write_workbook(file, ["id", "이름", "c", "d", "e", "f", "g", "h"], rows, "EA0017-1") == 2
    assert read(file) == [
        ["id", "이름", "c", "d", "e", "f", "g", "h"],
        ["0123", "뷁똠 <&> ⓧ", date(2026, 3, 9), NINE.replace(tzinfo=None), 3.0, 0.5, True, ""],
        ["", " two  spaces ", "", "", -1.0, 0.0, False, "a\nb"],
    ]  # fmt: skip
    assert CalamineWorkbook.from_path(file).sheet_names == ["EA0017-1"]


@pytest.mark.parametrize(
    "text", ["=1+1", "+82", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://a")', "http://a.example", "1e5"]
)
def test_text_is_text_whatever_it_begins_with(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.xlsx"
    write_workbook(file, [text], [(text,)])
    assert "<f>" not in parts(file)
    assert "hyperlink" not in parts(file)
    assert read(file)[1] == [text]


def test_the_head_stays_and_hangul_has_room(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    write_workbook(file, ["이름", "n"], [("남궁민수연우", 1), ("a", 2)], text=[0])
    assert 'state="frozen"' in parts(file)
    assert '<autoFilter ref="A1:B3"/>' in parts(file)
    widths = [float(each.split('"')[0]) for each in parts(file).split(' width="')[1:]]
    assert widths[0] > 12 > widths[1]


def test_a_table_without_rows_and_odd_titles(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    for title in ("", "a/b:c" * 20, "'"):
        assert write_workbook(file, ["a"], [], title) == 0
        assert read(file) == [["a"]]


def test_what_no_xml_holds_is_replaced_and_too_long_is_cut(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    write_workbook(file, ["a"], [("\x00b\x1f",), ("나" * 40_000,)])
    assert read(file)[1:] == [["\ufffdb\ufffd"], ["나" * 32_767]]


def test_a_sheet_that_is_full_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)
    assert write_workbook(tmp_path / "a.xlsx", ["a"], [(1,), (2,)]) == 2
    with pytest.raises(RefusedError, match="holds 3 rows"):
        write_workbook(tmp_path / "a.xlsx", ["a"], [(1,), (2,), (3,)])


@given(st.text(alphabet=st.sampled_from("'=+-@\t\r\n＝a 1"), max_size=6))
def test_no_text_becomes_a_formula_in_csv_and_none_is_lost(text: str) -> None:
    written = as_spreadsheet_text(text)
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))
    assert from_spreadsheet_text(written) == text
