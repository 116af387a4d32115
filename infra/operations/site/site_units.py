"""The units of a site's own halls: nearly all cosines of an hour are of different people, so no label is needed."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from infra.operations.frames.read_sightings import observations
from schemas.errors import RefusedError
from schemas.ids import base_engine
from schemas.messages import Observation
from schemas.settings import Settings
from schemas.translations import Text
from streams.faces.scores import Units, hall_units
from streams.judgement.hall import FEWEST_CANDIDATES

__all__ = ["FEWEST_FRAMES", "FEWEST_HOURS", "SiteUnits", "of_hours", "units_of"]

FEWEST_HOURS = 2
"""Halls differ by a fifth of a spread; one alone may be the odd one."""

FEWEST_FRAMES = 100
"""Frames with a face that an hour must have: fewer show the same few people in the same few poses."""

MOST_HOURS = 20
"""The latest ones; what a site was like a term ago is past."""


class SiteUnits(NamedTuple):
    """The median over the hours, and what they are made of."""

    units: Units
    hours: int
    faces: int


def of_hours(settings: Settings, engine: str) -> Iterable[Observation]:
    """Yield what an engine (its id) saw in class hours, as far back as the topic keeps it.

    Raises:
        UnavailableError: the broker does not answer.
    """
    return (each for each in observations(settings) if base_engine(each.engine) == engine and each.class_hour)


def units_of(seen: Iterable[Observation]) -> SiteUnits:
    """Return the units of the class hours that were seen.

    Raises:
        RefusedError: there are too few hours of enough frames; the message says how many are missing.
    """
    hours: dict[tuple[str, str], dict[tuple[str, float], Observation]] = {}
    for each in seen:
        if each.faces and len(each.candidates) >= FEWEST_CANDIDATES:
            # Of a frame that was looked at twice, what was said last.
            frames = hours.setdefault((each.class_hour or "", each.hall), {})
            frames[each.camera, each.captured_at.timestamp()] = each
    full = [list(frames.values()) for frames in hours.values() if len(frames) >= FEWEST_FRAMES]
    if len(full) < FEWEST_HOURS:
        best = sorted((len(frames) for frames in hours.values()), reverse=True)[:FEWEST_HOURS]
        raise RefusedError(
            Text(
                "{count} class hours have {frames} frames with faces and {candidates} "
                "known students, {needed} are needed: {missing} are missing (the fullest have "
                "{best} frames)",
                count=len(full),
                frames=FEWEST_FRAMES,
                candidates=FEWEST_CANDIDATES,
                needed=FEWEST_HOURS,
                missing=FEWEST_HOURS - len(full),
                best=", ".join(map(str, best)) or "0",
            ),
            "Let the cameras see more class hours.",
        )
    full.sort(key=lambda frames: max(each.captured_at for each in frames))
    found = [_units(frames) for frames in full[-MOST_HOURS:]]
    center, spread = np.median(found, axis=0).tolist()
    faces = sum(len(each.faces) for frames in full[-MOST_HOURS:] for each in frames)
    return SiteUnits(Units(round(center, 4), round(spread, 4)), len(found), faces)


def _units(frames: Sequence[Observation]) -> Units:
    cosines = b"".join(face.cosines for each in frames for face in each.faces)
    candidates = max(len(each.candidates) for each in frames)
    return hall_units(np.frombuffer(cosines, "<f2").astype(np.float32), candidates)
