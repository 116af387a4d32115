"""A camera's profile changes what looking costs, and no verdict: the same frames, looked at with and without it."""

import pytest

from producers.simulated_hall import Scene, boxes_at, load_script
from schemas.frames import FrameHeaders
from schemas.messages import FrameRef, Observation, Profile, encode
from schemas.settings import Policy
from streams.attend.facts import seen
from streams.faces.engines import Engine
from streams.faces.pictures import Image, decode_jpeg
from streams.faces.profile import Sight, learn, variant
from streams.faces.regions import plan, work
from streams.faces.template_cipher import TemplateCipher
from streams.judgement.judge import Hour, Person, judge
from streams.judgement.observations import Facts
from streams.recognise.engine_runner import FrameFaces
from streams.recognise.observing import HourGallery, observe
from streams.recognise.profile_selection import ProfileSelector
from streams.reference.reference_data import Candidates

SCRIPT = load_script("demo")
CLASS = SCRIPT.hours[1]
MOMENTS = [each for each in SCRIPT.moments() if each in CLASS][:33]
"""Eleven minutes."""
FRAME = FrameRef(topic="t-frames", partition=0, offset=0)


@pytest.fixture(scope="module")
def frames() -> list[tuple[FrameHeaders, Image]]:
    scene = Scene(SCRIPT)
    return [
        (
            FrameHeaders(hall="E101", camera="front", captured_at=moment, live=False, sequence=n),
            decode_jpeg(scene.jpeg(moment)),
        )
        for n, moment in enumerate(MOMENTS)
    ]


@pytest.fixture(scope="module")
def profile() -> Profile:
    """Learned from the hour before."""
    before = [each for each in SCRIPT.moments() if each in SCRIPT.hours[0]]
    sights = [Sight(each, SCRIPT.width, SCRIPT.height, list(boxes_at(SCRIPT, each).values())) for each in before]
    return learn("E101", "front", sights)


def test_no_verdict_changes(
    engine: Engine,
    cipher: TemplateCipher,
    candidates: Candidates,
    frames: list[tuple[FrameHeaders, Image]],
    profile: Profile,
) -> None:
    people = [Person(each.student_id, row, int(photos)) for each, row, photos in zip(*candidates, strict=True)]
    hour = Hour(MOMENTS[0].timestamp(), MOMENTS[-1].timestamp() + 20)
    told = []
    for known in (None, profile):
        attention, facts, cost = ProfileSelector(), Facts(), 0.0
        for head, image in frames:
            height, width = image.shape[:2]
            chosen = attention.profile(head, known)
            regions = plan(chosen, width, height, engine.small)
            cost += work(regions, width, height) / len(frames)
            saw: Observation = observe(
                head, FRAME, FrameFaces(width, height, engine.look(image, regions)),
                HourGallery(CLASS, candidates, cipher),
                engine=f"{engine.id}+{variant(chosen)}" if chosen else engine.id, calibration=engine.calibration,
            )  # fmt: skip
            attention.saw(saw, known)
            facts = facts.with_(seen(saw, encode(saw), cipher=lambda: cipher))
        judged = judge(hour, facts, people, Policy(), engine.calibration, closed=True)
        told.append((judged, cost))
    (plain, _), (profiled, share) = told
    assert {name: each.verdict for name, each in plain.students.items()} == {
        name: each.verdict for name, each in profiled.students.items()
    }
    assert {each.verdict for each in plain.students.values()} >= {"present", "absent"}
    assert share < 0.5
