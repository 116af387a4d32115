"""What a camera sends of a script: the scene, with people on the seats that are theirs by then, and what goes wrong."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

import cv2
import numpy as np

from producers.jpeg import encode
from producers.simulated_hall.paint import Image
from producers.simulated_hall.scene import Scene
from producers.simulated_hall.script import Script

__all__ = ["MISHAPS", "WHOLE", "SimulatedCamera"]

Mishap = Callable[[Image, np.random.Generator], Image]


def _covered(image: Image, rng: np.random.Generator) -> Image:
    """A cap on the lens: black, but for the noise of the sensor."""
    return _noisy(np.zeros_like(image), rng, 2)


def _dark(image: Image, rng: np.random.Generator) -> Image:
    """The lights are off for a film."""
    return _noisy(cv2.convertScaleAbs(image, alpha=0.035), rng, 2)


def _unfocused(image: Image, _: np.random.Generator) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 0.011 * image.shape[1]), np.uint8)


def _knocked(image: Image, _: np.random.Generator) -> Image:
    """It shows the wall beside the seats."""
    height, width = image.shape[:2]
    return np.asarray(cv2.resize(image[: height // 8, : width // 8], (width, height)), np.uint8)


def _turned(image: Image, _: np.random.Generator) -> Image:
    """It hangs, and shows a part of the hall from the side."""
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width * 0.9, height * 0.1), 35, 1.3)
    return np.asarray(cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8)


def _sun(image: Image, _: np.random.Generator) -> Image:
    """The sun shines into it."""
    return np.asarray(cv2.convertScaleAbs(image, alpha=0.25, beta=175), np.uint8)


def _fogged(image: Image, _: np.random.Generator) -> Image:
    """Something translucent is before it."""
    soft = cv2.GaussianBlur(image, (0, 0), 0.012 * image.shape[1])
    return np.asarray(cv2.convertScaleAbs(soft, alpha=0.5, beta=90), np.uint8)


def _shaking(image: Image, _: np.random.Generator) -> Image:
    """It swings from side to side while it takes the picture."""
    length = max(3, image.shape[1] // 30)
    return np.asarray(cv2.blur(image, (length, 1)), np.uint8)


def _half(image: Image, rng: np.random.Generator) -> Image:
    """A hand lies over half of the lens."""
    found = image.copy()
    half = image.shape[1] // 2
    found[:, :half] = _noisy(np.full_like(found[:, :half], (40, 50, 70)), rng, 2)
    return np.asarray(cv2.GaussianBlur(found, (0, 0), 1), np.uint8)


def _before(image: Image, rng: np.random.Generator) -> Image:
    """Somebody stands close before it."""
    found, (height, width) = image.copy(), image.shape[:2]
    cloth = _noisy(np.full((height, width, 3), (90, 60, 45), np.uint8), rng, 12)
    mask = np.zeros((height, width), np.float32)
    cv2.ellipse(mask, (width // 2, height), (width // 5, round(height * 0.8)), 0, 0, 360, 1.0, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), 0.01 * width)[..., None]
    return np.asarray(found * (1 - mask) + cv2.GaussianBlur(cloth, (0, 0), 4) * mask, np.uint8)


MISHAPS: Mapping[str, Mishap] = MappingProxyType(
    {
        "covered": _covered,
        "dark": _dark,
        "unfocused": _unfocused,
        "knocked": _knocked,
        "turned": _turned,
        "sun": _sun,
        "fogged": _fogged,
        "shaking": _shaking,
        "half": _half,
        "before": _before,
    }
)
WHOLE = frozenset(MISHAPS) - {"half", "before"}
"""Of which the picture as a whole shows nobody."""


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
        scene = self._scene(moment)
        mishap = next((each for each in self._script.mishaps if moment in each.when), None)
        if mishap is None:
            return scene.jpeg(moment)
        seconds = round((moment - self._script.record.starts_at).total_seconds())
        return encode(MISHAPS[mishap.kind](scene.frame(moment), np.random.default_rng([self._script.seed, seconds, 1])))

    def _scene(self, moment: datetime) -> Scene:
        seated = self._script.seated_at(moment)
        key = tuple(each.seat for each in seated.seated)
        if key not in self._scenes:
            self._scenes.clear()  # the one before is over
            self._scenes[key] = Scene(seated)
        return self._scenes[key]


def _noisy(image: Image, rng: np.random.Generator, sigma: float) -> Image:
    small = rng.normal(0, sigma, (270, 480, 3)).astype(np.float32)
    grain = cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return np.asarray(np.clip(image + grain, 0, 255), np.uint8)
