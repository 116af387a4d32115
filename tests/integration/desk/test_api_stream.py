"""What happens in a hall, as a program follows it."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
import requests

from producers.marks import mark_batch, send_marks
from schemas.cluster import send
from schemas.ids import presence_id
from schemas.messages import Presence, encode
from tests.integration.desk.conftest import HOUR, NINE, OTHERS, STUDENTS, ServedDesk, coverage
from tests.integration.desk.test_api import Program, fill

A, B = STUDENTS[0].student_id, STUDENTS[1].student_id


class Sent(NamedTuple):
    """One event of a stream."""

    name: str
    id: str
    data: Any


class Stream:
    """A stream as it comes."""

    def __init__(self, answer: requests.Response) -> None:
        assert answer.status_code == 200, answer.text
        self._lines = answer.iter_lines(chunk_size=1, decode_unicode=True)

    def next(self) -> Sent:
        found: dict[str, str] = {}
        for line in self._lines:
            if not line and found.get("data"):
                return Sent(found["event"], found.get("id", ""), json.loads(found["data"]))
            name, _, value = line.partition(": ")
            if name:
                found[name] = value
        raise AssertionError("the stream ended without a word")


@contextmanager
def stream(program: Program, hall: str = HOUR.hall, after: str = "") -> Iterator[Stream]:
    headers = {"authorization": f"Bearer {program.secret}"} | ({"last-event-id": after} if after else {})
    with requests.get(
        f"{program.desk.url}/api/v1/halls/{hall}/events", headers=headers, stream=True, timeout=60
    ) as answer:
        yield Stream(answer)


def happened(desk: ServedDesk, student: str, kind: Any = "arrived", at: datetime = NINE, hour: Any = HOUR) -> None:
    told = Presence(
        id=str(presence_id("live", hour.id, student, kind, 0)),
        run="live",
        class_hour=hour.id,
        section=hour.section,
        hall=hour.hall,
        date=hour.date,
        period=hour.period,
        student_id=student,
        kind=kind,
        ordinal=0,
        at=at,
        version=1,
    )
    send(desk.settings, [(desk.settings.topic("presence"), hour.id.encode(), encode(told), None, None)])


@pytest.fixture
def program(desk: ServedDesk) -> Program:
    fill(desk)
    while desk.desk._erased.is_set():
        time.sleep(0.02)
    return Program(desk, "kim")


def test_first_all_of_it_then_what_happens(desk: ServedDesk, program: Program) -> None:
    with stream(program) as events:
        first = events.next()
        assert (first.name, first.data["hall"], len(first.data["class_hours"][0]["students"])) == (
            "snapshot",
            "E101",
            5,
        )
        happened(desk, B, hour=OTHERS)  # of another section, in another hall
        happened(desk, A)
        happened(desk, A)  # the same, told again
        happened(desk, A, "departed", NINE + timedelta(minutes=5))
        arrived, departed = events.next(), events.next()
        assert (arrived.name, arrived.data["student_id"], arrived.data["at"]) == (
            "attendance.arrived",
            A,
            "2026-03-09T00:00:00Z",
        )
        assert (departed.name, departed.data["student_id"]) == ("attendance.departed", A)
        assert "name" not in arrived.data
        send_marks(desk.settings, mark_batch(HOUR, {B: "absent"}, batch_id="b", kind="mark", by="kim", at=desk.now))
        marks = events.next()
        assert (marks.name, marks.data["marks"]) == ("marks.made", [{"student_id": B, "verdict": "absent"}])
        desk.tell(coverage(final=True, version=2))
        closed = events.next()
        assert (closed.name, closed.data["class_hour"]) == ("class_hour.closed", HOUR.id)


def test_whoever_was_cut_off_misses_nothing_and_sees_nothing_twice(desk: ServedDesk, program: Program) -> None:
    with stream(program) as events:
        events.next()
        happened(desk, A)
        last = events.next()
    happened(desk, B)
    with stream(program, after=last.id) as events:
        again = events.next()
        assert (again.name, again.data["student_id"]) == ("attendance.arrived", B)
    for lost in ("another-1", f"{last.id.rpartition('-')[0]}-99999", "²", "-"):
        with stream(program, after=lost) as events:
            assert events.next().name == "snapshot"


def test_a_position_that_is_kept_no_longer_begins_anew(desk: ServedDesk, program: Program) -> None:
    with stream(program) as events:
        events.next()
        happened(desk, A)
        last = events.next()
    for each in desk.desk.drawn:
        each()  # somebody was erased
    with stream(program, after=last.id) as events:
        assert events.next().name == "snapshot"


def test_it_ends_when_the_token_does(desk: ServedDesk, program: Program) -> None:
    with stream(program) as events:
        events.next()
        program.revoke()
        assert events.next().name == "end"
    short = Program(desk, "kim", lasts=timedelta(minutes=1))
    with stream(short) as events:
        events.next()
        desk.now += timedelta(minutes=2)
        assert events.next().name == "end"


def test_who_may_not_see_who_is_there_follows_nothing(desk: ServedDesk, program: Program) -> None:
    assert program("HEAD", f"/halls/{HOUR.hall}/events").headers["content-type"].startswith("text/event-stream")
    for owner, status in (("lee", 404), ("naeol", 404)):
        assert Program(desk, owner).get(f"/halls/{HOUR.hall}/events").status_code == status
    with stream(Program(desk, "tech")) as events:
        assert events.next().data["class_hours"] == []  # an engineer sees numbers, and nobody
        happened(desk, A)
        desk.tell(coverage(final=True, version=2))
        assert events.next().name == "class_hour.closed"
    limited = Program(desk, "office", sections=(OTHERS.section,))
    assert limited.get(f"/halls/{HOUR.hall}/events").status_code == 404
