"""What is known about a frame: the headers of a JPEG in the topic ``frames``."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar, TypeAlias

import msgspec

from schemas.errors import BadMessageError
from schemas.messages import Moment

__all__ = ["FrameHeaders", "sent_again"]

Headers: TypeAlias = Sequence[tuple[str, bytes]]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)


class FrameHeaders(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a JPEG in the topic ``frames``. Key: ``hall/camera``.

    captured_at: when the picture was taken, by the camera's clock (µs on the wire).
    live: may be shed when workers fall behind; a recording never is.
    sequence: counts the frames of this producer since it started.
    sent_at: what the producer's clock said when it sent the frame; None of one from before this header was there.
    """

    hall: str
    camera: str
    captured_at: Moment
    live: bool
    sequence: int
    sent_at: Moment | None = None

    VERSION: ClassVar[bytes] = b"frame/1"

    def names(self, hall: str, camera: str, captured_at: datetime) -> bool:
        """Whether this is the frame of a camera and a moment."""
        return (self.hall, self.camera, self.captured_at) == (hall, camera, captured_at)

    @property
    def key(self) -> bytes:
        """The Kafka key: all frames of a camera share a partition."""
        return f"{self.hall}/{self.camera}".encode()

    def pack(self) -> list[tuple[str, bytes]]:
        """Write the headers as Kafka carries them."""
        return [
            ("schema", self.VERSION),
            ("hall", self.hall.encode()),
            ("camera", self.camera.encode()),
            ("captured_at", _microseconds(self.captured_at)),
            ("mode", b"live" if self.live else b"recording"),
            ("sequence", str(self.sequence).encode()),
            *([("sent_at", _microseconds(self.sent_at))] if self.sent_at else []),
        ]

    def skew(self, appended_at: datetime) -> timedelta:
        """Return how far the producer's clock is ahead of the broker's; nothing where the producer did not tell.

        appended_at: when the broker got the frame. How long it waited before it was sent does not matter.
        """
        return self.sent_at - appended_at if self.sent_at else timedelta(0)

    @classmethod
    def unpack(cls, headers: Headers | Iterable[tuple[str, bytes]] | None) -> "FrameHeaders":
        """Read the headers of a frame.

        Raises:
            BadMessageError: one is missing or absurd; the text names it.
        """
        found = dict(headers or ())
        if found.get("schema") != cls.VERSION:
            raise BadMessageError(
                f"frame of an unknown version: {found.get('schema')!r}, this reader knows {cls.VERSION!r}",
                "Upgrade this process, or find who sent it.",
            )
        text = {name: _header(found, name) for name in ("hall", "camera", "captured_at", "mode", "sequence")}
        try:
            captured_at, sequence = _moment(text["captured_at"]), int(text["sequence"])
            sent_at = _moment(_header(found, "sent_at")) if "sent_at" in found else None
        except (ValueError, OverflowError) as error:
            raise BadMessageError(
                f"frame headers captured_at, sent_at and sequence must be whole numbers: {error}"
            ) from error
        if not _EPOCH < captured_at < _LATEST:
            raise BadMessageError(f"frame header captured_at is absurd: {captured_at}", "Check the camera's clock.")
        if text["mode"] not in ("live", "recording"):
            raise BadMessageError(f"frame header mode must be live or recording, got {text['mode']!r}")
        return cls(
            hall=text["hall"],
            camera=text["camera"],
            captured_at=captured_at,
            live=text["mode"] == "live",
            sequence=sequence,
            sent_at=sent_at,
        )


def _microseconds(moment: datetime) -> bytes:
    return str((moment - _EPOCH) // timedelta(microseconds=1)).encode()


def _moment(microseconds: str) -> datetime:
    return _EPOCH + timedelta(microseconds=int(microseconds))


def sent_again(
    headers: Iterable[tuple[str, bytes]], appended_at: datetime | None, now: datetime
) -> list[tuple[str, bytes]]:
    """Return the headers of a frame that is sent once more, long after the first time.

    The clock of its producer was as wrong then as it was, whenever it is looked at: the skew stays what it was.

    appended_at: when the broker got it the first time; None: not known, and so the skew is not told, as where it is
    absurd. now: the broker's.
    """
    first = list(headers)
    told = dict(first).get("sent_at") or b""  # Kafka carries headers without a value, too
    others = [(name, value) for name, value in first if name != "sent_at"]
    if appended_at is None or not told.isdigit():
        return others
    try:
        sent_at = now + (_moment(told.decode()) - appended_at)
    except (ValueError, OverflowError):
        return others
    return [*others, ("sent_at", _microseconds(sent_at))]


def _header(headers: dict[str, bytes], name: str) -> str:
    value = headers.get(name)
    if not value:
        raise BadMessageError(f"frame header {name!r} is missing", "Send frames with `naul camera`.")
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        raise BadMessageError(f"frame header {name!r} is not UTF-8: {value[:40]!r}") from error
    if len(text) > 100 or not text.isprintable():
        raise BadMessageError(f"frame header {name!r} is absurd: {text[:40]!r}")
    return text
