"""Key pairs for frames: cameras seal with the public part, and only who holds the private one can look at a picture.

``frames-key`` of a home, readable by its owner alone; the newest first, all of them open:

    naul-frames-key/1
    key <32 bytes in base64> <when it was made>

``frames-key.pub``, which a camera on another machine takes along, tells nobody anything:

    naul-frames-public-key/1 <32 bytes in base64>
"""

import base64
import binascii
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from schemas.errors import RefusedError
from schemas.secret_file import held_alone, read_secret, replace_file
from schemas.translations import Text, gettext_noop

__all__ = [
    "FRAME_KEY_ID_BYTES",
    "FramesKey",
    "drop_frames_keys",
    "new_frames_key",
    "public_id",
    "read_frames_keys",
    "read_public_frames_key",
    "use_frames_key",
]

FRAME_KEY_ID_BYTES: Final = 8
KEY_BYTES: Final = 32

_PRIVATE, _PUBLIC = "naul-frames-key/1", "naul-frames-public-key/1"
_MAKE = gettext_noop("Make one on a machine that runs workers: naul key frames new")


class FramesKey:
    """A private key, by whose id what was sealed for it is known. made_at: aware."""

    def __init__(self, secret: bytes, made_at: datetime) -> None:
        """secret: 32 bytes."""
        self.private = X25519PrivateKey.from_private_bytes(secret)
        self.made_at = made_at
        self.public = self.private.public_key()
        self.id = public_id(self.public)

    def __repr__(self) -> str:
        return f"FramesKey({self.id.hex()}, secret hidden)"

    @property
    def line(self) -> str:
        """As it stands in the file."""
        made_at = self.made_at.astimezone(UTC).isoformat(timespec="seconds")
        return f"key {base64.b64encode(self.private.private_bytes_raw()).decode()} {made_at}"


def public_id(public: X25519PublicKey) -> bytes:
    """Return 8 bytes by which a key pair is known."""
    return blake2b(public.public_bytes_raw(), digest_size=FRAME_KEY_ID_BYTES, person=b"naul frames key").digest()


def read_frames_keys(file: Path) -> tuple[FramesKey, ...]:
    """Return the private keys of a file, the newest first; none if there is no such file.

    Raises:
        RefusedError: others may read it, or it holds no key.
    """
    magic, *lines = read_secret(file).splitlines() or [_PRIVATE]
    words = [line.split() for line in lines if line.strip()]
    try:
        if magic != _PRIVATE or any(len(each) != 3 or each[0] != "key" for each in words):
            raise ValueError("no key file")
        return tuple(FramesKey(_key(secret), datetime.fromisoformat(made_at)) for _, secret, made_at in words)
    except ValueError as error:
        raise RefusedError(
            Text("{path}: this is not a key for frames", path=file),
            "Restore it from a backup; frames that were sealed for it cannot be opened without it.",
        ) from error


def read_public_frames_key(file: Path) -> X25519PublicKey:
    """Return the public key of a file.

    Raises:
        RefusedError: it is not there, or holds no such key.
    """
    try:
        magic, key = file.read_text("ascii").split()
        if magic != _PUBLIC:
            raise ValueError(magic)
        return X25519PublicKey.from_public_bytes(_key(key))
    except FileNotFoundError:
        raise RefusedError(Text("{path}: there is no public key for frames here", path=file), _MAKE) from None
    except (OSError, ValueError) as error:
        raise RefusedError(
            Text("{path}: this is not a public key for frames ({error})", path=file, error=error),
            Text("Copy {name} of a machine that runs workers once more.", name=file.name),
        ) from error


def new_frames_key(private: Path, public: Path, now: Callable[[], datetime]) -> FramesKey:
    """Make a key pair. The first one is sealed for at once, a later one when ``use_frames_key`` says so.

    In between it is brought to whoever opens frames. Older ones still open.

    Raises:
        RefusedError: what is there is no key, or the files cannot be written.
    """
    private.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with held_alone(private, _MAKE):
        made = FramesKey(X25519PrivateKey.generate().private_bytes_raw(), now())
        try:
            _write(private, (made, *read_frames_keys(private)))
            if not public.exists():
                _publish(public, made)
        except OSError as error:
            raise RefusedError(
                Text("{path}: a key cannot be made here ({error})", path=private, error=error), "Choose another home."
            ) from error
        return made


def use_frames_key(private: Path, public: Path) -> FramesKey:
    """Let cameras seal for the newest key pair, as soon as they have its public part, and return it.

    Raises:
        RefusedError: there is none.
    """
    with held_alone(private, _MAKE):
        keys = read_frames_keys(private)
        if not keys:
            raise RefusedError(Text("{path}: there is no key for frames here", path=private), _MAKE)
        _publish(public, keys[0])
        return keys[0]


def drop_frames_keys(private: Path, ids: Collection[bytes]) -> None:
    """Remove private keys; never the newest.

    Raises:
        RefusedError: as ``read_frames_keys``.
    """
    with held_alone(private, _MAKE):
        newest, *others = read_frames_keys(private)
        _write(private, (newest, *(each for each in others if each.id not in ids)))


def _publish(public: Path, key: FramesKey) -> None:
    replace_file(public, f"{_PUBLIC} {base64.b64encode(key.public.public_bytes_raw()).decode()}\n")


def _write(private: Path, keys: Collection[FramesKey]) -> None:
    replace_file(private, "\n".join([_PRIVATE, *(each.line for each in keys)]) + "\n")


def _key(encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error
    if len(key) != KEY_BYTES:
        raise ValueError(f"{len(key)} bytes")
    return key
