"""CenterFace finds, its five landmarks align, dlib's network (as an ONNX graph) embeds. The default."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from streams.faces.intake import Intake
from streams.faces.weights import Weight, centerface_weight, digest, dlib_weight

if TYPE_CHECKING:
    from streams.faces.engine import Engine

__all__ = ["DLIB", "NAME", "identity", "load", "weights"]

NAME = "centerface-dlib"

RECIPE = 1
"""Counts up whenever the same picture gives other embeddings."""

DLIB = Intake(size=150, alignment="dlib", colour="rgb", mean=0, scale=1, dimension=128)
"""What the graph of dlib's network takes; it subtracts and divides by itself."""


def identity() -> str:
    """Return the engine's id."""
    return f"{NAME}@{RECIPE}-{digest(*weights())}"


def weights() -> tuple[Weight, ...]:
    """Return the files of the detector and of the network."""
    return centerface_weight(), dlib_weight()


def load(threads: int, cache: Path | None) -> Engine:
    """Return the engine, ready to look."""
    from streams.faces.centerface_dlib_engine import (
        CenterFaceDlib,  # brings what looks: who asks for an id goes without
    )

    return CenterFaceDlib(threads, cache)
