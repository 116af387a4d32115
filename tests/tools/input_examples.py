"""Files as spreadsheets and calendars write them: made by their libraries, or by hand after what they export."""

import io
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

from enrollment.csv_files import CalendarFrame

__all__ = ["FRAME", "GOOGLE", "OUTLOOK", "SEOUL", "calendar", "event", "workbook"]

SEOUL = ZoneInfo("Asia/Seoul")
FRAME = CalendarFrame(SEOUL)


def workbook(
    sheets: Mapping[str, Sequence[Sequence[Any]]],
    write: Callable[[Any, Any], None] | None = None,
    options: Mapping[str, Any] | None = None,
) -> bytes:
    """A workbook; dates and times have the formats that Excel gives them. write: fills the first sheet itself."""
    data = io.BytesIO()
    given = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(data, {**given, **(options or {})})
    formats = {date: book.add_format({"num_format": "yyyy-mm-dd"}), time: book.add_format({"num_format": "hh:mm"})}
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, date | time | datetime):
                    sheet.write_datetime(at, column, cell, formats[type(cell)])
                else:
                    sheet.write(at, column, cell)
        if write:
            write(sheet, book)
            write = None
    book.close()
    return data.getvalue()


def event(summary: str, location: str, *more: str) -> str:
    """An event, its lines folded as the standard wants it."""
    place = [f"LOCATION:{location}"] if location else []
    uid = f"UID:{abs(hash((summary, location, more)))}"
    return "\r\n".join(["BEGIN:VEVENT", uid, f"SUMMARY:{summary}", *place, *more, "END:VEVENT"])


def calendar(*events: str) -> bytes:
    """A calendar of events, the first of which begins in line 4."""
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//a test//EN", *events, "END:VCALENDAR", ""]
    ).encode()


GOOGLE = """BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:PUBLISH
X-WR-CALNAME:2026-1 컴퓨터공학
X-WR-TIMEZONE:Asia/Seoul
BEGIN:VTIMEZONE
TZID:Asia/Seoul
X-LIC-LOCATION:Asia/Seoul
BEGIN:STANDARD
TZOFFSETFROM:+0900
TZOFFSETTO:+0900
TZNAME:GMT+9
DTSTART:19700101T000000
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
DTSTART;TZID=Asia/Seoul:20260302T090000
DTEND;TZID=Asia/Seoul:20260302T095000
RRULE:FREQ=WEEKLY;WKST=SU;UNTIL=20260615T145959Z;BYDAY=MO,TU,WE
EXDATE;TZID=Asia/Seoul:20260316T090000
DTSTAMP:20260220T012345Z
UID:6oqj2e9pcoo3cb9kc5ij0b9k6sp32b9o@google.com
CREATED:20260210T050000Z
DESCRIPTION:담당 김나얼\\, 매주 월화수. 강의 계획서는 학과 홈페이지에 있습니다
 .
LAST-MODIFIED:20260210T050000Z
LOCATION:B12\\, 제2공학관\\, 서울
SEQUENCE:0
STATUS:CONFIRMED
SUMMARY:CS2001-2 자료구조
TRANSP:OPAQUE
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:This is an event reminder
TRIGGER:-P0DT0H10M0S
END:VALARM
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID=Asia/Seoul:20260311T150000
DTEND;TZID=Asia/Seoul:20260311T155000
DTSTAMP:20260220T012345Z
UID:6oqj2e9pcoo3cb9kc5ij0b9k6sp32b9o@google.com
RECURRENCE-ID;TZID=Asia/Seoul:20260311T090000
LOCATION:B13
SEQUENCE:1
STATUS:CONFIRMED
SUMMARY:CS2001-2 자료구조 (보강)
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID=Asia/Seoul:20260318T090000
DTEND;TZID=Asia/Seoul:20260318T095000
DTSTAMP:20260220T012345Z
UID:6oqj2e9pcoo3cb9kc5ij0b9k6sp32b9o@google.com
RECURRENCE-ID;TZID=Asia/Seoul:20260318T090000
STATUS:CANCELLED
SUMMARY:CS2001-2 자료구조
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20260505
DTEND;VALUE=DATE:20260506
DTSTAMP:20260220T012345Z
UID:holiday-20260505@google.com
SUMMARY:어린이날
TRANSP:TRANSPARENT
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n").encode()
"""An export of Google Calendar: a series with a left-out, a moved and a cancelled occurrence, and a holiday."""

OUTLOOK = """BEGIN:VCALENDAR
PRODID:-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN
VERSION:2.0
METHOD:PUBLISH
X-CALSTART:20260303T010000Z
X-CALEND:20260609T014000Z
X-CLIPSTART:20260228T150000Z
X-CLIPEND:20260630T150000Z
X-WR-RELCALID:{00000032-6D6D-4F8C-9B6E-1D4A5A3E9F10}
X-WR-CALNAME:Lectures
X-PRIMARY-CALENDAR:TRUE
X-OWNER;CN="Office":mailto:office@example.ac.kr
X-MS-OLK-WKHRSTART;TZID="Korea Standard Time":080000
BEGIN:VTIMEZONE
TZID:Korea Standard Time
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0900
TZOFFSETTO:+0900
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
CATEGORIES:Red Category
CLASS:PUBLIC
CREATED:20260210T050000Z
DESCRIPTION:\\n
DTEND;TZID="Korea Standard Time":20260303T104000
DTSTAMP:20260210T050000Z
DTSTART;TZID="Korea Standard Time":20260303T100000
LAST-MODIFIED:20260210T050000Z
LOCATION:E101
PRIORITY:5
RRULE:FREQ=WEEKLY;COUNT=15;BYDAY=TU
SEQUENCE:0
SUMMARY;LANGUAGE=ko:EA0017-1 수학 및 연습 1: 미분과 적분\\, 다변수 함수까지 다룹
\t니다
TRANSP:OPAQUE
UID:040000008200E00074C5B7101A82E00800000000
X-ALT-DESC;FMTTYPE=text/html:<html><body><p>=cmd|'/c calc'!A0</p></body></html>
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
X-MICROSOFT-CDO-IMPORTANCE:1
X-MICROSOFT-DISALLOW-COUNTER:FALSE
X-MS-OLK-CONFTYPE:0
BEGIN:VALARM
TRIGGER:-PT15M
ACTION:DISPLAY
DESCRIPTION:Reminder
END:VALARM
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n").encode()
"""An export of Outlook: a Windows time zone, its own properties, lines folded by a tab."""
