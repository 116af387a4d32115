"""What a network that embeds wants to be given: numbers that name a recipe, apart from what runs it."""

from typing import Annotated, Literal, TypeAlias

import numpy as np
from msgspec import Meta, Struct

from streams.faces.values import Floats

__all__ = ["ARCFACE", "CHIP", "DLIB", "POSITIONS", "Intake"]

Point: TypeAlias = tuple[float, float]
Channels: TypeAlias = tuple[float, float, float]

CHIP = 150
"""Width and height of a chip in pixels, as dlib's network takes it."""

POSITIONS = np.array([[47.51, 47.00], [101.48, 46.02], [74.35, 78.68], [50.77, 103.82], [96.65, 102.72]], np.float32)
"""Where CenterFace's landmarks (eyes, nose, corners of the mouth) lie on a chip that dlib's own five points align."""

ARCFACE = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]])
"""The same on a chip of 112 x 112, as networks in the manner of ArcFace take it."""

_ALIGNMENTS = {"arcface": ARCFACE / 112, "dlib": POSITIONS / CHIP}
"""Landmarks on a chip of width 1."""


class Intake(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a network wants to be given, and how much it answers with.

    size: width and height of a chip in pixels. alignment: where on it the eyes, the nose and the corners of the mouth
    lie, left in the image first: five points in pixels, or the name of five.
    colour: order of the channels; mean, scale: of each in that order, (pixel - mean) * scale with pixels of 0 to 255.
    layout: order of the axes. input, output: names of them in the graph; needed where it has several.
    dimension: of an embedding. metric: how embeddings compare; the Euclidean distance of unit vectors puts pairs in the
    same order as the cosine, so a network made for that one is as well served.
    """

    size: Annotated[int, Meta(ge=32, le=512)]
    alignment: Literal["arcface", "dlib"] | tuple[Point, Point, Point, Point, Point]
    colour: Literal["rgb", "bgr"]
    mean: float | Channels
    scale: float | Channels
    layout: Literal["NCHW", "NHWC"] = "NCHW"
    input: str = ""
    output: str = ""
    dimension: Annotated[int, Meta(ge=16, le=4096)]
    metric: Literal["cosine"] = "cosine"

    @property
    def positions(self) -> Floats:
        """Where the landmarks lie, in pixels of a chip, (5, 2)."""
        points = _ALIGNMENTS[self.alignment] * self.size if isinstance(self.alignment, str) else self.alignment
        return np.array(points, np.float32)

    @property
    def recipe(self) -> tuple[object, ...]:
        """All that decides which numbers a face becomes in a graph."""
        channels = [np.broadcast_to(each, 3).tolist() for each in (self.mean, self.scale)]
        return self.size, self.positions.tolist(), self.colour, channels, self.layout, self.input, self.output


DLIB = Intake(size=150, alignment="dlib", colour="rgb", mean=0, scale=1, dimension=128)
"""What the graph of dlib's network takes; it subtracts and divides by itself."""
