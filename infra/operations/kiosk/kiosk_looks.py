"""What a kiosk's pictures show: the small ones of its browser while somebody stands before it, and the photo."""

from dataclasses import dataclass

import cv2
import numpy as np

from enrollment.advice import TURNED
from streams.faces.engines import Detections, Engine
from streams.faces.framed import framed
from streams.faces.pictures import Image, PhotoBounds, photo_of
from streams.faces.portraits import ENOUGH, LEAST_SHARPNESS, Portrait, inspect_photo, main_face
from streams.faces.quality import light, pose, sharpness
from streams.faces.unfit_pictures import Unfit, UnfitPictureError
from streams.faces.values import Floats

__all__ = ["LEAST_BRIGHT", "LEAST_SHARE", "PHOTO", "SMALL_PICTURE", "KioskFace", "KioskLook", "look", "portrait_of"]

SMALL_PICTURE = PhotoBounds(size=2**20, pixels=4_000_000, animated=False)
"""Of a picture of the browser."""

PHOTO = PhotoBounds(size=20 * 2**20, pixels=64_000_000, animated=False)
"""Of the photo: what telephones take, and little more."""

_LONGER = 320
"""Pixels of the longer side at which a face is looked for: 10 ms."""

LEAST_SHARE = 0.18
"""Width of a face in widths of the picture: 58 pixels, of which five landmarks can be told within one."""

LEAST_BRIGHT = 40.0
"""Brightness (``streams.faces.quality.light``) below which a face is too dark; docs/adr/0030-kiosk.md."""

_EDGE = 0.015
"""So near the edge of the picture, in its widths and heights, a face is cut off: detectors end a box where it ends."""


@dataclass(frozen=True, slots=True, eq=False)
class KioskFace:
    """The one face of a picture of the browser. All but box and yaw stay on this side of the door.

    box: x1, y1, x2, y2 as shares of width and height. yaw: degrees by which the head is turned, positive to the
    person's own left. landmarks: (5, 2), pixels of some scale. embedding: (d,), raw. framed: whether it is inside a
    rectangle.
    """

    box: tuple[float, float, float, float]
    yaw: float
    landmarks: Floats
    embedding: Floats
    framed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class KioskLook:
    """What a picture of the browser shows.

    reason: why it is not good enough to recognise anybody; None: it is. face: None: there is not one.
    """

    reason: Unfit | None
    face: KioskFace | None = None


def look(engine: Engine, picture: bytes) -> KioskLook:
    """Look at a picture of the browser, not mirrored. It is never refused with an error."""
    try:
        image = _small(photo_of(picture, _LONGER, SMALL_PICTURE))
        faces = engine.detect(image)
        face = faces.only(main_face(image, faces))
    except UnfitPictureError as error:
        return KioskLook(error.unfit)
    height, width = image.shape[:2]
    x1, y1, x2, y2 = (face.boxes[0] / np.array([width, height] * 2)).tolist()
    seen = KioskFace(
        box=(x1, y1, x2, y2),
        yaw=pose(face.landmarks[0]).yaw,
        landmarks=face.landmarks[0],
        embedding=engine.embed(image, face)[0],
        framed=framed(image, face.boxes)[0],
    )
    return KioskLook(_flaw(image, face), seen)


def portrait_of(engine: Engine, photo: bytes, least_bright: float = LEAST_BRIGHT) -> Portrait:
    """Return the one face of the photo by which somebody is to be recognised.

    Raises:
        UnfitPictureError: it is no photo, or shows no face, several, or one that is too small, blurred or dark, or
            turned aside.
    """
    found = inspect_photo(engine, photo_of(photo, ENOUGH, PHOTO))
    if found.light.bright < least_bright:
        raise UnfitPictureError("dark", bright=found.light.bright, least=least_bright)
    if abs(found.pose.yaw) > TURNED:
        raise UnfitPictureError("turned", degrees=abs(found.pose.yaw))
    return found


def _small(image: Image) -> Image:
    scale = _LONGER / max(image.shape[:2])
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image


def _flaw(image: Image, face: Detections) -> Unfit | None:
    height, width = image.shape[:2]
    box, wide = face.boxes[0], float(face.widths[0])
    x1, y1, x2, y2 = (box / np.array([width, height] * 2)).tolist()
    if wide < LEAST_SHARE * width:
        return Unfit("small_face", {"width": wide, "least": LEAST_SHARE * width})
    if min(x1, y1) < _EDGE or max(x2, y2) > 1 - _EDGE:
        return Unfit("edge", {})
    if (bright := light(image, box).bright) < LEAST_BRIGHT:
        return Unfit("dark", {"bright": bright, "least": LEAST_BRIGHT})
    if (sharp := sharpness(image, box)) < LEAST_SHARPNESS:
        return Unfit("blurred", {"sharpness": sharp, "least": LEAST_SHARPNESS})
    return None
