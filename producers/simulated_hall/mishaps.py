"""What goes wrong with a camera: each kind changes a picture, and hides all of it, a part, or nothing."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np

from producers.simulated_hall.paint import Image

__all__ = ["HARMLESS", "MISHAPS", "WHOLE", "hides"]

Draw = Callable[[Image, np.random.Generator], Image]
Hidden = Callable[[float, float], bool]
"""Whether a point is hidden; x and y in widths and heights of the picture."""

_DROPS = np.random.default_rng(5).uniform((0, 0, 0.015), (1, 1, 0.05), (110, 3))
"""x, y and radius of each, in widths and heights of the picture; the radius in widths."""


def _covered(image: Image, rng: np.random.Generator) -> Image:
    """A cap on the lens: black, but for the noise of the sensor."""
    return _noisy(np.zeros_like(image), rng, 2)


def _dark(image: Image, rng: np.random.Generator) -> Image:
    """The lights are off for a film."""
    return _noisy(cv2.convertScaleAbs(image, alpha=0.035), rng, 2)


def _unfocused(image: Image, _: np.random.Generator) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 0.011 * image.shape[1]), np.uint8)


def _soft(image: Image, _: np.random.Generator) -> Image:
    """A little out of focus: people can be seen, and no face can be found."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 0.004 * image.shape[1]), np.uint8)


def _knocked(image: Image, _: np.random.Generator) -> Image:
    """It shows the wall beside the seats."""
    height, width = image.shape[:2]
    return np.asarray(cv2.resize(image[: height // 8, : width // 8], (width, height)), np.uint8)


def _turned(image: Image, _: np.random.Generator) -> Image:
    """It hangs, and shows a part of the hall from the side."""
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width * 0.9, height * 0.1), 35, 1.3)
    return np.asarray(cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8)


def _upside_down(image: Image, _: np.random.Generator) -> Image:
    return np.ascontiguousarray(image[::-1, ::-1])


def _sun(image: Image, _: np.random.Generator) -> Image:
    """The sun shines into it."""
    return np.asarray(cv2.convertScaleAbs(image, alpha=0.25, beta=175), np.uint8)


def _overexposed(image: Image, _: np.random.Generator) -> Image:
    return np.asarray(cv2.convertScaleAbs(image, alpha=4, beta=60), np.uint8)


def _amplified(image: Image, rng: np.random.Generator) -> Image:
    """A twentieth of the light, and twenty times the gain: so much more noise, of the light and of the sensor."""
    photons = rng.poisson(image * 0.05).astype(np.float32)
    return np.asarray(np.clip((photons + rng.normal(0, 2.5, image.shape)) * 20, 0, 255), np.uint8)


def _few_bits(image: Image, _: np.random.Generator) -> Image:
    """A line that carries little: a JPEG of quality 2."""
    small = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 2])[1]
    return np.asarray(cv2.imdecode(small, cv2.IMREAD_COLOR), np.uint8)


def _coarse(image: Image, _: np.random.Generator) -> Image:
    """A twelfth of the pixels, each way."""
    height, width = image.shape[:2]
    small = cv2.resize(image, (width // 12, height // 12), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _test_card(image: Image, _: np.random.Generator) -> Image:
    """Coloured bars."""
    bars = np.array([[[255 * (n >> channel & 1) for channel in range(3)] for n in range(8)]], np.uint8)
    return np.asarray(cv2.resize(bars, image.shape[1::-1], interpolation=cv2.INTER_NEAREST), np.uint8)


def _frozen(image: Image, rng: np.random.Generator) -> Image:
    """The same picture as when it began, with fresh noise."""
    return _noisy(image, rng, 2)


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


def _cut_off(image: Image, _: np.random.Generator) -> Image:
    """A JPEG that ends too early: grey from the middle on."""
    found = image.copy()
    found[len(found) // 2 :] = 128
    return found


def _smeared(image: Image, _: np.random.Generator) -> Image:
    """A stream that lost data: from the middle on, its last blocks again and again."""
    found, middle = image.copy(), len(image) // 2 // 16 * 16
    for top in range(middle, len(image), 16):
        rows = found[top : top + 16]
        rows[:] = found[middle - 16 : middle][: len(rows)]
    return found


def _drops(image: Image, _: np.random.Generator) -> Image:
    """Rain on the lens."""
    height, width = image.shape[:2]
    mask = np.zeros((height, width), np.float32)
    for x, y, radius in _DROPS:
        cv2.circle(mask, (int(x * width), int(y * height)), int(radius * width), 1.0, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), 0.003 * width)[..., None]
    return np.asarray(image * (1 - mask) + cv2.GaussianBlur(image, (0, 0), 0.015 * width) * mask, np.uint8)


def _nudged(image: Image, _: np.random.Generator) -> Image:
    """It was nudged: everybody is a little aside of where he was."""
    height, width = image.shape[:2]
    away = np.array([[1, 0, -0.06 * width], [0, 1, 0.03 * height]], np.float32)
    return np.asarray(cv2.warpAffine(image, away, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8)


def _dim(image: Image, rng: np.random.Generator) -> Image:
    """Most lamps are off."""
    return _noisy(cv2.convertScaleAbs(image, alpha=0.3), rng, 2)


def _tinted(image: Image, _: np.random.Generator) -> Image:
    """The white balance is wrong."""
    return np.asarray(np.clip(image * np.array([0.5, 0.75, 1.25]), 0, 255), np.uint8)


MISHAPS: Mapping[str, Draw] = MappingProxyType(
    {
        "covered": _covered,
        "dark": _dark,
        "unfocused": _unfocused,
        "soft": _soft,
        "knocked": _knocked,
        "turned": _turned,
        "upside_down": _upside_down,
        "sun": _sun,
        "overexposed": _overexposed,
        "amplified": _amplified,
        "few_bits": _few_bits,
        "coarse": _coarse,
        "test_card": _test_card,
        "frozen": _frozen,
        "fogged": _fogged,
        "shaking": _shaking,
        "half": _half,
        "before": _before,
        "cut_off": _cut_off,
        "smeared": _smeared,
        "drops": _drops,
        "nudged": _nudged,
        "dim": _dim,
        "tinted": _tinted,
    }
)
_PARTS: Mapping[str, Hidden] = MappingProxyType(
    {
        "half": lambda x, _: x < 0.5,
        "before": lambda x, y: (5 * (x - 0.5)) ** 2 + ((y - 1) / 0.8) ** 2 < 1,
        "cut_off": lambda _, y: y >= 0.5,
        "smeared": lambda _, y: y >= 0.5,
        "drops": lambda x, y: bool((np.hypot(x - _DROPS[:, 0], 9 / 16 * (y - _DROPS[:, 1])) < _DROPS[:, 2]).any()),
    }
)
HARMLESS = frozenset({"nudged", "dim", "tinted"})
"""In which everybody can be seen."""

WHOLE = frozenset(MISHAPS) - HARMLESS - frozenset(_PARTS)
"""Of which the picture as a whole shows nobody, or nobody as he is now."""


def hides(kind: str, place: tuple[float, float] | None) -> bool:
    """Return whether a mishap hides a place, in widths and heights of the picture; None: whether it hides any."""
    if kind in _PARTS and place is not None:
        return _PARTS[kind](*place)
    return kind not in HARMLESS


def _noisy(image: Image, rng: np.random.Generator, sigma: float) -> Image:
    small = rng.normal(0, sigma, (270, 480, 3)).astype(np.float32)
    grain = cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return np.asarray(np.clip(image + grain, 0, 255), np.uint8)
