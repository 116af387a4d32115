"""What if late were five minutes: what was seen in a lecture of numbers is judged again, and whose F would change.

The lecture is judged live first, by the workers, so that what the answer says can be counted by hand.
"""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from msgspec.structs import replace

from infra.desk.app import build
from infra.machine.jobs import find_job
from infra.operations.accounts.desk_sessions import csrf_token
from infra.operations.runs.what_if import questions
from schemas.settings import Settings
from sinks.store import open_for_reading
from tests.conftest import Broker, make_site
from tests.integration.desk.conftest import STUDENTS, ServedDesk
from tests.integration.desk.held_lecture import GONE, NAMES, SECTION, TERM, held_lecture
from tests.integration.desk.test_access_of_pages import session
from tests.integration.desk.test_api import Program


@pytest.fixture(scope="module")
def lecture(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedDesk]:
    with held_lecture(make_site(broker, tmp_path_factory.mktemp("what-if") / "home")) as desk:
        yield desk


def until_ended(desk: ServedDesk, name: str) -> str:
    """Return how a job has ended."""
    job = find_job(desk.settings, name)
    while job and not job.ended:
        time.sleep(0.05)
        job = find_job(desk.settings, name)
    assert job, name
    return job.word


def asked(desk: ServedDesk, **fields: str) -> tuple[requests.Session, requests.Response]:
    client, token = session(desk, "registry")
    form = {"csrf": token, "id": f"q{time.monotonic_ns()}", "term": TERM.term} | fields
    return client, client.post(f"{desk.url}/what-if", data=form, headers={"accept-language": "en"})


def named(shown: str, part: str) -> list[str]:
    """Return whom a part of the answer names."""
    part = shown[shown.index(f'id="{part}"') :].partition("</section>")[0]
    return [each for each in NAMES if f"<td>{each}</td>" in part]


def rows_of_live(settings: Settings) -> list[Any]:
    """Return them as they hold: the store may merge older versions away at any moment."""
    with open_for_reading(settings) as store:
        found = store.query("SELECT section, date, period, student_id, verdict, version FROM attendance_rows FINAL "
                            "WHERE run = 'live' ORDER BY section, date, period, student_id, version").rows  # fmt: skip
    return list(found)


def test_late_after_five_minutes_changes_exactly_those_who_came_between(lecture: ServedDesk) -> None:
    before = rows_of_live(lecture.settings)
    client, begun = asked(lecture, late_after="5", sections=SECTION)
    assert begun.status_code == 200
    name = begun.url.rpartition("/")[2]
    assert until_ended(lecture, name) == "done", find_job(lecture.settings, name)
    shown = client.get(begun.url, headers={"accept-language": "en"}).text
    assert "1 class hours were judged again" in shown
    assert "could not be judged again" not in shown
    assert "<td>present</td><td>late</td><td>2</td>" in shown
    assert shown.count("<td>→") == 0
    assert named(shown, "appears") == ["학생 1", "학생 2"]
    assert "No F would vanish." in shown
    assert "No verdict and no F has changed" in shown
    assert rows_of_live(lecture.settings) == before, "nothing that is live has changed"
    lecture.stored()
    office, _ = session(lecture, "office")
    assert (
        "asked what if" in office.get(f"{lecture.url}/audit?account=registry", headers={"accept-language": "en"}).text
    )


def test_a_rule_alone_is_answered_at_once_and_makes_no_run(lecture: ServedDesk) -> None:
    runs = len(questions(lecture.settings))
    _, shown = asked(lecture, limit="1/3", sections=SECTION)
    assert "/what-if/rule?" in shown.url
    assert named(shown.text, "vanishes") == ["학생 0", "학생 3"]
    assert "No F would appear." in shown.text
    assert len(questions(lecture.settings)) == runs


def test_both_together_say_what_policy_and_rule_would_do(lecture: ServedDesk) -> None:
    client, begun = asked(lecture, late_after="5", late_per_absence="2", sections=SECTION)
    name = begun.url.rpartition("/")[2]
    assert until_ended(lecture, name) == "done"
    shown = client.get(begun.url, headers={"accept-language": "en"}).text
    assert "No F would appear." in shown, "late once is half an absence, which costs nothing"
    assert named(shown, "vanishes") == ["학생 0"]


