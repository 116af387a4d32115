"""The engine that looks behind ``builtin/face_recognition``. The package is imported only when it is loaded."""

from threading import Lock
from typing import Any

import cv2
import numpy as np

from streams.faces.engine import Engine
from streams.faces.pictures import Image
from streams.faces.values import Detections, Floats
from streams.faces.weights import Weight

__all__ = ["FaceRecognition"]

UPSAMPLE = 1
"""The detector sees faces from 80 px; enlarging the picture once makes that 40."""


class FaceRecognition(Engine):
    """See the module. One image at a time: dlib's objects are not made for several threads."""

    dimension = 128
    frees_gil = False

    def __init__(self, name: str, identity: str, weights: tuple[Weight, ...]) -> None:
        """What ``builtin/face_recognition`` says of it."""
        import face_recognition

        self.name, self.id, self.weights = name, identity, weights
        self._package: Any = face_recognition
        self._one_at_a_time = Lock()

    def detect(self, image: Image) -> Detections:
        """Return the faces of an image, largest first. The package tells no scores: each is 1."""
        rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        with self._one_at_a_time:
            places = self._package.face_locations(rgb, number_of_times_to_upsample=UPSAMPLE, model="hog")
            places.sort(key=lambda place: place[2] - place[0], reverse=True)
            marks = self._package.face_landmarks(rgb, places)
        boxes = np.array([(left, top, right, bottom) for top, right, bottom, left in places], np.float32)
        landmarks = np.array([_five(mark) for mark in marks], np.float32)
        return Detections(boxes.reshape(-1, 4), np.ones(len(places), np.float32), landmarks.reshape(-1, 5, 2))

    def embed(self, image: Image, detections: Detections) -> Floats:
        """Return the raw embeddings of these faces of the image, (n, 128). Only the boxes matter."""
        rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        boxes = np.rint(detections.boxes).astype(int).tolist()
        with self._one_at_a_time:
            found = self._package.face_encodings(rgb, [(y1, x2, y2, x1) for x1, y1, x2, y2 in boxes], model="small")
        return np.array(found, np.float32).reshape(-1, self.dimension)


def _five(mark: dict[str, list[tuple[int, int]]]) -> list[tuple[float, float]]:
    """Centres of the eyes, tip of the nose, corners of the mouth, from dlib's 68 points."""
    centres = [np.mean(mark[eye], axis=0) for eye in ("left_eye", "right_eye")]
    mouth = mark["top_lip"]  # from the left corner along the upper edge to the right one, and back along the lower
    points = [*centres, mark["nose_bridge"][-1], mouth[0], mouth[6]]
    return [(float(x), float(y)) for x, y in points]
