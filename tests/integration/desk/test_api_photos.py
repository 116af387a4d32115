"""Photos in bulk by a program: sent, watched, told of, asked about; and by nobody who may not."""

from typing import Any

import pytest
import requests

from enrollment.loaded import enrollments
from infra.machine.jobs import files_of
from infra.operations.people.photo_job import photo_jobs
from tests.integration.desk.conftest import STUDENTS, ServedDesk
from tests.integration.desk.test_api import Program
from tests.integration.desk.test_loading_pages import zipped
from tests.integration.infra.test_kiosk import photo

A, B = STUDENTS[0].student_id, STUDENTS[1].student_id


@pytest.fixture
def office(desk: ServedDesk) -> Program:
    return Program(desk, "office")


def send(program: Program, *files: tuple[str, bytes], consent: str = "1", **more: Any) -> requests.Response:
    sent = [("photos", each) for each in files]
    return program("POST", "/photo-jobs", data={"consent": consent}, files=sent or None, **more)


def ended(program: Program, answer: requests.Response, **more: Any) -> Any:
    """Return the report of a job when nobody is at work any more."""
    assert answer.status_code in (200, 202), answer.text
    name = answer.json()["job"]["name"]
    while (report := program.get(f"/photo-jobs/{name}", **more).json())["state"] == "running":
        program.desk.desk._stop.wait(0.1)
    return report


def test_photos_are_sent_watched_and_told_of(office: Program) -> None:
    files = [
        (f"{A}.png", photo(1)),
        (f"{B}.jpg", b"%PDF-1.7 no photo"),
        ("more.zip", zipped((f"{A}_2.png", photo(1, 2)))),
    ]
    answer = send(office, *files)
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/api/v1/photo-jobs/{answer.json()['job']['name']}"
    report = ended(office, answer)
    assert (report["state"], report["files"], report["enrolled"]) == ("done", 3, [A])
    assert report["counts"] == {"enrolled": 1, "replaced": 0, "unchanged": 0, "without": 1}
    [refused] = report["refused"]
    assert (refused["file"], "a PDF" in refused["why"]) == (f"{B}.jpg", True)
    korean = ended(office, answer, headers={"accept-language": "ko"})
    assert korean["refused"][0]["why"] != refused["why"]
    kept = enrollments(office.desk.settings)[A]
    assert (kept.templates[0].photos, kept.history[0].by) == (2, f"office ({office.name})")
    assert [each["job"]["state"] for each in office.get("/photo-jobs").json()["items"]] == ["done"]
    office.desk.stored()
    rows = office.get("/audit").json()["items"]
    assert {"enroll", "see_people"} <= {each["action"] for each in rows}
    name = report["job"]["name"]
    assert office("DELETE", f"/photo-jobs/{name}").json() == {"name": name}
    assert office.get(f"/photo-jobs/{name}").status_code == 404
    assert A in enrollments(office.desk.settings)


def test_sent_twice_by_one_key_it_is_one_job(office: Program) -> None:
    one, two = (send(office, (f"{A}.png", photo(1)), headers={"idempotency-key": "k"}) for _ in range(2))
    assert one.json()["job"]["name"] == two.json()["job"]["name"]
    assert ended(office, one)["state"] == "done"
    assert len(photo_jobs(office.desk.settings)) == 1


def test_what_a_job_asks_about_is_answered(office: Program) -> None:
    ended(office, send(office, (f"{A}_1.png", photo(1)), (f"{A}_2.png", photo(1, 2))))
    report = ended(office, send(office, (f"{A}.png", photo(5))))
    assert (report["state"], [each["about"] for each in report["asks"]]) == ("asks", [A])
    assert list(files_of(office.desk.settings, report["job"]["name"]).iterdir())
    there = f"/photo-jobs/{report['job']['name']}"
    assert ended(office, office.post(there, {"do": "replace"}))["counts"]["replaced"] == 1
    assert enrollments(office.desk.settings)[A].version == 2
    assert office.post(there, {"do": "burn"}).status_code == 422


def test_what_is_no_form_or_lacks_consent_or_photos_is_refused_and_nothing_is_kept(office: Program) -> None:
    assert office.post("/photo-jobs", {"consent": "1"}).status_code == 415
    file = (f"{A}.png", photo(1))
    for answer, named in ((send(office, file, consent=""), "consent"), (send(office, ("", b"")), "photos")):
        assert answer.status_code == 422
        assert named in answer.json()["detail"]
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert office("POST", "/photo-jobs", data=b"no form", headers=headers).status_code in (400, 422)
    assert office("POST", "/photo-jobs", data=iter([b"x"]), headers=headers).json()["type"].endswith("length")
    broken = send(office, ("more.zip", b"PK no zip"))
    assert (broken.status_code, "more.zip" in broken.json()["detail"]) == (422, True)
    assert photo_jobs(office.desk.settings) == []
    assert list((office.desk.settings.home / "uploads" / "photos").iterdir()) == []


def test_nobody_else_sends_or_sees_photos(office: Program) -> None:
    name = send(office, (f"{A}.png", photo(1))).json()["job"]["name"]
    for owner in ("kim", "park", "naeol", "tech"):
        program = Program(office.desk, owner)
        assert send(program, (f"{A}.png", photo(1))).status_code == 403, owner
        assert program.get("/photo-jobs").status_code == 403, owner
        assert program.get(f"/photo-jobs/{name}").status_code == 403, owner
        assert program("DELETE", f"/photo-jobs/{name}").status_code == 403, owner
    assert Program(office.desk, "office", sections=("EA0017-1",)).get("/photo-jobs").status_code == 403
    assert Program(office.desk, "office", "names:read").get("/photo-jobs").json()["scope"] == "enrolment:write"
    ended(office, office.get(f"/photo-jobs/{name}"))
