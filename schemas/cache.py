"""Where things live that all sites of a user share and that can be made again: jars, graphs, a server for tests."""

import os
from collections.abc import Mapping
from pathlib import Path

__all__ = ["cache_folder"]


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return NAUL_CACHE, else naul in XDG_CACHE_HOME, else ~/.cache/naul. It may not exist yet."""
    if place := environ.get("NAUL_CACHE"):
        return Path(place).expanduser().resolve()
    return Path(environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "naul"
