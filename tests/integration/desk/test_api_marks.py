"""Marks by a program: counted once, never over somebody else's word, and on record; and a part that is away.

In a file of its own: the embedded store is one of a process, and these need a desk each.
"""

import pytest
import requests

from infra.operations.accounts.sign_in import ADDRESS_FAILURES
from tests.integration.desk.conftest import STUDENTS, ServedDesk, store_silent
from tests.integration.desk.test_api import DAY, HERE, A, B, Program, fill


class TestMarks:
    def test_a_decision_is_idempotent_and_a_conflict_shows_what_was_first(self, desk: ServedDesk) -> None:
        fill(desk)
        kim, other = Program(desk, "kim"), Program(desk, "kim")
        student = STUDENTS[3].student_id
        body = {"student_id": student, "verdict": "late", "reason": "came after the break"}
        first = kim.post(f"{HERE}/marks", body, headers={"idempotency-key": "one"})
        again = kim.post(f"{HERE}/marks", body, headers={"idempotency-key": "one"})
        assert (first.status_code, first.json()) == (201, again.json())
        assert (
            kim.post(f"{HERE}/marks", body | {"verdict": "absent"}, headers={"idempotency-key": "one"})
            .json()["type"]
            .endswith("key-reused")
        )
        conflict = other.post(f"{HERE}/marks", body | {"verdict": "absent"})
        assert conflict.status_code == 409
        assert conflict.json()["first"]["verdict"] == "late"
        mark = other.get(f"{HERE}/marks/{student}")
        tag = mark.headers["etag"]
        stale = other.post(f"{HERE}/marks", body | {"verdict": "absent"}, headers={"if-match": '"other"'})
        assert stale.status_code == 412
        done = other.post(f"{HERE}/marks", body | {"verdict": "absent"}, headers={"if-match": tag})
        assert (done.status_code, done.json()["before"]["verdict"]) == (201, "late")
        assert len(kim.get(f"{HERE}/marks").json()["items"]) == 2

    def test_a_roll_call_counts_once_and_whoever_may_not_cannot(self, desk: ServedDesk) -> None:
        fill(desk)
        kim = Program(desk, "kim")
        body = {"verdicts": {A: "absent", B: "present"}, "id": "r1"}
        assert kim.post(f"{HERE}/roll-calls", body).json() == {"id": "r1", "answers": 2, "left": []}
        assert kim.post(f"{HERE}/roll-calls", body).status_code == 201
        stranger = kim.post(f"{HERE}/roll-calls", {"verdicts": {"209900001": "absent"}})
        assert (stranger.status_code, "209900001" in stranger.json()["detail"]) == (422, True)
        for owner, status in (("lee", 404), ("office", 403), ("naeol", 404), ("tech", 403)):
            assert Program(desk, owner).post(f"{HERE}/roll-calls", body).status_code == status, owner
            assert Program(desk, owner).post(f"{HERE}/marks", {"student_id": A, "verdict": None}).status_code == status
        assert [each["by"] for each in kim.get(f"{HERE}/marks").json()["items"]] == [f"kim ({kim.name})"] * 2

    def test_a_roll_call_leaves_what_somebody_else_decided(self, desk: ServedDesk) -> None:
        fill(desk)
        kim, park = Program(desk, "kim"), Program(desk, "park")
        decided = kim.post(f"{HERE}/marks", {"student_id": A, "verdict": "present", "reason": "an appeal"}).json()
        seen = {A: decided["mark"]["batch"]}
        body = {"verdicts": {A: "absent", B: "absent"}, "seen": seen, "id": "r1"}
        for _ in range(2):  # the same again says the same
            told = park.post(f"{HERE}/roll-calls", body).json()
            assert (told["answers"], [each["verdict"] for each in told["left"]]) == (1, ["present"])
        assert kim.get(f"{HERE}/marks/{A}").json()["verdict"] == "present"
        assert kim.get(f"{HERE}/marks/{B}").json()["verdict"] == "absent"
        over = kim.post(f"{HERE}/roll-calls", {"verdicts": {B: "late"}, "id": "r2"}).json()
        assert (over["answers"], len(over["left"])) == (0, 1), "he was not shown what the assistant said"

    def test_what_was_looked_at_is_on_record_as_of_owner_and_token(self, desk: ServedDesk) -> None:
        fill(desk)
        kim = Program(desk, "kim")
        assert kim.get(f"{HERE}/attendance/{A}").status_code == 200
        desk.stored()
        rows = Program(desk, "office").get(f"/audit?student={A}&{DAY}").json()["items"]
        [seen] = [each for each in rows if each["action"] == "see_student"]
        assert (seen["account"], seen["student_id"], seen["detail"]) == ("kim", A, f"by the token {kim.name}")


def test_a_store_that_hangs_is_503_and_says_when_to_ask_again(
    desk: ServedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(desk)
    kim = Program(desk, "kim")
    monkeypatch.setattr("sinks.store.remote.PROMPT", 0.2)
    with store_silent(desk.settings):
        live, away = kim.get("/halls"), kim.get(f"{HERE}/attendance", headers={"accept-language": "ko"})
    assert live.json()["items"][0]["students"] == 5, "what is live is known without the store"
    assert (away.status_code, away.headers["retry-after"]) == (503, "5")
    assert away.json()["type"] == "urn:naul:problem:unavailable"
    assert "응답하지 않습니다" in away.json()["detail"]


def test_too_many_void_tokens_have_to_wait_and_one_that_holds_has_not(desk: ServedDesk) -> None:
    kim = Program(desk, "kim", "halls:read")

    def void() -> requests.Response:
        headers = {"authorization": "Bearer naul_void"}
        return requests.get(f"{desk.url}/api/v1/halls", headers=headers, timeout=60)

    assert [void().status_code for _ in range(ADDRESS_FAILURES)] == [401] * ADDRESS_FAILURES
    refused = void()
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "900")
    assert refused.headers["content-type"] == "application/problem+json"
    assert kim.get("/halls").status_code == 200
