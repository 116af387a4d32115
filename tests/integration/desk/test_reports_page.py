"""Reports of a term in a browser and as files: who sees what, and what of it is true."""

import csv
import io
import os
import time
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
import requests
from msgspec.structs import replace
from playwright.sync_api import Browser, expect
from python_calamine import CalamineWorkbook

from schemas.cluster import send
from schemas.messages import Absence, HallDay, Term, encode
from tests.integration.desk.conftest import (
    HOUR,
    NINE,
    OTHERS,
    STUDENTS,
    ServedDesk,
    SignedIn,
    coverage,
    opener,
    row,
    store_silent,
)
from tests.integration.desk.test_access_of_pages import REFUSED, kafka_away, session
from tests.integration.desk.test_accessible import BROKEN, LOOKS, faults
from tests.integration.desk.test_links import Links

TERM = "2026-1"
EVERY = ("/reports", "/reports/slipping", "/reports/standing", "/reports/student", "/reports/files")
HIM = STUDENTS[3]
EVIL = STUDENTS[4]
ASKED = {
    "rates": f"/reports?term={TERM}",
    "rates-by-week": "/reports?since=2026-03-01&until=2026-03-31&by=week&order=rate",
    "slipping": f"/reports/slipping?term={TERM}",
    "standing": f"/reports/standing?term={TERM}",
    "standing-of-no-term": "/reports/standing?since=2026-03-01&until=2026-03-31",
    "student": f"/reports/student?term={TERM}&student={HIM.student_id}",
    "students": f"/reports/student?term={TERM}&q=2019",
    "files": f"/reports/files?term={TERM}",
}


@pytest.fixture(scope="module")
def told(shared_desk: ServedDesk) -> ServedDesk:
    """Two class hours that have closed, with each class of verdict; a term; an hour of which nothing is on record."""
    desk = shared_desk
    desk.now = NINE + timedelta(hours=3)
    term = Term(
        term=TERM, first=date(2026, 3, 2), last=date(2026, 6, 19), faculties={"EA": "전자공학부"}, loaded_at=NINE,
        by="office",
    )  # fmt: skip
    desk.site.tell_raw("terms", TERM.encode(), encode(term))
    lost = replace(
        HOUR, period=2, starts_at=HOUR.starts_at + timedelta(hours=1), ends_at=HOUR.ends_at + timedelta(hours=1)
    )
    day = HallDay(hall=HOUR.hall, date=HOUR.date, hours=(HOUR, lost))
    send(
        desk.settings,
        [(desk.settings.topic("timetable"), f"{HOUR.hall}|{HOUR.date}".encode(), encode(day), None, None)],
    )
    away = (Absence(departed_at=NINE + timedelta(minutes=10), returned_at=NINE + timedelta(minutes=22)),)
    left = NINE + timedelta(minutes=30)
    other = {"section": OTHERS.section, "hall": OTHERS.hall, "class_hour": OTHERS.id}
    desk.tell(
        coverage(final=True),
        row(0, final=True, absences=away),
        row(1, "late", arrived_at=NINE + timedelta(minutes=12), final=True),
        row(2, "unobserved", final=True),
        row(3, "absent", final=True),
        row(4, "left_early", departed_at=left, absences=(Absence(departed_at=left),), final=True),
        replace(coverage(final=True), section=OTHERS.section, hall=OTHERS.hall, class_hour=OTHERS.id),
        replace(row(0, "official_leave", source="lee", final=True), **other),
        replace(row(1, final=True), **other),
    )
    desk.stored()
    while desk.desk.calendar.hour(lost.id) is None:  # it is read every two seconds
        time.sleep(0.02)
    return desk


@pytest.fixture
def signed_in(told: ServedDesk, browser: Browser) -> Iterator[SignedIn]:
    with opener(told, browser) as enter:
        yield enter


def get(desk: ServedDesk, name: str, address: str, language: str = "en") -> requests.Response:
    client, _ = session(desk, name)
    return client.get(desk.url + address, headers={"accept-language": language})


def take(desk: ServedDesk, name: str, **fields: str) -> requests.Response:
    client, token = session(desk, name)
    return client.post(f"{desk.url}/reports/file", data={"csrf": token, "term": TERM, **fields})


