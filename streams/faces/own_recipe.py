"""What Naul's own engine is made of: its id follows from it, without anything that looks."""

from streams.faces.weights import Weight, centerface_weight, digest, dlib_weight

__all__ = ["NAME", "identity", "weights"]

NAME = "centerface-dlib"

RECIPE = 1
"""Counts up whenever the same picture gives other embeddings."""


def identity() -> str:
    """Return the engine's id."""
    return f"{NAME}@{RECIPE}-{digest(*weights())}"


def weights() -> tuple[Weight, ...]:
    """Return the files of the detector and of the network."""
    return centerface_weight(), dlib_weight()
