"""The file ``key`` of a home: which keys there are, which of them seals, and the secret of digests.

    naul-key/2
    digest <32 bytes in base64>
    key <32 bytes in base64> <when it was made>     the first one seals, all of them open

A file of before a key could be rotated is one line, ``naul-key/1 <32 bytes in base64>``: its key seals, and is the
secret of digests as well. That secret never changes: what was digested before a rotation is still the same afterwards.
"""

import base64
import binascii
import os
import stat
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

from schemas.errors import RefusedError
from schemas.secret_file import held_alone, replace_file, secret_draft
from schemas.translations import Text, gettext_noop

__all__ = ["ID_BYTES", "KEY_BYTES", "Key", "Keys", "add_key", "create_keys", "drop_keys", "read_keys"]

_FIRST, _MAGIC = "naul-key/1", "naul-key/2"
KEY_BYTES = 32
ID_BYTES = 4
_MAKE = gettext_noop("`naul enroll` makes one.")
_RESTORE = "Restore it from a backup; what it sealed cannot be opened without it."


class Key:
    """A secret, by whose id what it sealed is known. made_at: None of a key of before that was kept."""

    def __init__(self, secret: bytes, made_at: datetime | None = None) -> None:
        if len(secret) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes, got {len(secret)}")
        self.secret = secret
        self.made_at = made_at
        self.id = blake2b(secret, digest_size=ID_BYTES, person=b"naul key id").digest()

    def __repr__(self) -> str:
        return f"Key({self.id.hex()}, secret hidden)"


class Keys:
    """What a key file holds. sealing: the first seals, all open. digest: the secret of digests."""

    def __init__(self, sealing: tuple[Key, ...], digest: bytes) -> None:
        self.sealing = sealing
        self.digest = digest

    def __repr__(self) -> str:
        return f"Keys({', '.join(each.id.hex() for each in self.sealing)}, secrets hidden)"


def read_keys(path: Path) -> Keys:
    """Return what a key file holds.

    Raises:
        RefusedError: there is no such file, others can read it, or it holds no key.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text("ascii")
    except FileNotFoundError:
        raise RefusedError(
            Text("{path}: there is no key here", path=path),
            "`naul enroll` makes one; or copy the key of the machine where people were enrolled.",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedError(
            Text("{path}: cannot be read as a key ({error})", path=path, error=error), _RESTORE
        ) from error
    if mode & 0o177:
        raise RefusedError(
            Text("{path}: others may use this key (mode {mode:04o})", path=path, mode=mode),
            Text("Run: chmod 600 {path}", path=path),
        )
    try:
        return _parse(text)
    except ValueError as error:
        raise RefusedError(Text("{path}: this is not a key of Naul", path=path), _RESTORE) from error


def create_keys(path: Path, now: Callable[[], datetime]) -> Keys:
    """Make a key in this file, readable by its owner alone; one that is there already is read.

    Raises:
        RefusedError: the file cannot be written, or what is there is no key.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = Keys((Key(os.urandom(KEY_BYTES), now()),), os.urandom(KEY_BYTES))
    try:
        with secret_draft(path, _text(fresh)) as draft:
            # A link appears whole or not at all, and never replaces a key that another process made meanwhile.
            os.link(draft, path)
    except FileExistsError:
        pass
    except OSError as error:
        raise RefusedError(
            Text("{path}: a key cannot be made here ({error})", path=path, error=error), "Choose another home."
        ) from error
    return read_keys(path)


def add_key(path: Path, now: Callable[[], datetime]) -> Keys:
    """Make another key, which seals from now on.

    Raises:
        RefusedError: as ``read_keys``.
    """
    with held_alone(path, _MAKE):
        keys = read_keys(path)
        return _replace(path, Keys((Key(os.urandom(KEY_BYTES), now()), *keys.sealing), keys.digest))


def drop_keys(path: Path, ids: Collection[bytes]) -> Keys:
    """Remove keys; never the one that seals.

    Raises:
        RefusedError: as ``read_keys``.
    """
    with held_alone(path, _MAKE):
        first, *others = read_keys(path).sealing
        left = (first, *(each for each in others if each.id not in ids))
        return _replace(path, Keys(left, read_keys(path).digest))


def _parse(text: str) -> Keys:
    magic, *lines = text.strip().splitlines() or [""]
    if magic.startswith(f"{_FIRST} ") and not lines:
        only = _secret(magic.partition(" ")[2])
        return Keys((Key(only),), only)
    words = [line.split() for line in lines]
    if magic != _MAGIC or len(words) < 2 or words[0][:1] != ["digest"] or any(each[0] != "key" for each in words[1:]):
        raise ValueError("no key file")
    (_, digest), *keys = words
    found = [Key(_secret(secret), *(datetime.fromisoformat(at) for at in made_at)) for _, secret, *made_at in keys]
    return Keys(tuple(found), _secret(digest))


def _secret(encoded: str) -> bytes:
    try:
        secret = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error
    if len(secret) != KEY_BYTES:
        raise ValueError(f"{len(secret)} bytes")
    return secret


def _text(keys: Keys) -> str:
    lines = [_MAGIC, f"digest {base64.b64encode(keys.digest).decode()}"]
    for each in keys.sealing:
        made_at = [each.made_at.astimezone(UTC).isoformat(timespec="seconds")] if each.made_at else []
        lines.append(" ".join(["key", base64.b64encode(each.secret).decode(), *made_at]))
    return "\n".join(lines) + "\n"


def _replace(path: Path, keys: Keys) -> Keys:
    replace_file(path, _text(keys))
    return keys
