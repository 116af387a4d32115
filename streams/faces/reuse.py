"""A face whose pixels hardly changed since a frame before keeps its embedding: in a hall that sits still, most do.

Faces are compared as small grey chips without what is coarser than features: light from one side makes all faces alike.
Each quarter of a chip must agree by itself, so that nothing that stands before or behind a face speaks for it. A chip
is always compared with those that were embedded, never with one that itself was taken for another: nothing drifts.
docs/adr/0017-embeddings-kept.md has what was measured. When in doubt, a face is embedded.
"""

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from streams.faces.alignment import chip, similarity
from streams.faces.intake import CHIP, POSITIONS
from streams.faces.pictures import Image
from streams.faces.values import Detections, Floats

__all__ = ["ALIKE", "SPAN", "Camera", "Embed", "Reuse", "alike", "quarters"]

Embed: TypeAlias = Callable[[Image, Detections], Floats]
"""As ``Engine.embed``: from an image and n of its faces to (n, d)."""

Camera: TypeAlias = tuple[str, str]
"""Hall and camera."""

ALIKE = 0.9
"""From this correlation on, of the quarter that agrees least, two chips are of one picture of a person."""

SPAN = 10
"""Seconds. In each such part of a minute a face is embedded at least once: as often as with a frame every 10 s, at
which verdicts are measured. The judgement counts the minutes of a face: no two of them share an embedding."""

_NEAR = 0.5
"""A face moves by so many of its widths at most; in the next seat is somebody else."""

_SIDE = 24
_COARSE = 4.0
"""Of a chip in pixels: its width, and from which size on (standard deviation) things are light, not features."""

_POSITIONS = (POSITIONS * (_SIDE / CHIP)).astype(np.float32)
_CORNERS = np.array([[0, 0], [_SIDE, 0], [0, _SIDE], [_SIDE, _SIDE]])

_FLAT = 2.0
"""Standard deviation in grey values below which a quarter of a chip shows nothing."""

_MOST_FACES, _MOST_SPANS = 150, 32
"""Faces kept of a span of a camera, and spans of all cameras: 14 MB at most."""

_Span: TypeAlias = tuple[Camera, int, tuple[int, ...]]
"""Camera, number of the span, shape of the image."""


class _Embedded(NamedTuple):
    """The embedding of a face: a row of what an image's faces become, which may be under way."""

    image: Future[Floats]
    row: int

    def embedding(self) -> Floats:
        embedding: Floats = self.image.result()[self.row]
        return embedding


@dataclass(frozen=True, eq=False, repr=False)
class _Faces:
    """n faces. places: (n, 3), x, y and width in pixels. quarters: (n, 4, k). embedded: (n,), how each was."""

    places: Floats
    quarters: Floats
    embedded: NDArray[np.object_]

    def and_(self, others: "_Faces") -> "_Faces":
        """Return both, the oldest dropped if they are too many."""
        pairs = zip(vars(self).values(), vars(others).values(), strict=True)
        return _Faces(*(np.concatenate(both)[-_MOST_FACES:] for both in pairs))


class Reuse:
    """The faces that were embedded, of each camera and span of time. Threads may share it.

    It is lost with the process; then everything is embedded once more. Times are those of the frames, in any order.
    """

    def __init__(self) -> None:
        self._spans: OrderedDict[_Span, _Faces] = OrderedDict()
        self._lock = Lock()

    def embed(
        self,
        embed: Embed,
        camera: Camera,
        captured_at: datetime,
        image: Image,
        faces: Detections,
        turn: AbstractContextManager[None] | None = None,
    ) -> Floats:
        """Return the embeddings of these faces of an image, (n, d), calling ``embed`` for those that changed.

        turn: where images of a camera are looked at side by side, entered to decide which faces changed. What is
        embedded then is waited for by who keeps it, so that the same is kept however fast each one is.
        """
        span = camera, int(captured_at.timestamp() // SPAN), image.shape
        places, chips = _places(faces), quarters(image, faces.landmarks)
        mine: Future[Floats] = Future()
        with turn or nullcontext(), self._lock:
            known = self._spans.get(span)
            same = np.full(len(faces), -1) if known is None else _same(places, chips, known)
            new = same < 0
            self._keep(span, _Faces(places[new], chips[new], _rows_of(mine, int(new.sum()))))
        try:
            computed = embed(image, faces.only(*np.flatnonzero(new).tolist()))
        except BaseException as error:
            mine.set_exception(error)
            raise
        mine.set_result(computed)
        if known is None or new.all():
            return computed
        embeddings = np.empty((len(faces), *computed.shape[1:]), computed.dtype)
        embeddings[new] = computed
        embeddings[~new] = [each.embedding() for each in known.embedded[same[~new]]]
        return embeddings

    def _keep(self, span: _Span, faces: _Faces) -> None:
        known = self._spans.get(span)
        self._spans[span] = known.and_(faces) if known else faces
        self._spans.move_to_end(span)
        while len(self._spans) > _MOST_SPANS:
            self._spans.popitem(last=False)


def _rows_of(image: Future[Floats], count: int) -> NDArray[np.object_]:
    rows = np.empty(count, object)
    for row in range(count):
        rows[row] = _Embedded(image, row)
    return rows


def quarters(image: Image, landmarks: Floats) -> Floats:
    """Return the quarters of the chips of faces, each with mean 0 and length 1, (n, 4, k).

    landmarks: (n, 5, 2). A quarter that shows nothing is 0 throughout and agrees with nothing; so are all of a chip
    that reaches over the border of the image, for the border is everybody's.
    """
    half = _SIDE // 2
    found = np.zeros((len(landmarks), 4, half * half), np.float32)
    for here, each in zip(found, landmarks, strict=True):
        if _within(image, each):
            grey = cv2.cvtColor(chip(image, each, _POSITIONS, _SIDE), cv2.COLOR_BGR2GRAY).astype(np.float32)
            fine = grey - cv2.GaussianBlur(grey, (0, 0), _COARSE)
            here[:] = fine.reshape(2, half, 2, half).swapaxes(1, 2).reshape(4, -1)
    found -= found.mean(axis=2, keepdims=True)
    length = np.linalg.norm(found, axis=2, keepdims=True)
    return np.where(length >= _FLAT * half, found / np.maximum(length, 1e-6), 0).astype(np.float32)


def alike(chips: Floats, others: Floats) -> Floats:
    """Return how far each chip agrees with each other one, (n, m): the correlation of the quarter that agrees least."""
    agreed: Floats = np.einsum("nqk,mqk->nmq", chips, others).min(axis=2)
    return agreed


def _within(image: Image, landmarks: Floats) -> bool:
    back = cv2.invertAffineTransform(similarity(landmarks, _POSITIONS))
    corners = _CORNERS @ back[:, :2].T + back[:, 2]
    return bool((corners >= 0).all() and (corners < image.shape[1::-1]).all())


def _places(faces: Detections) -> Floats:
    middles = (faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2
    return np.column_stack([middles, faces.widths])


def _same(places: Floats, chips: Floats, known: _Faces) -> NDArray[np.intp]:
    """Return for each face which of the known ones shows the same, (n,), -1 if none does."""
    if not len(known.places):
        return np.full(len(places), -1)
    away = np.hypot(*(places[:, None, :2] - known.places[:, :2]).transpose(2, 0, 1))
    agreed = np.where(away <= _NEAR * places[:, 2:], alike(chips, known.quarters), 0)
    best = agreed.argmax(axis=1)
    return np.where(agreed.max(axis=1) >= ALIKE, best, -1)
