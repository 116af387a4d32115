"""Looking where the faces are: at regions of a frame, each at its scale, in place of the whole frame."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from streams.faces.overlap import apart
from streams.faces.pictures import Image
from streams.faces.regions import Region
from streams.faces.values import Detections

__all__ = ["detect_in"]

_EDGE = 1.0
"""A box that comes so near to the border of a region, in pixels as they were looked at, may be cut by it."""


def detect_in(detect: Callable[[Image], Detections], image: Image, regions: Sequence[Region]) -> Detections:
    """Return the faces of these regions of an image, best score first, each face once.

    Regions overlap by more than a face, so one that a region's border cuts is whole in another, or out of all.
    """
    found = [_detect(detect, image, region) for region in regions]
    faces = Detections(
        boxes=np.concatenate([each.boxes for each in found]),
        scores=np.concatenate([each.scores for each in found]),
        landmarks=np.concatenate([each.landmarks for each in found]),
    )
    corners = np.hstack([faces.boxes[:, :2], faces.boxes[:, 2:] - faces.boxes[:, :2]])
    return faces.only(*apart(corners, faces.scores).tolist())


def _detect(detect: Callable[[Image], Detections], image: Image, region: Region) -> Detections:
    x1, y1, x2, y2, scale = region
    part = image[y1:y2, x1:x2]
    if scale != 1:
        size = max(1, round((x2 - x1) * scale)), max(1, round((y2 - y1) * scale))
        part = cv2.resize(part, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    faces = detect(part)
    height, width = part.shape[:2]
    # Where the frame itself ends, faces are cut by nothing that another region could mend.
    least = np.array([_EDGE if x1 > 0 else -np.inf, _EDGE if y1 > 0 else -np.inf])
    most = np.array([
        width - _EDGE if x2 < image.shape[1] else np.inf, height - _EDGE if y2 < image.shape[0] else np.inf
    ])  # fmt: skip
    whole = np.nonzero((faces.boxes[:, :2] >= least).all(1) & (faces.boxes[:, 2:] <= most).all(1))[0]
    return faces.only(*whole.tolist()).scaled((x2 - x1) / width, (y2 - y1) / height).moved(x1, y1)
