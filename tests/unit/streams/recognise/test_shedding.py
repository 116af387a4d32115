"""A worker that is behind looks at fewer frames of each camera, and at every camera."""

from datetime import timedelta
from itertools import pairwise

import pytest

from streams.recognise.shedding import LoadShedder, QueuedFrame
from tests.unit.streams.paper import NINE

COVER = timedelta(seconds=60)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def frame(captured: float, waited: float, camera: str = "E101/front", *, live: bool = True) -> QueuedFrame:
    return QueuedFrame(camera, live, NINE + seconds(captured), seconds(waited))


def kept(*frames: QueuedFrame) -> list[QueuedFrame]:
    shedder = LoadShedder(COVER)
    return [each for each in frames if not shedder.leaves_out(each)]


@pytest.mark.parametrize(
    ("waited", "apart"), [(30, 5), (40, 20), (60, 30), (100, 50), (7200, 50)], ids=lambda each: f"{each} s"
)
def test_the_longer_frames_waited_the_further_apart_are_those_that_are_looked_at(waited: float, apart: float) -> None:
    looked_at = kept(*(frame(each, waited) for each in range(0, 601, 5)))
    assert {(b.captured_at - a.captured_at) for a, b in pairwise(looked_at)} == {seconds(apart)}


def test_however_far_behind_what_is_looked_at_covers_every_minute() -> None:
    looked_at = kept(*(frame(each, 90_000) for each in range(0, 3600, 7)))
    assert max(b.captured_at - a.captured_at for a, b in pairwise(looked_at)) <= COVER


def test_a_recording_is_looked_at_whole() -> None:
    frames = [frame(each, 7200, live=False) for each in range(100)]
    assert kept(*frames) == frames


def test_cameras_do_not_count_for_each_other() -> None:
    frames = [frame(0, 600, f"E101/{n}") for n in range(40)]
    assert kept(*frames) == frames


def test_a_frame_that_is_older_than_the_last_one_is_looked_at() -> None:
    assert len(kept(frame(100, 600), frame(10, 600))) == 2


@pytest.mark.parametrize("capacity", [2, 4, 10], ids=lambda each: f"{each} frames a second")
def test_forty_cameras_on_one_slow_worker_are_all_seen_and_it_stays_near_the_present(capacity: int) -> None:
    """A frame every 2 s of each camera: 20 a second come, and ``capacity`` can be looked at."""
    cameras, shedder = [f"E{n}/front" for n in range(40)], LoadShedder(COVER)
    queue = [(NINE + seconds(at), camera) for at in range(0, 3600, 2) for camera in cameras]
    now, behind, last = NINE, seconds(0), dict.fromkeys(cameras, NINE)
    gaps = []
    for captured_at, camera in queue:
        now = max(now, captured_at)
        behind = now - captured_at
        if not shedder.leaves_out(QueuedFrame(camera, True, captured_at, behind)):
            gaps.append(captured_at - last[camera])
            last[camera] = captured_at
            now += seconds(1 / capacity)
    assert behind < seconds(60), "it is not behind for ever"
    assert max(gaps) <= COVER, "no camera has a gap"
