"""Paths as a person gives them, and as they are on the disk."""

import os
import unicodedata
from pathlib import Path

__all__ = ["on_disk"]


def on_disk(path: Path | str) -> Path:
    """Return a path as it is written on the disk, however its Hangul is composed.

    A Mac, and what it packs, keeps names in pieces; a keyboard types them whole. Both look the same. What is not there
    at all stays as it was given.
    """
    given = Path(path)
    if os.path.lexists(given):
        return given
    found = Path(given.anchor)
    for part in given.parts[bool(given.anchor) :]:
        found /= _spelt(found, part)
    return found


def _spelt(folder: Path, name: str) -> str:
    if name.isascii() or os.path.lexists(folder / name):
        return name
    wanted = unicodedata.normalize("NFC", name)
    try:
        there = sorted(each.name for each in folder.iterdir())
    except OSError:
        return name
    return next((each for each in there if unicodedata.normalize("NFC", each) == wanted), name)
