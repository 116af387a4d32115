"""Telephones and photographs in front of a camera, drawn."""

from typing import Literal

import cv2
import numpy as np

from streams.faces.pictures import Image

__all__ = ["Kind", "hold_up"]

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
