"""A telephone on a stand, with the face of somebody who is not there: he is named, and a person is asked about him."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import cv2
import numpy as np
import pytest

from producers.simulated_hall import Scene, load_script
from producers.simulated_hall.actors import people_of
from producers.simulated_hall.geometry import room
from schemas.frames import FrameHeaders
from schemas.messages import FrameRef, encode
from schemas.settings import Policy
from streams.attend.facts import seen
from streams.faces.engines import Engine
from streams.faces.pictures import decode_jpeg, picture_digest
from streams.faces.template_cipher import TemplateCipher
from streams.judgement.doubts import REASONS
from streams.judgement.judge import Hour, HourJudgement, Person, judge
from streams.judgement.observations import Facts, Seen
from streams.recognise.engine_runner import FrameFaces
from streams.recognise.observing import HourGallery, observe
from streams.reference.reference_data import Candidates
from tests.held_up import hold_up

NEVER_MOVED, INSIDE = REASONS["never_moved"], REASONS["inside_frame"]

SCRIPT = load_script("demo")
CLASS = SCRIPT.hours[1]
MOMENTS = [each for each in SCRIPT.moments() if each in CLASS][::2][:16]
"""Ten minutes."""
ABSENT = next(each for each in SCRIPT.students if not each.here)
FRAME = FrameRef(topic="t-frames", partition=0, offset=0)
HOUR = Hour(MOMENTS[0].timestamp(), MOMENTS[-1].timestamp() + 40)


def jpegs() -> Iterator[bytes]:
    """Yield the frames of a camera before whose first row somebody put a telephone on a stand."""
    scene, rng = Scene(SCRIPT), np.random.default_rng(4)
    portrait = people_of(SCRIPT.faces).portraits(ABSENT.face, enrolled=3)[-1]
    seat = room(SCRIPT.width, SCRIPT.height, SCRIPT.nearest, SCRIPT.farthest).seats[ABSENT.seat]
    for moment in MOMENTS:
        frame = scene.frame(moment)
        hold_up(frame, portrait, seat.x, seat.y, seat.face, angle=2)
        noisy = np.clip(frame + rng.normal(0, 2, frame.shape), 0, 255).astype(np.uint8)
        yield cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes()


@pytest.fixture(scope="module")
def taken(engine: Engine, cipher: TemplateCipher, candidates: Candidates) -> list[Seen]:
    found = []
    for number, (moment, jpeg) in enumerate(zip(MOMENTS, jpegs(), strict=True)):
        image = decode_jpeg(jpeg)
        head = FrameHeaders(hall="E101", camera="front", captured_at=moment, live=False, sequence=number)
        saw = observe(
            head, FRAME, FrameFaces(image.shape[1], image.shape[0], engine.look(image)),
            HourGallery(CLASS, candidates, cipher),
            engine=engine.id, calibration=engine.calibration, picture=picture_digest(jpeg),
        )  # fmt: skip
        found.append(seen(saw, encode(saw), cipher=lambda: cipher))
    return found


def judged(frames: list[Seen], engine: Engine, candidates: Candidates) -> HourJudgement:
    people = [Person(each.student_id, row, int(photos)) for each, row, photos in zip(*candidates, strict=True)]
    facts = Facts()
    for each in frames:
        facts = facts.with_(each)
    return judge(HOUR, facts, people, Policy(), engine.calibration, closed=True)


def test_whoever_is_a_picture_is_asked_about_and_nobody_else(
    taken: list[Seen], engine: Engine, candidates: Candidates
) -> None:
    said = judged(taken, engine, candidates)
    assert said.students[ABSENT.student_id].verdict == "present", "or nothing was held up well enough"
    doubts = {
        name: each.reason for name, each in said.students.items() if NEVER_MOVED in each.reason or INSIDE in each.reason
    }
    assert doubts == {ABSENT.student_id: f"{NEVER_MOVED}; {INSIDE}"}
    assert said.students[ABSENT.student_id].review
    assert said.repeated == 0


def test_a_recording_sent_once_more_under_later_times_is_known(
    taken: list[Seen], engine: Engine, candidates: Candidates
) -> None:
    later = timedelta(minutes=5).total_seconds()
    again = [replace(each, captured_at=each.captured_at + later) for each in taken[:8]]
    said = judged([*taken[:8], *again], engine, candidates)
    assert (said.frames, said.repeated) == (8, 8)
    # The first repetition ends what the last frame stands for.
    assert 0 <= judged(taken[:8], engine, candidates).seconds_covered - said.seconds_covered < 60
