"""The registrar loads a term in a browser: what a file would change is shown first, and that alone is applied."""

import io
import os
import zipfile
from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from msgspec.structs import replace
from playwright.sync_api import Browser, expect

from enrollment.erasure import erased_record
from enrollment.loaded import class_hours, enrollments, rosters
from infra.machine.jobs import find_job
from infra.machine.waiting_files import KEPT
from infra.operations.people.photo_job import photo_jobs
from infra.operations.privacy.follow_erasures import follow_erasures
from schemas.cluster import send
from schemas.messages import Erased, HallDay, encode
from schemas.settings import Settings
from tests.integration.desk.conftest import (
    HOUR,
    OTHERS,
    STUDENTS,
    ServedDesk,
    SignedIn,
    observation,
    opener,
    served_desk,
)
from tests.integration.desk.test_access_of_pages import form_of, kafka_away, session
from tests.integration.desk.test_accessible import faults
from tests.integration.infra.test_kiosk import photo
from tests.tools.input_examples import GOOGLE, OUTLOOK, workbook

COLUMNS = ["section", "hall", "date", "period", "starts_at", "ends_at"]
ROSTER = ["section", "student_id", "name"]
NASTY = "<img src=x onerror=alert(1)>"


class Office:
    """The registrar, by requests."""

    def __init__(self, desk: ServedDesk, language: str = "en") -> None:
        self.desk = desk
        self.client, self.token = session(desk, "office")
        self.client.headers["accept-language"] = language

    def get(self, address: str) -> str:
        answer = self.client.get(self.desk.url + address)
        assert answer.status_code == 200, answer.text
        return answer.text

    def load(self, place: str, name: str, data: bytes, **fields: str) -> requests.Response:
        """Send a file; return the page of what it would change."""
        files = {"file": (name, data)}
        return self.client.post(f"{self.desk.url}/{place}/load", data={"csrf": self.token, **fields}, files=files)

    def answer(self, shown: requests.Response, do: str = "apply") -> requests.Response:
        """Answer what was shown."""
        return self.client.post(shown.url, data={**form_of(shown.text), "do": do})

    def photos(self, *files: tuple[str, bytes], **fields: str) -> requests.Response:
        """Send photos; return the page of the job."""
        sent = [("photos", each) for each in files]
        data = {"csrf": self.token, "consent": "1", **fields}
        return self.client.post(f"{self.desk.url}/people/photos", data=data, files=sent)

    def ended(self, shown: requests.Response) -> str:
        """Return the page of a job when nobody is at work any more."""
        name = shown.url.rpartition("/")[2]
        while not ((job := find_job(self.desk.settings, name)) and job.ended):
            self.desk.desk._stop.wait(0.1)
        return self.client.get(shown.url).text


@pytest.fixture
def office(desk: ServedDesk) -> Office:
    return Office(desk)


def timetable(*rows: list[Any]) -> bytes:
    return workbook({"Timetable": [COLUMNS, *rows]})


def waiting(settings: Settings) -> list[Path]:
    return [each for each in (settings.home / "uploads" / "loads").rglob("*") if each.is_file()]


def test_a_timetable_is_shown_then_applied_and_its_file_is_gone(office: Office) -> None:
    settings = office.desk.settings
    rows = (
        [HOUR.section, "E102", HOUR.date, 1, time(9), time(9, 50)],
        [HOUR.section, "E102", date(2026, 3, 10), 1, time(9), time(9, 50)],
    )
    shown = office.load("timetable", "spring.xlsx", timetable(rows[1]))
    assert "What spring.xlsx would change" in shown.text
    assert "an Excel workbook, sheet Timetable" in shown.text
    files = waiting(settings)
    assert {each.stat().st_mode & 0o777 for each in files} == {0o600}
    assert {each.parent.stat().st_mode & 0o777 for each in files} == {0o700}
    before = class_hours(settings)
    assert len(before) == 2, "nothing was applied"
    done = office.answer(shown)
    assert "Loaded." in done.text
    assert [each.date for each in class_hours(settings) if each.section == HOUR.section] == [
        HOUR.date,
        date(2026, 3, 10),
    ]
    assert waiting(settings) == []
    office.desk.stored()
    assert "loaded a timetable" in office.get("/audit")


