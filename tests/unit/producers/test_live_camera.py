from datetime import UTC, datetime, timedelta
from itertools import islice

import numpy as np
import pytest

from producers.live_camera import Live, masked, pauses
from producers.shots import Refused, Shot


class Camera:
    """Gives so many frames and then breaks off; ``frames=0`` cannot be opened at all."""

    def __init__(self, frames: int, *, damaged: bool = False) -> None:
        self.left = frames
        self.opened = frames > 0
        self.damaged = damaged
        self.released = False

    def isOpened(self) -> bool:  # noqa: N802  OpenCV's name
        return self.opened

    def grab(self) -> bool:
        self.left -= 1
        return self.left >= 0

    def retrieve(self) -> tuple[bool, object]:
        return (False, None) if self.damaged else (True, np.zeros((8, 8, 3), np.uint8))

    def release(self) -> None:
        self.released = True


class World:
    """A clock that moves a second with every frame, and cameras that follow each other."""

    def __init__(self, *cameras: Camera) -> None:
        self.cameras = list(cameras)
        self.now = datetime(2026, 11, 23, tzinfo=UTC)
        self.slept: list[float] = []
        self.said: list[str] = []
        self.opened = 0

    def source(self, name: int | str = 0, every: float = 0) -> Live:
        return Live(
            name,
            every=timedelta(seconds=every),
            say=self.said.append,
            clock=self.clock,
            sleep=self.slept.append,
            connect=self.connect,
        )

    def clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def connect(self, _source: int | str) -> Camera:
        self.opened += 1
        return self.cameras[self.opened - 1]


def test_a_camera_that_breaks_off_is_opened_again() -> None:
    world = World(Camera(2), Camera(3))
    shots = list(islice(world.source().shots(), 4))
    assert all(isinstance(shot, Shot) for shot in shots)
    assert (world.opened, world.slept) == (2, [1])
    assert world.cameras[0].released


def test_the_pause_doubles_up_to_half_a_minute_and_starts_again_after_a_picture() -> None:
    world = World(*[Camera(0)] * 7, Camera(1), Camera(0), Camera(1))
    list(islice(world.source().shots(), 2))
    assert world.slept == [1, 2, 4, 8, 16, 30, 30, 1, 2]


def test_people_are_told_and_the_password_is_not() -> None:
    world = World(Camera(0), Camera(1))
    list(islice(world.source("rtsp://lena:s3cret@cam-e101/stream").shots(), 1))
    (said,) = world.said
    assert "rtsp://lena:***@cam-e101/stream" in said
    assert "s3cret" not in said


def test_frames_are_thinned_by_the_clock_at_which_they_arrive() -> None:
    shots = list(islice(World(Camera(60)).source(every=5).shots(), 3))
    seconds = [
        (shot.captured_at - datetime(2026, 11, 23, tzinfo=UTC)).seconds for shot in shots if isinstance(shot, Shot)
    ]
    assert seconds == [1, 6, 11]


def test_a_frame_that_cannot_be_decoded_is_refused_and_the_camera_goes_on() -> None:
    shots = list(islice(World(Camera(3, damaged=True)).source().shots(), 2))
    assert all(isinstance(shot, Refused) for shot in shots)


def test_stopping_releases_the_camera() -> None:
    world = World(Camera(3))
    shots = world.source().shots()
    next(iter(shots))
    shots.close()  # type: ignore[attr-defined]
    assert world.cameras[0].released


def test_pauses_never_exceed_the_longest() -> None:
    assert list(islice(pauses(longest=10), 6)) == [1, 2, 4, 8, 10, 10]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://cam/1", "rtsp://cam/1"),
        ("rtsp://lena@cam/1", "rtsp://lena@cam/1"),
        ("rtsp://lena:a:b@cam/1", "rtsp://lena:***@cam/1"),
    ],
)
def test_only_a_password_is_masked(address: str, shown: str) -> None:
    assert masked(address) == shown
