import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice

import cv2
import numpy as np
import pytest

from producers.live_camera import Live, LiveEdge, masked
from producers.shots import Refused, Shot

START = datetime(2026, 11, 23, tzinfo=UTC)


class Camera:
    """Gives a frame a second and breaks off after so many; ``frames=0`` cannot be opened at all.

    opening: seconds that this takes. As many frames wait then, and come at once.
    """

    def __init__(self, frames: int, *, damaged: bool = False, opening: int = 0) -> None:
        self.left = frames
        self.opened = frames > 0
        self.damaged = damaged
        self.opening = self.waiting = opening
        self.position = 0
        self.released = False
        self.tick: Callable[[int], None] = lambda _: None

    def isOpened(self) -> bool:  # noqa: N802  OpenCV's name
        return self.opened

    def grab(self) -> bool:
        self.left -= 1
        self.position += 1
        if self.waiting:
            self.waiting -= 1
        else:
            self.tick(1)
        return self.left >= 0

    def get(self, property_: int) -> float:
        assert property_ == cv2.CAP_PROP_POS_MSEC
        return 1000 * self.position

    def retrieve(self) -> tuple[bool, object]:
        return (False, None) if self.damaged else (True, np.zeros((8, 8, 3), np.uint8))

    def release(self) -> None:
        self.released = True


class World:
    """A clock that moves with every frame that does not wait, and cameras that follow each other."""

    def __init__(self, *cameras: Camera) -> None:
        self.cameras = list(cameras)
        self.now = START
        self.slept: list[float] = []
        self.said: list[str] = []
        self.opened = 0

    def source(self, name: int | str = 0, every: float = 0) -> Live:
        return Live(
            name,
            every=timedelta(seconds=every),
            say=self.said.append,
            clock=lambda: self.now,
            sleep=self.slept.append,
            connect=self.connect,
        )

    def tick(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    def connect(self, _source: int | str) -> Camera:
        camera = self.cameras[self.opened]
        self.opened += 1
        self.tick(camera.opening)
        camera.tick = self.tick
        return camera


def seconds_of(shots: list[Shot | Refused]) -> list[float]:
    return [(shot.captured_at - START).total_seconds() for shot in shots if isinstance(shot, Shot)]


def test_a_camera_that_breaks_off_is_opened_again() -> None:
    world = World(Camera(2), Camera(3))
    shots = list(islice(world.source().shots(), 4))
    assert all(isinstance(shot, Shot) for shot in shots)
    assert (world.opened, len(world.slept)) == (2, 1)
    assert world.cameras[0].released


def test_the_pause_grows_up_to_half_a_minute_and_starts_again_after_a_picture() -> None:
    world = World(*[Camera(0)] * 7, Camera(1), Camera(0), Camera(1))
    list(islice(world.source().shots(), 2))
    assert len(world.slept) == 9
    most = [1, 2, 4, 8, 16, 30, 30, 1, 2]
    assert all(0.5 <= each <= longest for each, longest in zip(world.slept, most, strict=True))


def test_people_are_told_and_the_password_is_not() -> None:
    world = World(Camera(0), Camera(1))
    list(islice(world.source("rtsp://lena:s3cret@cam-e101/stream").shots(), 1))
    lost, back = world.said
    assert re.match(r"rtsp://lena:\*{3}@cam-e101/stream gives no picture; trying again in [\d.]+ s\.", lost)
    assert back == "rtsp://lena:***@cam-e101/stream gives pictures again."


def test_frames_are_thinned_by_the_clock_at_which_they_arrive() -> None:
    shots = list(islice(World(Camera(60)).source(every=5).shots(), 3))
    assert seconds_of(shots) == [1, 6, 11]


def test_what_waited_while_the_camera_was_opened_is_not_kept() -> None:
    shots = list(islice(World(Camera(60, opening=4)).source().shots(), 3))
    assert seconds_of(shots) == [5, 6, 7], "the four that waited would be dated 4"


@pytest.mark.parametrize(
    ("opening", "frames", "expected"),
    [
        pytest.param(0, [(0, 0), (0.04, 0.04)], [True, True], id="opened at once, nothing can wait"),
        pytest.param(3, [(0, 0), (1, 1), (2, 2)], [False, True, True], id="at the pace of the clock, nothing waited"),
        pytest.param(2, [(0, 0), (0, 1), (0, 2), (0, 3)], [False, False, True, True], id="no more than opening took"),
        pytest.param(
            9, [(0, 0), (0, 0.6), (0.3, 1), (0.9, 1.6)], [False] * 3 + [True], id="a moment's stall is no pace"
        ),
        pytest.param(9, [(0, 0), (0.3, 0), (0.6, 0)], [False, False, True], id="a position that never moves"),
        pytest.param(9, [(0, 7), (0.3, 0), (0.6, 0.3)], [False, False, True], id="a position that is set back"),
    ],
)
def test_the_live_edge(opening: float, frames: list[tuple[float, float]], expected: list[bool]) -> None:
    edge = LiveEdge(opening)
    found = [edge.reached(START + timedelta(seconds=at), position) for at, position in frames]
    assert found == expected


def test_a_frame_that_cannot_be_decoded_is_refused_and_the_camera_goes_on() -> None:
    shots = list(islice(World(Camera(3, damaged=True)).source().shots(), 2))
    assert all(isinstance(shot, Refused) for shot in shots)


def test_stopping_releases_the_camera() -> None:
    world = World(Camera(3))
    shots = world.source().shots()
    next(iter(shots))
    shots.close()  # type: ignore[attr-defined]
    assert world.cameras[0].released


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://cam/1", "rtsp://cam/1"),
        ("rtsp://lena@cam/1", "rtsp://lena@cam/1"),
        ("rtsp://lena:a:b@cam/1", "rtsp://lena:***@cam/1"),
        ("rtsp://lena:a/b?c@d@cam:554/1", "rtsp://lena:***@cam:554/1"),
        ("rtsp://cam:554/user=lena&password=s3cret&channel=1", "rtsp://cam:554/user=lena&password=***&channel=1"),
        ("http://cam/video?user=lena&pwd=s3cret", "http://cam/video?user=lena&pwd=***"),
    ],
)
def test_only_a_password_is_masked(address: str, shown: str) -> None:
    assert masked(address) == shown
