"""How the site is: said as it is, with its age, when a part is away too; dead letters are sent again and dismissed."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from infra.desk.health_page import watch_of
from infra.operations.accounts.access import DeskUser
from infra.operations.accounts.manage_accounts import Manager
from infra.operations.site.health import HealthWatch
from infra.operations.webhooks.webhook_endpoints import NewWebhook, add_webhook, enable_webhook, webhooks
from infra.operations.webhooks.webhook_outbox import WaitingWebhook, note
from schemas.cluster import send
from schemas.dead_letters import RecordPlace, dead_letter
from schemas.frames import FrameHeaders
from tests.integration.desk.conftest import NINE, STUDENTS, ServedDesk, store_away
from tests.integration.desk.test_access_of_pages import session

ENGLISH = {"accept-language": "en"}


@pytest.fixture(scope="module")
def told(shared_desk: ServedDesk) -> ServedDesk:
    return filled(shared_desk)


def filled(desk: ServedDesk) -> ServedDesk:
    """A camera whose last frame is ten minutes old, and three messages that nobody can read."""
    site = desk.settings
    frames = [FrameHeaders(hall="E101", camera="front", captured_at=NINE + timedelta(seconds=n), live=False, sequence=n)
              for n in range(3)]  # fmt: skip
    send(site, [(site.topic("frames"), b"E101/front", b"no picture", None, each.pack()) for each in frames])
    letters = []
    for offset, (topic, key, reason) in enumerate([
        ("frames", b"E101/front", "a PNG, not a JPEG"),
        ("frames", b"E101/front", "hall 'E109' is not in the timetable"),
        ("enrollments", STUDENTS[0].student_id.encode(), f"malformed enrollment of {STUDENTS[0].student_id}"),
    ]):  # fmt: skip
        headers = frames[offset].pack() if topic == "frames" else []
        letter = dead_letter(RecordPlace(site.topic(topic), 0, offset), key, b"x", headers, reason, "recognise")
        letters.append((site.topic("dead-letters"), letter.key, letter.value, None, letter.headers))
    send(site, letters)  # type: ignore[arg-type]
    return desk


def test_an_engineer_sees_stages_cameras_and_letters_and_no_students(told: ServedDesk) -> None:
    client, _ = session(told, "tech")
    shown = client.get(f"{told.url}/health", headers=ENGLISH).text
    assert all(each in shown for each in ("recognise", "attend", "sink", "Kafka answers", "The store answers"))
    assert "Cameras of which nothing came for two minutes: 1 of 1" in shown
    assert "9 min ago" in shown
    assert "a PNG, not a JPEG" in shown
    assert "would be refused again" in shown
    assert "malformed enrollment of …" in shown
    assert not [each.student_id for each in STUDENTS if each.student_id in shown]
    assert "which parts run is not known here" in shown, "no supervisor runs in this test, and that is not called well"


def test_the_registrar_sees_whether_it_works_and_nothing_to_press(told: ServedDesk) -> None:
    client, _ = session(told, "office")
    shown = client.get(f"{told.url}/health", headers=ENGLISH).text
    assert "Kafka answers" in shown
    assert "wait for an engineer" in shown
    assert "Send again" not in shown
    assert "Records behind" not in shown
    assert client.get(f"{told.url}/health/machine").status_code == 403


def test_a_part_that_is_away_is_said_and_what_was_known_has_its_age(told: ServedDesk) -> None:
    client, _ = session(told, "tech")
    client.get(f"{told.url}/health")
    watch = watch_of(told.desk)
    there, now = watch._settings, told.now
    watch._settings = replace(there, kafka="127.0.0.1:9")
    told.now = now + timedelta(minutes=5)
    try:
        shown = client.get(f"{told.url}/health", headers=ENGLISH).text
    finally:
        watch._settings, told.now = there, now
        watch.look(anew=True)
    assert "Kafka, where everything is put on record, does not answer" in shown
    assert "(5 min ago)" in shown
    assert "front" in shown, "the last state stays on the page"
    fresh = HealthWatch(replace(there, kafka="127.0.0.1:9"), told.desk.clock).look()
    assert fresh.before is None, "what was never known is not called zero"


def test_a_store_that_is_away_is_said(told: ServedDesk) -> None:
    client, _ = session(told, "office")
    with store_away(told.settings):
        watch_of(told.desk).look(anew=True)
        shown = client.get(f"{told.url}/health", headers=ENGLISH).text
    watch_of(told.desk).look(anew=True)
    assert "The store of what was judged does not answer" in shown
    assert "Kafka answers" in shown


def test_this_machine_is_examined(told: ServedDesk) -> None:
    client, _ = session(told, "tech")
    shown = client.get(f"{told.url}/health/machine", headers=ENGLISH).text
    assert "This machine" in shown
    assert "Java" in shown


def test_a_webhook_that_was_given_up_is_told_with_what_to_do(told: ServedDesk) -> None:
    by = Manager(DeskUser(account="root"), lambda _: None, "console")
    url = "https://lms.example.ac.kr/naul"
    add_webhook(told.settings, NewWebhook(url, ["attendance.arrived"]), by, told.now)
    tech, _ = session(told, "tech")
    watch_of(told.desk).look(anew=True)
    assert url not in tech.get(f"{told.url}/health", headers=ENGLISH).text
    [endpoint] = webhooks(told.settings)
    waited = WaitingWebhook(endpoint, "a1", "{}", 3, 0)
    note(told.settings, [], waited, "410", told.now)
    watch_of(told.desk).look(anew=True)
    shown = tech.get(f"{told.url}/health", headers=ENGLISH).text
    assert f"naul webhook enable {url}" in shown
    assert "<td>410</td>" in shown
    office, _ = session(told, "office")
    plain = office.get(f"{told.url}/health", headers=ENGLISH).text
    assert "Other systems that are told nothing any more" in plain
    assert url not in plain
    assert "포기한 웹훅" in tech.get(f"{told.url}/health", headers={"accept-language": "ko"}).text
    enable_webhook(told.settings, url, by, told.now)
    watch_of(told.desk).look(anew=True)
    assert url not in tech.get(f"{told.url}/health", headers=ENGLISH).text
