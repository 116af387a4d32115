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


def test_what_a_calendar_has_no_longer_is_removed_up_to_the_end_of_the_days_that_are_meant(
    run: Naul, site: Settings, tmp_path: Path
) -> None:
    file, term = tmp_path / "term.ics", ("--from", "2097-03-02", "--until", "2097-06-19")
    later = GOOGLE.replace(b"2026", b"2097")
    file.write_bytes(later)
    assert run("timetable", "load", str(file), *term).exit_code == 0
    assert max(each.date for each in class_hours(site)) > date(2097, 6, 1)
    file.write_bytes(later.replace(b"UNTIL=20970615", b"UNTIL=20970531"))
    done = run("timetable", "load", str(file), *term, "--yes")
    assert done.exit_code == 0, done.output
    assert max(each.date for each in class_hours(site)) < date(2097, 6, 1)
