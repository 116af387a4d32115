"""The examples of docs/loading-a-term.md are read as it says."""

import re
from datetime import date
from pathlib import Path

from enrollment import roster, timetable
from enrollment.csv_files import CalendarFrame, CsvTable
from enrollment.input_files import InputFile, read_input
from enrollment.timetable import class_hours_of
from tests.tools.input_examples import SEOUL

PAGE = (Path(__file__).parents[3] / "docs" / "loading-a-term.md").read_text("utf-8")


def example(kind: str, place: int) -> bytes:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)[place].encode()  # type: ignore[no-any-return]


def table(data: bytes, columns: tuple[str, ...]) -> CsvTable:
    found = read_input(InputFile(data, "example"), columns, CalendarFrame(SEOUL)).table
    assert found.problems == ()
    return found


def test_the_rosters() -> None:
    (found,) = roster.rosters_of(table(example("csv", 0), roster.COLUMNS), "example")
    assert [each.name for each in found.students] == ["김나얼", "이하나"]


def test_the_list_of_a_system() -> None:
    (found,) = roster.rosters_of(table(example("csv", 1), roster.COLUMNS), "example")
    assert (found.section, [each.name for each in found.students]) == ("CS2001-2", ["김나얼"])


def test_the_timetable() -> None:
    entries, problems = class_hours_of(table(example("csv", 2), timetable.COLUMNS), SEOUL)
    assert problems == []
    assert [each.hall for _, each in entries] == ["B12"]


def test_the_calendar() -> None:
    entries, problems = class_hours_of(table(example("ics", 0), timetable.COLUMNS), SEOUL)
    assert problems == []
    days = [each.date for _, each in entries]
    assert days[:3] == [date(2026, 3, 9), date(2026, 3, 11), date(2026, 3, 18)]
    assert {(each.section, each.hall, each.period) for _, each in entries} == {("CS2001-2", "B12", 1)}
    assert days[-1] == date(2026, 6, 15)
