"""Whether a frame is looked at where its camera's profile says, or whole: nobody may go unseen because of a profile."""

import logging
from datetime import datetime, timedelta

from schemas.frames import FrameHeaders
from schemas.messages import Observation, Profile

__all__ = ["ProfileSelector"]

log = logging.getLogger(__name__)

_WHOLE_FOR = timedelta(minutes=5)
"""How long frames are looked at whole after a student was seen outside of the profile."""


class ProfileSelector:
    """Remembers of each camera when a student was last seen outside of its profile.

    What is remembered is lost with the process, and then found again by the next whole frame. It only ever adds to what
    is looked at. Not for use by several threads at once.
    """

    def __init__(self) -> None:
        self._outside: dict[tuple[str, str], datetime] = {}

    def profile(self, head: FrameHeaders, profile: Profile | None) -> Profile | None:
        """Return the profile by which to look at a frame; None: look at all of it.

        The sequence decides, so that every few frames are looked at whole, and the same ones when looked at again.
        """
        if profile is None or head.sequence % profile.whole_every == 0:
            return None
        outside = self._outside.get((head.hall, head.camera))
        return None if outside and abs(head.captured_at - outside) < _WHOLE_FOR else profile

    def saw(self, seen: Observation, profile: Profile | None) -> None:
        """Note where students were seen. profile: the camera's, whether or not this frame was looked at by it."""
        if profile is None or all(face.student is None or _within(seen, face.box, profile) for face in seen.faces):
            return
        camera = seen.hall, seen.camera
        before = self._outside.get(camera)
        self._outside[camera] = max(before, seen.captured_at) if before else seen.captured_at
        if before is None or seen.captured_at - before > _WHOLE_FOR:
            log.warning(
                "%s/%s: a student sits where its profile has nobody; whole frames for a while (`naul camera profile`)",
                *camera,
            )


def _within(seen: Observation, box: tuple[float, float, float, float], profile: Profile) -> bool:
    x1, y1, x2, y2 = box[0] / seen.width, box[1] / seen.height, box[2] / seen.width, box[3] / seen.height
    return any(
        band.x1 <= max(x1, 0) and band.y1 <= max(y1, 0) and min(x2, 1) <= band.x2 and min(y2, 1) <= band.y2
        for band in profile.bands
    )
