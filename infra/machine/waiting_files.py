"""Files that somebody sent and that wait in the home for what he says: only its owner reads them, and not for long."""

import re
import shutil
import time
from pathlib import Path

from schemas.settings import Settings

__all__ = ["KEPT", "drop", "folder_of", "new_folder", "sweep"]

KEPT = 12 * 3600
"""Seconds that anything waits: as long as a session lives at most."""

_ID = re.compile(r"[0-9a-f]{32}")


def new_folder(settings: Settings, kind: str, name: str) -> Path:
    """Make the folder of something that waits. kind: like ``loads``. name: 32 hex digits."""
    if _ID.fullmatch(name) is None:
        raise ValueError(f"{name!r} is no id of a file that waits")
    above = settings.home / "uploads" / kind
    for each in (above.parent, above, above / name):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
    return above / name


def folder_of(settings: Settings, kind: str, name: str) -> Path | None:
    """Return the folder of something that waits; None: it does not, or no longer."""
    found = settings.home / "uploads" / kind / name
    return found if _ID.fullmatch(name) and found.is_dir() else None


def drop(folder: Path) -> None:
    """Delete something that waited. Whoever is deleting it, too, is not in the way."""
    shutil.rmtree(folder, ignore_errors=True)


def sweep(settings: Settings, kind: str, *, all_of_them: bool = False) -> None:
    """Delete what has waited for too long, or all."""
    above = settings.home / "uploads" / kind
    for each in above.iterdir() if above.is_dir() else ():
        try:
            old = all_of_them or time.time() - each.stat().st_mtime > KEPT
        except FileNotFoundError:
            continue
        if old:
            drop(each)
