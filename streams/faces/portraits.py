"""The one face of a photograph, or why the photograph is refused."""

from dataclasses import dataclass

import cv2

from schemas.errors import RefusedError
from streams.faces.engine import Engine
from streams.faces.pictures import Image
from streams.faces.quality import Light, Pose, light, pose, qualities, sharpness
from streams.faces.values import Detections, Found

__all__ = ["LEAST_SHARPNESS", "LEAST_WIDTH", "Portrait", "Sitting", "inspect_photo", "portrait", "sit"]

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

    found: in pixels of the photograph. width: of the face in pixels. sharpness, pose, light: as of
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
    """A photograph as the engine sees it: brought to size, with a border, and the one face in it.

    scale: how much the photograph was enlarged. border: in pixels of image. others: faces that were passed over.
    """

    image: Image
    face: Detections
    scale: float
    border: int
    others: int

    @property
    def face_in_photo(self) -> Detections:
        """The face in pixels of the photograph."""
        return self.face.moved(-self.border, -self.border).scaled(1 / self.scale)


def sit(engine: Engine, photo: Image) -> Sitting:
    """Find the one face of a photograph.

    Raises:
        RefusedError: it shows no face, or several.
    """
    longer = max(photo.shape[:2])
    scale = min(max(1.0, _SMALLEST / longer), _LARGEST / longer)
    border = round(_BORDER * scale * longer)
    image: Image = cv2.copyMakeBorder(_resized(photo, scale), border, border, border, border, cv2.BORDER_REPLICATE)
    glance = min(1.0, _GLANCE / (scale * longer))
    faces = engine.detect(_resized(image, glance)).scaled(1 / glance)
    if not len(faces) and glance < 1:
        faces = engine.detect(image)
    if not len(faces):
        raise RefusedError("no face was found", "Take one from the front, with the whole head in the picture.")
    widest = int(faces.widths.argmax())
    x1, y1, x2, y2 = faces.boxes[widest]
    holds_middle = x1 < image.shape[1] / 2 < x2 and y1 < image.shape[0] / 2 < y2
    similar = faces.widths >= (RIVAL_BESIDE if holds_middle else RIVAL) * faces.widths[widest]
    if similar.sum() > 1:
        raise RefusedError(f"{similar.sum()} faces of similar size were found", "Cut it so that one person is in it.")
    return Sitting(image, faces.only(widest), scale, border, len(faces) - 1)


def inspect_photo(engine: Engine, photo: Image) -> Portrait:
    """Return what is known of the one face of a photograph.

    Raises:
        RefusedError: no face, several, too small, or too blurred; the message says which and how much is wanted.
    """
    return portrait(engine, photo, sit(engine, photo))


def portrait(engine: Engine, photo: Image, sitting: Sitting) -> Portrait:
    """Return what is known of the face that was found in a photograph.

    Raises:
        RefusedError: too small, or too blurred.
    """
    face = sitting.face_in_photo
    width, sharp = float(face.widths[0]), sharpness(photo, face.boxes[0])
    if width < LEAST_WIDTH:
        raise RefusedError(f"the face is {width:.0f} pixels wide, too small", f"At least {LEAST_WIDTH:.0f} are needed.")
    if sharp < LEAST_SHARPNESS:
        raise RefusedError(
            f"the face is too blurred (sharpness {sharp:.3f}, at least {LEAST_SHARPNESS})", "Take a sharper picture."
        )
    x1, y1, x2, y2 = face.boxes[0].tolist()
    found = Found(
        box=(x1, y1, x2, y2),
        score=float(face.scores[0]),
        quality=qualities(photo, face)[0],
        embedding=engine.embed(sitting.image, sitting.face)[0],
    )
    return Portrait(
        found=found,
        width=width,
        sharpness=sharp,
        pose=pose(face.landmarks[0]),
        light=light(photo, face.boxes[0]),
        others=sitting.others,
    )


def _resized(image: Image, scale: float) -> Image:
    if scale == 1:
        return image
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    result: Image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=how)
    return result
