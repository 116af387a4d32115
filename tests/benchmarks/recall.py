"""Which faces are found, by their width: in whole frames and where a camera's profile says, plain and with 8 bits.

The halls are those of ``tests.benchmarks.crowd``: everybody looks up, in good light and in poor. BENCH_FACES names a
folder laid out like LFW whose people sit there; else they are those of ORL.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from statistics import median

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from streams.faces.engines import Engine, load_engine
from streams.faces.pictures import Image
from streams.faces.profile import FEWEST_FRAMES, Sight, learn
from streams.faces.regional_detection import detect_in
from streams.faces.regions import Plan, plan, work
from streams.faces.values import Detections
from tests.benchmarks.crowd import GOOD, POOR, WIDTHS, Crowd, boxes_of, crowd, faces_of_benchmark, hall, taken

__all__ = ["matches", "tables"]

SIZES = ((1280, 720, 5), (1920, 1080, 5), (3840, 2160, 2))
"""Width, height, and how many frames in each light."""

WAYS = ("whole", "profile", "whole, 8 bit", "profile, 8 bit")

Detect = Callable[[Image], Detections]


def matches(faces: Detections, true: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return for each true face which detection found it, -1 for none: each lies round the other's middle, one to one.

    true: (n, 4) boxes.
    """
    found, taken_by = np.full(len(true), -1, np.intp), set[int]()
    middles, centres = (true[:, :2] + true[:, 2:]) / 2, (faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2
    for number, (box, middle) in enumerate(zip(true, middles, strict=True)):
        inside = (centres > box[:2]).all(1) & (centres < box[2:]).all(1)
        round_it = (faces.boxes[:, :2] < middle).all(1) & (faces.boxes[:, 2:] > middle).all(1)
        free = [int(each) for each in np.nonzero(inside & round_it)[0] if int(each) not in taken_by]
        if free:
            found[number] = free[0]
            taken_by.add(free[0])
    return found


def learned(width: int, height: int, small: float | None) -> Plan:
    """Return where a camera looks that has seen this hall for some minutes."""
    room, start = hall(width, height), datetime(2026, 3, 9, tzinfo=UTC)
    sights = [
        Sight(
            start + timedelta(seconds=5 * n), width, height, list(map(tuple, boxes_of(taken(room, 1000 + n)).tolist()))
        )
        for n in range(FEWEST_FRAMES)
    ]
    return plan(learn("E101", "front", sights), width, height, small)


def tables() -> list[Table]:
    """Return what was measured."""
    exact, quick = load_engine("centerface-dlib", threads=2), load_engine("centerface-dlib", threads=2)
    quick.quicken("quantised")
    names = (f"{width} px" for width in sorted(WIDTHS))
    recall = Table("frame", "light", "looked at", *names, "false a frame", title=f"faces found, % ({_whose()})")
    cost = Table("frame", *(f"{way}, ms" for way in WAYS), "pixels by profile", title="finding the faces")
    for width, height, count in SIZES:
        regions, room = learned(width, height, exact.small), hall(width, height)
        ways = dict(zip(WAYS, chain(_ways(exact, regions), _ways(quick, regions)), strict=True))
        spent: dict[str, list[float]] = {way: [] for way in ways}
        for light, name in ((GOOD, "good"), (POOR, "poor")):
            tallies = {way: Tally() for way in ways}
            for seed in range(count):
                shown = crowd(room, seed, faces_of_benchmark(), light)
                image = shown.image
                for way, detect in ways.items():  # in turn, so that whatever else the machine does slows both
                    start = time.perf_counter()
                    faces = detect(image)
                    spent[way].append(time.perf_counter() - start)
                    tallies[way].add(faces, shown)
            for way, tally in tallies.items():
                recall.add_row(f"{height}p", name, way, *tally.row())
        cost.add_row(
            f"{height}p", *(f"{median(spent[way]) * 1000:.0f}" for way in ways),
            f"{work(regions, width, height):.0%}",
        )  # fmt: skip
    return [recall, cost]


def _ways(engine: Engine, regions: Plan) -> tuple[Detect, Detect]:
    return engine.detect, lambda image: detect_in(engine.detect_expected, image, regions)


class Tally:
    """What was found of some crowds."""

    def __init__(self) -> None:
        self._found: list[NDArray[np.bool_]] = []
        self._widths: list[NDArray[np.int64]] = []
        self._false = 0

    def add(self, faces: Detections, shown: Crowd) -> None:
        """Count what was found in one frame."""
        hits = matches(faces, shown.boxes) >= 0
        self._found.append(hits)
        self._widths.append(shown.widths)
        self._false += len(faces) - int(hits.sum())

    def row(self) -> Iterator[str]:
        """Yield the recall of each width, the smallest first, and the false detections a frame."""
        hit, width = np.concatenate(self._found), np.concatenate(self._widths)
        for each in sorted(WIDTHS):
            yield f"{100 * hit[width == each].mean():.1f}"
        yield f"{self._false / len(self._found):.2f}"


def _whose() -> str:
    return "ORL" if faces_of_benchmark() == "orl" else "BENCH_FACES"


if __name__ == "__main__":
    for each in tables():
        Console(width=110).print(each)
