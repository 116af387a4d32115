"""The kiosk in a browser, with real faces before its camera."""

import gc
import io
import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest
import requests
from msgspec.structs import replace
from playwright.sync_api import Page, expect, sync_playwright

from enrollment.loaded import mark_batches
from enrollment.portrayals import record
from infra.desk.kiosk_page import KioskDesk, KioskVisit
from infra.operations.accounts.desk_sessions import csrf_token, sessions
from infra.operations.kiosk.kiosk_looks import portrait_of
from schemas.cluster import consumer, end_offsets, read, send
from schemas.messages import Audited, Roster, Student, decode, encode
from schemas.topics import all_topics
from streams.faces.template_cipher import TemplateCipher
from tests.integration.desk.conftest import HOUR, NINE, ServedDesk
from tests.integration.infra.test_kiosk import engine, enrolment, photo, picture, student_of
from tests.tools.browser import chromium
from tests.unit.faces.test_pictures import png_bomb

PEOPLE, STRANGER = (1, 2, 3), 40


@pytest.fixture
def hall(desk: ServedDesk) -> ServedDesk:
    """The desk, of a class hour whose students are enrolled."""
    join(desk, *PEOPLE)
    return desk


def join(desk: ServedDesk, *people: int) -> None:
    """Enrol people of ORL, and have them alone on the roster."""
    cipher, moment = TemplateCipher.open(desk.settings.key_file), NINE - timedelta(days=9)
    students = tuple(Student(student_id=student_of(each), name=f"학생 {each}") for each in people)
    roster = replace(Roster(section=HOUR.section, students=students), version=2 + people[-1])
    topic = desk.settings.topic("rosters")
    send(desk.settings, [record(desk.settings, enrolment(cipher, each, moment)) for each in people])
    send(desk.settings, [(topic, HOUR.section.encode(), encode(roster), None, None)])


def film(file: Path, *photos: tuple[bytes, int]) -> Path:
    """A camera's film of photos, each for so many tenths of a second, over and over."""
    frames = []
    for data, count in photos:
        image = cv2.resize(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), (640, 480))
        frames += [b"FRAME\n" + cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420).tobytes()] * count
    file.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n" + b"".join(frames))
    return file


@contextmanager
def kiosk_before(desk: ServedDesk, camera: Path, **options: Any) -> Iterator[Page]:
    """A browser whose camera shows a film; professor kim made it the kiosk of the hall."""
    arguments = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    arguments.append(f"--use-file-for-fake-video-capture={camera}")
    with sync_playwright() as tools:
        expect.set_options(timeout=120_000)  # of a machine that does much else
        opened = tools.chromium.launch(executable_path=chromium(), args=arguments)
        page = opened.new_page(**({"locale": "en-GB"} | options))
        page.goto(desk.link("kim"))
        page.get_by_role("main").get_by_role("button").click()
        page.goto(desk.hour)
        page.get_by_role("button", name="Make this device the kiosk of E101").click()
        expect(page).to_have_url(f"{desk.url}/kiosk")
        yield page
        opened.close()


TURNS = (8, 5, 10)
"""Pictures of person 4 of ORL: ahead, and turned to the left by a half and by the whole of what is asked."""


