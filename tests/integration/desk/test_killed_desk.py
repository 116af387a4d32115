"""What the desk confirmed is on record, whatever becomes of the desk; and a replay judges with it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from msgspec.structs import replace

from enrollment.loaded import mark_batches
from infra.operations.accounts.accounts import NewAccount, add_account
from infra.operations.accounts.desk_sessions import create_link, csrf_token
from schemas.cluster import consumer, end_offsets, read
from schemas.messages import Audited, decode
from schemas.settings import Settings
from streams.replay import replay as tables_of
from tests.integration.desk.conftest import give_sections
from tests.integration.streams.conftest import Worker, workers
from tests.integration.streams.paper_hall import HOUR, OVER, SOURCES, Hall
from tests.tools.ports import free_row


class DeskProcess:
    """``naul worker desk`` and a professor who is signed in."""

    def __init__(self, settings: Settings, worker: Worker) -> None:
        self.settings, self.worker = settings, worker
        self.address = f"http://127.0.0.1:{settings.desk_port}"
        self.decide = f"{self.address}/hours/{HOUR.section}/{HOUR.date}/{HOUR.period}/decide"
        self.session = requests.Session()

    def sign_in(self) -> None:
        now = datetime.now(UTC)
        add_account(self.settings, NewAccount(name="kim", roles=("professor",)), now)
        give_sections(self.settings, "kim", "professor", HOUR.section)
        self.session.post(f"{self.address}/sign-in", data={"once": create_link(self.settings, "kim", now)})

    def send(self, number: int, student: str, verdict: str = "present") -> int | None:
        """Decide about somebody; return the status of the answer, None if there was none."""
        form = {"csrf": csrf_token(self.session.cookies["naul-session"]), "id": f"decision{number}", "student": student}
        form |= {"verdict": verdict, "seen": "", "reason": f"no {number}"}
        try:
            return self.session.post(self.decide, data=form, allow_redirects=False).status_code
        except requests.ConnectionError:
            return None


@pytest.fixture
def hall(site: Settings) -> Hall:
    made = Hall(replace(site, desk_port=free_row(1)))
    made.prepare()
    return made


@pytest.fixture
def worker(hall: Hall) -> Iterator[Any]:
    with workers(hall.settings) as make:
        with (hall.settings.home / "naul.toml").open("a", encoding="utf-8") as file:
            file.write(f"desk_port = {hall.settings.desk_port}\n")
        yield make


def audited(settings: Settings) -> list[Audited]:
    with closing(consumer(settings)) as client:
        ends = end_offsets(client, settings.topic("audit"))
        return [decode(each.value, Audited) for each in read(settings, client, dict.fromkeys(ends, 0), ends)]


def test_a_correction_through_the_page_holds_in_a_replay(hall: Hall, worker: Any) -> None:
    site, absent = hall.settings, hall.lecture.names[3]
    attend, sink = worker("attend").start(), worker("sink").start()
    desk = DeskProcess(site, worker("desk").start())
    hall.tell(*(replace(each, live=True) for each in hall.observations))
    hall.tell(replace(OVER, at=datetime.now(UTC)))
    attend.until(SOURCES)
    sink.until(("sightings", "attendance"))
    assert hall.rows()[absent].verdict == "absent"
    desk.sign_in()
    assert desk.send(1, absent, "late") == 303
    attend.until(SOURCES)
    assert (hall.rows()[absent].verdict, hall.rows()[absent].source) == ("late", "kim")
    again = tables_of(site, HOUR.starts_at, HOUR.ends_at, from_sightings=True).attendance.to_pylist()
    replayed = {each["student_id"]: (each["verdict"], each["source"]) for each in again}
    assert replayed[absent] == ("late", "kim")
    assert all(source == "camera" for student, (_, source) in replayed.items() if student != absent)


def test_what_a_killed_desk_confirmed_is_on_record_and_the_rest_can_be_sent_again(hall: Hall, worker: Any) -> None:
    names = hall.lecture.names
    process = worker("desk").start()
    desk = DeskProcess(hall.settings, process)
    desk.sign_in()
    answers: dict[int, int | None] = {}

    def decide(number: int) -> None:
        answers[number] = desk.send(number, names[number % len(names)])
        if number == 11:
            process.kill()

    with ThreadPoolExecutor(4) as people:
        list(people.map(decide, range(32)))
    confirmed = {f"decision{number}" for number, status in answers.items() if status == 303}
    lost = {number for number, status in answers.items() if status is None}
    assert confirmed
    assert lost
    on_record = mark_batches(hall.settings)
    assert confirmed <= {each.id for each in on_record.values()}
    assert all(len(each.marks) == 1 for each in on_record.values()), "nothing is half done"
    assert len([each for each in audited(hall.settings) if each.action == "correct"]) >= len(on_record)

    process.start()  # the session still holds
    for number in sorted(lost):
        assert desk.send(number, names[number % len(names)]) in (303, 409)
    batches = [each.id for each in mark_batches(hall.settings).values()]
    assert len(batches) == len(set(batches))
    process.stop()