def test_the_registrar_sees_all_and_what_nobody_saw_is_a_class_of_its_own(told: ServedDesk) -> None:
    page = get(told, "office", ASKED["rates"]).text
    for shown in (HOUR.section, OTHERS.section, "2 class hours have closed", "80.0 %", "Unobserved are 14.3 %"):
        assert shown in page, shown
    assert "1 class hours are over by the timetable, and nothing is on record of them" in page
    faculties = get(told, "office", f"{ASKED['rates']}&by=faculty", "ko").text
    assert "전자공학부" in faculties
    assert "학부 미지정" in faculties
    assert OTHERS.section not in get(told, "office", f"{ASKED['rates']}&q=ea0017").text.split("Week by week")[0]


def test_a_professor_sees_the_sections_that_he_teaches(told: ServedDesk) -> None:
    for address in ASKED.values():
        assert OTHERS.section not in get(told, "kim", address).text, address
        assert HOUR.section not in get(told, "lee", address).text, address
    assert HOUR.section in get(told, "kim", ASKED["rates"]).text
    assert "official leave" in get(told, "lee", f"/reports/student?term={TERM}&student={STUDENTS[0].student_id}").text
    assert "Nobody on the rosters" in get(told, "lee", ASKED["student"]).text


def test_an_engineer_sees_numbers_and_nobody(told: ServedDesk) -> None:
    for address in EVERY[:3]:
        page = get(told, "tech", f"{address}?term={TERM}&q=2019").text
        for student in STUDENTS:
            assert student.student_id not in page, address
        assert "김나얼" not in page
    assert "2 students left class hours early" in get(told, "tech", ASKED["slipping"]).text
    for address in EVERY[3:]:
        assert get(told, "tech", address).status_code in REFUSED


@pytest.mark.parametrize("name", ["naeol", "park", "tech"])
def test_who_has_no_right_to_it_reaches_no_file_by_any_name(told: ServedDesk, name: str) -> None:
    for kind in ("attendance", "rates", "slipping", "standing", "student", "moodle", "canvas", "register"):
        for section in ("", HOUR.section, OTHERS.section):
            answer = take(told, name, kind=kind, format="csv", section=section, student=STUDENTS[0].student_id)
            assert answer.status_code in REFUSED, (kind, section)


@pytest.mark.parametrize("name", ["naeol", "park"])
def test_students_and_assistants_reach_no_report(told: ServedDesk, name: str) -> None:
    for address in (*EVERY, *ASKED.values(), f"/reports/student?student={STUDENTS[0].student_id}"):
        assert get(told, name, address).status_code in REFUSED, address
    assert "/reports" not in get(told, name, "/").text


def test_a_professor_takes_nothing_of_others_away(told: ServedDesk) -> None:
    assert take(told, "kim", kind="attendance", format="csv", section=OTHERS.section).status_code in REFUSED
    mine = take(told, "kim", kind="attendance", format="csv").content.decode("utf-8-sig")
    assert HOUR.section in mine
    assert OTHERS.section not in mine
    his = take(told, "lee", kind="student", format="csv", student=STUDENTS[3].student_id).content.decode("utf-8-sig")
    assert STUDENTS[3].student_id not in his, "he is in no section of lee"


def test_every_row_of_a_student_leads_to_why_and_the_look_is_on_record(told: ServedDesk, signed_in: SignedIn) -> None:
    page = signed_in("office")
    page.goto(f"{told.url}/reports/student?term={TERM}")
    page.get_by_label("Id or name").fill(HIM.name)
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name=HIM.name)).to_be_visible()
    page.get_by_role("link", name="absent").click()
    expect(page).to_have_url(f"{told.hour}/why?student={HIM.student_id}")
    told.stored()
    page.goto(f"{told.url}/audit?since=2026-03-09&until=2026-03-09&student={HIM.student_id}")
    expect(page.locator("table")).to_contain_text("looked at the record")
    expect(page.locator("table")).to_contain_text(f"one student: {TERM}")


