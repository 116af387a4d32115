"""What retention will take, against the room there is."""

from datetime import UTC, datetime, timedelta

from infra.machine.kept_bytes import reckon, streams
from schemas.settings import Settings

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
GIB = 2**30


def test_what_came_in_for_an_hour_is_what_comes_in_for_all_the_days_that_it_is_kept() -> None:
    settings = Settings(keep_frames=timedelta(days=8))
    since = {"frames": NOW - timedelta(hours=1), "sightings": None, "presence": NOW - timedelta(minutes=1)}
    found = streams(settings, {"frames": GIB, "sightings": 0, "presence": 5}, since, NOW)
    assert [each.a_day for each in found] == [24 * GIB, 0, 0], "a minute says nothing"
    assert found[0].wanted == 24 * GIB * 9, "a segment goes as a whole: a ninth day"


def test_frames_are_kept_for_as_long_as_what_the_others_leave_lasts() -> None:
    settings = Settings()
    since = {"frames": NOW - timedelta(days=1), "sightings": NOW - timedelta(days=1)}
    found = streams(settings, {"frames": 10 * GIB, "sightings": GIB}, since, NOW)
    kept = reckon(found, 30 * GIB)
    assert kept.too_much
    assert kept.fit == timedelta(days=(30 - 14 * 9 / 8) / 10)
    assert not reckon(found, 60 * GIB).too_much
    assert reckon(found, None).fit is None