def test_what_was_not_wanted_is_deleted_and_nothing_is_applied(office: Office) -> None:
    shown = office.load(
        "timetable", "spring.xlsx", timetable(["X1", "E102", date(2026, 3, 10), 1, time(9), time(9, 50)])
    )
    assert "the file is deleted" in office.answer(shown, "drop").text
    assert waiting(office.desk.settings) == []
    assert len(class_hours(office.desk.settings)) == 2
    assert office.client.get(shown.url).status_code == 404


def test_a_site_that_changed_meanwhile_refuses_and_shows_the_changes_anew(office: Office) -> None:
    settings, day = office.desk.settings, date(2026, 3, 11)
    shown = office.load("timetable", "a.xlsx", timetable([OTHERS.section, "B12", day, 1, time(9), time(9, 50)]))
    late = replace(OTHERS, date=day, period=2, starts_at=OTHERS.starts_at + timedelta(days=2, hours=3),
                   ends_at=OTHERS.ends_at + timedelta(days=2, hours=3))  # fmt: skip
    other = HallDay(hall="B12", date=day, hours=(late,))
    send(settings, [(settings.topic("timetable"), f"B12|{day}".encode(), encode(other), None, None)])
    again = office.answer(shown)
    assert again.status_code == 409
    assert "The site has changed since these changes were shown" in again.text
    assert [each.period for each in class_hours(settings) if each.date == day] == [2], "nothing was applied"
    assert office.answer(again).status_code == 200
    assert [each.period for each in class_hours(settings) if each.date == day] == [1]


@pytest.mark.parametrize(("name", "data", "hours"), [("google.ics", GOOGLE, 43), ("calendar.ics", OUTLOOK, 15)])
def test_a_calendar_is_a_timetable(office: Office, name: str, data: bytes, hours: int) -> None:
    shown = office.load("timetable", name, data, first="2026-03-10", last="2026-06-19")
    assert shown.status_code == 200, shown.text
    if name == "google.ics":
        assert "어린이날" in shown.text
    assert office.answer(shown).status_code == 200
    section = "CS2001-2" if name == "google.ics" else "EA0017-1"
    loaded = [
        each for each in class_hours(office.desk.settings) if each.section == section and each.date >= date(2026, 3, 10)
    ]
    assert loaded
    assert loaded[-1].date >= date(2026, 6, 9)


