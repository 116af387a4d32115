"""Telephones and photographs in front of a camera, drawn."""

from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from streams.faces.pictures import Image

__all__ = ["Held", "Kind", "hold_before", "hold_up"]

Kind = Literal["telephone", "print"]


def hold_up(
    frame: Image, portrait: Image, x: float, y: float, face: float, kind: Kind = "telephone", angle: float = 0.0
) -> None:
    """Draw a picture of somebody over a frame; its middle is x, y, and the face in it so many pixels wide.

    portrait: the face fills 0.8 of its width, as in ORL. angle: degrees that it leans.
    """
    fine = 4
    width = round(fine * face / 0.8)
    size = width, round(width * portrait.shape[0] / portrait.shape[1])
    picture = cv2.resize(portrait, size, interpolation=cv2.INTER_LINEAR)
    if kind == "telephone":
        picture = cv2.convertScaleAbs(picture, alpha=1.15, beta=12)
        edges, colour = (round(width * 0.18), round(width * 0.05)), (22, 20, 20)
    else:
        edges, colour = (round(width * 0.08),) * 2, (235, 238, 240)
    picture = cv2.copyMakeBorder(
        picture, edges[0], edges[0], edges[1], edges[1], cv2.BORDER_CONSTANT, value=[*map(float, colour)]
    )
    tall, wide = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((wide / 2, tall / 2), angle, 1 / fine)
    matrix[:, 2] += x - wide / 2, y - tall / 2
    side = frame.shape[1], frame.shape[0]
    soft = cv2.GaussianBlur(picture, (0, 0), fine / 2.5)
    drawn = cv2.warpAffine(soft, matrix, side, borderMode=cv2.BORDER_REPLICATE)
    opacity = cv2.warpAffine(np.ones((tall, wide), np.float32), matrix, side)[..., None]
    frame[:] = np.clip(drawn * opacity + frame * (1 - opacity), 0, 255).astype(np.uint8)


class Held(NamedTuple):
    """How a picture is held before a camera.

    yaw, pitch, roll: degrees. face: pixels that its face is wide, if it were held straight. bend: radius of the
    standing cylinder that it is bent to, in widths of the face, negative if its hollow side is seen; None: it is flat.
    """

    yaw: float
    pitch: float
    roll: float
    face: float
    bend: float | None = None


def hold_before(frame: Image, portrait: Image, wide: float, held: Held, x: float, y: float) -> Image:
    """Return a frame of a camera of 60 degrees before which somebody holds a picture; x, y: of its middle, pixels.

    wide: of the face in the portrait, which is in its middle, pixels.
    """
    fine = 2
    height, width = frame.shape[:2]
    focal = 0.87 * width
    turned = _turned(held)
    across, down = np.meshgrid(*((np.arange(each * fine) + 0.5) / fine - 0.5 for each in (width, height)))
    rays = np.stack([(across - x) / focal, (down - y) / focal, np.ones_like(across)], axis=2) @ turned
    eye = np.array([0, 0, -focal / held.face]) @ turned
    if held.bend is None:
        far = -eye[2] / rays[..., 2]
        along, met = eye[0] + far * rays[..., 0], far > 0
    else:
        side, squares = np.sign(held.bend), rays[..., 0] ** 2 + rays[..., 2] ** 2
        half = eye[0] * rays[..., 0] + (eye[2] - held.bend) * rays[..., 2]
        inner = half**2 - squares * (eye[0] ** 2 + (eye[2] - held.bend) ** 2 - held.bend**2)
        far, met = (-half - side * np.sqrt(np.maximum(inner, 0))) / squares, inner > 0
        away = side * (held.bend - eye[2] - far * rays[..., 2])
        along = np.arctan2(eye[0] + far * rays[..., 0], away) * abs(held.bend)
    tall, broad = portrait.shape[:2]
    u = (along * wide + broad / 2).astype(np.float32)
    v = ((eye[1] + far * rays[..., 1]) * wide + tall / 2).astype(np.float32)
    met &= (u >= 0) & (u <= broad - 1) & (v >= 0) & (v <= tall - 1)
    behind = cv2.resize(frame, (width * fine, height * fine))
    seen = np.where(met[..., None], cv2.remap(portrait, u, v, cv2.INTER_LINEAR), behind)
    return cv2.resize(seen, (width, height), interpolation=cv2.INTER_AREA)


def _turned(held: Held) -> NDArray[np.float64]:
    yaw, pitch, roll = np.radians(held[:3])
    about_y = [[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]]
    about_x = [[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]]
    about_z = [[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]]
    product: NDArray[np.float64] = np.array(about_z) @ np.array(about_x) @ np.array(about_y)
    return product
