"""A hall as it is now, of a real store and a real broker: what the sink has stored, and what it has not yet."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from msgspec.structs import replace

from infra.operations.watch_hall import hall_as_it_is, watch_hall
from schemas.messages import Attendance, Coverage, Observation, encode
from schemas.settings import Settings
from sinks.batch import Batch, write
from sinks.store import open_store


def shown(now: Any) -> dict[str, str]:
    return {row.student_id: row.verdict for row in now.rows}


@pytest.fixture
def told(hall: Any, sink: Callable[..., Any], verdict: Attendance, coverage: Coverage) -> Attendance:
    """A verdict that the sink has stored, with its class hour."""
    with sink(hall.settings):
        hall.tell(verdict, coverage)
        hall.caught_up()
    return verdict


def test_what_is_stored_and_what_came_since_are_one_hall(site: Settings, hall: Any, told: Attendance) -> None:
    hall.tell(
        replace(told, student_id="a002", verdict="late"), replace(told, verdict="absent", version=told.version + 1)
    )
    with open_store(site) as store:
        stored = Batch("live")
        stored.take("attendance", b"", encode(replace(told, student_id="a003")))
        write(store, stored)
    now = hall_as_it_is(site, told.hall).now
    assert shown(now) == {told.student_id: "absent", "a002": "late", "a003": told.verdict}


def test_without_a_store_the_topics_say_it_all(
    site: Settings, hall: Any, verdict: Attendance, coverage: Coverage
) -> None:
    hall.tell(verdict, coverage)
    assert shown(hall_as_it_is(site, verdict.hall).now) == {verdict.student_id: verdict.verdict}


def test_it_goes_on_with_what_comes(site: Settings, hall: Any, told: Attendance, observation: Observation) -> None:
    with closing(watch_hall(site, told.hall)) as states:
        assert shown(next(states).now) == {told.student_id: told.verdict}
        hall.tell(replace(told, student_id="a002"), replace(observation, hall=told.hall))
        hall.tell_raw("attendance", b"key", b"no message")
        for state in states:
            if len(state.now.rows) == 2 and state.now.last_frame:
                break
    assert state.now.last_frame == observation.captured_at


def test_an_exam_is_shown_in_a_hall_whose_cameras_see_it(
    site: Settings, hall: Any, told: Attendance, observation: Observation
) -> None:
    assert shown(hall_as_it_is(site, "B21").now) == {}
    hall.tell(replace(observation, hall="B21", class_hour=told.class_hour))
    assert shown(hall_as_it_is(site, "B21").now) == {told.student_id: told.verdict}
