"""A shot is one JPEG and the moment it was taken; the name of its file says that moment."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from schemas.errors import RefusedError
from schemas.messages import Moment

__all__ = [
    "CHOSEN",
    "WHOLE",
    "Refused",
    "Shortfall",
    "Shot",
    "SourceError",
    "Tell",
    "Thinner",
    "file_name",
    "is_jpeg",
    "moment_of",
]

CHOSEN = timedelta(seconds=5)
"""One frame in this time is sent of a film or a camera that gives several a second, unless somebody says otherwise."""

Tell = Callable[..., None]
"""Called with the name of a text of ``infra/operations/frames/frame_texts``, and its values by name."""

_NAME = re.compile(
    r"(?<!\d)((?:19|20)\d\d)([-_.]?)(\d\d)\2(\d\d)(?:[T_ -]| at )?(\d\d)([-_.:]?)(\d\d)\6(\d\d)"
    r"(?:[.,_]?(\d{1,6})|-(\d{1,3}))?(Z|[+-]\d\d:?\d\d)?(?!\d)",
    re.IGNORECASE,
)
"""Year, month, day, hour, minute, second, fraction and zone, whatever stands between and around them."""


class SourceError(RefusedError):
    """A source, or a file of it, is refused.

    code, values: what is wrong, as ``infra/operations/frames/frame_texts`` says it in the language of the site.
    """

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(f"{code}: {', '.join(str(each) for each in values.values())}")
        self.code = code
        self.values = values


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


class Shortfall(msgspec.Struct, frozen=True, kw_only=True):
    """What a recording should hold, and does not give. Known when it was read to its end.

    missing: of all frames that are promised, due or not, how many never came. due: how many of these were to be sent.
    ends_at: when the last was taken that came, if those after it are missing.
    breaks_off: the file was cut, and nobody knows how many frames are missing.
    more_after: where another recording begins in the same file: it has no times of its own, and is not sent.
    undated: frames without a time of their own, which are not sent.
    """

    missing: int = 0
    promised: int = 0
    due: int = 0
    ends_at: Moment | None = None
    breaks_off: bool = False
    more_after: Moment | None = None
    undated: int = 0

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return not (self.missing or self.breaks_off or self.more_after or self.undated)


WHOLE = Shortfall()


def file_name(captured_at: datetime) -> str:
    """Name the file of a frame, e.g. ``20261123T000010.000Z.jpg``: milliseconds, or microseconds if it has any."""
    moment = captured_at.astimezone(UTC)
    milliseconds, rest = divmod(moment.microsecond, 1000)
    return f"{moment:%Y%m%dT%H%M%S}.{milliseconds:03d}{f'{rest:03d}' if rest else ''}Z.jpg"


def is_jpeg(file: Path) -> bool:
    """Say whether a file's name is that of a JPEG."""
    return file.suffix.lower() in (".jpg", ".jpeg", ".jpe", ".jfif")


def moment_of(name: str, zone: ZoneInfo | None = None) -> datetime:
    """Return the capture time that a file's name says, aware.

    Date and time may be parted by anything usual, and stand beside other words; there must be exactly one.

    zone: the names are clocks on a wall there, whether they end with Z or not; a name with an offset (+09:00) keeps it.

    Raises:
        SourceError: it says none, one that does not exist, or one of a zone that nobody knows.
    """
    stem = name.rpartition(".")[0]
    found = [] if "/" in name or "\\" in name or not is_jpeg(Path(name)) else [*_NAME.finditer(stem)]
    try:
        (one,) = found
        year, _, month, day, hour, _, minute, second, fraction, count, offset = one.groups()
        part = fraction or count or "0"
        clock = datetime.fromisoformat(f"{year}-{month}-{day}T{hour}:{minute}:{second}.{part:0<6}")
        if offset and offset.upper() != "Z":
            return datetime.fromisoformat(f"{clock.isoformat()}{offset}").astimezone(UTC)
    except ValueError as error:
        raise SourceError("name_without_time", name=name) from error
    if zone is None:
        if not offset:
            raise SourceError("name_without_zone", name=name)
        return clock.replace(tzinfo=UTC)
    return _on_the_wall(clock, zone, name)


def _on_the_wall(clock: datetime, zone: ZoneInfo, name: str) -> datetime:
    """Return the one moment at which the clocks of a zone show this."""
    first, second = (clock.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first
    shown = first.astimezone(zone).replace(tzinfo=None) == clock
    raise SourceError("time_twice" if shown else "time_never", name=name, zone=zone.key)


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
