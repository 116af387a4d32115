"""An embedder: faces of an image, aligned as a network wants them, become numbers in an ONNX graph."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from onnxruntime.capi import onnxruntime_pybind11_state

from schemas.errors import RefusedError
from schemas.translations import Text
from streams.faces.alignment import chip
from streams.faces.devices import CPU, Device
from streams.faces.intake import Intake
from streams.faces.onnx_sessions import session
from streams.faces.pictures import Image
from streams.faces.values import Floats

__all__ = ["BATCH", "RUNTIME_ERRORS", "Embedder"]

RUNTIME_ERRORS: tuple[type[Exception], ...] = tuple(
    each for each in vars(onnxruntime_pybind11_state).values() if isinstance(each, type) and issubclass(each, Exception)
)
"""What onnxruntime says of a graph; its errors have no base of their own."""

BATCH = 8
"""Chips embedded at once; more gain nothing and need memory, 70 MB for 32."""


class Embedder:
    """The network, ready to embed. Threads may share it."""

    def __init__(self, model: bytes, intake: Intake, threads: int, where: str, device: Device = CPU) -> None:
        """where: names the graph in errors.

        Raises:
            RefusedError: it is no graph, takes or gives something else than its intake says, or the device is missing.
        """
        self.dimension = intake.dimension
        self._where, self._intake, self._positions = where, intake, intake.positions
        try:
            self._session = session(model, threads, device)
        except RUNTIME_ERRORS as error:
            raise self._refused(f"no ONNX graph that can be loaded ({error})") from error
        taken = self._named("input", self._session.get_inputs())
        self._input, self._output = taken.name, self._named("output", self._session.get_outputs()).name
        self._batch = 1 if isinstance(taken.shape[0], int) else BATCH
        self._blob = _blob(intake)
        self._check(taken)

    def embed(self, image: Image, landmarks: Floats) -> Floats:
        """Return the raw embeddings of faces of an image, (n, d). landmarks: (n, 5, 2)."""
        found = [np.empty((0, self.dimension), np.float32)]
        for start in range(0, len(landmarks), self._batch):
            few = landmarks[start : start + self._batch]
            found.append(self.embed_chips([chip(image, each, self._positions, self._intake.size) for each in few]))
        return np.concatenate(found)

    def embed_chips(self, chips: Sequence[Image]) -> Floats:
        """Return the embeddings of upright chips, (size, size, 3) BGR; at least one, no more than the graph takes."""
        blob = cv2.dnn.blobFromImagesWithParams(list(chips), self._blob)
        embeddings: Floats = self._session.run([self._output], {self._input: blob})[0]
        return embeddings

    def _named(self, what: str, values: list[Any]) -> Any:
        """Return the input or output of the name that the intake says, or the only one."""
        wanted, names = getattr(self._intake, what), [each.name for each in values]
        if not wanted and len(values) != 1:
            raise self._refused(f"it has the {what}s {', '.join(names)}: say which with `{what}`")
        if wanted and wanted not in names:
            raise self._refused(f"it has no {what} {wanted!r}; there is {', '.join(names)}")
        return values[names.index(wanted)] if wanted else values[0]

    def _check(self, taken: Any) -> None:
        """Embed a black chip."""
        side, layout = self._intake.size, self._intake.layout
        wanted = (1, 3, side, side) if layout == "NCHW" else (1, side, side, 3)
        fits = [here == there for here, there in zip(taken.shape, wanted, strict=False) if isinstance(here, int)]
        if taken.type != "tensor(float)" or len(taken.shape) != 4 or not all(fits):
            shape = " x ".join(map(str, taken.shape))
            raise self._refused(
                f"its input {taken.name!r} is {taken.type} of {shape}, not tensor(float) of "
                f"{' x '.join(map(str, wanted))} as `size` and `layout` say"
            )
        try:
            answer = self.embed_chips([np.zeros((side, side, 3), np.uint8)])
        except RUNTIME_ERRORS as error:
            raise self._refused(f"it does not run on a chip of {side} x {side} ({error})") from error
        if answer.shape != (1, self.dimension) or not np.isfinite(answer).all():
            raise self._refused(
                f"its output {self._output!r} has the shape {answer.shape}, not (1, {self.dimension}) "
                "of finite numbers as `dimension` says"
            )

    def _refused(self, why: str) -> RefusedError:
        return RefusedError(
            Text("{where}: {why}", where=self._where, why=why), "docs/engines.md says what a graph must be."
        )


def _blob(intake: Intake) -> cv2.dnn.Image2BlobParams:
    blob = cv2.dnn.Image2BlobParams()
    blob.swapRB = intake.colour == "rgb"
    blob.mean, blob.scalefactor = ((*np.broadcast_to(each, 3).tolist(), 0) for each in (intake.mean, intake.scale))
    if intake.layout == "NHWC":
        blob.datalayout = cv2.DNN_LAYOUT_NHWC
    return blob
