"""Embeddings under lock and key: AES-256-GCM, bound to the context that each belongs to.

A sealed vector is: one byte of format (3: float16, 4: float32, 5: bytes), the key's id, 12 bytes of nonce, ciphertext,
16 bytes of tag. What was sealed before keys had ids has formats 1 and 2 and no id; it is still opened. Each context has
a key of its own, derived from one in the file: random nonces need only be unique within a context, and a hall's looks
of many years cannot wear out the key. What was sealed for one context does not open in another.
"""

import hashlib
import os
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray

from schemas.errors import BadMessageError, RefusedError
from streams.faces.key_file import ID_BYTES, KEY_BYTES, Key, Keys, create_keys, read_keys

__all__ = ["TemplateCipher", "look_context", "row_context", "sealed_by", "template_context"]

_NONCE_BYTES = 12
_TAG_BYTES = 16
_HALF, _FULL, _BYTES = 3, 4, 5
_FORMATS: dict[int, str] = {1: "<f2", 2: "<f4", _HALF: "<f2", _FULL: "<f4"}
_WITHOUT_ID = (1, 2)

_Stamp = tuple[int, int, int] | None


def look_context(hall: str, camera: str, captured_at: datetime) -> bytes:
    """The context of every look of one frame."""
    return _context("look", hall, camera, captured_at.astimezone(UTC).isoformat(timespec="microseconds"))


def template_context(student: str, engine: str) -> bytes:
    """The context of a student's template of an engine (its id)."""
    return _context("template", student, engine)


def row_context(key: str) -> bytes:
    """The context of what a row of a table seals."""
    return _context("row", key)


def sealed_by(sealed: bytes) -> bytes | None:
    """Return the id of the key that sealed this; None: it was sealed before keys had ids, or never."""
    return sealed[1 : 1 + ID_BYTES] if sealed[:1] and sealed[0] in (_HALF, _FULL, _BYTES) else None


class TemplateCipher:
    """Seals with the first key of a file, and opens with all of them. It takes up a key that is made meanwhile."""

    def __init__(self, key: bytes | Keys) -> None:
        """key: 32 secret bytes, or what a key file holds."""
        self.__keys = key if isinstance(key, Keys) else Keys((Key(key),), key)
        self._path: Path | None = None
        self._stamp: _Stamp = None

    def __repr__(self) -> str:
        return "TemplateCipher(key hidden)"

    @classmethod
    def open(cls, path: Path) -> "TemplateCipher":
        """Return the cipher of the keys in this file.

        Raises:
            RefusedError: there is no such file, others can read it, or it holds no key.
        """
        stamp = _stamp(path)  # first: what is written meanwhile is read again
        cipher = cls(read_keys(path))
        cipher._path, cipher._stamp = path, stamp
        return cipher

    @classmethod
    def create(cls, path: Path) -> "TemplateCipher":
        """Make a key in this file, readable by its owner alone, and open it; one that is there already is opened.

        Raises:
            RefusedError: the file cannot be written, or what is there is no key.
        """
        create_keys(path, lambda: datetime.now(UTC))
        return cls.open(path)

    @property
    def seals_with(self) -> bytes:
        """The id of the key that seals."""
        self._take_up()
        return self.__keys.sealing[0].id

    def seal(self, vector: NDArray[np.floating], context: bytes, *, half: bool = False) -> bytes:
        """Seal a vector for a context.

        vector: (d,), kept as float32, or as float16 if half (a look; templates stay whole).
        """
        kind = _HALF if half else _FULL
        return self._seal(kind, vector.astype(_FORMATS[kind]).tobytes(), context)

    def seal_bytes(self, plain: bytes, context: bytes) -> bytes:
        """Seal bytes for a context."""
        return self._seal(_BYTES, plain, context)

    def _seal(self, kind: int, plain: bytes, context: bytes) -> bytes:
        self._take_up()
        key = self.__keys.sealing[0]
        head, nonce = bytes([kind]) + key.id, os.urandom(_NONCE_BYTES)
        return head + nonce + _cipher(key.secret, context).encrypt(nonce, plain, head + context)

    def open_bytes(self, sealed: bytes, context: bytes) -> bytes:
        """Return the bytes that were sealed for this context.

        Raises:
            BadMessageError: as of ``open_sealed``.
        """
        return self._open(sealed, context, (_BYTES,))

    def open_sealed(self, sealed: bytes, context: bytes) -> NDArray[np.float32]:
        """Return the vector that was sealed for this context, (d,) float32.

        Raises:
            BadMessageError: it is damaged, of another context, or sealed with another key.
        """
        plain = self._open(sealed, context, _FORMATS)
        vector: NDArray[np.float32] = np.frombuffer(plain, _FORMATS[sealed[0]]).astype(np.float32)
        return vector

    def _open(self, sealed: bytes, context: bytes, kinds: Collection[int]) -> bytes:
        kind = sealed[0] if sealed else 0
        size = 1 if kind in _WITHOUT_ID else 1 + ID_BYTES
        if kind not in kinds or len(sealed) < size + _NONCE_BYTES + _TAG_BYTES:
            raise BadMessageError(f"{len(sealed)} bytes are not a sealed embedding")
        head, nonce, rest = sealed[:size], sealed[size : size + _NONCE_BYTES], sealed[size + _NONCE_BYTES :]
        for key in self._that_may_open(sealed_by(sealed)):
            with suppress(InvalidTag):
                return _cipher(key.secret, context).decrypt(nonce, rest, head + context)
        raise BadMessageError(
            "a sealed embedding does not open: it is damaged, of another context, or sealed with another key",
            "Use the key file of the machine where people were enrolled, as it is since the last `naul key rotate`.",
        )

    def digest(self, data: bytes) -> bytes:
        """Return 32 bytes that are the same for the same data, and tell whoever lacks the key nothing."""
        return hashlib.blake2b(data, key=self.__keys.digest, digest_size=32, person=b"naul digest 1").digest()

    def _that_may_open(self, wanted: bytes | None) -> tuple[Key, ...]:
        if wanted is None:
            return self.__keys.sealing
        if wanted not in {each.id for each in self.__keys.sealing}:
            self._take_up()
        return tuple(each for each in self.__keys.sealing if each.id == wanted)

    def _take_up(self) -> None:
        """Read the file again if it is another one by now. One that cannot be read changes nothing."""
        if self._path and (stamp := _stamp(self._path)) != self._stamp:
            with suppress(RefusedError):
                self.__keys, self._stamp = read_keys(self._path), stamp


def _stamp(path: Path) -> _Stamp:
    """Return what changes with a file; None: there is none."""
    with suppress(OSError):
        found = path.stat()
        return found.st_ino, found.st_mtime_ns, found.st_size
    return None


@lru_cache(maxsize=64)
def _cipher(secret: bytes, context: bytes) -> AESGCM:
    """Return the cipher of a context; all looks of a frame have the same."""
    return AESGCM(hashlib.blake2b(context, key=secret, digest_size=KEY_BYTES, person=b"naul vault 1").digest())


def _context(*parts: str) -> bytes:
    return "\x1f".join(parts).encode()
