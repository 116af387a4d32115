"""CenterFace: boxes, scores and five landmarks of faces down to 16 px, in one pass over an image of any size."""

import math

import cv2
import numpy as np
import onnxruntime

from streams.faces.overlap import apart
from streams.faces.pictures import Image
from streams.faces.runtime import session
from streams.faces.values import Detections

__all__ = ["INPUT", "THRESHOLD", "CenterFace", "folded"]

INPUT = "input.1"
"""What the graph calls the picture."""

THRESHOLD = 0.5
"""Least score of a face."""

_STRIDE = 4
"""The network answers for cells of this many pixels."""


def folded(model: bytes) -> bytes:
    """Return the graph that ``CenterFace`` runs, made of the file of the network.

    Raises:
        RefusedError: it is another network.
    """
    from streams.faces.centerface_net import simplified  # brings onnx: only the first time on a machine

    return simplified(model)


class CenterFace:
    """The detector, ready to look. Threads may share it."""

    def __init__(self, model: bytes, threads: int) -> None:
        """model: as ``folded`` returns it."""
        self._session: onnxruntime.InferenceSession = session(model, threads)

    def detect(self, image: Image, threshold: float = THRESHOLD) -> Detections:
        """Return the faces of a BGR image, best score first."""
        height, width = image.shape[:2]
        padded = cv2.copyMakeBorder(image, 0, -height % 32, 0, -width % 32, cv2.BORDER_CONSTANT)
        blob = cv2.dnn.blobFromImage(padded, swapRB=True)  # (1, 3, h, w) float32, 0 to 255
        (cells,) = self._session.run(None, {INPUT: blob})[0]  # (15, rows, columns)
        # A score is the sigmoid of the first channel; most cells are none that needs it.
        row, col = np.nonzero(cells[0] > math.log(threshold / (1 - threshold)))
        answers = cells[:, row, col].T
        sizes = np.exp(answers[:, 2:0:-1]) * _STRIDE  # width, height
        centres = (np.stack([col, row], 1) + answers[:, 4:2:-1] + 0.5) * _STRIDE
        corners = centres - sizes / 2
        sound = np.isfinite(sizes).all(1) & np.isfinite(corners).all(1)
        answers, corners, sizes = answers[sound], corners[sound], sizes[sound]
        score = 1 / (1 + np.exp(-answers[:, 0]))
        best = apart(np.hstack([corners, sizes]), score, threshold)
        points = answers[:, 5:].reshape(-1, 5, 2)[..., ::-1] * sizes[:, None] + corners[:, None]
        return Detections(
            boxes=np.hstack([corners, corners + sizes])[best].astype(np.float32),
            scores=score[best].astype(np.float32),
            landmarks=points[best].astype(np.float32),
        )
