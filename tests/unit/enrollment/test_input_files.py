"""CSV files, workbooks and calendars: the same class hours from each, and what is wrong told with its place."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from enrollment import timetable
from enrollment.csv_files import MOST_LINES, CalendarFrame
from enrollment.input_files import MOST_BYTES, InputFile, InputTable, read_input
from enrollment.roster import COLUMNS as ROSTER
from enrollment.roster import rosters_of
from enrollment.timetable import class_hours_of, plan, write_timetable
from schemas.errors import RefusedError
from schemas.messages import ClassHour
from tests.tools.input_examples import FRAME, GOOGLE, OUTLOOK, SEOUL, calendar, event, workbook

COLUMNS = timetable.COLUMNS
TERM = CalendarFrame(SEOUL, date(2026, 3, 2), date(2026, 6, 19))


def read(data: bytes, name: str, frame: CalendarFrame = FRAME, sheet: str = "", columns: Any = COLUMNS) -> InputTable:
    return read_input(InputFile(data, name, sheet=sheet), columns, frame)


def hours(found: InputTable) -> list[ClassHour]:
    entries, problems = class_hours_of(found.table, SEOUL)
    assert problems == []
    return [each for _, each in entries]


def refused(found: InputTable) -> str:
    entries, problems = class_hours_of(found.table, SEOUL)
    with pytest.raises(RefusedError) as error:
        plan(entries, problems, found.source, {}, datetime(2026, 1, 1, tzinfo=UTC))
    assert error.value.remedy == f"Nothing of {found.source.name} was applied."
    return error.value.message


def roster_refused(rows: list[list[Any]], **how: Any) -> str:
    found = read(workbook({"Roster": [list(ROSTER), *rows]}, **how), "rosters.xlsx", columns=ROSTER)
    with pytest.raises(RefusedError) as error:
        rosters_of(found.table, found.source)
    return error.value.message


MEETINGS = st.lists(
    st.tuples(
        st.sampled_from(["EA0017-1", "CS2001-2", "통계 1반".replace(" ", "")]),
        st.sampled_from(["E101", "B12"]),
        st.dates(date(2026, 3, 2), date(2026, 6, 19)),
        st.integers(9, 20),
        st.integers(1, 119),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda each: (each[0], each[2], each[3] // 2),
)


@given(MEETINGS)
@example_settings(max_examples=60, deadline=None)
def test_a_timetable_says_the_same_as_csv_workbook_and_calendar(
    meetings: list[tuple[str, str, date, int, int]],
) -> None:
    meant = []
    for section, hall, day, at, minutes in meetings:
        starts = datetime.combine(day, time(at // 2 * 2), SEOUL)
        ends = starts + timedelta(minutes=minutes)
        meant.append(ClassHour(section=section, hall=hall, date=day, period=at - 8, starts_at=starts.astimezone(UTC),
                               ends_at=ends.astimezone(UTC)))  # fmt: skip
    local = [(each, each.starts_at.astimezone(SEOUL), each.ends_at.astimezone(SEOUL)) for each in meant]
    rows = [
        [each.section, each.hall, each.date, each.period, starts.time(), ends.time()] for each, starts, ends in local
    ]
    events = [
        event(f"{each.section} 강의 {each.period}교시", each.hall, f"DTSTART;TZID=Asia/Seoul:{starts:%Y%m%dT%H%M%S}",
              f"DTEND:{each.ends_at:%Y%m%dT%H%M%SZ}")
        for each, starts, _ in local
    ]  # fmt: skip
    by_csv = hours(read(write_timetable(meant, SEOUL), "t.csv"))
    by_sheet = hours(read(workbook({"T": [list(COLUMNS), *rows]}), "t.xlsx"))
    by_calendar = hours(read(calendar(*events), "t.ics", TERM))
    assert {each.id: each for each in by_csv} == {each.id: each for each in meant}
    assert by_sheet == by_csv
    assert {each.id: each for each in by_calendar} == {each.id: each for each in by_csv}


@pytest.mark.parametrize("what", ["dates", "texts", "numbers"])
def test_dates_and_times_of_a_workbook_may_be_dates_texts_or_numbers(what: str) -> None:
    row = {
        "dates": ["A", "E101", date(2026, 3, 9), 1, time(9), time(9, 50)],
        "texts": ["A", "E101", "2026-03-09", "1", "09:00", "9:50"],
        "numbers": ["A", "E101", 46090, 1, 9 / 24, 9 / 24 + 50 / 1440],
    }[what]
    (found,) = hours(read(workbook({"T": [list(COLUMNS), row]}), "t.xlsx"))
    assert (found.date, found.period) == (date(2026, 3, 9), 1)
    assert found.starts_at == datetime(2026, 3, 9, tzinfo=UTC)
    assert found.ends_at == datetime(2026, 3, 9, 0, 50, tzinfo=UTC)


def test_a_workbook_that_counts_from_1904_has_the_same_dates() -> None:
    rows = [list(COLUMNS), ["A", "E101", date(2026, 3, 9), 1, time(9), time(9, 50)]]
    (found,) = hours(read(workbook({"T": rows}, options={"date_1904": True}), "t.xlsx"))
    assert found.date == date(2026, 3, 9)


def test_midnight_at_the_end_of_a_day() -> None:
    rows = [list(COLUMNS), ["A", "E101", date(2026, 3, 9), 1, time(23), 1.0]]
    (found,) = hours(read(workbook({"T": rows}), "t.xlsx"))
    assert found.ends_at == datetime(2026, 3, 9, 15, tzinfo=UTC)


def test_a_formula_counts_as_the_value_that_was_saved() -> None:
    def write(sheet: Any, _book: Any) -> None:
        sheet.write_row(0, 0, ROSTER)
        sheet.write_row(1, 0, ["A", "201912345"])
        sheet.write_formula(1, 2, '="Kim"&"Na"', None, "KimNa")

    found = read(workbook({"Roster": []}, write=write), "r.xlsx", columns=ROSTER)
    assert [each.name for each in rosters_of(found.table, found.source)[0].students] == ["KimNa"]


def test_a_formula_without_a_value_and_an_error_are_told_by_their_cell() -> None:
    def write(sheet: Any, _book: Any) -> None:
        sheet.write_row(0, 0, ROSTER)
        sheet.write_row(1, 0, ["A", "201912345"])
        sheet.write_formula(1, 2, '="x"', None, "")
        sheet.write_row(2, 0, ["A", "201912346"])
        sheet.write_formula(2, 2, "=NA()", None, "#N/A")

    found = read(workbook({"Roster": []}, write=write), "rosters.xlsx", columns=ROSTER)
    with pytest.raises(RefusedError) as error:
        rosters_of(found.table, found.source)
    assert error.value.message.splitlines() == [
        "rosters.xlsx, sheet Roster, row 2: cell C2 holds a formula whose value is not in the file; "
        "open it in a spreadsheet and save it again, or put values in place of formulas",
        "rosters.xlsx, sheet Roster, row 3: cell C3 holds an error; correct it in the spreadsheet",
    ]


def test_ids_that_a_spreadsheet_made_numbers_are_read_and_lost_zeros_told() -> None:
    rows: list[list[Any]] = [["A", 201912345, "Kim"], ["A", "201912346", "Lee"]]
    found = read(workbook({"Roster": [list(ROSTER), *rows]}), "r.xlsx", columns=ROSTER)
    assert [each.student_id for each in rosters_of(found.table, found.source)[0].students] == ["201912345", "201912346"]
    assert roster_refused([*rows, ["A", 1912347, "Park"]]) == (
        "rosters.xlsx, sheet Roster, row 4: 1912347 is kept as a number and shorter than the others (9 digits): zeros "
        "before it may be lost; give the column the format Text, and write the ids once more"
    )
    assert "15 digits" in roster_refused([["A", 2019123456789012, "Kim"]])
    assert "is what a spreadsheet" in roster_refused([["A", "2.02E+08", "Kim"]])


def test_the_only_sheet_the_named_one_or_none() -> None:
    rows = [list(ROSTER), ["A", "201912345", "Kim"]]
    assert read(workbook({"Roster": rows, "Sheet2": []}), "r.xlsx", columns=ROSTER).source.sheet == "Roster"
    both = workbook({"Roster": rows, "Old": rows})
    assert [each.said() for each in read(both, "r.xlsx", columns=ROSTER).table.problems] == [
        ("has several sheets", "name the one that is meant: Roster, Old")
    ]
    assert read(both, "r.xlsx", sheet="Old", columns=ROSTER).source.sheet == "Old"
    assert [each.said() for each in read(both, "r.xlsx", sheet="New", columns=ROSTER).table.problems] == [
        ("has no sheet 'New'", "name one of: Roster, Old")
    ]


def packed(**parts: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return data.getvalue()


def with_sheet(xml: bytes) -> bytes:
    """A workbook whose only sheet has other cells than it says."""
    plain = io.BytesIO(workbook({"T": [["x"]]}))
    data = io.BytesIO()
    with zipfile.ZipFile(plain) as before, zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as after:
        for each in before.namelist():
            after.writestr(each, xml if each == "xl/worksheets/sheet1.xml" else before.read(each))
    return data.getvalue()


SPACE = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = b'<worksheet xmlns="' + SPACE + b'"><sheetData>%s</sheetData></worksheet>'
WRONG: dict[str, tuple[Callable[[], bytes], str]] = {
    "an old workbook": (
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        "of Excel before 2007, or has a password",
    ),
    "another packed file": (
        lambda: packed(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"),
        "another packed file",
    ),
    "cut": (lambda: workbook({"T": [["x"]]})[:-40], "is no workbook that can be read"),
    "broken inside": (lambda: with_sheet(b"<worksheet><sheetData><row><c r='A1'"), "is no workbook that can be read"),
    "a bomb": (
        lambda: packed(xl__workbook_xml=b"<a/>", xl__media=b"\0" * (401 * 2**20)),
        "unpacks to more than 400 MB",
    ),
    "a cell at the end of the world": (
        lambda: with_sheet(SHEET % b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        f"has more than {MOST_LINES:,} lines",
    ),
    "a cell far to the right": (
        lambda: with_sheet(SHEET % b'<row r="2"><c r="XFD2"><v>1</v></c></row>'), "has a sheet with 16384 columns",
    ),
    "nothing": (lambda: workbook({"T": []}), "has no sheet with anything in it"),
    "no header": (lambda: workbook({"T": [["a", "b"]]}), "is no header"),
}  # fmt: skip


def test_rows_that_are_formatted_and_empty_are_nothing() -> None:
    header = "".join(
        f'<c r="{letter}1" t="inlineStr"><is><t>{name}</t></is></c>' for letter, name in zip("ABC", ROSTER, strict=True)
    )
    texts = "".join(
        f'<c r="{letter}2" t="inlineStr"><is><t>{text}</t></is></c>'
        for letter, text in zip("ABC", ("A", "201912345", "Kim"), strict=True)
    )
    empty = "".join(
        f'<row r="{at}" s="1" customFormat="1"><c r="A{at}" s="1"/><c r="B{at}" s="1"/></row>'
        for at in range(3, 250_000)
    )
    xml = SHEET % f'<row r="1">{header}</row><row r="2">{texts}</row>{empty}'.encode()
    found = read(with_sheet(xml), "r.xlsx", columns=ROSTER)
    assert [each.student_id for each in rosters_of(found.table, found.source)[0].students] == ["201912345"]


def test_a_sheet_that_is_no_sheet_takes_no_time() -> None:
    assert "no workbook" in refused(read(with_sheet(b"<c " * 4_000_000), "t.xlsx"))


@pytest.mark.parametrize("what", WRONG)
def test_a_workbook_that_cannot_be_read_is_refused_with_the_remedy(what: str) -> None:
    make, said = WRONG[what]
    assert said in refused(read(make(), "t.xlsx"))


def test_what_lies_about_its_size_is_counted_all_the_same() -> None:
    data = bytearray(packed(xl__workbook_xml=b"<a/>", xl__media=b"\0" * (401 * 2**20)))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")
    assert "unpacks to more than 400 MB" in refused(read(bytes(data), "t.xlsx"))


def test_a_file_is_refused_before_it_is_read_if_it_is_too_large() -> None:
    with pytest.raises(RefusedError, match="has more than 40 MB"):
        read(b"x" * (MOST_BYTES + 1), "t.csv")
    lines = b"section,student_id,name\n" + b"A,201912345,K\n" * (MOST_LINES + 1)
    assert [each.what for each in read(lines, "r.csv", columns=ROSTER).table.problems] == [
        "has more than {most:,} lines"
    ]


def test_a_calendar_of_google() -> None:
    found = read(GOOGLE, "google.ics", TERM)
    taken = hours(found)
    assert {each.section for each in taken} == {"CS2001-2"}
    mondays = [each for each in taken if each.date.weekday() == 0]
    assert [f"{each.date:%m-%d}" for each in mondays[:4]] == ["03-02", "03-09", "03-23", "03-30"]  # EXDATE 16th
    moved = next(each for each in taken if each.date == date(2026, 3, 11))
    assert (moved.hall, moved.period) == ("B13", 1), "moved to the afternoon of its day, it is still the first"
    assert moved.starts_at == datetime(2026, 3, 11, 6, tzinfo=UTC)
    assert date(2026, 3, 18) not in {each.date for each in taken}, "cancelled"
    assert date(2026, 5, 5) not in {each.date for each in taken}, "a holiday"
    assert [(each.name, each.hours) for each in found.holidays] == [("어린이날", 1)]
    assert "without those of 어린이날 (2026-05-05 to 2026-05-05, class hours: 1)" in found.table.read_as


def test_a_calendar_of_outlook() -> None:
    taken = hours(read(OUTLOOK, "calendar.ics", TERM))
    assert {each.section for each in taken} == {"EA0017-1"}
    assert {each.hall for each in taken} == {"E101"}
    assert taken[0].starts_at == datetime(2026, 3, 3, 1, tzinfo=UTC), "10:00 of Korea Standard Time"
    assert taken[0].period == 2
    assert len(taken) == 15


def test_a_floating_time_is_in_the_sites_zone_and_a_date_is_of_it() -> None:
    late = event("A1 x", "E101", "DTSTART:20260309T230000", "DURATION:PT50M")
    utc = event("B1 x", "E102", "DTSTART:20260308T233000Z", "DURATION:PT50M")
    taken = {each.section: each for each in hours(read(calendar(late, utc), "t.ics"))}
    assert taken["A1"].starts_at == datetime(2026, 3, 9, 14, tzinfo=UTC)
    assert (taken["B1"].date, taken["B1"].period) == (date(2026, 3, 9), 24)


def test_a_period_that_is_loaded_is_found_again() -> None:
    at = datetime(2026, 3, 9, 6, tzinfo=UTC)
    data = calendar(event("A1 x", "E101", "DTSTART:20260309T150000", "DURATION:PT50M"))
    assert [each.period for each in hours(read(data, "t.ics"))] == [7]
    known = CalendarFrame(SEOUL, periods={("A1", at): 5})
    assert [each.period for each in hours(read(data, "t.ics", known))] == [5]


def test_the_section_may_stand_in_a_category() -> None:
    data = calendar(
        event("자료구조", "E101", "DTSTART:20260309T090000", "DURATION:PT50M", "CATEGORIES:Red Category,CS2001-2")
    )
    assert [each.section for each in hours(read(data, "t.ics"))] == ["CS2001-2"]


def test_a_holiday_of_a_section_takes_only_its_class_hours() -> None:
    both = [event(f"{each} x", "E101", "DTSTART:20260309T090000", "DURATION:PT50M") for each in ("A1", "B1")]
    data = calendar(*both, event("A1 휴강", "", "DTSTART;VALUE=DATE:20260309"))
    assert [each.section for each in hours(read(data, "t.ics"))] == ["B1"]


ENDLESS = event("A1 x", "E101", "DTSTART:20260309T090000", "DURATION:PT50M", "RRULE:FREQ=WEEKLY")
BROKEN: dict[str, tuple[bytes, str]] = {
    "endless": (
        calendar(ENDLESS),
        "t.ics, line 4, event 'A1 x': repeats without an end; say from which day to which",
    ),
    "every second": (
        calendar(event("A1 x", "E101", "DTSTART:20260309T090000", "DURATION:PT1S", "RRULE:FREQ=SECONDLY;COUNT=9")),
        "repeats more than once a day",
    ),
    "no section": (
        calendar(event("Lunch", "E101", "DTSTART:20260309T090000", "DURATION:PT1H")),
        "'Lunch' names no section",
    ),
    "no hall": (calendar(event("A1 x", "", "DTSTART:20260309T090000", "DURATION:PT1H")), "'A1 x' has no place"),
    "no such rule": (
        calendar(event("A1 x", "E101", "DTSTART:20260309T090000", "RRULE:FREQ=NEVER")),
        "RRULE cannot be read",
    ),
    "no such day": (calendar(event("A1 x", "E101", "DTSTART:20260399T090000")), "DTSTART cannot be read"),
    "no end": (calendar(event("A1 x", "E101", "DTSTART:20260309T090000")), "lasts from 09:00:00 to 09:00:00"),
    "two days": (calendar(event("A1 x", "E101", "DTSTART:20260309T090000", "DURATION:P2D")), "lasts a day or more"),
    "nowhere": (
        calendar(event("A1 x", "E101", "DTSTART;TZID=Nowhere/Land:20260309T090000", "DURATION:PT1H")),
        "is in the time zone 'Nowhere/Land', which nobody knows",
    ),
    "another century": (
        calendar(event("A1 x", "E101", "DTSTART:19260309T090000", "DURATION:PT1H")),
        "is in the year 1926",
    ),
    "cut": (calendar(ENDLESS)[:-30], "ends before its last line"),
    "not folded": (
        calendar(ENDLESS).replace(b"LOCATION", b"two words\r\nLOCATION"),
        "a line cannot be read (Content line could not be parsed",
    ),
    "nothing": (calendar(), "names no class hour"),
    "two halls of one section": (
        calendar(event("A1 x", "E101", "DTSTART:20260309T090000", "DURATION:PT1H"),
                 event("A1 y", "E102", "DTSTART:20260309T093000", "DURATION:PT1H")),
        "t.ics, line 11, event 'A1 y': A1 on 2026-03-09, period 1 is there already, in line 4, at another time",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_calendar_that_cannot_be_read_is_refused_with_its_line_and_event(what: str) -> None:
    data, said = BROKEN[what]
    assert said in refused(read(data, "t.ics", CalendarFrame(SEOUL)))


def test_a_million_occurrences_are_refused_before_they_are_made() -> None:
    daily = [
        event(f"A{each} x", "E101", "DTSTART:20260101T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY")
        for each in range(3000)
    ]
    whole_year = CalendarFrame(SEOUL, date(2026, 1, 1), date(2026, 12, 31))
    assert "has more than 200,000 class hours" in refused(read(calendar(*daily), "t.ics", whole_year))
    for_ever = CalendarFrame(SEOUL, date(2026, 1, 1), date(2036, 12, 31))
    assert "a year at most" in refused(read(calendar(ENDLESS), "t.ics", for_ever))


def test_a_calendar_is_no_roster() -> None:
    found = read_input(InputFile(GOOGLE, "g.ics"), ROSTER)
    assert [each.what for each in found.table.problems] == ["is a calendar, which has no students"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp949"])
def test_a_calendar_in_another_encoding(encoding: str) -> None:
    taken = hours(read(GOOGLE.decode().encode(encoding), "g.ics", TERM))
    assert len(taken) == len(hours(read(GOOGLE, "g.ics", TERM)))


OF_A_SYSTEM = [
    ["2026학년도 1학기 수강생 명단", "", "", "", ""],
    ["", "", "", "", "출력일 2026. 3. 2."],
    ["순번", "학수번호", "분반", "학 번*", "성명"],
    [1, "EA0017", "1", "201912345", "김나얼"],
    [2, "EA0017", "1", "201912346", "이하나"],
    [3, "EA0017", "2", "201912347", "박지우"],
]
"""A list as systems of Korean universities print it."""


@pytest.mark.parametrize("form", ["xlsx", "cp949", "semicolons"])
def test_a_list_of_a_korean_system_is_read_as_it_is(form: str) -> None:
    def text(separator: str) -> str:
        return "\r\n".join(separator.join(map(str, row)) for row in OF_A_SYSTEM)

    data = {
        "xlsx": workbook({"명단": OF_A_SYSTEM}), "cp949": text(",").encode("cp949"), "semicolons": text(";").encode(),
    }[form]  # fmt: skip
    found = read(data, f"r.{form}", columns=ROSTER)
    rosters = rosters_of(found.table, found.source)
    assert {each.section: [one.name for one in each.students] for each in rosters} == {
        "EA0017-1": ["김나얼", "이하나"],
        "EA0017-2": ["박지우"],
    }
    assert found.table.read_as.endswith(
        "the header in row 3, 학수번호-분반 = section, 학 번* = student_id, 성명 = name, without the columns 순번"
    )
    assert [each.number for each in found.table.lines] == [4, 5, 6]


def test_a_timetable_with_korean_names_dates_and_times() -> None:
    rows = [
        ["강좌번호", "강의실", "수업일", "교시", "시작시간", "종료시간"],
        ["EA0017-1", "E101", "2026. 3. 9.", "1교시", "오전 9:00", "오전 9:50"],
        ["EA0017-1", "E101", "2026/3/10", "제 5교시", "오후 12:30", "1:20 PM"],
        ["EA0017-1", "E101", "2026.03.11", 1, "오전 12:05:30", "0:50"],
    ]
    found = hours(read(workbook({"T": rows}), "t.xlsx"))
    assert [(each.date.day, each.period) for each in found] == [(9, 1), (10, 5), (11, 1)]
    local = [(each.starts_at.astimezone(SEOUL), each.ends_at.astimezone(SEOUL)) for each in found]
    assert [(f"{starts:%H:%M:%S}", f"{ends:%H:%M}") for starts, ends in local] == [
        ("09:00:00", "09:50"),
        ("12:30:00", "13:20"),
        ("00:05:30", "00:50"),
    ]


@pytest.mark.parametrize("time_of_day", ["오전 0:30", "오후 13:00", "오전 9:00 AM", "오 9:00", "9:00 XM"])
def test_a_time_of_a_half_of_the_day_that_there_is_not_is_refused(time_of_day: str) -> None:
    found = read(workbook({"T": [list(COLUMNS), ["A", "E101", "2026-03-09", 1, time_of_day, "23:00"]]}), "t.xlsx")
    assert f"{time_of_day!r} is no time of day" in refused(found)


def test_a_section_of_which_a_part_is_missing_and_a_column_that_is_there_twice_are_refused() -> None:
    columns = ["학수번호", "분반", "학번", "이름"]
    found = read(workbook({"R": [columns, ["EA0017", "", "201912345", "김나얼"]]}), "r.xlsx", columns=ROSTER)
    with pytest.raises(RefusedError, match="row 2: '' is no section"):
        rosters_of(found.table, found.source)
    twice = [[*columns, "학생번호"], ["EA0017", "1", "201912345", "김나얼", "201912346"]]
    found = read(workbook({"R": twice}), "r.xlsx", columns=ROSTER)
    with pytest.raises(RefusedError, match="row 1: the column 'student_id' is there 2 times"):
        rosters_of(found.table, found.source)


def test_what_a_title_lacks_is_told_of_the_header_below_it() -> None:
    found = read("수강생 명단\n\n강좌번호,학번,비고\nEA0017-1,201912345,\n".encode(), "r.csv", columns=ROSTER)
    with pytest.raises(RefusedError) as error:
        rosters_of(found.table, found.source)
    assert error.value.message == "r.csv, line 3: the column 'name' is missing; add it"


def test_a_table_that_names_its_columns_as_naul_does_is_read_as_before_whatever_else_it_has() -> None:
    rows = [["section", "student_id", "name", "학번", "분반"], ["EA0017-1", "201912345", "김나얼", "x", "y"]]
    found = read(workbook({"R": rows}), "r.xlsx", columns=ROSTER)
    assert rosters_of(found.table, found.source)[0].section == "EA0017-1"
    assert found.table.read_as.endswith(", without the columns 학번, 분반")


WIDE = SHEET % b'<row r="1"><c r="A1"><v>1</v></c></row><row r="200000"><c r="GR200000"><v>1</v></c></row>'
FAR = SHEET % b'<row r="99999999"><c r="ZZZ99999999"><v>1</v></c></row>'


def moved(xml: bytes) -> bytes:
    """A workbook whose sheet lies where no sheet is looked for."""
    data = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook({"T": [["x"]]}))) as before, zipfile.ZipFile(data, "w") as after:
        for each in before.namelist():
            content = before.read(each).replace(b"worksheets/sheet1.xml", b"media/image1.png")
            after.writestr(each, content)
        after.writestr("xl/media/image1.png", xml)
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(with_sheet(FAR), "no workbook", id="a row of eight digits"),
        pytest.param(with_sheet(FAR.replace(b"<c ", b"<c a='>' ")), "no workbook", id="behind a sign that ends a tag"),
        pytest.param(moved(FAR), "no workbook", id="in a part that is called a picture"),
        pytest.param(
            with_sheet(SHEET % b'<row r="99999999"><c><v>1</v></c></row>'), "no workbook", id="by its row alone"
        ),
        pytest.param(with_sheet(FAR.decode().encode("utf-16")), "no workbook", id="in UTF-16"),
        pytest.param(with_sheet(WIDE), "more than", id="two cells with 40 million between them"),
        pytest.param(with_sheet(b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + SHEET % b""), "no workbook", id="entities"),
    ],
)
def test_a_sheet_that_would_not_fit_into_the_memory_is_never_made_a_table(data: bytes, said: str) -> None:
    """Calamine ends the whole process, the desk with everybody in it, where its table does not fit."""
    assert re.search(said, refused(read(data, "t.xlsx")))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("FREQ=DAILY;INTERVAL=0;COUNT=9", "repeats no times, or every 0 days"),
        ("FREQ=DAILY;INTERVAL=-1;COUNT=9", "repeats no times, or every 0 days"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=3", "takes too long to be worked out"),
        ("FREQ=DAILY;BYDAY=MO;BYSETPOS=-366;COUNT=1", "takes too long to be worked out"),
    ],
)
def test_a_rule_that_is_never_done_with_is_refused_with_its_line(rule: str, said: str) -> None:
    data = calendar(event("A1 x", "E101", "DTSTART:20260309T090000", "DTEND:20260309T095000", f"RRULE:{rule}"))
    found = read(data, "t.ics").table.problems
    assert [(each.line, said in each.said()[0]) for each in found] == [(4, True)]


@pytest.mark.parametrize(
    "rule", ["FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", "FREQ=DAILY;BYDAY=MO,TU", "FREQ=MONTHLY;BYMONTHDAY=9", "FREQ=YEARLY"]
)
def test_rules_as_calendars_write_them_are_worked_out_for_hundreds_of_sections(rule: str) -> None:
    events = [
        event(
            f"A{n} x",
            "E101",
            "DTSTART:20260309T090000",
            "DTEND:20260309T095000",
            f"RRULE:{rule};UNTIL=20260420T000000Z",
        )
        for n in range(300)
    ]
    assert len({each.fields["section"] for each in read(calendar(*events), "t.ics").table.lines}) == 300
