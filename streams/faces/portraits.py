"""The one face of a photograph, or why the photograph is refused."""

from dataclasses import dataclass

import cv2

from schemas.errors import RefusedError
from streams.faces.engine import Engine
from streams.faces.pictures import Image
from streams.faces.quality import qualities, sharpness
from streams.faces.values import Detections, Found

__all__ = ["LEAST_SHARPNESS", "LEAST_WIDTH", "Portrait", "inspect_photo", "portrait"]

LEAST_WIDTH = 40.0
"""Pixels that a face of a photograph must be wide; smaller ones teach nothing that a hall does not show."""

LEAST_SHARPNESS = 0.05
"""See ``streams.faces.quality.sharpness``."""

RIVAL, RIVAL_BESIDE = 0.5, 0.8
"""A second face counts when it is this much as wide as the widest one; or this much, if that one holds the middle of
the photograph: then it is plain whom the photograph shows, and somebody at the edge is no reason."""

_BORDER = 0.25
"""Of the photograph's size, put round it: detectors look for a head with something beside it."""

_SMALLEST, _LARGEST = 320, 1600
"""Photographs are enlarged or shrunk until their longer side lies between these."""

_GLANCE = 640
"""Faces are looked for with the longer side this long first: of faces of 700 px CenterFace finds half, of 500 px all.
Only if there is none, the face may be small in a large photograph."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """What is known of the one face of a photograph.

    found: in pixels of the photograph. width: of the face in pixels. sharpness: as of ``streams.faces.quality``.
    others: smaller faces that were passed over.
    """

    found: Found
    width: float
    sharpness: float
    others: int


def portrait(engine: Engine, photo: Image) -> tuple[Image, Detections, float, int]:
    """Return the photograph as the engine saw it, its one face there, how much it was enlarged, and other faces.

    Raises:
        RefusedError: it shows no face, or several.
    """
    height, width = photo.shape[:2]
    scale = min(max(1.0, _SMALLEST / max(height, width)), _LARGEST / max(height, width))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = photo if scale == 1 else cv2.resize(photo, None, fx=scale, fy=scale, interpolation=how)
    border = round(_BORDER * max(resized.shape[:2]))
    seen: Image = cv2.copyMakeBorder(resized, border, border, border, border, cv2.BORDER_REPLICATE)
    glance = min(1.0, _GLANCE / max(height, width) / scale)
    faces = _detect(engine, seen, glance)
    if not len(faces) and glance < 1:
        faces = engine.detect(seen)
    if not len(faces):
        raise RefusedError("no face was found", "Take one from the front, with the whole head in the picture.")
    widths = faces.widths
    widest = int(widths.argmax())
    x1, y1, x2, y2 = faces.boxes[widest]
    middle = x1 < seen.shape[1] / 2 < x2 and y1 < seen.shape[0] / 2 < y2
    similar = int((widths >= (RIVAL_BESIDE if middle else RIVAL) * widths[widest]).sum())
    if similar > 1:
        raise RefusedError(f"{similar} faces of similar size were found", "Cut it so that one person is in it.")
    return seen, faces.only(widest), scale, len(faces) - 1


def inspect_photo(engine: Engine, photo: Image) -> Portrait:
    """Return what is known of the one face of a photograph.

    Raises:
        RefusedError: no face, several, too small, or too blurred; the message says which and how much is wanted.
    """
    seen, face, scale, others = portrait(engine, photo)
    border = (seen.shape[1] - round(photo.shape[1] * scale)) / 2
    embedding = engine.embed(seen, face)[0]
    face = face.moved(-border, -border).scaled(1 / scale)
    width, sharp = float(face.widths[0]), sharpness(photo, face.boxes[0])
    if width < LEAST_WIDTH:
        raise RefusedError(f"the face is {width:.0f} pixels wide, too small", f"At least {LEAST_WIDTH:.0f} are needed.")
    if sharp < LEAST_SHARPNESS:
        raise RefusedError(
            f"the face is too blurred (sharpness {sharp:.3f}, at least {LEAST_SHARPNESS})", "Take a sharper picture."
        )
    x1, y1, x2, y2 = face.boxes[0].tolist()
    quality = qualities(photo, face)[0]
    return Portrait(Found((x1, y1, x2, y2), float(face.scores[0]), quality, embedding), width, sharp, others)


def _detect(engine: Engine, image: Image, scale: float) -> Detections:
    """Return the faces of an image, looked for in a copy of this scale, at most 1."""
    if scale == 1:
        return engine.detect(image)
    small: Image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return engine.detect(small).scaled(1 / scale)