BROKEN: dict[str, tuple[str, bytes, str, str]] = {
    "a line": ("t.csv", b"section,hall,date,period,starts_at,ends_at\nA,E1,2026-3-32,1,09:00,09:50\n",
               "t.csv, line 2: &#39;2026-3-32&#39; is no date", "t.csv 2행"),
    "a row": ("t.xlsx", workbook({"One": [COLUMNS, ["A", "E1", "soon", 1, time(9), time(10)]]}),
              "t.xlsx, sheet One, row 2: &#39;soon&#39; is no date", "t.xlsx One 시트 2행"),
    "sheets": ("t.xlsx", workbook({"One": [["a"]], "Two": [["b"]]}), "name the one that is meant: One, Two",
               "One, Two"),
    "an event": ("t.ics", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Lunch\r\n"
                 b"DTSTART:20260309T090000\r\nDTEND:20260309T100000\r\n"
                 b"END:VEVENT\r\nEND:VCALENDAR\r\n", "t.ics, line 2, event &#39;Lunch&#39;", "t.ics 2행"),
    "an encoding": ("t.csv", b"section,hall\n\xff\xff\n", "is neither UTF-8 nor CP949", "CP949"),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_is_refused_in_the_readers_language_with_its_place(office: Office, what: str) -> None:
    name, data, english, korean = BROKEN[what]
    shown = office.load("timetable", name, data)
    assert shown.status_code == 400
    assert english in shown.text
    assert f"Nothing of {name} was applied." in shown.text
    assert 'value="apply"' not in shown.text
    said = Office(office.desk, "ko").load("timetable", name, data).text
    assert korean in said
    assert "was applied" not in said


def test_what_is_too_large_is_refused_before_it_is_read(office: Office) -> None:
    shown = office.load("timetable", "large.csv", b"x" * (41 * 2**20))
    assert shown.status_code == 400
    assert "what was sent has more than 40 MB" in shown.text
    assert waiting(office.desk.settings) == []


def test_rosters_with_their_dates(office: Office) -> None:
    first = [[HOUR.section, each.student_id, each.name] for each in STUDENTS[1:]]
    shown = office.load(
        "people",
        "roster.xlsx",
        workbook({"R": [ROSTER, *first, [HOUR.section, "201900099", "=1+1"]]}),
        since="2026-03-10",
    )
    assert "Leave; what was before that day stays theirs: 1" in shown.text
    assert "Join; they were not absent before: 1" in shown.text
    assert office.answer(shown).status_code == 200
    lists = rosters(office.desk.settings)
    assert STUDENTS[0] in lists.on(HOUR.section, date(2026, 3, 9)).students
    assert STUDENTS[0] not in lists.on(HOUR.section, date(2026, 3, 10)).students
    section = office.get(f"/people/section?section={HOUR.section}")
    assert ("On the roster: 5" in section, "To come: 1" in section, "No longer on it" in section) == (True, True, False)
    assert "9 Mar 2026" in section or "Mar 9, 2026" in section
    assert "=1+1" in section
    assert "<img" not in section
    assert "&lt;img src=x onerror=alert(1)&gt;" in section
    student = office.get("/people/student?student=201900099")
    assert "No consent for a face template is on record" in student
    assert "from Mar 10, 2026 on" in student
    office.desk.stored()
    assert "looked at the record" in office.get("/audit?student=201900099")


def test_a_search_finds_ids_and_names(office: Office) -> None:
    assert STUDENTS[0].student_id in office.get(f"/people?find={STUDENTS[0].name}")
    found = office.get(f"/people?find={STUDENTS[1].student_id}")
    assert STUDENTS[1].name in found
    assert STUDENTS[2].name not in found
    assert "No roster has anybody" in office.get("/people?find=nobody")


def test_another_registrar_does_not_reach_what_waits(office: Office) -> None:
    office.desk.account("second", "registrar")
    shown = office.load("timetable", "a.xlsx", timetable(["X1", "E102", date(2026, 3, 10), 1, time(9), time(9, 50)]))
    client, token = session(office.desk, "second")
    assert client.get(shown.url).status_code == 404
    assert client.post(shown.url, data={"csrf": token, "do": "apply"}).status_code == 404


def test_kafka_away_loses_no_file(office: Office) -> None:
    shown = office.load("timetable", "a.xlsx", timetable(["X1", "E102", date(2026, 3, 10), 1, time(9), time(9, 50)]))
    with kafka_away(office.desk):
        away = office.answer(shown)
    assert away.status_code == 503
    fields = form_of(away.text)
    assert office.client.post(shown.url, data=fields).status_code == 200
    assert "X1" in {each.section for each in class_hours(office.desk.settings)}


def test_a_session_that_ended_says_that_the_file_was_not_taken(desk: ServedDesk) -> None:
    answer = requests.post(
        f"{desk.url}/timetable/load", files={"file": ("a.csv", b"x")}, headers={"accept": "text/html"}, timeout=30
    )
    assert answer.status_code == 401
    assert "choose the file once more" in answer.text


def zipped(*files: tuple[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        for name, content in files:
            packed.writestr(name, content)
    return data.getvalue()


def test_photos_in_bulk_are_enrolled_and_each_fault_is_told(office: Office, tmp_path: Path) -> None:
    settings = office.desk.settings
    first, second, third = (each.student_id for each in STUDENTS[:3])
    heic = (Path(__file__).parent / "student-3.heic").read_bytes()
    shown = office.photos(
        (f"{first}.png", photo(1)),
        (f"{second}.jpg", b"%PDF-1.7 not a photo"),
        (f"{third}.heic", heic),
        ("209900001.png", photo(2)),
        ("notes.pdf", b"%PDF-1.7"),
        (f"{NASTY}.png", photo(4)),
        ("more.zip", zipped((f"../../{first}_2.png", photo(1, 2)), ("한글/읽기.txt", b"x"))),
    )
    assert shown.status_code == 200, shown.text
    assert "/people/photos/" in shown.url
    page = office.ended(shown)
    assert "Photos were enrolled" in page, page
    enrolled = enrollments(settings)
    assert first in enrolled
    assert third in enrolled, "HEIC"
    assert second not in enrolled
    assert "209900001" not in enrolled, "on no roster"
    assert enrolled[first].templates[0].photos == 2
    assert "a PDF" in page
    assert "209900001 is on no roster" in page
    assert "notes.pdf" in page
    assert "<img" not in page
    assert not [each for each in settings.home.rglob("*") if each.suffix in (".png", ".heic")], "photos are not kept"
    korean = Office(office.desk, "ko").client.get(shown.url).text
    assert "명단에 없" in korean
    student = office.get(f"/people/student?student={first}")
    assert "Consent for a face template is on record since" in student
    assert "Put on record by office" in student
    check = office.get("/people/check")
    assert third in check


def test_other_photos_of_somebody_are_asked_for(office: Office) -> None:
    student = STUDENTS[0].student_id
    office.ended(office.photos((f"{student}_1.png", photo(1)), (f"{student}_2.png", photo(1, 2))))
    shown = office.photos((f"{student}.png", photo(5)))
    page = office.ended(shown)
    assert "Photos: a question is open" in page
    before = enrollments(office.desk.settings)[student]
    answer = office.client.post(shown.url, data={"csrf": office.token, "what": "replace"})
    assert "Photos were enrolled" in office.ended(answer)
    assert enrollments(office.desk.settings)[student].version == before.version + 1


def test_photos_without_consent_or_without_a_file_are_not_taken(office: Office) -> None:
    assert "confirm first that you hold" in office.photos(("201900001.png", photo(1)), consent="").text
    assert "No file was chosen" in office.photos().text
    assert photo_jobs(office.desk.settings) == []


def test_halls_with_the_age_of_their_cameras_and_no_photo(office: Office) -> None:
    office.desk.tell(observation(live=True))
    while not office.desk.desk.live.look("E101", lambda now: dict(now.frames)):
        office.desk.desk._stop.wait(0.05)
    page = office.get("/halls")
    assert "1 min ago" in page or "60 s ago" in page
    assert "sends" in page
    assert "no camera sends" in page, "the other hall"
    assert "<img" not in page
    office.desk.now += timedelta(minutes=20)
    assert ">away<" in office.get("/halls")
    tech, _ = session(office.desk, "tech")
    assert tech.get(f"{office.desk.url}/halls").status_code == 200
    assert STUDENTS[0].name not in tech.get(f"{office.desk.url}/halls").text


def test_an_erasure_deletes_whatever_waits_for_it_may_name_him(office: Office) -> None:
    settings = office.desk.settings
    office.load("people", "r.xlsx", workbook({"R": [ROSTER, ["A", "201900099", "Kim"]]}))
    assert waiting(settings)
    send(settings, [erased_record(settings, Erased(student=b"", by="office", at=office.desk.now))])
    follow_erasures(settings)
    assert waiting(settings) == []


def test_old_files_are_swept_away(office: Office) -> None:
    shown = office.load("timetable", "a.xlsx", timetable(["X1", "E102", date(2026, 3, 10), 1, time(9), time(9, 50)]))
    folder = office.desk.settings.home / "uploads" / "loads" / shown.url.rpartition("/")[2]
    old = folder.stat().st_mtime - KEPT - 60
    os.utime(folder, (old, old))
    office.load("timetable", "b.xlsx", timetable(["X1", "E102", date(2026, 3, 10), 1, time(9), time(9, 50)]))
    assert not folder.exists()


def test_what_a_killed_desk_had_half_written_is_gone_when_one_starts(site: Settings) -> None:
    half = site.home / "scratch" / ("0" * 32) / "file"
    half.parent.mkdir(parents=True)
    half.write_text("a register", "utf-8")
    with served_desk(site) as desk:
        while half.parent.exists():
            desk.desk._stop.wait(0.02)


@pytest.fixture
def signed_in(desk: ServedDesk, browser: Browser) -> Iterator[SignedIn]:
    with opener(desk, browser) as enter:
        yield enter


@pytest.mark.parametrize("look", ["en-1280", "ko-390"])
def test_a_term_is_loaded_in_a_browser(desk: ServedDesk, signed_in: Any, tmp_path: Path, look: str) -> None:
    language, width = look.split("-")
    page = signed_in(
        "office", locale="ko-KR" if language == "ko" else "en-GB", viewport={"width": int(width), "height": 900}
    )
    said = {
        "en": ("Timetable", "Show what it would change", "Apply exactly this", "Loaded."),
        "ko": ("시간표", "바뀌는 내용 보기", "이대로 적용", "불러왔습니다"),
    }[language]
    file = tmp_path / "spring.xlsx"
    file.write_bytes(timetable([NASTY.replace("/", ""), "E102", date(2026, 3, 10), 1, time(9), time(9, 50)],
                               ["=cmd", "E103", date(2026, 3, 10), 1, time(9), time(9, 50)]))  # fmt: skip
    page.get_by_role("link", name=said[0]).click()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name=said[1]).click()
    expect(page.locator("#new li")).to_have_count(2)
    assert page.locator("main img").count() == 0
    assert faults(page) == []
    shots(page, f"load-{look}")
    page.get_by_role("button", name=said[2]).click()
    expect(page.get_by_role("status").first).to_contain_text(said[3])
    shots(page, f"timetable-{look}")
    assert {"=cmd", NASTY} <= {each.section for each in class_hours(desk.settings)}


@pytest.mark.parametrize("look", ["en-1280", "ko-390"])
def test_photos_are_enrolled_in_a_browser(desk: ServedDesk, signed_in: Any, tmp_path: Path, look: str) -> None:
    language, width = look.split("-")
    page = signed_in(
        "office", locale="ko-KR" if language == "ko" else "en-GB", viewport={"width": int(width), "height": 900}
    )
    files = [
        tmp_path / f"{STUDENTS[0].student_id}.jpg",
        tmp_path / f"{STUDENTS[1].student_id}.jpg",
        tmp_path / f"{NASTY.replace('/', '')}.png",
    ]
    for file, data in zip(files, (photo(1), b"%PDF-1.7 no photo", photo(2)), strict=True):
        file.write_bytes(data)
    page.goto(f"{desk.url}/people")
    page.locator("input[name=photos]").set_input_files(files)
    page.locator("input[name=consent]").check()
    page.get_by_role("button", name={"en": "Enrol them", "ko": "등록하기"}[language]).click()
    done = {"en": "Photos were enrolled", "ko": "사진을 등록했습니다"}[language]
    expect(page.get_by_role("heading", level=1)).to_have_text(done)  # the page asks again by itself
    expect(page.locator(".faults li")).to_have_count(2)
    assert faults(page) == []
    assert page.locator("main img").count() == 0
    shots(page, f"photos-{look}")


def shots(page: Any, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
