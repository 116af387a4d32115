"""What a stretch of messages means for the store."""

import pytest
from msgspec.structs import replace

from schemas.errors import BadMessageError
from schemas.messages import Attendance, Audited, Coverage, Forget, Observation, Tick, decode, encode
from schemas.topics import ROLL
from sinks.batch import Batch
from tests.examples import example

KEY = ("live", "EA0017-1|2026-03-09|1", "201912345")
WIRE_KEY = "|".join(KEY).encode()


@pytest.fixture
def batch() -> Batch:
    return Batch("live")


def test_of_one_row_the_highest_version_is_written_in_whatever_order_they_come(
    batch: Batch, verdict: Attendance
) -> None:
    for version in (7, 9, 8):
        batch.take("attendance", WIRE_KEY, encode(replace(verdict, version=version)))
    assert [row.version for row in batch.attendance.values()] == [9]


def test_coverage_comes_with_the_verdicts(batch: Batch, coverage: Coverage) -> None:
    batch.take("attendance", b"live|EA0017-1|2026-03-09|1", encode(coverage))
    assert [row.frames for row in batch.coverage.values()] == [150]


def test_an_erasure_takes_out_what_came_before_and_keeps_what_comes_after(batch: Batch, verdict: Attendance) -> None:
    batch.take("attendance", WIRE_KEY, encode(verdict))
    batch.take("attendance", WIRE_KEY, None)
    assert (batch.attendance, batch.erased) == ({}, {KEY})
    batch.take("attendance", WIRE_KEY, encode(replace(verdict, version=1)))
    assert [row.version for row in batch.attendance.values()] == [1]


def test_an_erasure_blanks_the_student_in_the_sightings_of_that_class_hour_only(
    batch: Batch, observation: Observation
) -> None:
    batch.take("sightings", b"E101", encode(observation))
    batch.take("sightings", b"E101", encode(replace(observation, class_hour="EA0017-1|2026-03-09|2")))
    batch.take("attendance", WIRE_KEY, None)
    assert [(row.period, row.student_id) for row in batch.sightings] == [(1, ""), (1, ""), (2, "201912345"), (2, "")]


def test_a_person_who_is_forgotten_is_forgotten_everywhere(
    batch: Batch, verdict: Attendance, observation: Observation
) -> None:
    batch.take("attendance", WIRE_KEY, encode(verdict))
    batch.take("sightings", b"E101", encode(observation))
    batch.take("sightings", b"E101", encode(Forget(student_id="201912345")))
    assert (batch.attendance, batch.forgotten) == ({}, {"201912345"})
    assert {row.student_id for row in batch.sightings} == {""}


def test_a_visitor_who_is_forgotten_is_in_no_sighting(batch: Batch, observation: Observation) -> None:
    batch.take("sightings", b"E101", encode(observation))
    assert [row.visitor for row in batch.sightings] == ["", "201877001"]
    batch.take("sightings", b"E101", encode(Forget(student_id="201877001")))
    assert [(row.student_id, row.visitor) for row in batch.sightings] == [("201912345", ""), ("", "")]


def test_a_tick_is_nothing_to_store(batch: Batch, observation: Observation) -> None:
    batch.take("sightings", b"E101", encode(Tick(hall="E101", at=observation.captured_at)))
    assert len(batch) == 0


@pytest.mark.parametrize(
    ("topic", "key", "value"),
    [
        pytest.param("attendance", WIRE_KEY, b'{"schema": "attendance/99"}', id="a version of the future"),
        pytest.param("attendance", WIRE_KEY, b"\xff\xd8\xff", id="a picture"),
        pytest.param("attendance", b"201912345", None, id="an erasure of no class hour"),
        pytest.param("attendance", None, None, id="an erasure without a key"),
        pytest.param("sightings", b"E101", None, id="a sighting without a value"),
        pytest.param("audit", b"kim", None, id="a deed without a value"),
    ],
)
def test_what_can_never_be_stored_is_refused_and_leaves_nothing(
    batch: Batch, topic: str, key: bytes | None, value: bytes | None
) -> None:
    with pytest.raises(BadMessageError):
        batch.take(topic, key, value)
    assert len(batch) == 0


def test_a_record_that_only_has_kafka_end_a_segment_is_nothing_to_store(batch: Batch) -> None:
    batch.take("attendance", ROLL, None)
    assert len(batch) == 0


def test_a_deed_that_is_told_twice_is_one_row_and_nobody_is_forgotten_in_it(batch: Batch) -> None:
    deed = decode(example("audit"), Audited)
    for _ in range(2):
        batch.take("audit", b"kim.prof", encode(deed))
    batch.take("sightings", b"E101", encode(Forget(student_id="201912345")))
    [row] = batch.audit.values()
    assert (row.id, row.account, row.student, row.ok) == (deed.id, "kim.prof", deed.student.hex(), 0)
    assert len(batch) == 2
