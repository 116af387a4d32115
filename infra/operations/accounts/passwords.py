"""Passwords of local accounts: what is taken, how one is kept and checked (argon2id). None is ever logged or shown."""

import threading
import unicodedata
from functools import cache
from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from schemas.errors import RefusedError
from schemas.texts import folded
from schemas.translations import Text

__all__ = ["LEAST", "Checked", "check_password", "hash_password"]

LEAST, MOST = 10, 1000
"""Characters of a password."""

_HASHER = PasswordHasher()
_AT_ONCE = threading.BoundedSemaphore(2)
"""Each takes 64 MiB and a core: whoever sends many passwords at once waits, and nobody else runs out of memory."""


class Checked(NamedTuple):
    """Whether a password is right. renewed: the hash to keep instead, if it was made with other parameters."""

    right: bool
    renewed: str = ""


def hash_password(password: str, *names: str) -> str:
    """Return what is kept of a new password. names: what it may not be, however written.

    Raises:
        RefusedError: it is too short, too long, or one of these names. The text does not repeat it.
    """
    password = unicodedata.normalize("NFC", password)
    if not LEAST <= len(password) <= MOST:
        length = Text("short" if len(password) < LEAST else "long")
        raise RefusedError(
            Text("the password is too {length}", length=length),
            Text("Choose one of {least} to {most} characters.", least=LEAST, most=MOST),
        )
    if folded(password) in {folded(each) for each in names if each} or len(set(password)) < 3:
        raise RefusedError(
            "the password is a name or a student id, or one or two characters repeated", "Choose one hard to guess."
        )
    with _AT_ONCE:
        return _HASHER.hash(password)


def check_password(kept: str, password: str) -> Checked:
    """Return whether this is the password of which something is kept.

    kept: as ``hash_password`` returned it; empty if there is no such account or it has no password: that takes as long
    as a wrong one, and never is right.
    """
    password = unicodedata.normalize("NFC", password[: MOST + 1])
    with _AT_ONCE:
        nobodys = _nobodys()  # for everybody: the first time it is made
        try:
            _HASHER.verify(kept or nobodys, password)
        except (VerificationError, InvalidHashError):
            return Checked(right=False)
        if not kept or len(password) > MOST:
            return Checked(right=False)
        return Checked(True, _HASHER.hash(password) if _HASHER.check_needs_rehash(kept) else "")


@cache
def _nobodys() -> str:
    """A hash of today's parameters that is compared with where there is none."""
    return _HASHER.hash("nobody's password")
