"""Where to look: regions of a frame, each at a scale of its own, in place of the whole frame."""

import math
from typing import NamedTuple, TypeAlias

from schemas.messages import Profile
from streams.faces.profile import band_scale

__all__ = ["Plan", "Region", "plan", "work"]

_WORTH = 0.9
"""Regions that cost more of a whole frame than this are not worth their seams."""


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
            math.ceil(band.x2 * width),
            math.ceil(band.y2 * height),
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
