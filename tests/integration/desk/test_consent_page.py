"""Consent without photos, by a page, a command and a program; taken back, no template is left and attendance stays."""

import os
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, expect

from enrollment.loaded import enrollments, enrolment_records, rosters
from infra.cli.people import command as people
from infra.machine.jobs import find_job, job_notes
from infra.operations.people.photo_job import keep_photos, start_photos
from infra.operations.people.photo_progress import progress_of
from infra.operations.people.record_consent import say_consent
from infra.operations.people.student_record import section_people
from infra.operations.privacy.forget import known_of
from schemas.cluster import send
from schemas.messages import Roster, encode
from schemas.settings import Settings
from streams.reference.reference_data import Reference
from tests.integration.desk.conftest import HOUR, NINE, STUDENTS, ServedDesk, SignedIn, opener
from tests.integration.desk.test_access_of_pages import session
from tests.integration.desk.test_accessible import faults
from tests.integration.desk.test_api import Program
from tests.integration.desk.test_loading_pages import Office
from tests.integration.infra.test_kiosk import photo

A, B = STUDENTS[0].student_id, STUDENTS[1].student_id


def said(office: Office, student: str, what: str, **more: str) -> str:
    data = {"csrf": office.token, "student": student, "consent": what, "sure": "1", **more}
    answer = office.client.post(f"{office.desk.url}/people/consent", data=data)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_registrar_records_consent_without_photos_and_that_it_was_taken_back(desk: ServedDesk) -> None:
    office = Office(desk)
    assert "No consent for a face template is on record" in office.get(f"/people/student?student={A}")
    assert "No consent for a face template is on record" in said(office, A, "given", sure=""), "it was not confirmed"
    page = said(office, A, "given")
    assert "Consent for a face template is on record since" in page
    assert "Put on record by office" in page
    assert enrollments(desk.settings) == {}, "consent is no enrolled face"
    [section] = [
        each
        for each in section_people(desk.settings, rosters(desk.settings), HOUR.date)
        if each.section == HOUR.section
    ]
    assert section.without == len(STUDENTS)
    assert said(office, A, "given").count("on record since") == 1
    assert enrolment_records(desk.settings)[A].version == 0, "said twice it is once"
    office.ended(office.photos((f"{A}.png", photo(1)), (f"{B}.png", photo(2))))
    assert {each.version for each in enrollments(desk.settings).values()} == {1}
    desk.now += timedelta(minutes=1)
    page = said(office, A, "taken back")
    assert "Consent was taken back on" in page
    assert enrollments(desk.settings).keys() == {B}
    record = enrolment_records(desk.settings)[A]
    assert (record.templates, record.previous, record.consent_on_file) == ((), (), False)
    assert STUDENTS[0] in rosters(desk.settings).on(HOUR.section, HOUR.date).students, "he stays on the roster"
    desk.stored()
    audit = office.get(f"/audit?student={A}")
    assert "recorded consent" in audit
    assert "taken back: the templates are erased" in audit
    refused = office.client.post(
        f"{desk.url}/people/consent",
        data={"csrf": office.token, "student": "209900001", "consent": "given", "sure": "1"},
    )
    assert (refused.status_code, "no roster has 209900001" in refused.text) == (400, True)


def test_photos_that_waited_enrol_nobody_who_took_consent_back_since(desk: ServedDesk) -> None:
    settings = desk.settings
    sent = [(f"{A}.png", BytesIO(photo(1))), (f"{B}.png", BytesIO(photo(2)))]
    job = keep_photos(settings, sent, rosters(settings), id_="a1", account="office", by="office", now=NINE)
    say_consent(settings, A, given=True, by="office", now=NINE - timedelta(days=1))
    say_consent(settings, A, given=False, by="office", now=NINE + timedelta(minutes=1))
    start_photos(settings, job)
    while not (now := find_job(settings, job.name)) or not now.ended:
        desk.desk._stop.wait(0.05)
    it = progress_of(settings, now, job_notes(settings, job.name))
    assert (it.state, it.counts) == ("done", {"enrolled": 1, "replaced": 0, "unchanged": 0, "without": 0})
    assert [who for who, _ in it.remarks if who == A] == [A]
    assert enrollments(settings).keys() == {B}
    office = Office(desk)
    office.ended(office.photos((f"{A}.png", photo(1))))
    assert enrollments(settings).keys() == {A, B}, "whoever holds a new consent sends them again"


def test_others_may_not_and_a_program_of_the_office_may(desk: ServedDesk) -> None:
    for name in ("kim", "park", "naeol", "tech"):
        client, token = session(desk, name)
        data = {"csrf": token, "student": A, "consent": "given", "sure": "1"}
        assert client.post(f"{desk.url}/people/consent", data=data).status_code == 403, name
        assert Program(desk, name)("PUT", f"/students/{A}/consent", json={"given": True}).status_code == 403, name
    office = Program(desk, "office")
    assert office.get(f"/students/{A}/consent").json() == {"student_id": A, "given": False, "at": None, "by": None}
    for _ in range(2):
        answer = office("PUT", f"/students/{A}/consent", json={"given": True}).json()
        assert (answer["given"], answer["by"]) == (True, f"office ({office.name})")
    assert office("PUT", f"/students/{A}/consent", json={"given": False}).json()["given"] is False
    assert office("PUT", "/students/209900001/consent", json={"given": True}).status_code == 422
    assert office("PUT", f"/students/{A}/consent", json={}).status_code == 422


def naul(site: Settings, *words: str) -> str:
    environ = {"NAUL_KAFKA": site.kafka, "NAUL_PREFIX": site.prefix}
    done = CliRunner().invoke(people, [*words, "--home", str(site.home)], env=environ)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_command_does_it_and_workers_need_no_key_for_consent_alone(site: Settings) -> None:
    send(site, [(site.topic("rosters"), b"A", encode(Roster(section="A", students=STUDENTS)), None, None)])
    assert "was ever on record" in naul(site, "consent", A)
    assert "is on record since" in naul(site, "consent", A, "--given", "--by", "kim")
    assert not site.key_file.exists()
    reference = Reference(site, "paper@1")
    reference.catch_up()
    reference.close()
    assert not known_of(site, A).nothing, "`naul forget` erases it"
    assert "no template is left" in naul(site, "consent", A, "--taken-back", "--yes", "--by", "kim")


@pytest.fixture
def signed_in(desk: ServedDesk, browser: Browser) -> Iterator[SignedIn]:
    with opener(desk, browser) as enter:
        yield enter


@pytest.mark.parametrize("look", ["en-1280", "ko-390"])
def test_consent_is_recorded_in_a_browser(desk: ServedDesk, signed_in: SignedIn, look: str) -> None:
    language, width = look.split("-")
    korean = language == "ko"
    page = signed_in("office", locale="ko-KR" if korean else "en-GB", viewport={"width": int(width), "height": 900})
    page.goto(f"{desk.url}/people/student?student={A}")
    page.locator("input[name=sure]").check()
    page.get_by_role("button", name="기록하기" if korean else "Put it on record").click()
    expect(page.locator("#consent").locator("..")).to_contain_text("동의" if korean else "on record since")
    page.locator("details summary").click()
    assert faults(page) == []
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/consent-{look}.png", full_page=True)
