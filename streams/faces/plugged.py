"""The engine that a file of the site describes, as the registry wants it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from streams.faces.described import Described

if TYPE_CHECKING:
    from streams.faces.engine import Engine

__all__ = ["Plugged"]


class Plugged(Described):
    """For a file what a module of ``builtin`` is for its engine."""

    def load(self, threads: int, cache: Path | None) -> Engine:
        """Return the engine, ready to look.

        Raises:
            RefusedError: its weights are missing, not what the file says, or of no use.
        """
        from streams.faces.file_engine import loaded  # brings what looks: who asks for an id goes without

        return loaded(self, threads, cache)
