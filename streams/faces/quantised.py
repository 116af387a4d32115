"""A float graph in 8 bits: weights per channel, activations in the ranges that were measured beforehand.

Convolutions, additions and what only moves values are wrapped in QuantizeLinear and DequantizeLinear, which the runtime
fuses into integer arithmetic; what answers (the last convolution, means and matrices) stays float. A ReLU whose
answer's range begins at 0 is what rounding to unsigned bytes does anyway, and goes. Loaded the first time on a machine.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from schemas.errors import RefusedError
from schemas.translations import Text

__all__ = ["Range", "measured_tensors", "quantised"]

Range = Sequence[float]
"""Least and largest value of a tensor."""

_MOVES = frozenset({"DepthToSpace", "MaxPool", "AveragePool", "Pad"})
"""Their answers lie in the range of what they are given."""

_PLAIN_INPUT = (0.0, 255.0)
"""Of the pixels that every graph here takes: whole numbers, so that bytes lose nothing."""


def measured_tensors(model: bytes) -> list[str]:
    """Return the tensors whose ranges ``quantised`` needs, in the order of the graph."""
    return list(_Plan(onnx.load_from_string(model).graph).rounded.values())


def quantised(model: bytes, ranges: Mapping[str, Range]) -> bytes:
    """Return the graph in 8 bits. Its inputs and outputs stay float.

    ranges: of the tensors of ``measured_tensors``.

    Raises:
        RefusedError: the ranges are of another graph.
    """
    whole = onnx.load_from_string(model)
    plan = _Plan(whole.graph)
    if set(ranges) != set(plan.rounded.values()):
        strange = sorted(set(ranges) ^ set(plan.rounded.values()))
        raise RefusedError(
            Text(
                "the ranges are of another graph: {names} and {count} in all do not belong",
                names=", ".join(strange[:3]),
                count=len(strange),
            ),
            "Measure them again: python -m tests.benchmarks.quantise measure. Until then set NAUL_ARITHMETIC=float.",
        )
    result: bytes = _Rounding(whole, plan, ranges).model()
    return result


class _Plan:
    """Which nodes run in 8 bits. rounded: for their outputs, the name of the tensor that is measured and rounded."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        answers = {each.name for each in graph.output}
        users: dict[str, list[onnx.NodeProto]] = {}
        for node in graph.node:
            for name in node.input:
                users.setdefault(name, []).append(node)
        self.rounded: dict[str, str] = {}
        self.dropped: set[str] = set()
        for node in graph.node:
            name = node.output[0]
            if node.op_type not in ("Conv", "Add") or name in answers:
                continue
            (first, *others) = users[name]
            relu = first.op_type == "Relu" and not others
            self.rounded[name] = first.output[0] if relu else name
            if relu:
                self.dropped.add(first.output[0])


class _Rounding:
    def __init__(self, whole: onnx.ModelProto, plan: _Plan, ranges: Mapping[str, Range]) -> None:
        self._whole, self._plan, self._ranges = whole, plan, ranges
        self._weights = {each.name: numpy_helper.to_array(each) for each in whole.graph.initializer}
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, NDArray[np.generic]] = {}
        self._scales: dict[str, np.float32] = {}  # of rounded tensors

    def model(self) -> bytes:
        graph = self._whole.graph
        for value in graph.input:
            self._round(value.name, value.name, _PLAIN_INPUT)
        for node in graph.node:
            name = node.output[0]
            if name in self._plan.rounded:
                self._computed(node, self._plan.rounded[name])
            elif name in self._plan.dropped:
                continue
            elif node.op_type in _MOVES and node.input[0] in self._scales:
                self._copy(node, f"{name}.float")
                self._like(name, node.input[0])
            else:
                self._copy(node, name)
        constants = [numpy_helper.from_array(np.array(v, order="C"), name) for name, v in self._constants.items()]
        fresh = helper.make_graph(self._nodes, graph.name, graph.input, graph.output, constants)
        model = helper.make_model(fresh, opset_imports=self._whole.opset_import)
        model.ir_version = self._whole.ir_version
        onnx.checker.check_model(model)
        result: bytes = model.SerializeToString()
        return result

    def _computed(self, node: onnx.NodeProto, target: str) -> None:
        if node.op_type == "Conv":
            kernel = self._kernel(node)
            self._nodes.append(helper.make_node("Conv", [self._held(node.input[0]), *kernel], [f"{target}.float"]))
            self._nodes[-1].attribute.extend(node.attribute)
        else:
            self._copy(node, f"{target}.float")
        low = 0.0 if target in self._plan.dropped else self._ranges[target][0]
        self._round(f"{target}.float", target, (low, self._ranges[target][1]))

    def _copy(self, node: onnx.NodeProto, target: str) -> None:
        self._constants |= {name: self._weights[name] for name in node.input if name in self._weights}
        self._nodes.append(helper.make_node(node.op_type, [self._held(name) for name in node.input], [target]))
        self._nodes[-1].attribute.extend(node.attribute)

    def _kernel(self, node: onnx.NodeProto) -> tuple[str, str]:
        """Add the weights of a convolution: kernel in 8 bits with a scale a channel, bias in 32."""
        _, kernel, bias = node.input
        values = self._weights[kernel]
        largest = np.abs(values).max(axis=(1, 2, 3))
        scale = np.maximum(largest / np.float32(127), np.float32(1e-8)).astype(np.float32)
        fine = (scale * self._scales[node.input[0]]).astype(np.float32)
        rounded = np.rint(values / scale[:, None, None, None]).astype(np.int8)
        limit = 2.0**31 - 1
        shift = np.clip(np.rint(self._weights[bias].astype(np.float64) / fine), -limit, limit).astype(np.int32)
        return self._dequantised(kernel, rounded, scale), self._dequantised(bias, shift, fine)

    def _dequantised(self, name: str, values: NDArray[np.generic], scale: NDArray[np.float32]) -> str:
        numbers = {"bytes": values, "scale": scale, "zero": np.zeros(len(scale), values.dtype)}
        self._constants |= {f"{name}.{part}": value for part, value in numbers.items()}
        self._node("DequantizeLinear", [f"{name}.{part}" for part in numbers], f"{name}.held", axis=0)
        return f"{name}.held"

    def _round(self, source: str, target: str, span: Range) -> None:
        """Add the rounding of a float tensor to bytes and back; the target stands for what came back."""
        low, high = min(span[0], 0.0), max(span[1], 1e-6)  # 0 must be a byte: it is what pads
        scale = np.float32((high - low) / 255)
        self._constants[f"{target}.scale"] = np.array(scale)
        self._constants[f"{target}.zero"] = np.array(round(-low / float(scale)), np.uint8)
        self._pair(source, target, scale)

    def _like(self, target: str, other: str) -> None:
        """Round a tensor as that one is."""
        self._constants[f"{target}.scale"] = self._constants[f"{other}.scale"]
        self._constants[f"{target}.zero"] = self._constants[f"{other}.zero"]
        self._pair(f"{target}.float", target, self._scales[other])

    def _pair(self, source: str, target: str, scale: np.float32) -> None:
        pair = [f"{target}.scale", f"{target}.zero"]
        self._node("QuantizeLinear", [source, *pair], f"{target}.bytes")
        self._node("DequantizeLinear", [f"{target}.bytes", *pair], f"{target}.held")
        self._scales[target] = scale

    def _held(self, name: str) -> str:
        return f"{name}.held" if name in self._scales else name

    def _node(self, kind: str, inputs: list[str], output: str, **attributes: object) -> None:
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
