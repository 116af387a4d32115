"""What looking costs, and judging beside it: ratios of one run, against `face_recognition` as people use it."""

import time
from collections.abc import Callable
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from producers.simulated_hall import Scene, load_script
from streams.faces.engines import load_engine
from streams.faces.pictures import decode_jpeg
from tests.lecture import Lecture

ROUNDS = 5


def frames() -> list[bytes]:
    """Frames of the demonstration, enlarged to 1920x1080."""
    script = load_script("demo")
    scene = Scene(script)
    moments = [each for each in script.moments() if each in script.hours[1]][60:120:20]
    return [_enlarged(scene.jpeg(moment)) for moment in moments]


def _enlarged(jpeg: bytes) -> bytes:
    picture = cv2.resize(decode_jpeg(jpeg), (1920, 1080), interpolation=cv2.INTER_CUBIC)
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1])


def seconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the median time of a work, after one that does not count."""
    work()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return median(times)


def tables() -> list[Table]:
    """Return what was measured."""
    ours, theirs = load_engine("centerface-dlib", threads=2), load_engine("face-recognition")
    pictures: list[NDArray[np.uint8]] = [decode_jpeg(each) for each in frames()]
    looking = Table(
        "engine", "faces found", "ms a frame", "times faster", title="a 1920x1080 frame of the simulated hall"
    )
    slow = seconds(lambda: [theirs.look(each) for each in pictures], rounds=1) / len(pictures)
    fast = seconds(lambda: [ours.look(each) for each in pictures]) / len(pictures)
    for engine, spent in ((theirs, slow), (ours, fast)):
        found = sum(len(engine.look(each)) for each in pictures) / len(pictures)
        looking.add_row(engine.name, f"{found:.1f}", f"{spent * 1000:.0f}", f"{slow / spent:.1f}")
    lecture = Lecture(size=40, every=10)
    facts = lecture.film()
    judging = seconds(lambda: lecture.judge(facts))
    count = len(facts.observations)
    judged = Table("what", "s", "of looking", title="a class hour of 40 students, a frame every 10 s")
    judged.add_row(f"looking at {count} such frames", f"{count * fast:.0f}", "100 %")
    judged.add_row("judging it once", f"{judging:.2f}", f"{judging / (count * fast):.2%}")
    return [looking, judged]
