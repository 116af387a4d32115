"""A camera's profile on a real Kafka: learned from sightings, kept in a topic, looked by in the worker, removed."""

from typing import Any

import pytest
from click.testing import CliRunner, Result

from infra.cli.main import naul
from infra.machine.lag import Cluster
from producers.simulated_hall import Scene, boxes_at, load_script
from schemas.cluster import send
from schemas.errors import RefusedError
from schemas.frames import FrameHeaders
from schemas.ids import base_engine
from schemas.messages import Face, FrameRef, HallDay, Observation, decode, encode
from schemas.settings import Settings
from streams.faces.engines import engine_id

SCRIPT = load_script("demo")
MOMENTS = [each for each in SCRIPT.moments() if each in SCRIPT.hours[1]]


def camera(site: Settings, *words: str) -> Result:
    line = ["camera", "profile", "--hall", "E101", "--camera", "front", *words, "--home", str(site.home)]
    return CliRunner().invoke(naul, line, standalone_mode=False, env={"COLUMNS": "200"})


def observed(site: Settings, moments: Any) -> None:
    """Say what the camera saw at these moments: the truth of the script."""
    frame = FrameRef(topic=site.topic("frames"), partition=0, offset=0)
    seen = [
        Observation(
            hall="E101", camera="front", captured_at=moment, engine="centerface-dlib@1-530a2c1e", frame=frame,
            live=False, width=SCRIPT.width, height=SCRIPT.height, class_hour=None,
            faces=tuple(Face(box=box, score=0.9) for box in boxes_at(SCRIPT, moment).values()),
        )
        for moment in moments
    ]  # fmt: skip
    send(site, [(site.topic("sightings"), b"E101", encode(each), None, None) for each in seen])


def looked_at(site: Settings, worker: Any, count: int) -> dict[int, Observation]:
    """Let a worker look at frames, and return what it saw by their sequence."""
    scene, shown = Scene(SCRIPT), MOMENTS[40 : 40 + count]
    heads = [
        FrameHeaders(hall="E101", camera="front", captured_at=moment, live=False, sequence=n)
        for n, moment in enumerate(shown)
    ]
    send(site, [(site.topic("frames"), each.key, scene.jpeg(each.captured_at), None, each.pack()) for each in heads])
    worker("recognise").start().until(("frames",))
    with Cluster(site) as cluster:
        seen = [decode(each.value, Observation) for each in cluster.last("sightings", count)]
    return {shown.index(each.captured_at): each for each in seen if each.captured_at in shown}


def test_the_worker_looks_where_the_sightings_were_and_at_whole_frames_in_between(site: Settings, worker: Any) -> None:
    day = HallDay(hall="E101", date=SCRIPT.hours[0].date, hours=tuple(SCRIPT.hours))
    send(site, [(site.topic("timetable"), f"E101|{day.date}".encode(), encode(day), None, None)])
    worker("recognise")  # writes the settings of the site
    observed(site, MOMENTS[:75])
    learned = camera(site)
    assert learned.exit_code == 0, learned.exception
    assert "75 frames of 1280x720" in learned.output
    shown = camera(site, "--show")
    assert shown.output.splitlines()[0].split() == learned.output.splitlines()[0].split()
    variant = shown.output.split("profile ")[1].split()[0]
    seen = looked_at(site, worker, 8)
    assert {n for n, each in seen.items() if variant not in each.engine.split("+")} == {0, 6}
    assert {base_engine(each.engine) for each in seen.values()} == {engine_id("centerface-dlib")}
    assert len(seen) == 8
    for each in seen.values():
        true = boxes_at(SCRIPT, each.captured_at).values()
        for x1, y1, x2, y2 in true:
            x, y = (x1 + x2) / 2, (y1 + y2) / 2
            assert sum(a < x < c and b < y < d for a, b, c, d in (face.box for face in each.faces)) == 1


def test_a_profile_that_was_removed_holds_no_more(site: Settings, worker: Any) -> None:
    worker("recognise")
    observed(site, MOMENTS[:75])
    assert camera(site).exit_code == 0
    assert "every frame is looked at whole" in camera(site, "--clear").output
    assert isinstance(camera(site, "--show").exception, RefusedError)


def test_too_few_sightings_are_refused_and_nothing_is_kept(site: Settings, worker: Any) -> None:
    worker("recognise")
    observed(site, MOMENTS[:20])
    with pytest.raises(RefusedError, match="missing: 40 frames"):
        raise camera(site).exception or AssertionError
    assert isinstance(camera(site, "--show").exception, RefusedError)


def test_only_what_was_seen_since_the_camera_was_moved_counts(site: Settings, worker: Any) -> None:
    worker("recognise")
    observed(site, MOMENTS[:75])
    with pytest.raises(RefusedError, match="has 10 analysed frames"):
        raise camera(site, "--since", MOMENTS[65].isoformat()).exception or AssertionError
