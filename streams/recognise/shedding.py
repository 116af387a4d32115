"""Which frames a worker that fell behind may leave out: live ones that a newer one of the same camera replaces."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

__all__ = ["PATIENCE", "Waiting", "shed"]

PATIENCE = timedelta(seconds=30)
"""How long a live frame may wait before it may be left out."""


class Waiting(NamedTuple):
    """A frame in the queue: its camera, whether it is live, and for how long it has waited."""

    camera: str
    live: bool
    waited: timedelta


def shed(frames: Sequence[Waiting], patience: timedelta = PATIENCE) -> list[bool]:
    """Return for each frame of a batch, in the order they came, whether it is left out.

    The newest frame of each camera is always kept, and recordings always are. What is left out is never reported as
    covered, for there is no observation of it.
    """
    newest = {frame.camera: index for index, frame in enumerate(frames)}
    return [
        frame.live and frame.waited > patience and newest[frame.camera] != index for index, frame in enumerate(frames)
    ]
