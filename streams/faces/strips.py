"""A network's first part runs on horizontal strips of a picture, where it needs most memory; the rest runs once.

A strip is looked at with as many rows around it as the first part sees around a pixel, so that the answers are those of
the whole picture.
"""

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from streams.faces.devices import CPU, Device
from streams.faces.onnx_sessions import session
from streams.faces.pictures import Image
from streams.faces.values import Floats

__all__ = ["ABOVE", "BELOW", "Strips", "packed"]

ABOVE, BELOW = 16, 8
"""Rows of pixels around a strip: the first part of CenterFace sees 13 above and 5 below, and halves sizes 3 times."""

_ROWS = 160
"""Of a strip. Fewer need less memory, but more of the rows are looked at twice."""


_MULTIPLE = 32
"""Of pixels are the sides that the network takes."""


def packed(first: bytes, rest: bytes) -> bytes:
    """Return two graphs as one file. first: gives what ``rest`` takes, by the same names."""
    return msgspec.msgpack.encode((first, rest))


class Strips:
    """The network, ready to run. Threads may share it."""

    def __init__(self, parts: bytes, threads: int, device: Device = CPU) -> None:
        """parts: as ``packed`` returns them."""
        first, rest = msgspec.msgpack.decode(parts, type=tuple[bytes, bytes])
        self._first, self._rest = (session(each, threads, device) for each in (first, rest))
        self._input = self._first.get_inputs()[0].name
        self._cut = [each.name for each in self._rest.get_inputs()]

    def run(self, picture: Image) -> Floats:
        """Return the answer for a BGR image of any size, black beyond its edges: (channels, rows, columns)."""
        seams = self._seams(picture)
        answer: Floats = self._rest.run(None, dict(zip(self._cut, seams, strict=True)))[0][0]
        return answer

    def _seams(self, picture: Image) -> list[NDArray[np.generic]]:
        """Return what the first part says of the whole picture."""
        height, width = (-(-side // _MULTIPLE) * _MULTIPLE for side in picture.shape[:2])
        seams: list[NDArray[np.generic]] = []
        for top in range(0, height, _ROWS):
            low, bottom = max(0, top - ABOVE), min(top + _ROWS, height)
            strip = _padded(picture[low : bottom + BELOW], min(bottom + BELOW, height) - low, width)
            found = self._first.run(self._cut, {self._input: cv2.dnn.blobFromImage(strip, swapRB=True)})
            steps = [len(strip) // each.shape[2] for each in found]  # pixels between two rows of an answer
            if not seams:
                shapes = [(*e.shape[:2], height // step, e.shape[3]) for e, step in zip(found, steps, strict=True)]
                seams = [np.empty(shape, each.dtype) for shape, each in zip(shapes, found, strict=True)]
            for seam, each, step in zip(seams, found, steps, strict=True):
                seam[:, :, top // step : bottom // step] = each[:, :, (top - low) // step : (bottom - low) // step]
        return seams


def _padded(image: Image, height: int, width: int) -> Image:
    below, right = height - len(image), width - image.shape[1]
    return cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_CONSTANT) if below or right else image
