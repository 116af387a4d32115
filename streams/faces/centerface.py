"""CenterFace: boxes, scores and five landmarks of faces down to 16 px, in one pass over an image of any size."""

import math

import numpy as np

from streams.faces.devices import CPU, Device
from streams.faces.overlap import apart
from streams.faces.pictures import Image
from streams.faces.strips import Strips
from streams.faces.values import Detections

__all__ = ["INPUT", "THRESHOLD", "CenterFace"]

INPUT = "input.1"
"""What the graph calls the picture."""

THRESHOLD = 0.5
"""Least score of a face."""

_STRIDE = 4
"""The network answers for cells of this many pixels."""


class CenterFace:
    """The detector, ready to look. Threads may share it."""

    def __init__(self, model: bytes, threads: int, device: Device = CPU) -> None:
        """model: as ``streams.faces.centerface_graph.in_parts`` returns it."""
        self._network = Strips(model, threads, device)

    def detect(self, image: Image, threshold: float = THRESHOLD) -> Detections:
        """Return the faces of a BGR image, best score first."""
        cells = self._network.run(image)  # (15, rows, columns)
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
