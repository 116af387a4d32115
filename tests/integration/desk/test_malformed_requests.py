"""Requests and messages that are malformed, at a desk that serves and a sink that stores: real Kafka, real store."""

import pytest

from infra.machine.lag import Cluster
from schemas.cluster import send
from tests.integration.desk.conftest import HOUR, STUDENTS, ServedDesk
from tests.integration.desk.test_access_of_pages import session
from tests.integration.desk.test_api import Program, fill
from tests.tools.hostile_requests import Asker, answer_to, hostile_messages, hostile_requests

PART = 10
"""One in so many here; ``make bench PART=malformed`` asks all of them."""

REAL = {"class_hour": HOUR.id, "student": STUDENTS[1].student_id, "hall": HOUR.hall, "section": HOUR.section,
        "date": f"{HOUR.date}", "period": f"{HOUR.period}", "camera": "front", "report": "rate_by_week",
        "export": "attendance", "run": "live", "account": "kim", "term": "2026-1"}  # fmt: skip


def askers(desk: ServedDesk) -> list[Asker]:
    """A professor, the registrar, a student and an engineer at the desk, a program, and nobody."""
    desk.account("boss", "professor", "registrar", "student", teaches=(HOUR.section,), student=STUDENTS[1].student_id)
    found = [Asker({"authorization": f"Bearer {Program(desk, 'boss').secret}"}, "")] * 3
    for name in ("kim", "office", "naeol", "tech"):
        client, csrf = session(desk, name)
        found.append(Asker({"cookie": f"naul-session={client.cookies['naul-session']}", "accept": "text/html"}, csrf))
    return [*found, Asker({}, "")]


def faults(desk: ServedDesk, part: int) -> list[tuple[int, int, bytes]]:
    """Ask everything, and return the numbers of requests that were answered as none may be, with status and request."""
    wrong = []
    for number, request in hostile_requests(desk.desk, askers(desk), REAL, part):
        answer = answer_to(("127.0.0.1", desk.settings.desk_port), request)
        if answer.status >= 500 or b"Traceback" in answer.body or b'.py", line' in answer.body:
            wrong.append((number, answer.status, request[:300]))
    return wrong


def dead_letters(desk: ServedDesk) -> int:
    """Messages that were put aside."""
    with Cluster(desk.settings) as cluster:
        return sum(cluster.ends(["dead-letters"]).values())


def sent(desk: ServedDesk, part: int) -> int:
    """Send what is malformed to all topics, and return how much that was."""
    records = [(desk.settings.topic(topic), key, value, None, None) for topic, key, value in hostile_messages(part)]
    send(desk.settings, records)
    return len(records)


def test_nothing_that_is_sent_stops_the_desk_or_the_sink(shared_desk: ServedDesk) -> None:
    assert sent(shared_desk, PART) >= 50
    fill(shared_desk)  # what is whole is stored all the same, behind all that
    program = Program(shared_desk, "kim")
    assert [
        each["verdict"]
        for each in program.get(f"/class-hours/{HOUR.id.replace('|', '%7C')}/attendance").json()["items"]
    ]
    assert faults(shared_desk, PART) == []
    assert program.get("/halls").status_code == 200


def form_of(path: str, body: bytes, kind: str, cookie: str = "") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\naccept: text/html\r\n{cookie}"
    return f"{head}content-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize("path", ["/sign-in", "/language", "/appeals"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
def test_whoever_is_not_signed_in_sends_no_more_than_a_form(shared_desk: ServedDesk, path: str, kind: str) -> None:
    """A thousand fields of a megabyte each were held in memory; files of any size lay on the disk."""
    file = b'--b\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n' + b"x" * 3 * 2**20
    body = file if "multipart" in kind else b"&".join(b"a=" + b"x" * 2**16 for _ in range(48))
    answer = answer_to(("127.0.0.1", shared_desk.settings.desk_port), form_of(path, body, kind))
    assert answer.status in ((413, 401) if path == "/appeals" else (413,))


def test_a_form_without_files_takes_none(shared_desk: ServedDesk) -> None:
    client, csrf = session(shared_desk, "kim")
    part = (
        f'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{csrf}\r\n--b\r\nContent-Disposition: form-data; '
    )
    body = f'{part}name="a"; filename="a"\r\n\r\nx\r\n--b--\r\n'.encode()
    cookie = f"cookie: naul-session={client.cookies['naul-session']}\r\n"
    request = form_of("/sign-out", body, "multipart/form-data; boundary=b", cookie)
    assert answer_to(("127.0.0.1", shared_desk.settings.desk_port), request).status == 400


def test_too_many_fields_of_somebody_unknown_are_no_mistake_of_ours(shared_desk: ServedDesk) -> None:
    request = form_of("/appeals", b"a=1&" * 1200, "application/x-www-form-urlencoded")
    assert answer_to(("127.0.0.1", shared_desk.settings.desk_port), request).status == 400
