"""A hall as it is now, of a real store and a real broker: what the sink has stored, and what it has not yet."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from rich.console import Console

from infra.cli.watch import command
from infra.operations.site.watch_hall import hall_as_it_is, watch_hall
from schemas.cluster import send
from schemas.errors import RefusedError
from schemas.messages import Attendance, ClassHour, Coverage, HallDay, Observation, encode
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


@pytest.mark.parametrize("words", [["--once"], []])
def test_a_hall_that_nobody_knows_is_refused_before_the_screen_opens(
    site: Settings, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime(2026, 3, 9, tzinfo=UTC)
    hour = ClassHour(section="EA", hall="B12", date=at.date(), period=1, starts_at=at, ends_at=at + timedelta(hours=1))
    day = HallDay(hall="B12", date=hour.date, hours=(hour,))
    send(site, [(site.topic("timetable"), f"B12|{hour.date}".encode(), encode(day), None, None)])
    (site.home / "naul.toml").write_text(f'kafka = "{site.kafka}"\nprefix = "{site.prefix}"\n', "utf-8")
    monkeypatch.setattr("infra.cli.watch.console", Console(force_terminal=True))
    result = CliRunner().invoke(command, ["--hall", "B13", *words, "--home", str(site.home)])
    assert isinstance(result.exception, RefusedError)
    assert result.exception.message == "the timetable knows no hall 'B13'; B13 looks like B12"
    assert "\x1b[?1049h" not in result.output, "no screen was opened"


def test_without_a_terminal_a_live_screen_is_refused_with_what_is_there_instead(site: Settings) -> None:
    result = CliRunner().invoke(command, ["--hall", "B12", "--home", str(site.home)])
    assert isinstance(result.exception, RefusedError)
    assert "--once" in result.exception.remedy
