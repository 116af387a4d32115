"""dlib's face network as an ONNX graph: the same vectors in a twentieth of the time, without holding the GIL.

``dlib_face_recognition_resnet_model_v1.dat`` is a plain serialisation of the network. Of each layer that has
parameters it holds one tensor: version 2, four dimensions (each a byte that counts the bytes of a little-endian
number), then float32 values. In file order, from input to output: of each convolution its filters and biases in one
tensor and then the scales and shifts of the affine layer after it (a batch norm at rest); last the output's matrix.

The network: a 7 x 7 convolution and pooling, 14 residual blocks of two 3 x 3 convolutions, the mean of each channel,
a matrix. A block that halves the picture adds its input averaged 2 x 2; channels, rows and columns that one side lacks
are zeros.
"""

from collections.abc import Iterator
from math import fsum

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from schemas.errors import RefusedError
from schemas.translations import Text
from streams.faces.intake import CHIP
from streams.faces.values import Floats

__all__ = ["DIMENSION", "as_onnx"]

DIMENSION = 128
"""Numbers that it answers with."""

MEAN = (122.782, 117.001, 104.298)
"""Of red, green and blue; subtracted from pixels before they are divided by 256. The first convolution does both."""

_BLOCKS = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))
"""Channels, residual blocks, and whether the first of them halves the picture."""


def as_onnx(weights: bytes) -> bytes:
    """Return the ONNX model of dlib's serialised network.

    Input ``chips``: (n, 3, 150, 150) float32, red green blue, 0 to 255. Output ``embeddings``: (n, 128) float32.

    Raises:
        RefusedError: these are not the weights of that network.
    """
    builder = _Builder(_tensors(weights))
    at = builder.node("Relu", builder.convolution("chips", 3, 32, size=7, stride=2, pad=0, pixels=True))
    at = builder.node("MaxPool", at, kernel_shape=[3, 3], strides=[2, 2])
    channels, side = 32, 35
    for wanted, blocks, halves in _BLOCKS:
        for block in range(blocks):
            if halves and block == 0:
                at, side = builder.halving(at, channels, wanted, side)
                channels = wanted
            else:
                at = builder.residual(at, channels)
    at = builder.node("Flatten", builder.node("GlobalAveragePool", at))
    builder.node("MatMul", at, builder.constant(builder.matrix(256, DIMENSION)), output="embeddings")
    return builder.model()


def _tensors(data: bytes) -> Iterator[Floats]:
    """Yield the parameter tensors of a serialised network in the order of the file, each flat.

    Between them stand records of other kinds, so they are found by their header: version 2, then
    (n, 1, 1, 1), or (256, 128, 1, 1) for the matrix. Only tensors of at least 64 finite values count.
    """
    at = 0
    while (at := data.find(b"\x01\x02", at)) >= 0:
        found = _tensor(data, at + 2)
        if found is None:
            at += 1
        else:
            values, at = found
            yield values


def _tensor(data: bytes, at: int) -> tuple[Floats, int] | None:
    dims = []
    for _ in range(4):
        if at >= len(data) or not 1 <= data[at] <= 4:
            return None
        end = at + 1 + data[at]
        dims.append(int.from_bytes(data[at + 1 : end], "little"))
        at = end
    count = dims[0] * dims[1]
    if dims[2:] != [1, 1] or not (dims[1] == 1 or dims[:2] == [256, DIMENSION]):
        return None
    if count < 64 or at + 4 * count > len(data):
        return None
    values = np.frombuffer(data, "<f4", count, at)
    if not np.isfinite(values).all() or not 1e-6 < np.abs(values).max() < 1e3:
        return None
    return values.astype(np.float32), at + 4 * count


class _Builder:
    """A graph in the making. Every method takes and returns names of values."""

    def __init__(self, tensors: Iterator[Floats]) -> None:
        self._tensors = tensors
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def node(self, kind: str, *inputs: str, output: str = "", **attributes: object) -> str:
        """Add a node."""
        name = output or f"{kind.lower()}{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, values: object, kind: type[np.generic] = np.float32) -> str:
        """Add a constant."""
        name = f"constant{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values, kind), name))
        return name

    def convolution(
        self, at: str, channels: int, wanted: int, *, size: int, stride: int, pad: int, pixels: bool = False
    ) -> str:
        """Add a convolution with its affine layer folded in, and how pixels are brought to the scale of the network."""
        filters = wanted * channels * size * size
        both, affine = self._next(filters + wanted), self._next(2 * wanted)
        scale, shift = affine[:wanted], affine[wanted:]
        kernel = both[:filters].reshape(wanted, channels, size, size) * scale[:, None, None, None]
        bias = both[filters:] * scale + shift
        if pixels:
            kernel = kernel / 256
            # Summed exactly: in whatever order a processor adds, the graph has the same bytes everywhere.
            means = kernel.astype(np.float64) * np.array(MEAN)[:, None, None]
            bias = bias - np.array([fsum(each.ravel()) for each in means], np.float32)
        return self.node(
            "Conv", at, self.constant(kernel), self.constant(bias),
            kernel_shape=[size, size], strides=[stride, stride], pads=[pad] * 4,
        )  # fmt: skip

    def residual(self, at: str, channels: int) -> str:
        """Add a block that keeps the size."""
        inner = self.node("Relu", self.convolution(at, channels, channels, size=3, stride=1, pad=1))
        outer = self.convolution(inner, channels, channels, size=3, stride=1, pad=1)
        return self.node("Relu", self.node("Add", outer, at))

    def halving(self, at: str, channels: int, wanted: int, side: int) -> tuple[str, int]:
        """Add a block that halves the picture of this side; return the new side too."""
        inner = self.node("Relu", self.convolution(at, channels, wanted, size=3, stride=2, pad=0))
        outer = self.convolution(inner, wanted, wanted, size=3, stride=1, pad=1)
        short = self.node("AveragePool", at, kernel_shape=[2, 2], strides=[2, 2])
        convolved, averaged = (side - 3) // 2 + 1, side // 2
        larger = max(convolved, averaged)
        outer = self._padded(outer, 0, larger - convolved)
        short = self._padded(short, wanted - channels, larger - averaged)
        return self.node("Relu", self.node("Add", outer, short)), larger

    def matrix(self, rows: int, columns: int) -> NDArray[np.float32]:
        """Take the next tensor as a matrix."""
        return self._next(rows * columns).reshape(rows, columns)

    def model(self) -> bytes:
        """Return the finished model.

        Raises:
            RefusedError: tensors are left over.
        """
        if next(self._tensors, None) is not None:
            raise _other_network("it holds more tensors")
        graph = helper.make_graph(
            self._nodes,
            "dlib_face_recognition_resnet_model_v1",
            [helper.make_tensor_value_info("chips", TensorProto.FLOAT, ["n", 3, CHIP, CHIP])],
            [helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, ["n", DIMENSION])],
            self._constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
        model.ir_version = 8
        onnx.checker.check_model(model)
        result: bytes = model.SerializeToString()
        return result

    def _padded(self, at: str, channels: int, side: int) -> str:
        if not channels and not side:
            return at
        return self.node("Pad", at, self.constant([0, 0, 0, 0, 0, channels, side, side], np.int64))

    def _next(self, count: int) -> Floats:
        values = next(self._tensors, None)
        if values is None or len(values) != count:
            held = "none" if values is None else f"{len(values):,} values"
            raise _other_network(f"expected a tensor of {count:,} values, found {held}")
        return values


def _other_network(why: str) -> RefusedError:
    return RefusedError(
        Text("these are not the weights of dlib's face network: {why}", why=why), "Install the packages again."
    )
