"""Frames that only workers can look at: sealed by a camera for a public key, opened where a record becomes a picture.

A sealed frame is the value of a record of ``frames``, in place of the JPEG:

    NAULSEAL  01  <8 bytes: id of the key>  <32 bytes: HPKE's encapsulated key>  <ciphertext, 16 bytes of tag>

HPKE (RFC 9180) in its base mode: X25519, HKDF-SHA256, AES-256-GCM. ``info`` holds the headers, so that a picture opens
only as the frame that it was sealed as: moved to another hall, camera, moment, mode or number it does not. ``sent_at``
alone is not bound: it is said anew whenever a frame is sent again. Whoever has the public key can seal a frame of his
own: who may write into the topic is the broker's to say. A JPEG begins otherwise, and stays what it is.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeAlias

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from schemas.errors import BadMessageError, RefusedError
from schemas.frame_keys import FRAME_KEY_ID_BYTES, FramesKey, public_id, read_frames_keys, read_public_frames_key
from schemas.frames import FrameHeaders
from schemas.settings import Settings
from schemas.translations import Text

__all__ = ["FrameOpener", "FrameSealer", "NoFramesKeyError", "frame_sealer", "sealed_for", "seals_frames"]

_MAGIC: Final = b"NAULSEAL"
_FORMAT: Final = 1
_HEAD: Final = len(_MAGIC) + 1 + FRAME_KEY_ID_BYTES
_LEAST: Final = _HEAD + 32 + 16
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)

_Stamp: TypeAlias = tuple[int, int, int] | None


class NoFramesKeyError(BadMessageError):
    """A frame was sealed for a key that is not here: it can be opened elsewhere, or once the key is here."""


def sealed_for(value: bytes) -> str | None:
    """Return the id of the key that a frame was sealed for, in hex; None: it is not sealed. The beginning will do."""
    return value[len(_MAGIC) + 1 : _HEAD].hex() if value.startswith(_MAGIC) else None


def seals_frames(settings: Settings) -> bool:
    """Whether cameras of these settings are to seal their frames; those of ``auto`` do not as long as they cannot."""
    return settings.frames == "sealed" or (settings.frames == "auto" and not settings.own_broker)


def frame_sealer(settings: Settings) -> "FrameSealer | None":
    """Return what a camera seals its frames with; None: it sends them as they are.

    Raises:
        RefusedError: it must seal them, and has no key for it; or what it has is none.
    """
    if not seals_frames(settings) or (settings.frames == "auto" and not settings.frames_public_key_file.exists()):
        return None
    try:
        return FrameSealer(settings.frames_public_key_file)
    except RefusedError as error:
        if settings.frames_public_key_file.exists():
            raise
        raise RefusedError(
            error.message,
            Text(
                "Copy frames-key.pub there from the home of a machine that runs workers; "
                "`naul key frames new` makes one there."
            ),
        ) from error


class FrameSealer:
    """Seals with the public key of a file. It takes up one that is put there meanwhile. For one thread."""

    def __init__(self, file: Path) -> None:
        """Read the key.

        Raises:
            RefusedError: the file is not there, or holds no such key.
        """
        self._file = file
        self._stamp = _stamp(file)  # first: what is written meanwhile is read again
        self._public = read_public_frames_key(file)

    def seal(self, head: FrameHeaders, jpeg: bytes) -> bytes:
        """Return a picture as only who has the private key can look at it, and only as this frame."""
        if (stamp := _stamp(self._file)) != self._stamp:
            with suppress(RefusedError):  # one that cannot be read changes nothing
                self._public, self._stamp = read_public_frames_key(self._file), stamp
        start = _MAGIC + bytes([_FORMAT]) + public_id(self._public)
        return start + _SUITE.encrypt(jpeg, self._public, _bound(head))


class FrameOpener:
    """Opens with the private keys of a file, if there is one. It takes up a key that is made meanwhile."""

    def __init__(self, file: Path) -> None:
        """Read nothing yet: who meets no sealed frame needs no key."""
        self._file = file
        self._stamp: _Stamp = None
        self._keys: Mapping[bytes, FramesKey] = {}

    def picture(self, head: FrameHeaders, value: bytes) -> bytes:
        """Return the JPEG of a frame: what was sealed is opened, everything else is what it is.

        Raises:
            NoFramesKeyError: it was sealed for a key that is not here, or that cannot be read.
            BadMessageError: it claims to be sealed, and is damaged or was sealed as another frame.
        """
        if not value.startswith(_MAGIC):
            return value
        if value[len(_MAGIC) : len(_MAGIC) + 1] not in (b"", bytes([_FORMAT])):
            raise BadMessageError(
                f"sealed frame of an unknown format: {value[len(_MAGIC)]}, this reader knows {_FORMAT}",
                "Upgrade this process, or find who sent it.",
            )
        if len(value) < _LEAST:
            raise BadMessageError(f"sealed frame that is cut: {len(value)} bytes")
        key = self._key(value[len(_MAGIC) + 1 : _HEAD])
        try:
            return _SUITE.decrypt(value[_HEAD:], key.private, _bound(head))
        except InvalidTag as error:
            raise BadMessageError(
                f"sealed frame that does not open: it is damaged, or was not sealed as a frame of {head.hall}/"
                f"{head.camera} at {head.captured_at:%Y-%m-%dT%H:%M:%S.%fZ}",
                "Somebody changed or moved it on its way; find out who may write into the topic frames.",
            ) from error

    def _key(self, wanted: bytes) -> FramesKey:
        why = ""
        if wanted not in self._keys and (stamp := _stamp(self._file)) != self._stamp:
            try:
                self._keys, self._stamp = {each.id: each for each in read_frames_keys(self._file)}, stamp
            except RefusedError as error:
                why = f" ({error.message})"
        if wanted not in self._keys:
            raise NoFramesKeyError(
                f"frame sealed for the key {wanted.hex()}, which is not here{why}",
                "Copy frames-key of the machine where `naul key frames list` shows it into the home of this one, "
                "then `naul dead-letters retry`.",
            )
        return self._keys[wanted]


def _bound(head: FrameHeaders) -> bytes:
    """Return what a picture is sealed as; of a frame that is sent again it is the same."""
    told = {name: value.decode() for name, value in head.pack() if name in _BOUND}
    return b"naul frame 1 " + msgspec.json.encode([told[name] for name in _BOUND])


_BOUND: Final = ("hall", "camera", "captured_at", "mode", "sequence")


def _stamp(file: Path) -> _Stamp:
    """Return what changes with a file; None: there is none."""
    with suppress(OSError):
        found = file.stat()
        return found.st_ino, found.st_mtime_ns, found.st_size
    return None