class Device:
    """A kiosk as a program speaks to it."""

    def __init__(self, desk: ServedDesk) -> None:
        self._sign_in(desk, "kim")
        form = {"csrf": self.token, "hall": HOUR.hall}
        assert self.form(f"{desk.hour}/kiosk", form).status_code == 303

    @classmethod
    def signed_in(cls, desk: ServedDesk, name: str) -> "Device":
        """A browser of somebody, before it is a kiosk."""
        device = cls.__new__(cls)
        device._sign_in(desk, name)
        return device

    def _sign_in(self, desk: ServedDesk, name: str) -> None:
        self.desk, self._client = desk, requests.Session()
        self.form(f"{desk.url}/sign-in", {"once": desk.link(name).partition("once=")[2]})

    def form(self, address: str, fields: dict[str, str]) -> requests.Response:
        return self._client.post(address, data=fields, headers={"accept-language": "en"}, allow_redirects=False)

    @property
    def token(self) -> str:
        return csrf_token(self._client.cookies["naul-session"])

    def post(self, what: str, body: Any = b"", language: str = "en") -> requests.Response:
        headers = {"x-csrf": self.token, "accept-language": language}
        return self._client.post(f"{self.desk.url}/kiosk/{what}", data=body, headers=headers)

    def send(self, what: str, body: Any = b"") -> Any:
        return self.post(what, body).json()

    def get(self, what: str) -> requests.Response:
        headers = {"accept-language": "en"}
        return self._client.get(self.desk.url + what, headers=headers, allow_redirects=False)

    def turned(self, person: int) -> None:
        """Somebody turned his head as he was asked; what passes for that is the matter of other tests."""
        kiosks = self.desk.desk.kept("kiosks", KioskDesk)
        (seat,) = (each for each in sessions(self.desk.settings, self.desk.now) if each.kiosk)
        kiosks.visits[seat.digest] = KioskVisit(turned=portrait_of(engine(), photo(person)).found.embedding)


def test_a_picture_that_is_held_up_does_not_turn_its_head(hall: ServedDesk, tmp_path: Path) -> None:
    with kiosk_before(hall, film(tmp_path / "camera.y4m", (photo(3), 10))) as page:
        page.get_by_role("button", name="Start").click()
        expect(page.locator("#say")).to_contain_text("Turn your head")
        hall.now += timedelta(seconds=25)
        expect(page.get_by_role("button", name="Start")).to_be_visible()
        assert mark_batches(hall.settings) == {}
        answer = page.goto(hall.hour)
        assert answer
        assert answer.status == 404, "whoever made this device a kiosk is not signed in there any more"
        page.goto(f"{hall.url}/kiosk")
        page.get_by_role("button", name="End the kiosk").click()
        expect(page).to_have_url(f"{hall.url}/sign-in")
        assert not sessions(hall.settings, hall.now)


