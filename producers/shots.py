"""A shot is one JPEG and the moment it was taken; the name of its file is that moment, in UTC."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from schemas.errors import RefusedError
from schemas.messages import Moment

__all__ = ["Refused", "Shot", "Thinner", "file_name", "is_jpeg", "moment_of"]

_NAME = re.compile(r"(\d{8}T\d{6})(?:\.(\d{1,6}))?Z\.jpe?g", re.IGNORECASE)


class Shot(msgspec.Struct, frozen=True):
    """One frame of a source.

    captured_at: aware, by the camera's clock. name: for messages to people.
    """

    captured_at: Moment
    jpeg: bytes
    name: str


class Refused(msgspec.Struct, frozen=True):
    """A frame that cannot be sent. why: in words, with the remedy."""

    name: str
    why: str


def file_name(captured_at: datetime) -> str:
    """Name the file of a frame, e.g. ``20261123T000010.000Z.jpg``: milliseconds, or microseconds if it has any."""
    moment = captured_at.astimezone(UTC)
    milliseconds, rest = divmod(moment.microsecond, 1000)
    return f"{moment:%Y%m%dT%H%M%S}.{milliseconds:03d}{f'{rest:03d}' if rest else ''}Z.jpg"


def is_jpeg(file: Path) -> bool:
    """Say whether a file's name is that of a JPEG."""
    return file.suffix.lower() in (".jpg", ".jpeg")


def moment_of(name: str) -> datetime:
    """Return the capture time that a file's name says.

    Raises:
        RefusedError: it says none, or one that does not exist.
    """
    found = _NAME.fullmatch(name)
    try:
        if found is None:
            raise ValueError("another form")
        whole = datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise RefusedError(
            f"{name} is not named by its capture time ({error})",
            "Name it by the moment in UTC, like 20261123T000010.000Z.jpg (00:00:10 UTC is 09:00:10 in Seoul).",
        ) from error
    return whole + timedelta(microseconds=int((found[2] or "0").ljust(6, "0")))


class Thinner:
    """Keeps one frame in ``every``, counted from the first; zero keeps all.

    The grid stands still: a frame that comes late does not move the next one.
    """

    def __init__(self, every: timedelta) -> None:
        self._every = every
        self._due: datetime | None = None

    def keeps(self, moment: datetime) -> bool:
        """Say whether to keep the next frame, captured at this moment."""
        if self._due is not None and moment < self._due:
            return False
        if self._every > timedelta(0):
            grid = self._due or moment
            self._due = grid + self._every * ((moment - grid) // self._every + 1)
        return True
