"""Photographs to a template, and templates against faces.

A template is half what the photographs look like and half what they would look like from the back of a hall: copies
with faces 32 and 24 px wide. That was the largest gain of all that was tried, and costs nothing at run time. So do the
mirror images of all of them, which are half a photograph more (``docs/adr/0016-all-looks.md``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from schemas.errors import RefusedError
from streams.faces.engine import Engine
from streams.faces.pictures import Image
from streams.faces.portraits import Portrait, inspect_photo, portrait, sit
from streams.faces.values import Detections, Floats

__all__ = [
    "Portrait",
    "Study",
    "Template",
    "as_seen_from_afar",
    "blend",
    "cosines",
    "inspect_photo",
    "study",
    "template",
]

_COPIES = ((32.0, 0.25), (24.0, 0.25))
"""Width of the face in pixels and weight; what remains is the photograph's own."""

_BLUR, _NOISE, _JPEG = 0.6, 3.0, 85
"""Of the copies: standard deviation of the blur in pixels, of the noise in grey values; quality of the JPEG."""


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """What an engine knows of a person. vector: (d,) float32 of unit length. photos: how many are behind it."""

    vector: Floats
    photos: int


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """A photograph that was taken. share: (d,) float32, what it gives to the template of its person."""

    portrait: Portrait
    share: Floats


def study(engine: Engine, photo: Image) -> Study:
    """Look at a photograph once: for what is known of its face, and for what it gives to a template.

    Raises:
        RefusedError: for any reason of ``inspect_photo``.
    """
    sitting = sit(engine, photo)
    known = portrait(engine, photo, sitting)
    return Study(known, _share(engine, sitting.image, sitting.face, known.found.embedding))


def blend(shares: Sequence[Floats]) -> Template:
    """Return the template of what photographs of one person give, at least one. The order does not matter."""
    return Template(vector=_unit(np.mean(shares, axis=0)), photos=len(shares))


def template(engine: Engine, photos: Sequence[Image]) -> Template:
    """Return the template of the person whom these photographs show, one face each. The same photos give the same.

    Photographs are taken as they are, small or blurred: ``study`` is what refuses.

    Raises:
        RefusedError: there is no photograph, or one shows no face or several.
    """
    if not photos:
        raise RefusedError("there is no photograph", "Give at least one, better three.")
    sittings = (sit(engine, photo) for photo in photos)
    return blend([_share(engine, each.image, each.face, engine.embed(each.image, each.face)[0]) for each in sittings])


def cosines(embeddings: Floats, templates: Floats) -> Floats:
    """Return the cosine of each face to each template, (n, m) float32. embeddings: (n, d), raw. templates: (m, d)."""
    result: Floats = (_unit(embeddings) @ _unit(templates).T).astype(np.float32)
    return result


def _share(engine: Engine, photo: Image, face: Detections, embedding: Floats) -> Floats:
    """Return what a face gives to a template, (d,). embedding: (d,), of the face as it is."""
    native = 1 - sum(weight for _, weight in _COPIES)
    total: Floats = native * (embedding + engine.embed(*_mirrored(photo, face))[0]) / 2
    for width, weight in _COPIES:
        copy = as_seen_from_afar(photo, face, width)
        total = total + weight * (engine.embed(*copy)[0] + engine.embed(*_mirrored(*copy))[0]) / 2
    return total


def _mirrored(photo: Image, face: Detections) -> tuple[Image, Detections]:
    return cv2.flip(photo, 1), face.mirrored(photo.shape[1])


def as_seen_from_afar(photo: Image, face: Detections, width: float) -> tuple[Image, Detections]:
    """Return a photograph shrunk until its one face is this wide, as a camera would send it, and the face in it.

    The landmarks are scaled, not found again: a detector's misses on the copy would be no property of the person.
    """
    scale = min(1.0, width / float(face.widths[0]))
    side = (max(1, round(photo.shape[1] * scale)), max(1, round(photo.shape[0] * scale)))
    small = cv2.GaussianBlur(cv2.resize(photo, side, interpolation=cv2.INTER_AREA), (0, 0), _BLUR)
    noise = np.random.default_rng(0).normal(0, _NOISE, small.shape)
    noisy = np.clip(np.rint(small + noise), 0, 255).astype(np.uint8)
    _, jpeg = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, _JPEG])
    # A pixel's centre, not its corner, keeps its place: hence the half pixels round the scaling.
    x, y = side[0] / photo.shape[1], side[1] / photo.shape[0]
    copy: Image = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)  # type: ignore[assignment]  # it is what was just encoded
    return copy, face.moved(0.5, 0.5).scaled(x, y).moved(-0.5, -0.5)


def _unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    result: Floats = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return result