def test_whoever_turns_his_head_before_the_camera_is_named_and_marked_and_his_photo_is_not_kept(
    hall: ServedDesk, tmp_path: Path
) -> None:
    ahead, half, whole = (photo(4, each) for each in TURNS)
    sides, sent = ["right"], list[bytes]()
    kiosks = hall.desk.kept("kiosks", KioskDesk)
    kiosks.choose = lambda _: sides.pop() if sides else "left"
    identify = kiosks.kiosk.identify
    kiosks.kiosk.identify = lambda hall, photo, *more, **named: (
        sent.append(photo) or identify(hall, photo, *more, **named)
    )  # type: ignore[method-assign]
    with kiosk_before(hall, film(tmp_path / "camera.y4m", (ahead, 12), (half, 8), (whole, 12), (half, 8))) as page:
        said, start = page.locator("#say"), page.get_by_role("button", name="Start")
        start.click()
        expect(said).to_contain_text("That was the other side")
        start.click()
        expect(said).to_contain_text("You were not recognised")
        assert mark_batches(hall.settings) == {}, "a stranger"
        join(hall, *PEOPLE, 4)
        start.click()
        expect(said).to_contain_text("Are you 학생 4")
        page.get_by_role("button", name="No, again").click()
        expect(said).not_to_contain_text("학생 4")
        expect(said).to_contain_text("Are you 학생 4")
        page.get_by_role("button", name="No, ask the professor").click()
        expect(said).to_contain_text("Nobody was marked. Tell the professor")
        assert mark_batches(hall.settings) == {}, "nobody said that he is it"
        start.click()
        page.get_by_role("button", name="Yes, that is me").click()
        expect(said).to_contain_text("학생 4: present")
        (batch,) = mark_batches(hall.settings).values()
        assert [(each.student_id, each.verdict) for each in batch.marks] == [(student_of(4), "present")]
        assert "head turned when asked" in batch.reason
    assert len(sent) == 4
    for each in sent:
        assert each.startswith(b"\xff\xd8")
        assert not kept(hall, each[len(each) // 2 :][:64])


def kept(desk: ServedDesk, part: bytes) -> list[str]:
    """Where a part of a photo is found: files of the home, and topics."""
    files = [each for each in desk.settings.home.rglob("*") if each.is_file()]
    found = [str(each) for each in files if part in each.read_bytes()]
    client = consumer(desk.settings)
    for topic in all_topics():
        ends = end_offsets(client, desk.settings.topic(topic.name))
        records = read(desk.settings, client, dict.fromkeys(ends, 0), ends)
        found += [topic.name for record in records if part in (record.value or b"")]
    client.close()
    return found


def test_whoever_turned_his_head_is_named_and_marked_when_he_says_so(hall: ServedDesk) -> None:
    device = Device(hall)
    aside = device.send("look", photo(4, TURNS[-1]))
    assert (aside["state"], aside["say"]) == ("look", "Look straight into the camera.")
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


def saved(image: PIL.Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


HEIC = Path(__file__).with_name("student-3.heic").read_bytes()
"""``photo(3)`` as a telephone writes it."""


def turned_by_exif(orientation: int) -> PIL.Image.Exif:
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    return exif


def bad_photos() -> dict[str, tuple[bytes, str, str]]:
    """What else people send, and a word of what is said of it in English and in Korean."""
    plain = PIL.Image.open(io.BytesIO(photo(3))).convert("RGB")
    three = PIL.Image.fromarray(np.hstack([picture(each, 8) for each in PEOPLE]))
    film = {"save_all": True, "append_images": [plain.rotate(9)]}
    return {
        "no face": (saved(PIL.Image.new("RGB", (640, 480), "green"), "JPEG"), "No face is seen", "얼굴이 보이지"),
        "three faces": (saved(three, "JPEG"), "3 faces", "3개"),
        "40 MB": (photo(3) + bytes(40 * 2**20), "Make it smaller", "크기를 줄이세요"),
        "a PDF": (b"%PDF-1.7" + bytes(99), "Save it as a JPEG", "JPEG로 저장"),
        "a HEIC that is cut off": (HEIC[:-2000], "Copy it again", "다시 복사"),
        "a stranger": (photo(STRANGER), "ask the professor", "교수님께"),
        "cut off": (photo(3)[:-900], "truncated JPEG", "잘려 일부가 없습니다"),
        "nothing": (b"", "zero bytes", "빈 파일"),
        "a film": (saved(plain, "WEBP", **film), "animated WebP", "움직이는 WebP"),
        "a GIF": (saved(plain, "GIF", **film), "a GIF", "GIF"),
        "a bomb": (png_bomb(30_000, 30_000), "900.0 million", "30000 x 30000"),
        "text": (b"hello", "not a picture", "사진이 아닙니다"),
    }


def resident() -> int:
    """Bytes of memory that this process, and so the desk, holds."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()


def test_every_bad_photo_is_told_with_the_remedy_in_the_users_language_and_stops_nothing(hall: ServedDesk) -> None:
    device, photos = Device(hall), bad_photos()
    for name, (data, english, korean) in photos.items():
        for language, words in (("en", english), ("ko", korean)):
            hall.now += timedelta(seconds=12)
            answer = device.post("identify", data, language)
            assert (answer.status_code, words in answer.json()["say"]) == (200, True), (name, answer.json())
            device.turned(STRANGER if name == "a stranger" else 3)
            assert device.post("photo", data, language).json() == answer.json(), name
        assert "say" in device.send("look", data), name
    hall.now += timedelta(minutes=1)
    assert device.send("identify", photo(3))["name"] == "학생 3", "the next one is recognised"
    before = resident()  # what reads all kinds of files is loaded
    for data, *_ in photos.values():
        hall.now += timedelta(seconds=12)
        device.send("identify", data)
    gc.collect()
    assert resident() - before < 16 * 2**20, "nothing of the photos is kept"
    assert mark_batches(hall.settings) == {}


def test_photos_of_telephones_name_the_student_however_they_lie(hall: ServedDesk) -> None:
    device = Device(hall)
    plain = PIL.Image.open(io.BytesIO(photo(3))).convert("RGB")
    on_its_head = plain.transpose(PIL.Image.Transpose.ROTATE_180)
    sent = {
        "HEIC": HEIC,
        "AVIF": saved(plain, "AVIF", quality=90),
        "turned by EXIF": saved(on_its_head, "JPEG", quality=95, exif=turned_by_exif(3)),
        "on its side": saved(plain.transpose(PIL.Image.Transpose.ROTATE_90), "JPEG", exif=turned_by_exif(6)),
    }
    for name, data in sent.items():
        device.turned(3)
        for what in ("identify", "photo"):
            assert device.send(what, data).get("student_id") == student_of(3), (name, what)
    assert "name" not in device.send("identify", saved(on_its_head, "JPEG")), "nothing says that it is upside down"


def test_what_goes_wrong_is_told_as_programs_read_it(hall: ServedDesk) -> None:
    device = Device(hall)
    answer = device.post("mark", {"section": HOUR.section, "student_id": student_of(2)[:-1]})
    assert (answer.status_code, student_of(2)[:-1] in answer.json()["say"]) == (400, True)
    device.turned(3)
    assert device.send("photo", photo(3))["student_id"] == student_of(3)
    hall.now = HOUR.ends_at - timedelta(seconds=5)
    device.turned(3)
    device.send("photo", photo(3))
    hall.now = HOUR.ends_at
    assert "The class hour is over" in device.send("confirm")["say"]
    assert mark_batches(hall.settings) == {}


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
    said = device.send("identify", photo(2))
    assert (said["student_id"], said["section"], said["marked"]) == (student_of(2), HOUR.section, None)
    said = device.send("mark", {"section": HOUR.section, "student_id": student_of(2)})
    assert (said["student_id"], said["verdict"]) == (student_of(2), "present")
    for place in ("/", hall.hour.removeprefix(hall.url), hall.hour.removeprefix(hall.url) + "/decide"):
        answer = device.get(place)
        assert answer.status_code == 404 or "EA0017-1" not in answer.text, place
    hall.now += timedelta(days=1)
    assert device.get("/kiosk").status_code in (303, 401, 404), "a kiosk is one for its day"


def test_whoever_may_start_a_kiosk_sees_it_and_ends_it_wherever_it_stands(hall: ServedDesk) -> None:
    device, other = Device(hall), Device(hall)
    park = Device.signed_in(hall, "park")
    shown = park.get(hall.hour.removeprefix(hall.url)).text
    ends = re.findall(r'name="kiosk" value="(\w+)"', shown)
    assert len(ends) == 2
    assert "by kim" in shown
    form = {"csrf": park.token, "kiosk": ends[0]}
    lee = Device.signed_in(hall, "lee")
    assert lee.form(f"{hall.hour}/kiosk/end", form | {"csrf": lee.token}).status_code == 404, "another section's"
    for _ in range(2):  # whoever comes second is answered the same
        assert park.form(f"{hall.hour}/kiosk/end", form).status_code == 303
    assert sorted(each.get("/kiosk").status_code for each in (device, other)) == [200, 401]
    ended = [each for each in audited(hall) if each.action == "kiosk_end"]
    assert [(each.account, each.class_hour, each.detail) for each in ended] == [("park", HOUR.id, HOUR.hall)]


def audited(desk: ServedDesk) -> list[Audited]:
    client = consumer(desk.settings)
    ends = end_offsets(client, desk.settings.topic("audit"))
    found = [decode(each.value, Audited) for each in read(desk.settings, client, dict.fromkeys(ends, 0), ends)]
    client.close()
    return found
