"""``naul roster load`` and ``naul timetable load`` of workbooks and calendars."""

from collections.abc import Callable
from datetime import date, time
from pathlib import Path

from click.testing import Result

from enrollment.loaded import class_hours, rosters
from schemas.settings import Settings
from tests.tools.input_examples import GOOGLE, workbook

Naul = Callable[..., Result]


def test_rosters_of_a_workbook(run: Naul, site: Settings, tmp_path: Path) -> None:
    file = tmp_path / "rosters.xlsx"
    rows = [["section", "student_id", "name"], ["CS2001-2", 201912345, "김나얼"]]
    file.write_bytes(workbook({"Roster": rows, "Old": rows}))
    refused = run("roster", "load", str(file))
    assert "name the one that is meant: Roster, Old" in str(refused.exception)
    done = run("roster", "load", str(file), "--sheet", "Roster")
    assert done.exit_code == 0, done.output
    assert "an Excel workbook, sheet Roster" in done.output
    assert [each.student_id for each in rosters(site).on("CS2001-2", date(2026, 3, 9)).students] == ["201912345"]


def test_a_timetable_of_a_calendar_and_of_a_workbook(run: Naul, site: Settings, tmp_path: Path) -> None:
    file = tmp_path / "term.ics"
    file.write_bytes(GOOGLE)
    done = run("timetable", "load", str(file), "--from", "2026-03-02", "--until", "2026-06-19")
    assert done.exit_code == 0, done.output
    assert "without those of 어린이날" in done.output
    loaded = class_hours(site)
    assert {each.section for each in loaded} == {"CS2001-2"}
    again = run("timetable", "load", str(file), "--from", "2026-03-02", "--until", "2026-06-19")
    assert f"{len(loaded)} as before" in again.output
    book = tmp_path / "term.xlsx"
    columns = ["section", "hall", "date", "period", "starts_at", "ends_at"]
    book.write_bytes(workbook({"T": [columns, ["EA0017-1", "E101", date(2026, 3, 9), 1, time(9), time(9, 50)]]}))
    assert run("timetable", "load", str(book)).exit_code == 0
    assert {each.section for each in class_hours(site)} == {"CS2001-2", "EA0017-1"}
