"""A picture becomes a JPEG that Kafka takes, by a ladder: full quality, then less of it, then a smaller picture."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from schemas.errors import RefusedError
from schemas.topics import topic
from schemas.translations import Text

__all__ = ["MAX_JPEG", "Image", "encode", "fit"]

Image = NDArray[np.uint8]
"""Shape (height, width, 3), blue green red."""

_ROOM_FOR_HEADERS = 128 * 2**10

MAX_JPEG = topic("frames").max_message_bytes - _ROOM_FOR_HEADERS
"""Bytes of the largest JPEG that travels: 4 MiB as the topic is declared."""

_QUALITIES = (95, 90, 85, 75, 60)
_SCALES = (1.0, 0.75, 0.5, 0.35, 0.25)
"""Below a quarter of the size no face of a hall is left."""


def encode(image: Image, *, limit: int = MAX_JPEG) -> bytes:
    """Return the picture as the best JPEG of at most ``limit`` bytes.

    Raises:
        RefusedError: even the last rung of the ladder is larger.
    """
    for scale, quality in _rungs():
        done, jpeg = cv2.imencode(".jpg", _scaled(image, scale), [cv2.IMWRITE_JPEG_QUALITY, quality])
        if done and len(jpeg) <= limit:
            return bytes(jpeg)
    height, width = image.shape[:2]
    raise RefusedError(
        Text("a picture of {width}x{height} does not fit into {limit} bytes", width=width, height=height, limit=limit),
        "Set the camera to a smaller picture.",
    )


def fit(jpeg: bytes, *, limit: int = MAX_JPEG) -> bytes:
    """Return these very bytes if they fit, else the picture taken down the ladder.

    What fits is not looked into: a recording arrives as it was made, and a damaged frame is judged by who reads it.

    Raises:
        RefusedError: too large, and not a picture or not to be made smaller.
    """
    if len(jpeg) <= limit:
        return jpeg
    image = _decoded(jpeg)
    if image is None:
        raise RefusedError(
            Text("{count} bytes are too many, and they are no picture", count=len(jpeg)), "Make the JPEG again."
        )
    return encode(image, limit=limit)


def _rungs() -> Iterator[tuple[float, int]]:
    yield from ((1.0, quality) for quality in _QUALITIES)
    yield from ((scale, _QUALITIES[-1]) for scale in _SCALES[1:])


def _scaled(image: Image, scale: float) -> Image:
    if scale == 1:
        return image
    height, width = image.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _decoded(jpeg: bytes) -> Image | None:
    try:
        image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # OpenCV raises instead where the header promises more pixels than it allows
        return None
    return None if image is None else np.asarray(image, np.uint8)