def test_names_are_text_and_who_slips_away_is_told_with_returns_and_minutes(
    told: ServedDesk, signed_in: SignedIn
) -> None:
    page = signed_in("office")
    page.goto(told.url + ASKED["slipping"])
    first, second = page.locator("tbody tr").all()
    assert [each.strip() for each in first.inner_text().split("\t")] == [
        EVIL.name, EVIL.student_id, HOUR.section, "20", "1", "1", "1", "0"
    ]  # fmt: skip
    assert [each.strip() for each in second.inner_text().split("\t")] == [
        STUDENTS[0].name, STUDENTS[0].student_id, HOUR.section, "12", "1", "0", "0", "1"
    ]  # fmt: skip
    page.goto(f"{told.url}/reports/student?q={urlencode({'': EVIL.name})[1:]}")
    expect(page.get_by_role("heading", name=EVIL.student_id)).to_be_visible()


def test_who_is_beyond_the_limit_comes_first_and_the_totals_are_of_all(told: ServedDesk, signed_in: SignedIn) -> None:
    page = signed_in("office")
    page.goto(told.url + ASKED["standing"])
    line = page.locator("tbody tr").first
    expect(line).to_contain_text("beyond the limit")
    totals = page.locator("main > .totals").inner_text()
    page.get_by_label("Standing").select_option("failed")
    page.get_by_label("Id, name or section").fill("nobody of that name")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody tr")).to_have_count(0)
    assert page.locator("main > .totals").inner_text() == totals, "of everything, whatever is shown"


def test_files_are_read_by_what_they_are_for(told: ServedDesk, tmp_path: Path) -> None:
    told_csv = take(told, "office", kind="attendance", format="csv").content
    assert told_csv.startswith(b"\xef\xbb\xbf"), "Excel needs the mark"
    lines = list(csv.DictReader(io.StringIO(told_csv.decode("utf-8-sig"))))
    assert {each["name"] for each in lines} == {each.name for each in STUDENTS}
    assert [each["verdict"] for each in lines].count("unobserved") == 1
    (tmp_path / "a.xlsx").write_bytes(take(told, "office", kind="attendance", format="xlsx").content)
    sheet = CalamineWorkbook.from_path(tmp_path / "a.xlsx").get_sheet_by_index(0).to_python()
    assert len(sheet) == 8
    assert sheet[1][0] == HOUR.date
    packed = take(told, "office", kind="moodle", format="zip").content
    with zipfile.ZipFile(io.BytesIO(packed)) as found:
        mine = found.read(f"{HOUR.section}_{HOUR.date}_1.csv").decode()
        summary = found.read("summary.csv").decode("utf-8-sig")
    assert mine.splitlines() == [
        "idnumber,status",
        *(f"{STUDENTS[n].student_id},{status}" for n, status in ((0, "P"), (1, "L"), (3, "A"), (4, "L"))),
    ]  # fmt: skip
    assert f"{HOUR.section}_{HOUR.date}_1.csv,4,1" in summary
    canvas = take(told, "office", kind="canvas", format="csv", section=OTHERS.section, title="출석 (7)").text
    assert canvas.splitlines()[0] == "Student,ID,SIS User ID,SIS Login ID,Section,출석 (7)"
    assert canvas.splitlines()[2].endswith(",EX")
    for kind, by in (("rates", "week"), ("slipping", ""), ("standing", ""), ("student", "")):
        for format_ in ("csv", "xlsx"):
            answer = take(told, "office", kind=kind, format=format_, by=by, student=HIM.student_id)
            assert answer.status_code == 200, (kind, format_)
            assert "attachment" in answer.headers["content-disposition"]
    register = take(told, "office", kind="register", format="xlsx", section=HOUR.section, map="register")
    (tmp_path / "b.xlsx").write_bytes(register.content)
    rows = CalamineWorkbook.from_path(tmp_path / "b.xlsx").get_sheet_by_index(0).to_python()
    assert rows[0][:4] == ["번호", "학번", "이름", "3/9 1교시"]
    assert [each[3] for each in rows[1:]] == ["", "X", "?", "/", "ⓧ"]
    told.stored()
    audit = get(told, "office", "/audit?since=2026-03-09&until=2026-03-09").text
    assert f"for Moodle: {TERM}, zip" in audit
    assert "exported" in audit


