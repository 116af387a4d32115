"""Why a picture cannot be used: a cause, what is said of it, and what a person does about it."""

import re
from typing import Any, Final, NamedTuple

from schemas.errors import RefusedError
from schemas.translations import Text, TextPairs, gettext_noop, say

__all__ = ["UNFIT", "Unfit", "UnfitPictureError"]

_COPY = gettext_noop("Copy it again from where it came, or open it and save it as a JPEG.")
_SMALLER = gettext_noop("Make it smaller: 4000 pixels on the longer side are plenty.")

UNFIT: Final[TextPairs] = {
    "empty": ("zero bytes", "Copy it again from where it came."),
    "unreadable": ("cannot be read ({detail})", "Check that it is a file, and who may read it."),
    "no_picture": ("{found}, not a picture", "Give a photo as a JPEG, PNG or HEIC."),
    "format": ("{found}, which Naul does not read", "Save it as a JPEG."),
    "bytes": ("{size:,} bytes, more than the {most:,} of the largest photograph", _SMALLER),
    "pixels": ("{width} x {height} pixels ({millions:.1f} million), more than {most:.0f} million", _SMALLER),
    "truncated": ("truncated {kind}: {detail}", "Copy it again from where it came."),
    "corrupted": ("corrupted {kind}: {detail}", _COPY),
    "no_face": ("no face was found", "Take one from the front, with the whole head in the picture."),
    "faces": ("{count} faces of similar size were found", "Cut it so that one person is in it."),
    "small_face": (
        "the face is {width:.0f} pixels wide, too small",
        "At least {least:.0f} are needed: come closer, or cut a large picture round the head.",
    ),
    "blurred": ("the face is too blurred (sharpness {sharpness:.3f}, at least {least})", "Take a sharper picture."),
    "dark": (
        "the face is too dark (brightness {bright:.0f}, at least {least:.0f})",
        "Let light fall on it from the front.",
    ),
    "turned": ("the head is turned aside by {degrees:.0f} degrees", "Look straight into the camera."),
    "edge": ("a part of the face lies outside of the picture", "Move until the whole head is in it."),
    "animated": ("an animated {kind} of {count} pictures, not a photo", "Give a single photo as a JPEG, PNG or HEIC."),
    "twin": ("it is the same picture as {name}", "Give another one in its place, or leave it out."),
    "other": ("{detail}", "{remedy}"),
}
"""Of each cause what is wrong and the remedy."""

_FOUND: Final = (
    gettext_noop("a camera's raw file"),
    gettext_noop("a video (MP4, MOV)"),
    gettext_noop("a Photoshop file"),
    gettext_noop("a picture whose pixels are fractions"),
)
"""What a file is instead of a photo; other names are the same in both languages, without their article."""


class Unfit(NamedTuple):
    """Why a picture cannot be used. cause: a key of ``UNFIT``. values: what is filled in."""

    cause: str
    values: dict[str, Any]

    def said(self, language: str) -> str:
        """Return why, and what to do, as one sentence without its full stop."""
        values = {name: _found(language, each) if name == "found" else each for name, each in self.values.items()}
        return ". ".join(say(language, each, **values) for each in UNFIT[self.cause]).removesuffix(".")


class UnfitPictureError(RefusedError):
    """A picture that cannot be used; ``unfit`` says why. file: is named first."""

    def __init__(self, cause: str, *, file: object = "", **values: object) -> None:
        what, remedy = (Text(each, **values) for each in UNFIT[cause])
        super().__init__(Text("{file}: {what}", file=file, what=what) if file else what, remedy)
        self.unfit = Unfit(cause, values)


def _found(language: str, name: str) -> str:
    """Return what a file is instead of a photo."""
    if language == "en":
        return name
    if unknown := re.fullmatch(r"an unknown format \(it begins with (?P<first>.*)\)", name):
        return say(language, "an unknown format (it begins with {first})", first=unknown["first"])
    return say(language, name) if name in _FOUND else re.sub(r"^an? ", "", name)
