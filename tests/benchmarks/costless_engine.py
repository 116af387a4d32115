"""An engine that looks at nothing and finds nobody: what is left of a frame's cost is Kafka's and the worker's."""

from functools import cached_property
from pathlib import Path

import numpy as np

from streams.faces.calibration import Calibration, calibration_of
from streams.faces.engine import Engine
from streams.faces.engines import DEFAULT
from streams.faces.pictures import Image
from streams.faces.values import Detections, Floats, Weight

__all__ = ["NAME", "identity", "install", "load", "weights"]

NAME = "costless"


def identity() -> str:
    """Return the engine's id."""
    return f"{NAME}@1"


def weights() -> tuple[Weight, ...]:
    """Return none."""
    return ()


def load(_threads: int, _cache: Path | None) -> Engine:
    """Return the engine."""
    return Costless()


def install(folder: Path) -> None:
    """Write what an installer leaves of a package, so that processes with this folder in their path know the engine."""
    record = folder / f"{NAME}-1.dist-info"
    record.mkdir(parents=True)
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1\n", "utf-8")
    (record / "entry_points.txt").write_text(f"[naul.engines]\n{NAME} = {__name__}\n", "utf-8")


class Costless(Engine):
    """See the module."""

    name = NAME
    id = identity()
    dimension = 128
    frees_gil = True
    weights = ()

    @cached_property
    def calibration(self) -> Calibration:
        """That of the default engine: no face is ever compared."""
        return calibration_of(DEFAULT, None)

    def detect(self, image: Image) -> Detections:
        """Return no face."""
        return Detections(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty((0, 5, 2), np.float32))

    def embed(self, image: Image, detections: Detections) -> Floats:
        """Return no embedding."""
        return np.empty((0, self.dimension), np.float32)
