"""Replays and engines by the page of an engineer: started, watched, killed, compared, judged, and never whose."""

import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
import requests
from msgspec.structs import replace
from playwright.sync_api import Browser, expect

from infra.machine.jobs import cancel_job, find_job, jobs
from infra.operations.accounts.desk_sessions import create_link, csrf_token
from infra.operations.engines.check_job import CHECK
from schemas.settings import load_settings
from tests.conftest import Broker, make_site
from tests.integration.desk.conftest import STUDENTS, ServedDesk, opener
from tests.integration.desk.held_lecture import NAMES, SECTION, held_lecture
from tests.integration.desk.test_access_of_pages import session
from tests.integration.desk.test_api import Program
from tests.integration.desk.test_what_if_page import until_ended
from tests.integration.streams.conftest import Worker
from tests.integration.streams.paper_hall import HOUR

ENGLISH = {"accept-language": "en"}
WHEN = {
    "since": f"{HOUR.starts_at:%Y-%m-%dT%H:%M+00:00}",
    "until": f"{HOUR.ends_at:%Y-%m-%dT%H:%M+00:00}",
    "looks": "no",
}


@pytest.fixture(scope="module")
def lecture(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedDesk]:
    with held_lecture(make_site(broker, tmp_path_factory.mktemp("runs") / "home")) as desk:
        yield desk


class Engineer:
    """Somebody who keeps the site running, and whatever the pages have shown him."""

    def __init__(self, desk: ServedDesk) -> None:
        self.desk = desk
        self.client, self.token = session(desk, "tech")
        self.client.headers.update(ENGLISH)
        self.shown = ""

    def get(self, path: str) -> str:
        return self._seen(self.client.get(self.desk.url + path))

    def post(self, path: str, **fields: str) -> str:
        return self._seen(self.client.post(self.desk.url + path, data={"csrf": self.token} | fields))

    def start(self, name: str, **fields: str) -> str:
        return self.post("/runs", id=f"r{time.monotonic_ns()}", run=name, **(WHEN | fields))

    def _seen(self, answer: requests.Response) -> str:
        self.shown += answer.text
        return answer.text

    def saw_nobody(self) -> bool:
        """Whether no page has named a student."""
        people = [*NAMES, *(each.name for each in STUDENTS), *(f"2019{number:05}" for number in range(9))]
        return not [each for each in people if each in self.shown]


def pid(desk: ServedDesk, name: str) -> int:
    return int((desk.settings.home / "jobs" / name / "pid").read_text("ascii"))


def test_a_replay_is_started_compared_and_deleted_and_nobody_is_named(lecture: ServedDesk) -> None:
    engineer = Engineer(lecture)
    assert "live" in engineer.get("/runs")
    assert "stricter" in engineer.start("stricter", late_after="5", sections=SECTION)
    assert until_ended(lecture, "stricter") == "done", find_job(lecture.settings, "stricter")
    assert "done" in engineer.get("/runs/stricter")
    told = engineer.get("/runs/stricter/compare?with=live")
    assert "2 of 8 (25.0 %" in told or "2 of 8" in told
    assert "<td>present</td><td>late</td><td>2</td>" in told
    assert "What names students is not shown to engineers: Verdicts that differ" in told
    assert "There is no run yet" not in engineer.get("/runs")
    engineer.post("/runs/stricter", what="delete")
    assert lecture.desk.pages
    assert engineer.client.get(f"{lecture.url}/runs/stricter").status_code == 404
    assert engineer.saw_nobody()
    lecture.stored()
    office, _ = session(lecture, "office")
    shown = office.get(f"{lecture.url}/audit?account=tech", headers=ENGLISH).text
    assert all(each in shown for each in ("stricter: started", "stricter: deleted", "changed a replay"))


