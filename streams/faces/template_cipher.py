"""Embeddings under lock and key: AES-256-GCM, bound to the context that each belongs to.

A sealed vector is: one byte of format (1: float16, 2: float32), 12 bytes of nonce, ciphertext, 16 bytes of tag. Each
context has a key of its own, derived from the one in the file: random nonces need only be unique within a context,
and a hall's looks of many years cannot wear out the key. What was sealed for one context does not open in another.
"""

import base64
import binascii
import hashlib
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray

from schemas.errors import BadMessageError, RefusedError

__all__ = ["TemplateCipher", "look_context", "template_context"]

_MAGIC = "naul-key/1"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_HALF, _FULL = 1, 2
_FORMATS: dict[int, str] = {_HALF: "<f2", _FULL: "<f4"}


def look_context(hall: str, camera: str, captured_at: datetime) -> bytes:
    """The context of every look of one frame."""
    return _context("look", hall, camera, captured_at.astimezone(UTC).isoformat(timespec="microseconds"))


def template_context(student: str, engine: str) -> bytes:
    """The context of a student's template of an engine (its id)."""
    return _context("template", student, engine)


class TemplateCipher:
    """Seals and opens vectors with the key of one file."""

    def __init__(self, key: bytes) -> None:
        """key: 32 secret bytes."""
        if len(key) != _KEY_BYTES:
            raise ValueError(f"a key has {_KEY_BYTES} bytes, got {len(key)}")
        self.__key = key

    def __repr__(self) -> str:
        return "TemplateCipher(key hidden)"

    @classmethod
    def open(cls, path: Path) -> "TemplateCipher":
        """Return the cipher of the key in this file.

        Raises:
            RefusedError: there is no such file, others can read it, or it holds no key.
        """
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
            text = path.read_text("ascii")
        except FileNotFoundError:
            raise RefusedError(
                f"{path}: there is no key here",
                "`naul enroll` makes one; or copy the key of the machine where people were enrolled.",
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise RefusedError(f"{path}: cannot be read as a key ({error})", _RESTORE) from error
        if mode & 0o177:
            raise RefusedError(f"{path}: others may use this key (mode {mode:04o})", f"Run: chmod 600 {path}")
        magic, _, encoded = text.strip().partition(" ")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if magic != _MAGIC or len(key) != _KEY_BYTES:
            raise RefusedError(f"{path}: this is not a key of Naul", _RESTORE)
        return cls(key)

    @classmethod
    def create(cls, path: Path) -> "TemplateCipher":
        """Make a key in this file, readable by its owner alone, and open it; one that is there already is opened.

        Raises:
            RefusedError: the file cannot be written, or what is there is no key.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{os.getpid()}-{os.urandom(4).hex()}")
        try:
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(f"{_MAGIC} {base64.b64encode(os.urandom(_KEY_BYTES)).decode()}\n")
                file.flush()
                os.fsync(file.fileno())
            # A link appears whole or not at all, and never replaces a key that another process made meanwhile.
            os.link(fresh, path)
        except FileExistsError:
            pass
        except OSError as error:
            raise RefusedError(f"{path}: a key cannot be made here ({error})", "Choose another home.") from error
        finally:
            fresh.unlink(missing_ok=True)
        return cls.open(path)

    def seal(self, vector: NDArray[np.floating], context: bytes, *, half: bool = False) -> bytes:
        """Seal a vector for a context.

        vector: (d,), kept as float32, or as float16 if half (a look; templates stay whole).
        """
        kind = _HALF if half else _FULL
        nonce = os.urandom(_NONCE_BYTES)
        plain = vector.astype(_FORMATS[kind]).tobytes()
        return bytes([kind]) + nonce + self._cipher(context).encrypt(nonce, plain, bytes([kind]) + context)

    def open_sealed(self, sealed: bytes, context: bytes) -> NDArray[np.float32]:
        """Return the vector that was sealed for this context, (d,) float32.

        Raises:
            BadMessageError: it is damaged, of another context, or sealed with another key.
        """
        kind, nonce = sealed[:1], sealed[1 : 1 + _NONCE_BYTES]
        if len(sealed) < 1 + _NONCE_BYTES + _TAG_BYTES or kind[0] not in _FORMATS:
            raise BadMessageError(f"{len(sealed)} bytes are not a sealed embedding")
        try:
            plain = self._cipher(context).decrypt(nonce, sealed[1 + _NONCE_BYTES :], kind + context)
        except InvalidTag:
            raise BadMessageError(
                "a sealed embedding does not open: it is damaged, of another context, or sealed with another key",
                "Use the key file of the machine where people were enrolled.",
            ) from None
        vector: NDArray[np.float32] = np.frombuffer(plain, _FORMATS[kind[0]]).astype(np.float32)
        return vector

    def digest(self, data: bytes) -> bytes:
        """Return 32 bytes that are the same for the same data, and tell whoever lacks the key nothing."""
        return hashlib.blake2b(data, key=self.__key, digest_size=32, person=b"naul digest 1").digest()

    def _cipher(self, context: bytes) -> AESGCM:
        return AESGCM(hashlib.blake2b(context, key=self.__key, digest_size=_KEY_BYTES, person=b"naul vault 1").digest())


_RESTORE = "Restore it from a backup; what it sealed cannot be opened without it."


def _context(*parts: str) -> bytes:
    return "\x1f".join(parts).encode()
