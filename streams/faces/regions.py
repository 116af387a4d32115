"""Looking where the faces are: regions of a frame, each at a scale of its own, in place of the whole frame."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import cv2
import numpy as np

from schemas.messages import Profile
from streams.faces.overlap import apart
from streams.faces.pictures import Image
from streams.faces.profile import band_scale
from streams.faces.values import Detections

__all__ = ["Plan", "Region", "detect_in", "plan", "work"]

_WORTH = 0.9
"""Regions that cost more of a whole frame than this are not worth their seams."""

_EDGE = 1.0
"""A box that comes so near to the border of a region, in pixels as they were looked at, may be cut by it."""


class Region(NamedTuple):
    """A part of a frame, in pixels, and by how much it is enlarged (below 1: shrunk) to look at it."""

    x1: int
    y1: int
    x2: int
    y2: int
    scale: float


Plan: TypeAlias = tuple[Region, ...]
"""Where to look; without regions: everywhere."""


def plan(profile: Profile | None, width: int, height: int, small: float | None) -> Plan:
    """Return where to look in a frame of this size.

    small: width in pixels from which the engine finds every face; None if nobody measured it: nothing is shrunk.
    """
    if profile is None:
        return ()
    regions = tuple(
        Region(
            int(band.x1 * width),
            int(band.y1 * height),
            int(np.ceil(band.x2 * width)),
            int(np.ceil(band.y2 * height)),
            band_scale(band, width, small) if small else 1.0,
        )
        for band in profile.bands
    )
    return regions if work(regions, width, height) < _WORTH else ()


def work(regions: Plan, width: int, height: int) -> float:
    """Return what a plan costs the detector, in frames."""
    if not regions:
        return 1.0
    return sum((each.x2 - each.x1) * (each.y2 - each.y1) * each.scale**2 for each in regions) / (width * height)


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