def test_a_run_is_judged_by_what_people_marked_and_its_plots_need_no_style(lecture: ServedDesk) -> None:
    engineer = Engineer(lecture)
    engineer.start("alone", marks="no", sections=SECTION)
    assert until_ended(lecture, "alone") == "done"
    told = engineer.post("/runs/alone", what="evaluate")
    assert "alone: right in 2 of 2" in told
    assert "<svg" in told
    assert "style=" not in told.partition("<main")[2]
    assert "<style" not in told
    assert "none of the verdicts of live can be judged" in engineer.post("/runs/live", what="evaluate")
    assert engineer.saw_nobody()


def test_a_replay_whose_process_is_killed_is_found_so_and_goes_on(lecture: ServedDesk) -> None:
    engineer = Engineer(lecture)
    engineer.start("killed", load="1", sections=SECTION)
    os.kill(pid(lecture, "killed"), signal.SIGKILL)
    assert until_ended(lecture, "killed") == "given_up"
    told = engineer.get("/runs/killed")
    assert "given up" in told
    assert "Its process ended without a word" in told
    engineer.post("/runs/killed", what="resume")
    assert until_ended(lecture, "killed") == "done"


def test_a_replay_outlives_the_desk_that_started_it(lecture: ServedDesk) -> None:
    settings = load_settings(lecture.settings.home, {})
    desk = Worker(settings, "desk", "1").start()
    address, client = f"http://127.0.0.1:{settings.desk_port}", requests.Session()
    client.post(f"{address}/sign-in", data={"once": create_link(settings, "tech", datetime.now(UTC))})
    form = {"csrf": csrf_token(client.cookies["naul-session"]), "id": "o1", "run": "outlives", **WHEN}
    assert client.post(f"{address}/runs", data=form, allow_redirects=False).headers["location"] == "/runs/outlives"
    desk.kill()
    assert until_ended(lecture, "outlives") == "done"
    assert "outlives" in Engineer(lecture).get("/runs")


def test_a_replay_is_cancelled_and_what_it_fails_by_is_said(lecture: ServedDesk) -> None:
    engineer = Engineer(lecture)
    engineer.start("slow", load="1")
    assert "one is done at a time" in engineer.start("other")
    engineer.post("/runs/slow", what="cancel")
    assert until_ended(lecture, "slow") == "cancelled"
    assert "It was cancelled" in engineer.get("/runs/slow")
    engineer.start("nothing", halls="X1")
    assert until_ended(lecture, "nothing") == "failed"
    assert "no sightings of centerface-dlib" in engineer.get("/runs/nothing")


