"""Of boxes that lie on one another the better one stays."""

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["OVERLAP", "apart"]

OVERLAP = 0.3
"""Of two boxes that overlap by more than this (intersection over union) the better one stays."""


def apart(boxes: NDArray[np.floating], scores: NDArray[np.floating], threshold: float = 0.0) -> NDArray[np.intp]:
    """Return which boxes stay, best score first.

    boxes: (n, 4), x and y of the upper left corner, width and height. scores: (n,). threshold: least score.
    """
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), threshold, OVERLAP)
    return np.asarray(kept, np.intp).reshape(-1)
