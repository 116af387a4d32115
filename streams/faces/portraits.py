"""The one face of a photograph, or why the photograph is refused.

A face is looked for in a small copy of the photograph. Only if it is small there, it is cut out of the photograph in
more detail: twelve million pixels cost more than the engine, and of a face 200 are seen.
"""

import math
from dataclasses import dataclass

import cv2

from streams.faces.engine import Engine
from streams.faces.pictures import Image
from streams.faces.quality import Light, Pose, light, pose, sharpness
from streams.faces.unfit_pictures import UnfitPictureError
from streams.faces.values import Detections, Found

__all__ = [
    "ENOUGH",
    "LEAST_SHARPNESS",
    "LEAST_WIDTH",
    "Portrait",
    "Sitting",
    "inspect_photo",
    "main_face",
    "portrait",
    "sit",
]

LEAST_WIDTH = 40.0
"""Pixels that a face of a photograph must be wide; smaller ones teach nothing that a hall does not show."""

LEAST_SHARPNESS = 0.05
"""See ``streams.faces.quality.sharpness``."""

RIVAL, RIVAL_BESIDE = 0.5, 0.8
"""A second face counts when it is this much as wide as the widest one; or this much, if that one holds the middle of
the photograph: then it is plain whom the photograph shows, and somebody at the edge is no reason."""

_BORDER = 0.25
"""Of the photograph's size, put round it: detectors look for a head with something beside it."""

_SMALLEST, _GLANCE = 320, 640
"""Photographs are enlarged or shrunk until their longer side lies between these, to look for faces: of faces of 700 px
CenterFace finds half, of 500 px all."""

ENOUGH = 1600
"""Only if there is none, the face may be small in a large photograph: then the longer side may be this long."""

_DETAILED = 200.0
"""Pixels that a face is at least wide when it is embedded, if the photograph has them: twice what a chip shows."""

_AROUND = 1.0
"""Widths of the face that are cut out with it on each side."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """What is known of the one face of a photograph.

    found: in pixels of the photograph as it was read. width: of the face in pixels. sharpness, pose, light: as of
    ``streams.faces.quality``. others: smaller faces that were passed over.
    """

    found: Found
    width: float
    sharpness: float
    pose: Pose
    light: Light
    others: int


@dataclass(frozen=True, slots=True)
class Sitting:
    """A photograph as the engine sees it: it or a part, brought to size, with a border, and the one face in it.

    scale: how much the photograph was enlarged. origin: its corner, x and y in pixels of image. others: faces that were
    passed over.
    """

    image: Image
    face: Detections
    scale: float
    origin: tuple[float, float]
    others: int

    @property
    def face_in_photo(self) -> Detections:
        """The face in pixels of the photograph."""
        x, y = self.origin
        return self.face.moved(-x, -y).scaled(1 / self.scale)


def sit(engine: Engine, photo: Image) -> Sitting:
    """Find the one face of a photograph.

    Raises:
        UnfitPictureError: it shows no face, or several.
    """
    longer = max(photo.shape[:2])
    scale = min(max(1.0, _SMALLEST / longer), _GLANCE / longer)
    image, border = _bordered(photo, scale)
    faces = engine.detect(image)
    if not len(faces) and scale < 1:
        scale = min(1.0, ENOUGH / longer)
        image, border = _bordered(photo, scale)
        faces = engine.detect(image)
    widest = main_face(image, faces)
    sitting = Sitting(image, faces.only(widest), scale, (border, border), len(faces) - 1)
    finer = min(1.0, scale * _DETAILED / float(faces.widths[widest]))
    return _cut_out(photo, sitting, finer) if finer > scale else sitting


def main_face(image: Image, faces: Detections) -> int:
    """Return which of its faces a picture shows; the others are clearly smaller.

    Raises:
        UnfitPictureError: it shows no face, or several.
    """
    if not len(faces):
        raise UnfitPictureError("no_face")
    widest = int(faces.widths.argmax())
    x1, y1, x2, y2 = faces.boxes[widest]
    holds_middle = x1 < image.shape[1] / 2 < x2 and y1 < image.shape[0] / 2 < y2
    similar = faces.widths >= (RIVAL_BESIDE if holds_middle else RIVAL) * faces.widths[widest]
    if similar.sum() > 1:
        raise UnfitPictureError("faces", count=int(similar.sum()))
    return widest


def inspect_photo(engine: Engine, photo: Image) -> Portrait:
    """Return what is known of the one face of a photograph.

    Raises:
        UnfitPictureError: no face, several, too small, or too blurred; the message says which and how much is wanted.
    """
    return portrait(engine, photo, sit(engine, photo))


def portrait(engine: Engine, photo: Image, sitting: Sitting) -> Portrait:
    """Return what is known of the face that was found in a photograph.

    Raises:
        UnfitPictureError: too small, or too blurred.
    """
    face = sitting.face_in_photo
    width = float(face.widths[0])
    if width < LEAST_WIDTH:
        raise UnfitPictureError("small_face", width=width, least=LEAST_WIDTH)
    # A large face is judged shrunk, which says the same; a small one as it is, since enlarging makes nothing sharper.
    image, seen = (sitting.image, sitting.face) if sitting.scale < 1 else (photo, face)
    sharp = sharpness(image, seen.boxes[0])
    if sharp < LEAST_SHARPNESS:
        raise UnfitPictureError("blurred", sharpness=sharp, least=LEAST_SHARPNESS)
    x1, y1, x2, y2 = face.boxes[0].tolist()
    found = Found(
        box=(x1, y1, x2, y2),
        score=float(face.scores[0]),
        embedding=engine.embed(sitting.image, sitting.face)[0],
    )
    return Portrait(
        found=found,
        width=width,
        sharpness=sharp,
        pose=pose(face.landmarks[0]),
        light=light(image, seen.boxes[0]),
        others=sitting.others,
    )


def _cut_out(photo: Image, sitting: Sitting, scale: float) -> Sitting:
    """Return the face and what is round it at another scale."""
    face = sitting.face_in_photo
    around = _AROUND * float(face.widths[0])
    (x1, y1, x2, y2), (height, width) = face.boxes[0].tolist(), photo.shape[:2]
    left, top = max(0, math.floor(x1 - around)), max(0, math.floor(y1 - around))
    right, bottom = min(width, math.ceil(x2 + around)), min(height, math.ceil(y2 + around))
    image, border = _bordered(photo[top:bottom, left:right], scale)
    x, y = border - left * scale, border - top * scale
    return Sitting(image, face.scaled(scale).moved(x, y), scale, (x, y), sitting.others)


def _bordered(photo: Image, scale: float) -> tuple[Image, int]:
    """Return a photograph brought to size, with a border, and how wide that is."""
    while scale <= 0.5:  # ten times faster than any other factor
        photo, scale = cv2.resize(photo, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), 2 * scale
    if scale != 1:
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        photo = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=how)
    border = round(_BORDER * max(photo.shape[:2]))
    return cv2.copyMakeBorder(photo, border, border, border, border, cv2.BORDER_REPLICATE), border