def test_a_program_starts_compares_and_judges_a_run_and_is_told_of_nobody(lecture: ServedDesk) -> None:
    program, seen = Program(lecture, "tech"), list[str]()

    def asked(answer: requests.Response, status: int = 200) -> Any:
        assert answer.status_code == status, answer.text
        seen.append(answer.text)
        return answer.json()

    times = {"since": f"{HOUR.starts_at.isoformat()}", "until": f"{HOUR.ends_at.isoformat()}", "from_sightings": True}
    wish = times | {"run": "by-a-program", "sections": [SECTION], "with_marks": False, "late_after": 5}
    key = {"idempotency-key": "r"}
    assert asked(program.post("/runs", wish, headers=key), 201)["job"]["by"] == f"tech ({program.name})"
    assert asked(program.post("/runs", wish, headers=key), 201)["run"] == "by-a-program"
    assert until_ended(lecture, "by-a-program") == "done"
    run = asked(program.get("/runs/by-a-program"))
    assert (run["job"]["state"], run["class_hours"], run["finished_at"] is not None) == ("done", 1, True)
    assert {"live", "by-a-program"} <= {each["run"] for each in asked(program.get("/runs"))["items"]}
    compared = asked(program.get("/runs/by-a-program/comparison?with=live"))
    assert ["present", "late"] in [row[:2] for table in compared["tables"] for row in table["rows"]]
    assert compared["left_out"]
    assert "right in" in asked(program.post("/runs/by-a-program/evaluations", {}), 201)["words"][0]
    for body, status in (({"do": "cancel"}, 200), ({"do": "burn"}, 422)):
        asked(program.post("/runs/by-a-program", body), status)
    asked(program("DELETE", "/runs/by-a-program"))
    asked(program.get("/runs/by-a-program"), 404)
    asked(program("DELETE", "/runs/live"), 422)
    for name in ("../../..", "../jobs", "by-nobody"):
        asked(program("DELETE", f"/runs/{quote(name, safe='')}"), 404)
    for wrong in ({"until": times["since"]}, {"load": 0}, {"run": "live"}, {"run": "../x"}, {"late_after": 181}):
        asked(program.post("/runs", wish | wrong), 422)
    engines = asked(program.get("/engines"))
    assert [each["engine"] for each in engines["engines"] if each["live"]] == ["centerface-dlib"]
    asked(program.post("/engines/face-recognition/choices", {}), 422)
    asked(program.post("/engines/none/checks", {}), 422)
    people = [*NAMES, *(each.name for each in STUDENTS), *(f"2019{number:05}" for number in range(9))]
    assert not [each for each in people for said in seen if each in said]
    assert Program(lecture, "registry").get("/runs").status_code == 403


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"until": "2020-01-01T00:00"}, "it must end after it starts"),
        ({"since": "soon"}, "is no moment"),
        ({"load": "0"}, "is no share of a core"),
        ({"late_after": "x"}, "is no number of that kind"),
        ({"run": "../../etc"}, "is no name of a run"),
        ({"run": "live"}, "is no name of a run"),
    ],
)
def test_what_cannot_be_started_is_said_and_kept(lecture: ServedDesk, fields: dict[str, str], said: str) -> None:
    engineer = Engineer(lecture)
    told = engineer.post("/runs", id="x1", **(WHEN | {"run": "kept"} | fields))
    assert said in told
    assert all(f'value="{value}"' in told for value in fields.values())
    assert not [each for each in jobs(lecture.settings) if each.asked.id == "x1"]


def test_an_engine_is_checked_and_chosen_on_record_and_refused_in_numbers(lecture: ServedDesk) -> None:
    engineer = Engineer(lecture)
    engineer.post("/engines/check", engine="centerface-dlib", id="c1")
    [job] = jobs(lecture.settings, CHECK)
    assert until_ended(lecture, job.name) == "done", job
    told = engineer.get("/runs")
    assert "fit to be used" in told
    assert "80 of 80 faces" in told
    refused = engineer.post("/engines/use", engine="face-recognition")
    assert "does not know 8 enrolled students" in refused or "is not calibrated" in refused, refused
    assert "there is no engine" in engineer.post("/engines/check", engine="none", id="c2")
    assert engineer.saw_nobody()


def test_what_is_typed_stays_while_the_list_is_refreshed(lecture: ServedDesk, browser: Browser) -> None:
    engineer = Engineer(lecture)
    engineer.start("watched", load="1")
    with opener(lecture, browser) as enter:
        page = enter("tech")
        page.goto(f"{lecture.url}/runs")
        page.get_by_label("Name (none: after the time)").fill("typed")
        line = page.get_by_role("row").filter(has_text="watched")
        expect(line).to_contain_text("under way")
        cancel_job(lecture.settings, "watched")
        expect(line).to_contain_text("cancelled")
        assert page.get_by_label("Name (none: after the time)").input_value() == "typed"


def test_the_list_is_that_of_before_while_the_store_is_away(lecture: ServedDesk) -> None:
    engineer = Engineer(lecture)
    engineer.get("/runs")
    there = lecture.desk.settings
    lecture.desk.settings = replace(there, store="clickhouse://127.0.0.1:9")
    try:
        told = engineer.get("/runs")
    finally:
        lecture.desk.settings = there
    assert "The store does not answer at the moment" in told
    assert 'href="/runs/live"' in told
