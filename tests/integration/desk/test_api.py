"""The API as a program asks it: real Kafka, real sink, real store, a desk that serves."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
import requests

from infra.operations.accounts.access import DeskUser
from infra.operations.accounts.api_scopes import SCOPES
from infra.operations.accounts.api_tokens import NewToken, create_token, revoke_token
from infra.operations.accounts.audit import AuditLog
from infra.operations.accounts.manage_accounts import Manager
from schemas.messages import Absence
from tests.integration.desk.conftest import HOUR, NINE, OTHERS, STUDENTS, ServedDesk, coverage, observation, row

HERE = f"/class-hours/{quote(HOUR.id, safe='')}"
THERE = f"/class-hours/{quote(OTHERS.id, safe='')}"
A, B = STUDENTS[0].student_id, STUDENTS[1].student_id
DAY = f"from={HOUR.date}&to={HOUR.date}"


class Program:
    """Asks with a token."""

    def __init__(self, desk: ServedDesk, owner: str, *scopes: str, sections: tuple[str, ...] = (), **more: Any) -> None:
        self.desk, self.name = desk, f"t{abs(hash((owner, scopes, sections))) % 10**9}-{desk_count(desk)}"
        with AuditLog(desk.settings) as log:
            self.by = Manager(DeskUser(account="root"), log.record, "console")
            new = NewToken(name=self.name, owner=owner, scopes=scopes or SCOPES, sections=sections, **more)
            self.secret = create_token(desk.settings, new, self.by, desk.now).secret

    def __call__(self, method: str, path: str, **more: Any) -> requests.Response:
        headers = {"authorization": f"Bearer {self.secret}"} | more.pop("headers", {})
        return requests.request(method, f"{self.desk.url}/api/v1{path}", headers=headers, timeout=60, **more)

    def get(self, path: str, **more: Any) -> requests.Response:
        return self("GET", path, **more)

    def post(self, path: str, body: Any, **more: Any) -> requests.Response:
        return self("POST", path, json=body, **more)

    def revoke(self) -> None:
        with AuditLog(self.desk.settings) as log:
            revoke_token(self.desk.settings, self.name, self.by._replace(on_record=log.record), self.desk.now)


def desk_count(desk: ServedDesk) -> int:
    desk.tokens = getattr(desk, "tokens", 0) + 1  # type: ignore[attr-defined]
    return int(desk.tokens)  # type: ignore[attr-defined]


def fill(desk: ServedDesk) -> None:
    """Five students of kim's class hour, two of lee's, all stored."""
    left = Absence(departed_at=NINE + timedelta(minutes=5), gone_by=NINE + timedelta(minutes=6))
    desk.tell(
        observation(),
        coverage(),
        row(0),
        row(1, "late", arrived_at=NINE + timedelta(minutes=3)),
        row(2, "left_early", absences=(left,), departed_at=left.departed_at),
        row(3, "unobserved", review=True, doubts=("too_alike",), reason=f"as like as {A}", confidence=0.4),
        row(4, "absent", confidence=0.7),
    )
    desk.stored()


@pytest.fixture(scope="module")
def told(shared_desk: ServedDesk) -> ServedDesk:
    fill(shared_desk)
    return shared_desk


class TestTokens:
    def test_without_a_token_nothing_is_said_and_no_cookie_counts(self, told: ServedDesk) -> None:
        session = requests.Session()
        once = told.link("kim").partition("once=")[2]
        session.post(f"{told.url}/sign-in", data={"once": once}, allow_redirects=False)
        answer = session.get(f"{told.url}/api/v1/halls")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:naul:problem:no-token"
        assert requests.get(f"{told.url}/api/v1/halls?access_token=x", timeout=30).status_code == 401
        assert "set-cookie" not in answer.headers

    def test_a_scope_that_was_not_given_is_named(self, told: ServedDesk) -> None:
        program = Program(told, "kim", "halls:read")
        assert program.get("/halls").status_code == 200
        answer = program.get(f"{HERE}/attendance")
        assert (answer.status_code, answer.json()["scope"]) == (403, "attendance:read")
        assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]

    def test_what_is_revoked_or_over_is_void_and_says_so_in_two_languages(self, told: ServedDesk) -> None:
        program, short = Program(told, "kim"), Program(told, "kim", lasts=timedelta(minutes=1))
        program.revoke()
        answer = program.get("/halls", headers={"accept-language": "ko"})
        assert (answer.status_code, answer.headers["content-language"]) == (401, "ko")
        assert "토큰" in answer.json()["detail"]
        assert short.get("/halls").status_code == 200
        told.now += timedelta(minutes=2)
        try:
            assert short.get("/halls").json()["type"] == "urn:naul:problem:void-token"
        finally:
            told.now -= timedelta(minutes=2)

    def test_a_section_outside_its_limit_is_not_there(self, told: ServedDesk) -> None:
        program = Program(told, "office", sections=(OTHERS.section,))
        assert program.get(HERE).status_code == 404
        assert program.get(f"{HERE}/attendance").status_code == 404
        assert program.get(THERE).status_code == 200
        assert program.get(f"/attendance?{DAY}").json()["items"] == []
        assert program.get(f"/students/{A}/attendance").json()["items"] == []
        for path in ("/reports", "/audit", "/health"):
            assert program.get(path).status_code == 403, path


class TestResources:
    def test_halls_and_class_hours(self, told: ServedDesk) -> None:
        program = Program(told, "kim")
        [hall] = program.get("/halls").json()["items"]
        assert (hall["hall"], hall["class_hours"], hall["students"]) == ("E101", [HOUR.id], 5)
        assert hall["cameras"][0]["age_seconds"] == 60
        [hour] = program.get(f"/class-hours?{DAY}&totals=true").json()["items"]
        assert (hour["id"], hour["starts_at"]) == (HOUR.id, "2026-03-09T00:00:00Z")
        assert hour["totals"] == {"there": 3, "here": 2, "students": 5, "to_decide": 1}
        now = program.get(HERE).json()
        assert (now["phase"], now["states"]["left"], now["hour"]["totals"]["here"]) == ("running", 1, 2)

    def test_verdicts_evidence_and_doubts(self, told: ServedDesk) -> None:
        program = Program(told, "kim")
        rows = program.get(f"{HERE}/attendance").json()["items"]
        assert [each["verdict"] for each in rows] == ["present", "late", "left_early", "unobserved", "absent"]
        assert rows[0]["name"] == STUDENTS[0].name
        unnamed = Program(told, "kim", "attendance:read").get(f"{HERE}/attendance").json()["items"]
        assert {each["name"] for each in unnamed} == {None}
        why = program.get(f"{HERE}/attendance/{B}", headers={"accept-language": "ko"}).json()
        assert (why["verdict"], why["seen"]) == ("late", "")
        assert "지각" in why["sentences"][0]
        [doubtful] = program.get(f"{HERE}/doubtful").json()["items"]
        assert doubtful["student_id"] == STUDENTS[3].student_id
        [gone] = program.get(f"/departures?{DAY}").json()["items"]
        assert (gone["student_id"], gone["departed_at"]) == (STUDENTS[2].student_id, "2026-03-09T00:05:00Z")
        [covered] = program.get(f"/coverage?{DAY}").json()["items"]
        assert covered["class_hour"] == HOUR.id

    def test_what_the_university_says_and_how_the_site_is(self, told: ServedDesk) -> None:
        kim, office = Program(told, "kim"), Program(told, "office")
        assert [each["section"] for each in kim.get("/rosters").json()["items"]] == [HOUR.section]
        assert len(office.get("/rosters").json()["items"]) == 2
        roster = kim.get(f"/rosters/{HOUR.section}").json()
        assert [each["student_id"] for each in roster["students"]] == [each.student_id for each in STUDENTS]
        assert kim.get(f"/rosters/{OTHERS.section}").status_code == 404
        assert [each["id"] for each in office.get(f"/timetable?{DAY}").json()["items"]] == [OTHERS.id, HOUR.id]
        assert office.get("/terms").json() == {"items": [], "next": None}
        names = [each["report"] for each in office.get("/reports").json()["items"]]
        assert {"rate_by_week", "audit"} & {*names} == {"rate_by_week"}
        for name in names:
            asked = f"?student={A}" if name == "student_trend" else ""
            answer = office.get(f"/reports/{name}{asked}")
            assert answer.status_code == 200, answer.text
        assert kim.get("/reports").status_code == 403
        assert Program(told, "tech").get("/health").json()["unavailable"] is False

    def test_pages_are_those_of_the_whole(self, told: ServedDesk) -> None:
        program = Program(told, "kim")
        whole = program.get(f"{HERE}/attendance").json()["items"]
        found, path = list[Any](), f"{HERE}/attendance?limit=2"
        while path:
            answer = program.get(path)
            found += answer.json()["items"]
            path = answer.links["next"]["url"].removeprefix("/api/v1") if "next" in answer.links else ""
        assert found == whole
        assert program.get(f"/attendance?{DAY}&cursor=abc").json()["type"] == "urn:naul:problem:cursor"

    def test_an_answer_that_is_at_hand_is_not_sent_again(self, told: ServedDesk) -> None:
        program = Program(told, "kim")
        answer = program.get(f"{HERE}/attendance")
        tag = answer.headers["etag"]
        again = program.get(f"{HERE}/attendance", headers={"if-none-match": f'W/"x", {tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        head = program("HEAD", f"{HERE}/attendance")
        assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", tag)
        assert program("OPTIONS", "/halls").headers["allow"] == "GET, HEAD, OPTIONS"


class TestRefusals:
    def test_each_is_a_problem_that_names_what_is_wrong(self, told: ServedDesk) -> None:
        program = Program(told, "kim")
        found = {
            "/nowhere": 404, "/halls?limt=3": 422, "/halls?limit=0": 422, "/halls?limit=3&limit=4": 422,
            "/halls/Z9": 404, "/class-hours/%FF": 404, f"/class-hours?from=1900-01-01&to={HOUR.date}": 422,
            f"{THERE}/attendance": 404, f"{HERE}/attendance/nobody": 404,
            "/coverage?from=2026-01-01&to=2028-01-01": 422,
        }  # fmt: skip
        for path, status in found.items():
            answer = program.get(path)
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), path
            assert all(answer.json()[each] for each in ("detail", "remedy"))
        assert "limt" in program.get("/halls?limt=3").json()["detail"]
        assert program("DELETE", "/halls").headers["allow"] == "GET, HEAD, OPTIONS"
        assert program("POST", f"{HERE}/marks", data="a=b").status_code == 415
        too_long = program("POST", f"{HERE}/marks", data=b" " * 2**19, headers={"content-type": "application/json"})
        assert too_long.status_code == 413
        broken = program("POST", f"{HERE}/marks", data=b"{", headers={"content-type": "application/json"})
        assert broken.status_code == 422


class TestStudents:
    """A token of student A's account reaches nothing of B."""

    def test_by_no_path_query_or_stream(self, told: ServedDesk) -> None:
        program = Program(told, "naeol")
        own = program.get(f"/students/{A}/attendance").json()["items"]
        assert [(each["student_id"], each["reason"]) for each in own] == [(A, None)]
        why = program.get(f"{HERE}/attendance/{A}")
        assert why.json()["verdict"] == "present"
        assert [each["id"] for each in program.get(f"/timetable?{DAY}").json()["items"]] == [OTHERS.id, HOUR.id]
        for path in told_paths():
            answer = program.get(path)
            said = json.dumps({**answer.json(), "instance": ""}, ensure_ascii=False)
            for each in STUDENTS[1:]:
                assert each.student_id not in said, path
                assert each.name not in said, path
            assert answer.status_code in (200, 403, 404, 422), path

    def test_a_forged_cursor_leads_nowhere_else(self, told: ServedDesk) -> None:
        from infra.desk.api.paging import cursor_of

        program = Program(told, "naeol")
        for name in ("/attendance", "/students/{student}/attendance"):
            cursor = cursor_of(name, ["2026-03-08", 0, "", ""])
            assert program.get(f"/students/{A}/attendance?cursor={cursor}").status_code == 422


def told_paths() -> list[str]:
    """Everything that may be asked, of B, of the class hour, and of everybody."""
    return [
        "/halls", "/halls/E101", "/halls/E101/events", f"/class-hours?{DAY}&totals=1", HERE, f"{HERE}/attendance",
        f"{HERE}/attendance/{B}", f"{HERE}/attendance/{B}/looks", f"{HERE}/frames/front", f"{HERE}/doubtful",
        f"{HERE}/marks", f"{HERE}/marks/{B}", f"/attendance?{DAY}", f"/attendance?{DAY}&student={A}",
        f"/attendance?{DAY}&student={B}",
        f"/attendance?{DAY}&section={HOUR.section}", f"/students/{B}/attendance", f"/students/%20{B}/attendance",
        f"/departures?{DAY}&student={STUDENTS[2].student_id}", f"/coverage?{DAY}",
        "/rosters", f"/rosters/{HOUR.section}",
        "/reports", f"/reports/student_trend?student={B}", f"/audit?student={B}", "/audit", "/health",
    ]  # fmt: skip


def test_the_document_is_open(told: ServedDesk) -> None:
    answer = requests.get(f"{told.url}/api/v1/openapi.json", timeout=30)
    assert json.loads(answer.text)["openapi"] == "3.1.0"
