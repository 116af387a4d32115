"""OpenCV's detector YuNet, run and read by OpenCV itself. Good for faces of 10 to 300 px."""

import threading

import cv2
import numpy as np

from streams.faces.overlap import OVERLAP
from streams.faces.pictures import Image
from streams.faces.values import Detections

__all__ = ["YuNet"]

_MOST = 5000
"""Boxes that are compared for overlap; OpenCV's own number."""


class YuNet:
    """The detector, ready to look. Threads may share it: OpenCV's object is not made for several, so each has one."""

    def __init__(self, model: bytes, threshold: float) -> None:
        """model: of a file face_detection_yunet_*.onnx. threshold: least score of a face."""
        self._model, self._threshold = np.frombuffer(model, np.uint8), threshold
        self._here = threading.local()

    def detect(self, image: Image) -> Detections:
        """Return the faces of a BGR image, best score first."""
        size = image.shape[1], image.shape[0]
        if not hasattr(self._here, "net"):
            empty = np.empty(0, np.uint8)
            self._here.net = cv2.FaceDetectorYN.create(
                "onnx", self._model, empty, size, self._threshold, OVERLAP, _MOST
            )
        self._here.net.setInputSize(size)
        found = self._here.net.detect(image)[1]
        rows = np.empty((0, 15), np.float32) if found is None else found
        rows = rows[np.argsort(-rows[:, 14], kind="stable")]
        return Detections(
            boxes=np.hstack([rows[:, :2], rows[:, :2] + rows[:, 2:4]]),
            scores=rows[:, 14],
            landmarks=rows[:, 4:14].reshape(-1, 5, 2),
        )
