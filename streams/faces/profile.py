"""A camera's profile: where faces occur in its frames and how large they are there, learned from its own sightings.

A camera that never moves shows the same seats all term: the far rows small and at the top, the near rows large and
below. The bands of a profile say so, and ``streams.faces.regions`` looks only there, at the scale that each needs.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.errors import RefusedError
from schemas.messages import Band, Profile, encode
from schemas.translations import Text

__all__ = ["FEWEST_FACES", "FEWEST_FRAMES", "USUAL", "Sight", "band_scale", "learn", "variant"]

FEWEST_FRAMES = 60
FEWEST_FACES = 300
"""Fewer do not show which seats are used."""

USUAL = 24.0
"""Width in pixels to which an engine is taken to bring the smallest faces of a band, when bands are chosen."""

SMALLEST, LARGEST = 0.25, 1.5
"""Scales beyond these were not measured."""

_REPEATS = 4
"""A place where fewer faces were seen, neighbours included, shows a mistake of the detector or a passer-by."""

_CELLS = 40
"""Places across a frame, and slices of its height."""

_ROOM = 1.0
"""People lean and stand up: a band reaches so many widths of its largest face further than its faces did."""

_OVERHEAD = 0.01
"""What a band costs besides its pixels, in frames."""

_FULL_AFTER = 60.0
"""Seconds after which a whole frame is looked at again, if frames come as often as in the sightings ..."""
_FEWEST_BETWEEN = 6
"""... but not more often than every sixth frame, or little would be saved."""

Floats = NDArray[np.float64]


class Sight(NamedTuple):
    """What one analysed frame showed. width, height: of the frame. boxes: (n, 4), x1 y1 x2 y2, in pixels."""

    captured_at: datetime
    width: int
    height: int
    boxes: Sequence[tuple[float, float, float, float]]


def learn(hall: str, camera: str, sights: Sequence[Sight]) -> Profile:
    """Return the profile of a camera.

    Raises:
        RefusedError: too few sightings; the text says how many are missing.
    """
    ordered = sorted(sights, key=lambda each: each.captured_at)
    boxes = _relative(ordered)
    boxes = boxes[_repeated(boxes)]
    if (frames := len(ordered)) < FEWEST_FRAMES or len(boxes) < FEWEST_FACES:
        raise RefusedError(
            Text(
                "camera {camera!r} of hall {hall!r} has {frames} analysed frames with {count} faces "
                "that were seen where others were; missing: {frames_missing} frames, {faces_missing} faces",
                camera=camera,
                hall=hall,
                frames=frames,
                count=len(boxes),
                frames_missing=max(0, FEWEST_FRAMES - frames),
                faces_missing=max(0, FEWEST_FACES - len(boxes)),
            ),
            "Let it watch another class hour, then try again.",
        )
    width, height = (int(np.median([getattr(each, side) for each in ordered])) for side in ("width", "height"))
    times = np.array([each.captured_at.timestamp() for each in ordered])
    gaps = np.diff(times)
    period = float(np.median(gaps[gaps > 0])) if (gaps > 0).any() else _FULL_AFTER
    return Profile(
        hall=hall,
        camera=camera,
        since=ordered[0].captured_at,
        until=ordered[-1].captured_at,
        frames=frames,
        faces=len(boxes),
        width=width,
        height=height,
        whole_every=max(_FEWEST_BETWEEN, round(_FULL_AFTER / period)),
        bands=_bands(boxes, width, height),
    )


def band_scale(band: Band, width: int, small: float) -> float:
    """Return by how much a band is enlarged (below 1: shrunk) to look at it in a frame of this width.

    small: width in pixels from which the engine finds every face.
    """
    return min(max(small / (band.narrowest * width), SMALLEST), LARGEST)


def variant(profile: Profile) -> str:
    """Return the profile's part of a sighting's engine: ``p-`` and a digest of what it says."""
    return f"p-{sha256(encode(profile)).hexdigest()[:8]}"


def _relative(sights: Sequence[Sight]) -> Floats:
    """Return all boxes in parts of their frame's width and height, (n, 4)."""
    parts = [np.array(each.boxes, np.float64) / np.tile((each.width, each.height), 2) for each in sights if each.boxes]
    boxes = np.concatenate([np.empty((0, 4)), *parts])
    sound = (boxes[:, 2:] > boxes[:, :2]).all(1)
    return np.asarray(np.clip(boxes[sound], 0, 1))


def _repeated(boxes: Floats) -> NDArray[np.bool_]:
    """Return which faces were seen where others were too, (n,)."""
    across, down = np.minimum((boxes[:, :2] + boxes[:, 2:]) / 2 * _CELLS, _CELLS - 1).astype(int).T
    seen = np.zeros((_CELLS + 2, _CELLS + 2), int)
    np.add.at(seen, (down + 1, across + 1), 1)
    near = sum(seen[down + dy, across + dx] for dy in range(3) for dx in range(3))
    return np.asarray(near >= _REPEATS)


def _bands(boxes: Floats, width: int, height: int) -> tuple[Band, ...]:
    """Return the bands that cost least: of all ways to part the slices of the frame, found slice by slice."""
    slices = np.minimum((boxes[:, 1] + boxes[:, 3]) / 2 * _CELLS, _CELLS - 1).astype(int)
    used = np.unique(slices)
    best: list[tuple[float, tuple[Band, ...]]] = [(0.0, ())]
    for end in range(len(used)):
        ways = []
        for start in range(end + 1):
            band = _band(boxes[(slices >= used[start]) & (slices <= used[end])], width, height)
            ways.append((best[start][0] + _cost(band, width), (*best[start][1], band)))
        best.append(min(ways, key=lambda way: way[0]))
    return best[-1][1]


def _band(boxes: Floats, width: int, height: int) -> Band:
    """Return the band round these faces."""
    widths = boxes[:, 2] - boxes[:, 0]
    # A face cut by the frame's border or half hidden is narrower than people there are.
    narrowest, widest = np.percentile(widths, (2, 98))
    y = _ROOM * widest * width / height
    return Band(
        x1=0.0,  # seats at the ends of a row that nobody took yet are seats
        y1=max(0.0, round(float(boxes[:, 1].min() - y), 4)),
        x2=1.0,
        y2=min(1.0, round(float(boxes[:, 3].max() + y), 4)),
        narrowest=round(float(narrowest), 5),
        widest=round(float(widest), 5),
    )


def _cost(band: Band, width: int) -> float:
    """Return what looking at a band costs, in frames at full scale."""
    scale = band_scale(band, width, USUAL)
    return (band.x2 - band.x1) * (band.y2 - band.y1) * scale**2 + _OVERHEAD
