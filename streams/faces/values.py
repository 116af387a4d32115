"""The values that detectors, embedders and their users pass round."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from streams.faces.weights import Weight  # docs/engines.md has others import it from here

__all__ = ["Detections", "Floats", "Found", "Weight"]

Floats: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Detections:
    """The faces of one image, best score first.

    boxes: (n, 4) float32, x1 y1 x2 y2 in pixels; may reach over the border of the image.
    scores: (n,) float32, 0 to 1.
    landmarks: (n, 5, 2) float32, x y of the eyes, the nose and the corners of the mouth; left in the image first.
    """

    boxes: Floats
    scores: Floats
    landmarks: Floats

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def widths(self) -> Floats:
        """Widths of the boxes in pixels, (n,)."""
        return self.boxes[:, 2] - self.boxes[:, 0]

    def only(self, *faces: int) -> "Detections":
        """These faces alone, in this order."""
        chosen = list(faces)
        return Detections(self.boxes[chosen], self.scores[chosen], self.landmarks[chosen])

    def scaled(self, x: float, y: float | None = None) -> "Detections":
        """The same faces in an image resized by these factors (y: as x)."""
        factors = np.array([x, x if y is None else y], np.float32)
        return Detections(self.boxes * np.tile(factors, 2), self.scores, self.landmarks * factors)

    def mirrored(self, width: int) -> "Detections":
        """The same faces in an image of this width that was flipped left to right: left stays first."""
        x1, y1, x2, y2 = self.boxes.T
        flipped = self.landmarks[:, [1, 0, 2, 4, 3]] * np.array([-1, 1], np.float32)
        boxes = np.stack([width - x2, y1, width - x1, y2], axis=1)
        return Detections(boxes, self.scores, flipped + np.array([width - 1, 0], np.float32))

    def moved(self, x: float, y: float) -> "Detections":
        """The same faces in an image whose origin lies at (-x, -y)."""
        offset = np.array([x, y], np.float32)
        return Detections(self.boxes + np.tile(offset, 2), self.scores, self.landmarks + offset)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """One face of an image.

    box: x1, y1, x2, y2 in pixels. score: the detector's.
    embedding: (d,) float32, the network's own output: neither centred nor of unit length.
    framed: whether it is inside a rectangle, as a picture of a face is (``streams.faces.framed``).
    """

    box: tuple[float, float, float, float]
    score: float
    embedding: Floats
    framed: bool = False
