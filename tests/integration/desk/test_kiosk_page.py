"""The kiosk in a browser, with real faces before its camera."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import requests
from msgspec.structs import replace
from playwright.sync_api import Page, expect, sync_playwright

from enrollment.loaded import mark_batches
from enrollment.portrayals import record
from infra.desk.kiosk_page import KioskDesk, KioskVisit
from infra.operations.desk_sessions import csrf_token, sessions
from infra.operations.kiosk_looks import portrait_of
from schemas.cluster import send
from schemas.messages import Roster, Student, encode
from streams.faces.template_cipher import TemplateCipher
from tests.integration.desk.conftest import HOUR, NINE, ServedDesk
from tests.integration.infra.test_kiosk import engine, enrolment, photo, student_of
from tests.tools.browser import chromium

PEOPLE, STRANGER = (1, 2, 3), 40


@pytest.fixture
def hall(desk: ServedDesk) -> ServedDesk:
    """The desk, of a class hour whose students are enrolled."""
    cipher, moment = TemplateCipher.open(desk.settings.key_file), NINE - timedelta(days=9)
    students = tuple(Student(student_id=student_of(each), name=f"학생 {each}") for each in PEOPLE)
    roster = replace(Roster(section=HOUR.section, students=students), version=2)
    topic = desk.settings.topic("rosters")
    send(desk.settings, [record(desk.settings, enrolment(cipher, each, moment)) for each in PEOPLE])
    send(desk.settings, [(topic, HOUR.section.encode(), encode(roster), None, None)])
    return desk


def film(person: int, file: Path) -> Path:
    """A camera's film of a face that keeps still, 640 by 480."""
    image = cv2.resize(cv2.imdecode(np.frombuffer(photo(person), np.uint8), cv2.IMREAD_COLOR), (640, 480))
    planes = cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420).tobytes()
    file.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n" + b"".join([b"FRAME\n" + planes] * 10))
    return file


@pytest.fixture
def held_up(hall: ServedDesk, tmp_path: Path) -> Iterator[Page]:
    """A browser before whose camera a picture of an enrolled student is held; professor kim is signed in."""
    camera = f"--use-file-for-fake-video-capture={film(3, tmp_path / 'camera.y4m')}"
    with sync_playwright() as tools:
        arguments = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", camera]
        opened = tools.chromium.launch(executable_path=chromium(), args=arguments)
        page = opened.new_page(locale="en-GB")
        page.goto(hall.link("kim"))
        page.get_by_role("main").get_by_role("button").click()
        yield page
        opened.close()


class Device:
    """A kiosk as a program speaks to it."""

    def __init__(self, desk: ServedDesk) -> None:
        self.desk = desk
        self._client = requests.Session()
        once = desk.link("kim").partition("once=")[2]
        self._client.post(f"{desk.url}/sign-in", data={"once": once}, allow_redirects=False)
        form = {"csrf": self._token, "hall": HOUR.hall}
        assert self._client.post(f"{desk.hour}/kiosk", data=form, allow_redirects=False).status_code == 303

    @property
    def _token(self) -> str:
        return csrf_token(self._client.cookies["naul-session"])

    def send(self, what: str, body: Any = b"") -> Any:
        return self._client.post(f"{self.desk.url}/kiosk/{what}", data=body, headers={"x-csrf": self._token}).json()

    def get(self, what: str) -> requests.Response:
        return self._client.get(self.desk.url + what, allow_redirects=False)

    def turned(self, person: int) -> None:
        """Somebody turned his head as he was asked; what passes for that is the matter of other tests."""
        kiosks = self.desk.desk.kept("kiosks", KioskDesk)
        (seat,) = (each for each in sessions(self.desk.settings, self.desk.now) if each.kiosk)
        kiosks.visits[seat.digest] = KioskVisit(turned=portrait_of(engine(), photo(person)).found.embedding)


def test_a_picture_that_is_held_up_does_not_turn_its_head(hall: ServedDesk, held_up: Page) -> None:
    held_up.goto(hall.hour)
    held_up.get_by_role("button", name="Make this device the kiosk of E101").click()
    expect(held_up).to_have_url(f"{hall.url}/kiosk")
    held_up.get_by_role("button", name="Start").click()
    expect(held_up.locator("#say")).to_contain_text("Turn your head", timeout=200_000)
    hall.now += timedelta(seconds=25)
    expect(held_up.get_by_role("button", name="Start")).to_be_visible(timeout=200_000)
    assert mark_batches(hall.settings) == {}
    assert held_up.goto(hall.hour).status == 404, "whoever made this device a kiosk is not signed in there any more"
    held_up.goto(f"{hall.url}/kiosk")
    held_up.get_by_role("button", name="End the kiosk").click()
    expect(held_up).to_have_url(f"{hall.url}/sign-in")
    assert not sessions(hall.settings, hall.now)


def test_whoever_turned_his_head_is_named_and_marked_when_he_says_so(hall: ServedDesk) -> None:
    device = Device(hall)
    assert device.send("look", photo(3))["state"] == "ready"
    assert device.send("ask")["side"] in ("left", "right")
    assert device.send("look", photo(3))["state"] == "turn"
    device.turned(3)
    said = device.send("photo", photo(3))
    assert (said["student_id"], said["name"], said["section"]) == (student_of(3), "학생 3", HOUR.section)
    assert mark_batches(hall.settings) == {}, "nobody is marked who did not say that he is it"
    assert device.send("confirm")["verdict"] == "present"
    (batch,) = mark_batches(hall.settings).values()
    assert [(each.student_id, each.verdict) for each in batch.marks] == [(student_of(3), "present")]
    assert batch.by == "kiosk E101"
    assert "say" in device.send("confirm"), "once"


def test_a_stranger_and_whoever_takes_another_photo_are_not_named(hall: ServedDesk) -> None:
    device = Device(hall)
    assert "say" in device.send("photo", photo(3)), "nobody turned his head"
    for turned, shown in ((STRANGER, STRANGER), (1, 3)):
        device.turned(turned)
        said = device.send("photo", photo(shown))
        assert "name" not in said
        assert said["say"]
    assert mark_batches(hall.settings) == {}


def test_bad_pictures_are_told_with_what_to_do(hall: ServedDesk) -> None:
    device = Device(hall)
    for body in (b"", b"%PDF-1.7", b"\xff\xd8\xff" + bytes(100), bytes(45 * 2**20)):
        device.turned(3)
        assert device.send("photo", body)["say"]
        assert device.send("look", body)["say"]


def test_whoever_tries_picture_after_picture_has_to_wait(hall: ServedDesk) -> None:
    device = Device(hall)
    waits = []
    for _ in range(14):
        device.turned(3)
        waits.append("wait" in device.send("photo", photo(STRANGER)))
    assert waits == [False] * 12 + [True] * 2


def test_it_answers_the_three_questions_of_2019_and_nothing_else(hall: ServedDesk) -> None:
    device = Device(hall)
    listed = device.get(f"/kiosk/roster?section={HOUR.section}").json()
    assert [each["student_id"] for each in listed] == [student_of(each) for each in PEOPLE]
    said = device.send("mark", {"section": HOUR.section, "student_id": student_of(2)})
    assert (said["student_id"], said["verdict"]) == (student_of(2), "present")
    for place in ("/", hall.hour.removeprefix(hall.url), hall.hour.removeprefix(hall.url) + "/decide"):
        answer = device.get(place)
        assert answer.status_code == 404 or "EA0017-1" not in answer.text, place
    hall.now += timedelta(days=1)
    assert device.get("/kiosk").status_code in (303, 401, 404), "a kiosk is one for its day"
