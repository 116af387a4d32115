"""What a camera sends of a script: the scene, with people on the seats that are theirs by then, and what goes wrong."""

from datetime import datetime

import numpy as np

from producers.jpeg import encode
from producers.simulated_hall.mishaps import MISHAPS
from producers.simulated_hall.paint import Image
from producers.simulated_hall.scene import Scene
from producers.simulated_hall.script import Mishap, Script

__all__ = ["SimulatedCamera"]


class SimulatedCamera:
    """A script that can be looked at, whatever happens to the camera."""

    def __init__(self, script: Script) -> None:
        """Draw the hall and read the faces.

        Raises:
            RefusedError: a face is not there.
        """
        self._script = script
        self._scenes: dict[tuple[str, ...], Scene] = {}

    def jpeg(self, moment: datetime) -> bytes:
        """Return the frame as the camera sends it. The same script and moment give the same bytes."""
        mishap = next((each for each in self._script.mishaps if moment in each.when), None)
        if mishap is None:
            return self._scene(moment).jpeg(moment)
        seconds = round((moment - self._script.record.starts_at).total_seconds())
        rng = np.random.default_rng([self._script.seed, seconds, 1])
        return encode(MISHAPS[mishap.kind](self._picture(mishap, moment), rng))

    def _picture(self, mishap: Mishap, moment: datetime) -> Image:
        """Return the picture that a mishap changes."""
        shown = mishap.when.starts_at if mishap.kind == "frozen" else moment
        return self._scene(shown).frame(shown)

    def _scene(self, moment: datetime) -> Scene:
        seated = self._script.seated_at(moment)
        key = tuple(each.seat for each in seated.seated)
        if key not in self._scenes:
            self._scenes.clear()  # the one before is over
            self._scenes[key] = Scene(seated)
        return self._scenes[key]
