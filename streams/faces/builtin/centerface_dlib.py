"""CenterFace finds, its five landmarks align, dlib's network (as an ONNX graph) embeds. The default."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from streams.faces.own_recipe import identity, weights

if TYPE_CHECKING:
    from streams.faces.engine import Engine

__all__ = ["identity", "load", "weights"]


def load(threads: int, cache: Path | None) -> Engine:
    """Return the engine, ready to look."""
    from streams.faces.centerface_dlib_engine import (
        CenterFaceDlib,  # brings what looks: who asks for an id goes without
    )

    return CenterFaceDlib(threads, cache)
