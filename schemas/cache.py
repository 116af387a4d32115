"""Where things live that all sites of a user share and that can be made again: jars, graphs, a server for tests."""

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

__all__ = ["cache_folder", "made_once"]


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return NAUL_CACHE, else naul in XDG_CACHE_HOME, else ~/.cache/naul. It may not exist yet."""
    if place := environ.get("NAUL_CACHE"):
        return Path(place).expanduser().resolve()
    return Path(environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "naul"


def made_once(target: Path, make: Callable[[Path], Path]) -> Path:
    """Return a folder that is made unless it is there, all or nothing, whoever else makes it at the same time.

    make: gets an empty folder beside it, which goes, and returns the folder in there that it made.
    """
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f"{target.name}-") as scratch:
        made = make(Path(scratch))
        try:
            made.rename(target)
        except OSError:
            if not target.is_dir():  # otherwise somebody else was quicker
                raise
    return target
