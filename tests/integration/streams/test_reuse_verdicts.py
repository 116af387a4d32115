"""Faces that keep their embeddings change what looking costs, and no verdict: the same frames, with and without."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

import cv2
import msgspec
import numpy as np
import pytest

from producers.simulated_hall import Scene, Script, load_script
from producers.simulated_hall.actors import people_of
from producers.simulated_hall.geometry import room
from producers.simulated_hall.script import Role, Stretch
from schemas.frames import FrameHeaders
from schemas.messages import FrameRef, encode
from schemas.settings import Policy
from streams.attend.facts import seen
from streams.faces.engines import Engine
from streams.faces.pictures import Image, decode_jpeg
from streams.faces.reuse import Reuse
from streams.faces.template_cipher import TemplateCipher
from streams.faces.values import Detections, Floats, Found
from streams.judgement.doubts import REASONS
from streams.judgement.judge import Hour, HourJudgement, Person, StudentJudgement, judge
from streams.judgement.observations import Facts
from streams.recognise.engine_runner import FrameFaces
from streams.recognise.observing import HourGallery, observe
from streams.reference.reference_data import Candidates
from tests.held_up import hold_up

NEVER_MOVED, INSIDE = REASONS["never_moved"], REASONS["inside_frame"]

CLASS = load_script("demo").hours[1]
MINUTES = 6
EVERY = timedelta(seconds=5)
SOON = timedelta(seconds=90)
POLICY = Policy(late_after=SOON, left_early_before=SOON, departure_after=SOON)
FRAME = FrameRef(topic="t-frames", partition=0, offset=0)
ALWAYS = [(0.0, float(MINUTES))]
FATES: Mapping[str, list[tuple[float, float]]] = {
    "late": [(2.0, MINUTES)],
    "left_early": [(0, 3.2)],
    "away": [(0, 1.9), (4.1, MINUTES)],
    "absent": [],
    "held up": [],
}


def during(stays: list[tuple[float, float]]) -> tuple[Stretch, ...]:
    starts = CLASS.starts_at
    return tuple(Stretch(starts + timedelta(minutes=a), starts + timedelta(minutes=b)) for a, b in stays)


def script() -> Script:
    """Six minutes: some come, go and come back, and strangers sit down, one where somebody just left."""
    demo, (whole,) = load_script("demo"), during(ALWAYS)
    fates = [*([("there", ALWAYS)] * (len(demo.students) - len(FATES))), *FATES.items()]
    students = [
        msgspec.structs.replace(each, here=during(stays), head_down=(), story=fate)
        for each, (fate, stays) in zip(sorted(demo.students, key=lambda each: not each.here), fates, strict=True)
    ]
    fated = {each.story: each for each in students}
    strangers = (
        Role(face=demo.strangers[0].face, seat=fated["left_early"].seat, here=during([(3.3, MINUTES)])),
        Role(face=demo.strangers[1].face, seat=fated["absent"].seat, here=during(ALWAYS)),
    )
    return msgspec.structs.replace(
        demo, record=whole, dark=(), every=EVERY, students=tuple(students), strangers=strangers, lecturer=None,
        heads_down=0.15, face_shown=timedelta(seconds=30),
    )  # fmt: skip


def jpegs(played: Script) -> Iterator[bytes]:
    """Yield the frames, with a telephone on a stand that shows a student who is not there."""
    scene, rng = Scene(played), np.random.default_rng(4)
    student = played.students[-1]
    portrait = people_of(played.faces).portraits(student.face, enrolled=3)[-1]
    seat = room(played.width, played.height, played.nearest, played.farthest).seats[student.seat]
    for moment in played.moments():
        frame = scene.frame(moment)
        hold_up(frame, portrait, seat.x, seat.y, seat.face, angle=2)
        noisy = np.clip(frame + rng.normal(0, 2, frame.shape), 0, 255).astype(np.uint8)
        yield bytes(cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 88])[1])


class Looking:
    """Looks at frames once, and tells of each face its own embedding and the one that is kept."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reuse = engine, Reuse()
        self.faces = self.embedded = 0

    def look(self, head: FrameHeaders, image: Image) -> tuple[list[Found], list[Found]]:
        """Return the faces without and with reuse."""
        own: list[Floats] = []

        def some(image: Image, faces: Detections) -> Floats:
            self.embedded += len(faces)
            return self._engine.embed(image, faces)

        def embed(image: Image, faces: Detections) -> Floats:
            own.extend(self._engine.embed(image, faces))
            return self._reuse.embed(some, (head.hall, head.camera), head.captured_at, image, faces)

        found = self._engine.look(image, embed=embed)
        self.faces += len(found)
        return [replace(face, embedding=each) for face, each in zip(found, own, strict=True)], found


@pytest.fixture(scope="module")
def told(engine: Engine, cipher: TemplateCipher, candidates: Candidates) -> tuple[HourJudgement, HourJudgement, float]:
    """What is judged without and with reuse, and the share of faces that were not embedded."""
    played, looking = script(), Looking(engine)
    both = [Facts(), Facts()]
    for number, (moment, jpeg) in enumerate(zip(played.moments(), jpegs(played), strict=True)):
        image = decode_jpeg(jpeg)
        head = FrameHeaders(hall="E101", camera="front", captured_at=moment, live=False, sequence=number)
        for which, found in enumerate(looking.look(head, image)):
            saw = observe(
                head, FRAME, FrameFaces(played.width, played.height, found), HourGallery(CLASS, candidates, cipher),
                engine=engine.id, calibration=engine.calibration,
            )  # fmt: skip
            both[which] = both[which].with_(seen(saw, encode(saw), cipher=lambda: cipher))
    people = [Person(each.student_id, row, int(photos)) for each, row, photos in zip(*candidates, strict=True)]
    hour = Hour(played.record.starts_at.timestamp(), played.record.ends_at.timestamp())
    plain, kept = (judge(hour, facts, people, POLICY, engine.calibration, closed=True) for facts in both)
    return plain, kept, 1 - looking.embedded / looking.faces


def times(said: StudentJudgement) -> tuple[object, ...]:
    return said.verdict, said.arrived_at, said.absences, said.departed_at, said.reason


def test_no_verdict_arrival_or_departure_changes(told: tuple[HourJudgement, HourJudgement, float]) -> None:
    plain, kept, _ = told
    assert {name: times(each) for name, each in kept.students.items()} == {
        name: times(each) for name, each in plain.students.items()
    }


def test_there_was_something_to_change(told: tuple[HourJudgement, HourJudgement, float]) -> None:
    said = {each.story: told[0].students[each.student_id] for each in script().students}
    assert {fate: said[fate].verdict for fate in FATES} == {
        "late": "late", "left_early": "left_early", "away": "present", "absent": "absent", "held up": "present"
    }  # fmt: skip
    assert said["away"].absences


def test_whoever_is_a_picture_is_asked_about_all_the_same(told: tuple[HourJudgement, HourJudgement, float]) -> None:
    (picture,) = [each.student_id for each in script().students if each.story == "held up"]
    for judged in told[:2]:
        doubted = {name for name, each in judged.students.items() if NEVER_MOVED in each.reason}
        assert doubted == {picture}
        assert INSIDE in judged.students[picture].reason


def test_a_good_part_of_the_embeddings_is_saved(told: tuple[HourJudgement, HourJudgement, float]) -> None:
    assert told[2] > 0.3
