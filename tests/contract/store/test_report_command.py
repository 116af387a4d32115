"""``naul report`` as it is typed."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from python_calamine import CalamineWorkbook

from infra.cli.report import command
from schemas.errors import RefusedError, UnavailableError
from schemas.messages import Attendance
from schemas.settings import Settings
from sinks.rows import AttendanceRow, attendance_row
from sinks.store import open_store

Report = Callable[..., Result]


@pytest.fixture
def naul_report(embedded: Settings, verdict: Attendance, monkeypatch: pytest.MonkeyPatch) -> Report:
    with open_store(embedded) as store:
        store.insert("attendance_rows", AttendanceRow._fields, [attendance_row(verdict)])
    monkeypatch.setenv("NAUL_PREFIX", embedded.prefix)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(command, [*arguments, "--home", str(embedded.home)])

    return run


def test_attendance_as_csv_is_the_contract_to_the_letter(naul_report: Report) -> None:
    assert naul_report("attendance", "--format", "csv").output == (
        "date,period,section,hall,student_id,name,verdict,arrived_at,departed_at,minutes_present,minutes_covered,"
        "confidence,review,source,final,version,reason\n"
        "2026-03-09,1,EA0017-1,E101,201912345,최민서,present,2026-03-09T09:00:15+09:00,,40.8,49.8,"
        "0.997,false,camera,true,451,\n"
    )


def test_departures_as_json(naul_report: Report) -> None:
    assert json.loads(naul_report("departures", "--date", "2026-03-09", "--format", "json").output) == [
        {
            "date": "2026-03-09",
            "period": 1,
            "section": "EA0017-1",
            "hall": "E101",
            "student_id": "201912345",
            "name": "최민서",
            "departed_at": "2026-03-09T09:20:00+09:00",
            "gone_by": "2026-03-09T09:25:00+09:00",
            "returned_at": "2026-03-09T09:29:00+09:00",
        }
    ]


def test_verdicts_are_said_in_the_sites_language(naul_report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAUL_LANGUAGE", "ko")
    assert "출석" in naul_report("attendance").output


def test_a_file_for_excel(naul_report: Report, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    assert naul_report("attendance", "--format", "csv", "--output", str(file)).output == ""
    rows = csv.DictReader(io.StringIO(file.read_text("utf-8-sig"), newline=""))
    assert [row["name"] for row in rows] == ["최민서"]


def test_a_spreadsheet_has_dates_and_words(naul_report: Report, tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    assert naul_report("attendance", "--output", str(file)).output == ""
    head, row = CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()
    assert head[:5] == ["date", "period", "section", "hall", "student id"]
    assert row[:7] == [date(2026, 3, 9), 1, "EA0017-1", "E101", "201912345", "최민서", "present"]
    assert isinstance(naul_report("attendance", "--format", "xlsx").exception, RefusedError)


def test_queries_are_listed_and_answered(naul_report: Report) -> None:
    listed = json.loads(naul_report("query", "--format", "json").output)
    assert "student_trend" in [each["query"] for each in listed]
    answer = naul_report("query", "student_trend", "--set", "student=201912345", "--format", "json")
    assert [each["attended"] for each in json.loads(answer.output)] == [1]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("query", "student_trend", "--set", "student"), RefusedError),
        (("attendance", "--output", "/nowhere/a.csv"), RefusedError),
    ],
)
def test_a_mistake_is_named(naul_report: Report, arguments: tuple[str, ...], error: type[Exception]) -> None:
    assert isinstance(naul_report(*arguments).exception, error)


def test_a_date_that_is_none_is_a_mistake_of_usage(naul_report: Report) -> None:
    assert naul_report("attendance", "--date", "today").exit_code == 2


def test_a_home_without_a_store_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["attendance", "--home", str(tmp_path)])
    assert isinstance(result.exception, UnavailableError)
