"""The engine behind a pool: which faces it is asked to embed."""

import asyncio
import threading
from collections.abc import Sequence
from datetime import timedelta

import cv2
import msgspec
import numpy as np
import pytest

from schemas.errors import BadMessageError
from schemas.frames import FrameHeaders
from streams.faces.engines import Engine
from streams.faces.pictures import Image, decode_jpeg
from streams.faces.values import Detections, Floats
from streams.recognise.engine_runner import EngineRunner
from tests.unit.streams.paper import NINE

HEAD = FrameHeaders(hall="E101", camera="front", captured_at=NINE, live=True, sequence=1)
PICTURE = np.random.default_rng(1).integers(0, 256, (15, 20, 3), np.uint8).repeat(8, axis=0).repeat(8, axis=1)
JPEG = bytes(cv2.imencode(".jpg", PICTURE)[1])


class OneFace(Engine):
    """Sees one face in every picture, and numbers what it embeds."""

    name = id = "one@1"
    dimension = 1
    frees_gil = True
    weights = ()

    def __init__(self) -> None:
        self.embedded = 0

    def detect(self, image: Image) -> Detections:
        landmarks = [[60, 50], [90, 50], [75, 66], [62, 84], [88, 84]]
        arrays = ([[50, 30, 100, 100]], [0.9], [landmarks])
        return Detections(*(np.array(each, np.float32) for each in arrays))

    def embed(self, image: Image, detections: Detections) -> Floats:
        numbers = np.arange(self.embedded, self.embedded + len(detections), dtype=np.float32)
        self.embedded += len(detections)
        return numbers[:, None]


def looks(eyes: EngineRunner, heads: Sequence[FrameHeaders]) -> list[float]:
    async def all_() -> list[float]:
        return [float((await eyes.look(head, JPEG))[2][0].embedding[0]) for head in heads]

    try:
        return asyncio.run(all_())
    finally:
        eyes.close()


def later(seconds: float, **changes: str) -> FrameHeaders:
    return msgspec.structs.replace(HEAD, captured_at=NINE + timedelta(seconds=seconds), **changes)


@pytest.mark.parametrize(
    ("reuse", "told"),
    [
        pytest.param(True, [0, 0, 1, 2, 0], id="the same face within seconds: once"),
        pytest.param(False, [0, 1, 2, 3, 4], id="or each time, if that is set"),
    ],
)
def test_which_faces_are_embedded(reuse: bool, told: list[float]) -> None:
    heads = [HEAD, later(5), later(5, camera="back"), later(10), HEAD]
    assert looks(EngineRunner(OneFace(), 1, reuse=reuse), heads) == told


class Brightness(OneFace):
    """An embedding is how bright the image is. Looks at the first image last."""

    def __init__(self, images: int) -> None:
        super().__init__()
        self._others_seen = threading.Semaphore(0)
        self._others = images - 1

    def detect(self, image: Image) -> Detections:
        if image.mean() == FIRST:
            for _ in range(self._others):
                self._others_seen.acquire()
        else:
            self._others_seen.release()
        return super().detect(image)

    def embed(self, image: Image, detections: Detections) -> Floats:
        return np.full((len(detections), 1), image.mean(), np.float32)


JPEGS = [bytes(cv2.imencode(".jpg", np.clip(PICTURE * 0.9 + each, 0, 255))[1]) for each in range(4)]
FIRST = decode_jpeg(JPEGS[0]).mean()


def test_what_is_kept_is_of_the_frame_that_came_first_not_of_the_one_looked_at_first() -> None:
    eyes = EngineRunner(Brightness(len(JPEGS)), len(JPEGS), reuse=True)

    async def all_() -> list[float]:
        found = await asyncio.gather(*(eyes.look(later(second), jpeg) for second, jpeg in enumerate(JPEGS)))
        return [float(faces[0].embedding[0]) for _, _, faces, _ in found]

    try:
        assert asyncio.run(all_()) == pytest.approx([FIRST] * len(JPEGS))
    finally:
        eyes.close()


def test_a_frame_that_cannot_be_read_holds_nobody_up() -> None:
    eyes = EngineRunner(OneFace(), 2, reuse=True)

    async def all_() -> list[object]:
        jpegs = [b"no picture", JPEG, JPEG[:500], JPEG]
        return await asyncio.gather(*(eyes.look(HEAD, jpeg) for jpeg in jpegs), return_exceptions=True)

    try:
        told = asyncio.run(all_())
    finally:
        eyes.close()
    assert [isinstance(each, BadMessageError) for each in told] == [True, False, True, False]
