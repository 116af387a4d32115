"""What looking costs, and judging beside it: ratios of one run, against `face_recognition` as people use it.

    python -m tests.benchmarks.speed

A frame is 1920x1080 and shows 40 faces 28 to 62 px wide. Looking is everything between its pixels and its names: the
faces are found, aligned, embedded and compared with a roster of 40. Naul also seals the looks, as its worker does.
"""

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from infra.operations.simulation.film_facts import candidates_of, enrolled
from producers.simulated_hall import Script
from producers.simulated_hall.actors import people_of
from schemas.frames import FrameHeaders
from schemas.messages import FrameRef
from streams.faces.engines import DEFAULT, Engine, load_engine
from streams.faces.frame_view import view_of
from streams.faces.pictures import Image, decode_jpeg, read_photo
from streams.faces.regions import Plan, plan
from streams.faces.template_cipher import TemplateCipher
from streams.recognise.engine_runner import FrameFaces
from streams.recognise.observing import HourGallery, observe
from tests.benchmarks.full_hall import full_hall, jpegs, profile_of
from tests.lecture import Lecture

PICTURES = 4
ROUNDS = 3

Names = Callable[[Image], Sequence[object]]
"""Looks at a picture and returns what each face is called, or nothing for a face without a name."""


class Spent(NamedTuple):
    """Seconds by the clock, and of a core."""

    wall: float
    core: float


def seconds(work: Callable[[], object], rounds: int = 5) -> float:
    """Return the median time of a work, after one that does not count."""
    work()
    return median(spent(work).wall for _ in range(rounds))


def spent(work: Callable[[], object]) -> Spent:
    """Return what a work costs."""
    wall, core = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - wall, time.process_time() - core)


def ours(engine: Engine, script: Script, regions: Plan = ()) -> Names:
    """Return the way of the recognise worker."""
    templates, cipher, hour = enrolled(script, engine, 1), TemplateCipher(bytes(32)), script.hours[0]
    candidates = candidates_of(templates)

    def look(image: Image) -> Sequence[object]:
        head = FrameHeaders(
            hall=script.hall, camera=script.camera, captured_at=hour.starts_at, live=False, sequence=0
        )  # fmt: skip
        seen = observe(
            head, FrameRef(topic="frames", partition=0, offset=0),
            FrameFaces(script.width, script.height, engine.look(image, regions), view_of(image)),
            HourGallery(hour, candidates, cipher),
            engine=engine.id, calibration=engine.calibration,
        )  # fmt: skip
        return [each.student for each in seen.faces]

    return look


def theirs(script: Script) -> Names:
    """Return the way of the package's own examples: HOG, enlarged once, an encoding a face, the nearest below 0.6."""
    import face_recognition

    people, names, known = people_of(script.faces, script.shuffle), [], []
    for student in script.students:
        photo = cv2.cvtColor(read_photo(people.photos(student.face, 1)[0]), cv2.COLOR_BGR2RGB)
        whole = (0, photo.shape[1], photo.shape[0], 0)
        found = face_recognition.face_encodings(photo) or face_recognition.face_encodings(photo, [whole])
        names.append(student.student_id)
        known.append(found[0])

    def look(image: Image) -> Sequence[object]:
        rgb, told = cv2.cvtColor(image, cv2.COLOR_BGR2RGB), []
        places = face_recognition.face_locations(rgb, number_of_times_to_upsample=1, model="hog")
        for encoding in face_recognition.face_encodings(rgb, places):
            away = face_recognition.face_distance(known, encoding)
            told.append(names[int(np.argmin(away))] if away.min() < 0.6 else None)
        return told

    return look


def ways(script: Script) -> dict[str, Names]:
    """Return who looks."""
    found: dict[str, Names] = {"face_recognition": theirs(script)}
    for words, arithmetic in (("float", "float"), ("8 bits", "quantised")):
        engine = load_engine(DEFAULT, threads=2)
        engine.quicken(arithmetic)  # type: ignore[arg-type]
        found[f"Naul, {words}"] = ours(engine, script)
        profile = profile_of(script, engine)
        regions = plan(profile, script.width, script.height, engine.small)
        found[f"Naul, {words}, with a camera profile"] = ours(engine, script, regions)
    return found


def tables() -> list[Table]:
    """Return what was measured."""
    script = full_hall()
    pictures = [decode_jpeg(each) for each in jpegs(script, PICTURES)]
    looks = ways(script)
    costs: dict[str, list[Spent]] = {name: [] for name in looks}
    faces = {name: len(look(pictures[0])) for name, look in looks.items()}  # what comes first does not count
    for image in pictures * ROUNDS:
        for name, look in looks.items():  # in turn, so that whatever else the machine does slows all
            costs[name].append(spent(lambda look=look, image=image: look(image)))
    cost = {name: Spent(*(median(each) for each in zip(*all_, strict=True))) for name, all_ in costs.items()}
    looking = Table(
        "who looks", "faces found", "ms a frame", "times faster", "ms of a core", "times less",
        title="a 1920x1080 frame with 40 faces, from pixels to names, two cores",
    )  # fmt: skip
    slow = cost["face_recognition"]
    for name, mine in cost.items():
        looking.add_row(
            name, str(faces[name]), f"{mine.wall * 1000:.0f}", f"{slow.wall / mine.wall:.1f}",
            f"{mine.core * 1000:.0f}", f"{slow.core / mine.core:.1f}",
        )  # fmt: skip
    return [looking, judging(cost["Naul, 8 bits"].core)]


def judging(frame: float) -> Table:
    """Return what it costs to judge an hour. frame: seconds of a core for looking at one of its frames."""
    lecture = Lecture(size=40, every=10)
    facts = lecture.film()
    lecture.judge(facts)
    once = median(spent(lambda: lecture.judge(facts)).core for _ in range(5))
    looking = len(facts.observations) * frame
    judged = Table("what", "s of a core", "of looking", title="a class hour of 40 students, a frame every 10 s")
    judged.add_row(f"looking at {len(facts.observations)} such frames", f"{looking:.0f}", "100 %")
    judged.add_row("judging it once", f"{once:.2f}", f"{once / looking:.2%}")
    return judged


if __name__ == "__main__":
    for each in tables():
        Console(width=110).print(each)
