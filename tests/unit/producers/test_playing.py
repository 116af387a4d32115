"""A simulated hall that is played as if it happened now."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from producers.delivery import Clock
from producers.shots import Shot, moment_of
from producers.simulated_hall import load_script
from producers.simulated_hall.playing import PlayedHall, first_hour, moved_to, starting_point

NOW = datetime(2026, 11, 28, 3, 15, 20, tzinfo=UTC)
STORY = load_script("demo")


class World:
    """A clock that stands still unless somebody waits."""

    def __init__(self) -> None:
        self.now = NOW
        self.waited: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += timedelta(seconds=seconds)

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, self.sleep)


def test_the_first_hour_is_played_with_two_minutes_around_it() -> None:
    played = first_hour(STORY)
    (hour,) = played.hours
    assert hour == STORY.hours[0]
    assert played.record.starts_at == hour.starts_at - timedelta(minutes=2)
    assert played.record.ends_at == hour.ends_at + timedelta(minutes=2)


@pytest.mark.parametrize("speed", [1, 2.5, 10])
def test_it_is_fast_until_it_has_caught_up_with_the_clock_and_no_frame_is_from_the_future(speed: float) -> None:
    story = replace(first_hour(STORY), width=320, height=180, nearest=15.5, farthest=7.75)  # when, not what
    script = moved_to(story, starting_point(story, speed, NOW))
    length = script.record.ends_at - script.record.starts_at
    assert length == story.record.ends_at - story.record.starts_at
    world = World()
    behind = list[timedelta]()
    for shot in PlayedHall(script, speed, world.clock).shots():
        assert isinstance(shot, Shot)
        behind.append(world.now - shot.captured_at)
    assert min(behind) >= timedelta(0)
    caught_up = behind.index(timedelta(0)) / len(behind) if speed > 1 else 0
    assert caught_up <= 0.8, "a fifth of the script is left, in real time"


def test_everything_moves_together_and_dates_follow_in_the_zone() -> None:
    start = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)  # midnight in Seoul
    script = moved_to(STORY, start)
    by = start - STORY.record.starts_at
    assert [each.starts_at - by for each in script.hours] == [each.starts_at for each in STORY.hours]
    assert {str(each.date) for each in script.hours} == {"2026-12-01"}
    for moved, told in zip(script.students, STORY.students, strict=True):
        assert [each.starts_at - by for each in moved.here] == [each.starts_at for each in told.here]
        assert (moved.name, moved.seat) == (told.name, told.seat)


def test_every_frame_comes_when_it_is_due() -> None:
    story = first_hour(STORY)
    script = moved_to(story, starting_point(story, 10, NOW))
    world = World()
    source = PlayedHall(script, 10, world.clock)
    shots = source.shots()
    first, second = next(shots), next(shots)
    assert isinstance(first, Shot)
    assert isinstance(second, Shot)
    assert [each.captured_at for each in (first, second)] == list(source.moments()[:2])
    assert world.waited == [0, script.every.total_seconds() / 10]
    assert moment_of(first.name) == first.captured_at
