from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from producers.addresses import CameraAddress
from producers.capture import devices
from producers.live_camera import LONGEST_PAUSE, Live, LiveEdge
from producers.probing import CameraAnswer
from producers.shots import Refused, Shot, SourceError

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
        self.position = 0.0
        self.released = False
        self.tick: Callable[[float], None] = lambda _: None

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


class Alarm:
    """A timer of the world's clock."""

    daemon = False

    def __init__(self, at: datetime, call: Callable[[], None]) -> None:
        self.at = at
        self.call = call
        self.running = False

    def start(self) -> None:
        self.running = True

    def cancel(self) -> None:
        self.running = False

    def ring(self, now: datetime) -> None:
        if self.running and now >= self.at:
            self.call()


class World:
    """A clock that moves with every frame that does not wait, and cameras that follow each other.

    answers: what the addresses say that are asked, one after the other; the last one from then on.
    """

    def __init__(self, *cameras: Camera, answers: tuple[CameraAnswer, ...] = (CameraAnswer("no_stream"),)) -> None:
        self.cameras = list(cameras)
        self.answers = list(answers)
        self.now = START
        self.slept: list[float] = []
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.opened = 0
        self.sources: list[int | str] = []

    def source(self, name: int | str = 0, every: float | None = 0) -> Live:
        return Live(
            name,
            every=None if every is None else timedelta(seconds=every),
            tell=lambda text, **values: self.told.append((text, values)),
            clock=lambda: self.now,
            sleep=self.sleep,
            connect=self.connect,
            asked=self.ask,
            timer=self.timer,
        )

    @property
    def said(self) -> list[str]:
        return [text for text, _ in self.told]

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    def timer(self, seconds: float, call: Callable[[], None]) -> "Alarm":
        self.alarm = Alarm(self.now + timedelta(seconds=seconds), call)
        return self.alarm

    def ask(self, _address: CameraAddress) -> CameraAnswer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def tick(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def connect(self, source: int | str) -> Camera:
        self.sources.append(source)
        camera = self.cameras[self.opened]
        self.opened += 1
        self.tick(camera.opening)
        self.alarm.ring(self.now)
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
    world = World(Camera(0), Camera(1), Camera(1), answers=(CameraAnswer("password", 401),))
    list(islice(world.source("rtsp://lena:s3/cr@et@cam-e101/stream").shots(), 2))
    assert world.told == [
        ("password", {"name": "rtsp://***@cam-e101/***", "status": 401, "pause": LONGEST_PAUSE}),
        ("back", {"name": "rtsp://***@cam-e101/***"}),
        ("broke_off", {"name": "rtsp://***@cam-e101/***", "status": 0, "pause": world.slept[1]}),
        ("back", {"name": "rtsp://***@cam-e101/***"}),
    ]
    assert set(world.sources) == {"rtsp://lena:s3%2Fcr%40et@cam-e101/stream"}, "the decoder gets it whole"


def test_the_same_cause_is_told_again_only_as_the_pauses_grow() -> None:
    world = World(*[Camera(0)] * 100, Camera(1))
    list(islice(world.source().shots(), 1))
    assert world.said[-1] == "back"
    assert set(world.said[:-1]) == {"no_device"}
    told = [values["pause"] for text, values in world.told if text == "no_device"]
    assert all(later >= 2 * earlier for earlier, later in pairwise(told))
    assert len(told) < 8
    assert len(world.slept) == 100


def test_another_cause_is_told_at_once() -> None:
    answers = (
        CameraAnswer("timeout"),
        CameraAnswer("timeout"),
        CameraAnswer("no_path", 404),
        CameraAnswer("no_stream"),
    )
    world = World(*[Camera(0)] * 4, Camera(1), answers=answers)
    list(islice(world.source("rtsp://cam/1").shots(), 1))
    assert [each for n, each in enumerate(world.said) if each not in world.said[:n]] == [
        "timeout", "no_path", "no_stream", "back",
    ]  # fmt: skip


class TestWeb:
    """An address of HTTP is asked what it has before a decoder tries."""

    def test_a_stream_is_decoded_and_not_asked_again_while_it_lasts(self) -> None:
        world = World(Camera(2), Camera(3), answers=(CameraAnswer("stream"), CameraAnswer("web_page")))
        assert len(list(islice(world.source("http://cam/video").shots(), 4))) == 4
        assert world.said == ["broke_off", "back"]

    def test_no_decoder_is_bothered_with_what_surely_is_no_stream(self) -> None:
        world = World(
            Camera(1), answers=(CameraAnswer("web_page"), CameraAnswer("password", 401), CameraAnswer("stream"))
        )
        list(islice(world.source("http://cam/").shots(), 1))
        assert world.said == ["web_page", "password", "back"]
        assert world.opened == 1

    def test_a_decoder_may_know_what_cannot_be_asked(self) -> None:
        world = World(Camera(0), Camera(1), answers=(CameraAnswer("certificate"),))
        list(islice(world.source("https://cam/video").shots(), 1))
        assert world.said == ["certificate", "back"]

    @pytest.mark.parametrize(
        ("every", "expected"),
        [
            pytest.param(None, [0, 5, 10], id="every five seconds unless somebody says otherwise"),
            pytest.param(2, [0, 2, 4], id="as often as is said"),
            pytest.param(0, [0, 1, 2], id="all there are: one a second"),
        ],
    )
    def test_a_camera_that_is_asked_for_each_picture_is_asked_as_often_as_is_due(
        self, every: float | None, expected: list[float], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world = World(answers=(CameraAnswer("snapshot"),))
        monkeypatch.setattr("producers.probing.Snapshots.take", lambda _: b"\xff\xd8\xff jpeg \xff\xd9")
        shots = list(islice(world.source("http://cam/snap.jpg", every).shots(), 3))
        assert seconds_of(shots) == expected


def test_of_a_camera_with_many_frames_a_second_one_in_five_seconds_is_kept_and_that_is_told() -> None:
    class Fast(Camera):
        def grab(self) -> bool:
            self.tick(0.04)
            self.left -= 1
            self.position += 0.04
            return self.left >= 0

    world = World(Fast(1000))
    assert seconds_of(list(islice(world.source(every=None).shots(), 3))) == pytest.approx([0.04, 5.04, 10.04])
    ((text, values),) = world.told
    assert (text, round(values["rate"])) == ("thinned_live", 25)
    assert values["size"] > 0


def test_of_a_camera_with_few_frames_all_are_kept() -> None:
    world = World(Camera(60))
    shots = list(islice(world.source(every=None).shots(), 4))
    assert seconds_of(shots)[1:] == [3, 4, 5], "a frame a second; the second is not kept while it is looked at"
    assert world.told == []


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


def test_a_camera_that_takes_long_to_answer_is_told_at_once_and_while_it_is_in_trouble_not_again() -> None:
    hanging = [Camera(0, opening=12) for _ in range(2)]
    world = World(Camera(1, opening=4), *hanging, Camera(1), answers=(CameraAnswer("silent"),))
    list(islice(world.source("rtsp://cam/1").shots(), 1))
    assert "slow" not in world.said
    world = World(*hanging, Camera(1), answers=(CameraAnswer("silent"),))
    list(islice(world.source("rtsp://cam/1").shots(), 1))
    assert world.told[0] == ("slow", {"name": "rtsp://cam/***", "seconds": 5.0})
    assert world.said[1] == "silent"
    assert world.said.count("slow") == 1
    assert not world.alarm.running


def test_a_device_that_was_never_there_is_refused_and_one_that_may_be_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("video0", "video12", "video", "videos1", "null"):
        (tmp_path / name).touch()
    assert devices(tmp_path, "linux") == {0, 12}
    assert devices(tmp_path, "darwin") is None
    monkeypatch.setattr("producers.live_camera.devices", lambda: devices(tmp_path, "linux"))
    for there in (0, 12, 700, "rtsp://cam/1"):
        World().source(there).check()
    with pytest.raises(SourceError, match="no_such_device: 7, 0, 12"):
        World().source(7).check()
    monkeypatch.setattr("producers.live_camera.devices", lambda: None)
    World().source(7).check()
