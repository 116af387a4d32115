"""How well a picture could be seen, by two small pictures of it: how much detail each part has, and a thumbnail.

Whether that is much or little is for whoever knows what the camera usually shows (``streams.judgement.visibility``).
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from streams.faces.pictures import Image

__all__ = ["REGIONS", "THUMBNAIL", "FrameView", "view_of"]

REGIONS = 9, 16
THUMBNAIL = 36, 64
"""Down and across. A face of 70 pixels in 1920 is two pixels of a thumbnail: nobody is known by it."""

SIZE = 480, 270
"""Across and down: in which detail is looked for, of every picture."""


class FrameView(NamedTuple):
    """detail: REGIONS, the root mean square of the brightness' slope in each part, the weaker of both directions.

    thumbnail: THUMBNAIL, brightness. Both 0 to 255.
    """

    detail: NDArray[np.uint8]
    thumbnail: NDArray[np.uint8]


def view_of(image: Image) -> FrameView:
    """Return how well a picture could be seen. What moves or shakes blurs one direction alone."""
    grey = cv2.cvtColor(cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    soft = cv2.GaussianBlur(grey, (0, 0), 1)
    across, down = (cv2.Sobel(soft, cv2.CV_32F, *way, ksize=3) for way in ((1, 0), (0, 1)))
    size = REGIONS[::-1]
    power = np.minimum(*(cv2.resize(each * each, size, interpolation=cv2.INTER_AREA) for each in (across, down)))
    return FrameView(
        np.minimum(np.sqrt(power), 255).astype(np.uint8),
        np.asarray(cv2.resize(grey, THUMBNAIL[::-1], interpolation=cv2.INTER_AREA), np.uint8),
    )
