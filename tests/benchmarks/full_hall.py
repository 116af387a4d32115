"""The hall whose frames the benchmarks of speed look at: 40 students, all of them there and looking up, 1920x1080."""

from datetime import timedelta

import msgspec

from producers.simulated_hall import Scene, Script, load_script
from producers.simulated_hall.geometry import room
from producers.simulated_hall.script import StudentRole
from schemas.messages import Profile
from streams.faces.engines import Engine
from streams.faces.pictures import decode_jpeg
from streams.faces.profile import FEWEST_FRAMES, Sight, learn

__all__ = ["full_hall", "jpegs", "profile_of"]

STUDENTS = 40
FARTHEST = 28.0


def full_hall() -> Script:
    """The demonstration's hall with everybody of ORL in it, faces 28 to 62 px wide."""
    demo = load_script("demo")
    seats = room(1920, 1080, demo.nearest, FARTHEST).seats
    students = tuple(
        StudentRole(student_id=f"2026{n:05}", name=f"학생 {n}", face=f"s{n}", seat=seat, here=(demo.record,))
        for n, seat in zip(range(1, STUDENTS + 1), seats, strict=False)
    )
    return msgspec.structs.replace(
        demo, width=1920, height=1080, farthest=FARTHEST, students=students, strangers=(), lecturer=None, heads_down=0.0
    )


def jpegs(script: Script, count: int, *, every: int = 10, hour: int = 0) -> list[bytes]:
    """Return frames of a class hour. every: of so many, one."""
    scene = Scene(script)
    moments = [each for each in script.moments() if each in script.hours[hour]][::every][:count]
    return [scene.jpeg(each) for each in moments]


def profile_of(script: Script, engine: Engine) -> Profile:
    """Return what a camera learns from its own sightings of the hour before."""
    starts, sights = script.hours[1].starts_at, []
    for number, jpeg in enumerate(jpegs(script, FEWEST_FRAMES, every=1, hour=1)):
        faces = engine.detect(decode_jpeg(jpeg))
        sights.append(
            Sight(starts + timedelta(seconds=5 * number), script.width, script.height, [
                (x1, y1, x2, y2) for x1, y1, x2, y2 in faces.boxes.tolist()
            ])
        )  # fmt: skip
    return learn(script.hall, script.camera, sights)