def test_a_bad_map_is_told_in_the_readers_language_with_its_line(told: ServedDesk) -> None:
    folder = told.settings.home / "exports"
    folder.mkdir(exist_ok=True)
    (folder / "klas.toml").write_text('layout = "sheet"\n[[columns]]\ntitle = "학번"\nwhat = "studnt"\n', "utf-8")
    assert "<option>klas</option>" in get(told, "office", ASKED["files"]).text
    client, token = session(told, "office")
    sent = {"csrf": token, "term": TERM, "kind": "register", "format": "xlsx", "section": HOUR.section, "map": "klas"}
    answer = client.post(f"{told.url}/reports/file", data=sent, headers={"accept-language": "ko"})
    assert answer.status_code == 400
    assert "klas.toml 4행" in answer.text
    assert "student_id" in answer.text
    assert take(told, "office", kind="register", format="xlsx", section=HOUR.section, map="../naul").status_code == 400


def test_what_cannot_be_is_refused_in_words(told: ServedDesk) -> None:
    for fields, said in (
        ({"kind": "canvas", "format": "xlsx"}, "canvas is not written as xlsx"),
        ({"kind": "attendance", "format": "csv", "section": "EA0017-11"}, "Did you mean EA0017-1?"),
        ({"kind": "register", "format": "csv"}, "a sheet is of one section, and these are 2"),
        ({"kind": "attendance", "format": "csv", "term": "2026-11"}, "Did you mean 2026-1?"),
    ):
        answer = take(told, "office", **fields)
        assert answer.status_code == 400
        assert said.replace("'", "&#39;") in answer.text, fields


def test_while_the_store_is_away_numbers_are_of_before_and_names_are_not_shown(
    told: ServedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert get(told, "office", ASKED["rates"]).status_code == 200
    monkeypatch.setattr("sinks.store.remote.PROMPT", 0.2)
    with store_silent(told.settings):
        rates = get(told, "office", ASKED["rates"])
        never_asked = get(told, "office", "/reports?since=2025-01-01&until=2025-02-01")
        others = [get(told, "office", ASKED[each]) for each in ("slipping", "standing", "student")]
        table = take(told, "office", kind="rates", format="csv")
    assert "The store does not answer. These numbers are of 2026-03-09 12:00." in rates.text
    assert "80.0 %" in rates.text
    for each in (never_asked, *others):
        assert each.status_code == 200
        assert "this page keeps no names from before" in each.text
        assert EVIL.student_id not in each.text
    assert table.status_code == 400
    assert "a file is never old" in table.text


def test_while_kafka_is_away_numbers_are_shown_and_nothing_that_must_be_on_record(told: ServedDesk) -> None:
    client, token = session(told, "office")
    with kafka_away(told):
        assert "80.0 %" in client.get(told.url + ASKED["rates"], headers={"accept-language": "en"}).text
        assert client.get(told.url + ASKED["slipping"]).status_code == 503
        sent = {"csrf": token, "term": TERM, "kind": "attendance", "format": "csv"}
        answer = client.post(f"{told.url}/reports/file", data=sent)
    assert answer.status_code == 503
    assert HIM.name not in answer.text


@pytest.mark.parametrize("name", ["office", "kim", "tech"])
def test_every_link_of_a_report_leads_to_what_its_reader_may_see(told: ServedDesk, name: str) -> None:
    client, _ = session(told, name)
    found = [client.get(told.url + address) for address in ASKED.values()]
    leads = {urljoin(page.url, each) for page in found if page.ok for each in Links(page.text).found}
    assert len(leads) > 10
    wrong = {each: client.get(each).status_code for each in leads if urlsplit(each).netloc == urlsplit(told.url).netloc}
    assert {each: status for each, status in wrong.items() if status >= 400} == {}


@pytest.mark.parametrize("look", LOOKS)
def test_reports_are_for_everybody_on_every_screen(told: ServedDesk, signed_in: Any, look: str) -> None:
    page = signed_in("office", **LOOKS[look])
    found: dict[str, list[str]] = {}
    for name, address in ASKED.items():
        page.goto(told.url + address)
        page.wait_for_load_state()
        for each in page.locator("details").all():
            each.evaluate("each => each.open = true")
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found[name] = faults(page) + ([f"{wider} pixels stick out"] if wider > 0 else [])
        found[name] += [f"{each} is broken" for each in page.evaluate(BROKEN)]
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{folder}/reports-{name}-{look}.png", full_page=True)
    assert found == {name: [] for name in found}
