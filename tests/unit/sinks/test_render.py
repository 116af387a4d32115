"""Tables as text."""

import csv
import io
import json
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from sinks.reports.render import as_csv, as_json, show, write
from sinks.reports.table import Table

SEOUL = ZoneInfo("Asia/Seoul")
COLUMNS = ("date", "section", "student_id", "name", "verdict", "arrived_at", "departed_at", "confidence", "final")
DAY = date(2026, 11, 23)


def row(name: str, verdict: str = "present", student: str = "201912345") -> tuple[object, ...]:
    return DAY, "EA0017-1", student, name, verdict, datetime(2026, 11, 23, 9, 1, 2, tzinfo=SEOUL), None, 0.97, True


def shown(table: Table, **options: object) -> str:
    console = Console(file=io.StringIO(), width=120)
    show(table, console, **options)  # type: ignore[arg-type]
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_csv_has_the_sites_times_with_their_offset_and_empty_cells_for_nothing() -> None:
    assert as_csv(Table(COLUMNS, [row("김나얼")])).splitlines() == [
        "date,section,student_id,name,verdict,arrived_at,departed_at,confidence,final",
        "2026-11-23,EA0017-1,201912345,김나얼,present,2026-11-23T09:01:02+09:00,,0.97,true",
    ]


@pytest.mark.parametrize("name", ["=1+1", "+82", "-1", "@SUM(A1)", "\t=1", "\r=1"], ids=repr)
def test_no_name_becomes_a_formula_in_a_spreadsheet(name: str) -> None:
    read = list(csv.DictReader(io.StringIO(as_csv(Table(COLUMNS, [row(name)])), newline="")))
    assert read[0]["name"] == f"'{name}".replace("\r", "\n")


def test_commas_quotes_and_line_ends_of_a_name_survive() -> None:
    name = 'Kim, "Naul"\nJr.'
    read = list(csv.DictReader(io.StringIO(as_csv(Table(COLUMNS, [row(name)])), newline="")))
    assert read[0]["name"] == name


def test_json_keeps_numbers_truth_and_nothing_as_they_are() -> None:
    assert json.loads(as_json(Table(COLUMNS, [row("=1+1")]))) == [
        {
            "date": "2026-11-23",
            "section": "EA0017-1",
            "student_id": "201912345",
            "name": "=1+1",
            "verdict": "present",
            "arrived_at": "2026-11-23T09:01:02+09:00",
            "departed_at": None,
            "confidence": 0.97,
            "final": True,
        }
    ]


def test_people_read_what_is_the_same_everywhere_once_and_verdicts_as_words() -> None:
    table = Table(COLUMNS, [row("김나얼", "late"), row("이하나", "absent", "201912346")])
    text = shown(table, tell={"late": "지각", "absent": "결석"}.__getitem__)
    assert text.count("2026-11-23") == text.count("EA0017-1") == 1
    assert "지각" in text
    assert "결석" in text


def test_a_name_is_no_markup() -> None:
    assert "[red]김[/red]" in shown(Table(COLUMNS, [row("[red]김[/red]")]))


def test_no_rows_are_said_to_be_none() -> None:
    assert "No row answers this" in shown(Table(COLUMNS, []))


@pytest.mark.parametrize(("file", "marked"), [("a.csv", True), ("a.txt", False)])
def test_a_csv_file_tells_excel_that_it_is_utf_8(tmp_path: Path, file: str, *, marked: bool) -> None:
    write(Table(COLUMNS, [row("김나얼")]), "csv", tmp_path / file)
    assert (tmp_path / file).read_bytes().startswith(b"\xef\xbb\xbfdate" if marked else b"date")


def test_standard_output_has_no_byte_order_mark(capsys: pytest.CaptureFixture[str]) -> None:
    write(Table(COLUMNS, [row("김나얼")]), "csv", None)
    assert capsys.readouterr().out.startswith("date,")


def test_a_pipe_gets_lines_that_are_not_folded(capsys: pytest.CaptureFixture[str]) -> None:
    write(Table(COLUMNS, [row("김나얼" * 30)]), "table", None)
    assert "김나얼" * 30 in capsys.readouterr().out


def test_a_hangul_syllable_is_as_wide_as_two_letters() -> None:
    lines = shown(Table(("name", "n"), [("김나얼", 1), ("Kim", 23)])).splitlines()
    assert lines == ["name    n", "김나얼  1", "Kim    23"]


def test_what_does_not_fit_a_screen_goes_on_in_the_next_line() -> None:
    name = "x" * 150
    lines = shown(Table(("name", "final"), [(name, True)])).splitlines()
    assert all(len(line) <= 120 for line in lines)
    assert "".join(line.split()[0] for line in lines[1:]) == name


def test_a_long_table_is_left_to_the_terminal() -> None:
    lines = shown(Table(("name", "final"), [("x" * 150, True)] * 300)).splitlines()
    assert lines[1:] == [f"{'x' * 150} ✓"] * 300


def test_a_name_with_line_ends_stays_in_its_column() -> None:
    lines = shown(Table(("name", "section"), [("Kim\nJr.", "A"), ("Lee", "B")])).splitlines()
    assert [line.split() for line in lines[1:]] == [["Kim", "A"], ["Jr."], ["Lee", "B"]]


def test_reasons_of_gaps_are_words_with_their_counts() -> None:
    table = Table(("gaps", "gap_reasons"), [(12, "no_frames 9, dark 3"), (0, "")])
    text = shown(table, tell={"no_frames": "화면 없음", "dark": "어두움"}.__getitem__)
    assert "화면 없음 9, 어두움 3" in text
