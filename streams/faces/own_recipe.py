"""What Naul's own engine is made of: its id follows from it, without anything that looks."""

from streams.faces.intake import Intake
from streams.faces.weights import Weight, centerface_weight, digest, dlib_weight

__all__ = ["DLIB", "NAME", "identity", "weights"]

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