def test_a_program_asks_too_and_is_told_the_same(lecture: ServedDesk) -> None:
    program, before = Program(lecture, "registry"), rows_of_live(lecture.settings)
    rule = program.post("/what-if", {"term": TERM.term, "sections": [SECTION], "rule": {"limit": "1/3"}}).json()
    assert rule["run"] is None
    vanished = [each["name"] for each in rule["answer"]["standings"] if each["fate"] == "vanishes"]
    assert vanished == ["학생 0", "학생 3"]
    wish, key = {"term": TERM.term, "sections": [SECTION], "policy": {"late_after": 5}}, {"idempotency-key": "five"}
    begun = program.post("/what-if", wish, headers=key)
    assert begun.status_code == 201, begun.text
    assert program.post("/what-if", wish, headers=key).json()["run"] == begun.json()["run"], "sent twice it asks once"
    here = begun.headers["location"].removeprefix("/api/v1")
    assert until_ended(lecture, begun.json()["run"]) == "done"
    told = program.get(here).json()
    assert (told["job"]["state"], told["question"]["policy"], told["answer"]["judged_again"]) == (
        "done", {"late_after": 5.0}, 1,
    )  # fmt: skip
    assert {"before": "present", "after": "late", "verdicts": 2} in told["answer"]["verdicts"]
    appear = [each for each in told["answer"]["standings"] if each["fate"] == "appears"]
    assert [each["name"] for each in appear] == ["학생 1", "학생 2"]
    assert (appear[0]["before"]["standing"], appear[0]["after"]["standing"]) == ("last_hour", "failed")
    unnamed = Program(lecture, "registry", "runs:read").get(here).json()["answer"]
    assert {each["name"] for each in (*unnamed["changed"], *unnamed["standings"])} == {None}
    assert begun.json()["run"] in [each["run"] for each in program.get("/what-if").json()["items"]]
    for owner in ("naeol", "kim", "tech"):
        assert Program(lecture, owner).get(here).status_code == 403, owner
    assert rows_of_live(lecture.settings) == before
    assert program("DELETE", here).status_code == 200
    assert program.get(here).status_code == 404
    for body, said in (
        ({"term": TERM.term}, "nothing is to be another one"),
        ({"term": TERM.term, "policy": {"late": 5}}, "late"),
        ({"term": TERM.term, "rule": {"limit": "a third"}}, "limit must be a part in quotes"),
        ({"term": "2030-1", "rule": {"limit": "1/3"}}, "there is no term"),
    ):
        refused = program.post("/what-if", body)
        assert (refused.status_code, said in refused.json()["detail"]) == (422, True), refused.text


def test_class_hours_whose_sightings_are_gone_are_said_and_count_as_they_stand(lecture: ServedDesk) -> None:
    client, begun = asked(lecture, late_after="5", sections=GONE.section)
    assert until_ended(lecture, begun.url.rpartition("/")[2]) == "failed", "nothing of that section is kept"
    failed = client.get(begun.url, headers={"accept-language": "en"}).text
    assert "no sightings of centerface-dlib" in failed
    client, begun = asked(lecture, late_after="5", sections=f"{SECTION}, {GONE.section}")
    assert until_ended(lecture, begun.url.rpartition("/")[2]) == "done"
    shown = client.get(begun.url, headers={"accept-language": "en"}).text
    assert "1 class hours were judged again" in shown
    assert "1 class hours could not be judged again" in shown
    assert f"{GONE.date} {GONE.section} period 1" in shown
    assert STUDENTS[0].name not in shown, "his F is as it was"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "nothing is to be another one"),
        ({"late_after": "soon"}, "is no number of that kind"),
        ({"late_after": "1000"}, "minutes are none of a policy"),
        ({"limit": "a third"}, "limit must be a part in quotes"),
        ({"late_after": "5", "sections": "XX1"}, "XX1 has no class hour in 2026-1"),
        ({"late_after": "5", "term": "2030-1"}, "there is no term"),
        ({"late_after": "5", "first": "2026-13-01"}, "is no day"),
        ({"late_after": "5", "first": "2030-01-01"}, "none of these days lies in 2026-1"),
    ],
)
def test_what_cannot_be_asked_is_said_and_what_was_typed_is_kept(
    lecture: ServedDesk, fields: dict[str, str], said: str
) -> None:
    runs = len(questions(lecture.settings))
    _, shown = asked(lecture, **fields)
    assert shown.status_code == 400
    assert said in shown.text
    assert all(f'value="{value}"' in shown.text for name, value in fields.items() if name != "term")
    assert len(questions(lecture.settings)) == runs


def test_sent_twice_it_asks_once(lecture: ServedDesk) -> None:
    _, one = asked(lecture, id="twice", late_after="3")
    _, other = asked(lecture, id="twice", late_after="3")
    assert one.url == other.url
    assert until_ended(lecture, one.url.rpartition("/")[2]) == "done"


def test_another_desk_of_the_home_finds_what_was_asked_and_can_delete_it(lecture: ServedDesk) -> None:
    client, begun = asked(lecture, late_after="4", sections=SECTION)
    name = begun.url.rpartition("/")[2]
    again = ServedDesk(replace(lecture.settings, desk_port=lecture.settings.desk_port))
    assert build(again.desk) is not None
    assert name in {each.name for each in questions(again.settings)}
    again.desk.calendar.close()
    assert until_ended(lecture, name) == "done"
    token = csrf_token(client.cookies["naul-session"])
    gone = client.post(begun.url, data={"csrf": token, "what": "delete"}, headers={"accept-language": "en"})
    assert gone.url == f"{lecture.url}/what-if"
    assert name not in gone.text
    assert client.get(begun.url).status_code == 404
    with open_for_reading(lecture.settings) as store:
        assert store.query("SELECT count() FROM attendance_rows WHERE run = %(run)s", {"run": name}).rows == [(0,)]
