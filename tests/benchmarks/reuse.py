"""Which faces keep an embedding: how far chips agree, what is saved, and what that is worth.

    BENCH_FACES=DIR python -m tests.benchmarks.reuse [--halls 3]

The halls are those of the simulated hall with the people of DIR (laid out like LFW), else of ORL.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from statistics import median
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from producers.simulated_hall import Scene
from producers.simulated_hall.composed import compose
from producers.simulated_hall.poses import SeatedPose
from streams.faces.engines import DEFAULT, Engine, load_engine
from streams.faces.pictures import Image, decode_jpeg
from streams.faces.reuse import ALIKE, Reuse, alike, quarters
from streams.faces.values import Detections, Floats
from tests.benchmarks.crowd import GOOD, POOR, Light, faces_of_benchmark

LIGHTS = {"good": GOOD, "poor": POOR, "dark": Light(0.15, 1.0, 5.0, 70)}
SHIFTS = (1, 7, 13)
"""So many seats on sits who takes somebody's seat."""
FRAMES = 36


class Shown(NamedTuple):
    """Faces of a frame in the order of the poses that were found, and whose pose each is. quarters: (n, 4, k)."""

    poses: Sequence[int]
    quarters: Floats


class Studio:
    """A hall whose people do what is wanted."""

    def __init__(self, seed: int, faces: str, engine: Engine) -> None:
        self._script = compose(seed, faces)
        self._engine, self._rng = engine, np.random.default_rng(seed)
        self.poses: list[SeatedPose] = []
        self._scene = Scene(self._script)
        self._scene._cast.poses = lambda _: self.poses  # type: ignore[method-assign]
        self._scene._through_the_lens = lambda image, _: image  # type: ignore[method-assign]
        self._moment: datetime = self._script.record.starts_at + timedelta(minutes=7 + seed)
        self.still = Scene(self._script)._cast.poses(self._moment)

    def agreement(self, light: Light, shade: str) -> Iterator[tuple[str, float]]:
        """Yield how far faces agree with those of the same seats later, and what happened between."""
        first = self._shown(self.still, light, shade)
        yield from self._agreed("nothing but noise", first, self._shown(self.still, light, shade))
        pictured = [pose._replace(picture=pose.picture + 1) for pose in self.still]
        yield from self._agreed("another picture", first, self._shown(pictured, light, shade))
        people = [pose.person for pose in self.still]
        for shift in SHIFTS:
            moved = [
                pose._replace(person=person)
                for pose, person in zip(self.still, people[shift:] + people[:shift], strict=True)
            ]
            yield from self._agreed("another person", first, self._shown(moved, light, shade))

    def _agreed(self, what: str, one: Shown, other: Shown) -> Iterator[tuple[str, float]]:
        agreed = alike(one.quarters, other.quarters)
        for row, pose in enumerate(one.poses):
            if pose in other.poses:
                yield what, float(agreed[row, other.poses.index(pose)])

    def _shown(self, poses: list[SeatedPose], light: Light, shade: str) -> Shown:
        self.poses = poses
        image = _shaded(self._scene.frame(self._moment), poses, shade)
        soft = cv2.convertScaleAbs(cv2.GaussianBlur(image, (0, 0), light.blur), alpha=light.bright)
        grain = self._rng.normal(0, light.noise, image.shape).round().astype(np.int16)
        noisy = cv2.add(soft, grain, dtype=cv2.CV_8U)
        jpeg = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, light.quality])[1]
        frame = decode_jpeg(bytes(jpeg))
        faces = self._engine.detect(frame)
        found = {}
        for number, pose in enumerate(poses):
            away = np.hypot(*((faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2 - (pose.x, pose.y)).T) / pose.seat.face
            if pose.up and len(away) and away.min() < 0.5:
                found[number] = int(away.argmin())
        return Shown(list(found), quarters(frame, faces.landmarks[list(found.values())]))


def _shaded(image: Image, poses: Sequence[SeatedPose], shade: str) -> Image:
    """Return the image with every face lit from one side, or through blinds."""
    mask: NDArray[np.float32] = np.ones(image.shape[:2], np.float32)
    if shade == "from one side":
        for pose in poses:
            face = pose.seat.face
            mask[int(pose.y - face) : int(pose.y + face), int(pose.x) : int(pose.x + face)] = 0.35
    if shade == "through blinds":
        mask[(np.arange(len(mask)) // 7) % 2 == 1] = 0.5
    return np.clip(image * cv2.GaussianBlur(mask, (0, 0), 1)[..., None], 0, 255).astype(np.uint8)


def agreement(faces: str, halls: int, engine: Engine) -> Table:
    """Measure how far chips of one seat agree."""
    found: dict[tuple[str, str], list[float]] = {}
    for seed in range(1, halls + 1):
        studio = Studio(seed, faces, engine)
        for name, light in LIGHTS.items():
            for shade in ("", "from one side", "through blinds"):
                for what, agreed in studio.agreement(light, shade):
                    found.setdefault((f"{name} {shade}", what), []).append(agreed)
    table = Table("light", "between two frames", "faces", "median", "99 %", "most", f"from {ALIKE} on")
    for (light_, what), agreed_ in found.items():
        numbers = [f"{each:.2f}" for each in np.percentile(agreed_, (50, 99, 100))]
        table.add_row(light_, what, str(len(agreed_)), *numbers, f"{np.mean(np.array(agreed_) >= ALIKE):.1%}")
    return table


def savings(faces: str, engine: Engine, seed: int = 1) -> Iterator[list[str]]:
    """Yield how many embeddings are saved, and how much time, at several intervals."""
    for seconds in (5, 10, 20):
        script = compose(seed, faces, every=timedelta(seconds=seconds))
        scene, reuse, all_, embedded = Scene(script), Reuse(), 0, 0
        ratios: list[float] = []

        def some(image: Image, chosen: Detections) -> Floats:
            nonlocal embedded
            embedded += len(chosen)
            return engine.embed(image, chosen)

        for number, moment in enumerate(script.moments()[60:][:FRAMES]):
            image, spent = decode_jpeg(scene.jpeg(moment)), {}
            with_ = partial(reuse.embed, some, ("E101", "front"), moment)
            for embed in (None, with_)[:: 1 if number % 2 else -1]:
                before = time.process_time()
                found = engine.look(image, embed=embed)
                spent[embed] = time.process_time() - before
            all_ += len(found)
            ratios.append(spent[with_] / spent[None])
        yield [
            engine.variant or "float", f"{seconds} s", str(all_), f"{1 - embedded / all_:.0%}", f"{median(ratios):.2f}"
        ]  # fmt: skip


def tables(faces: str, halls: int = 3) -> Iterator[Table]:
    """Yield what was measured."""
    engine = load_engine(DEFAULT)
    yield agreement(faces, halls, engine)
    table = Table("arithmetic", "a frame every", "faces", "not embedded", "time, of that without")
    for line in savings(faces, engine):
        table.add_row(*line)
    engine.quicken("quantised")
    for line in savings(faces, engine):
        table.add_row(*line)
    yield table


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--halls", type=int, default=3)
    for table in tables(faces_of_benchmark(), parser.parse_args().halls):
        Console(width=110).print(table)


if __name__ == "__main__":
    main()
