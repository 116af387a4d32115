"""Networks small enough to be written down: a graph of a few nodes, and the file of an engine round it."""

import hashlib
import math
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

__all__ = ["file_of", "pixels", "put", "squares"]


def pixels(*, side: int = 112, batch: object = "n", layout: str = "NCHW") -> bytes:
    """A network that answers with a chip of 8 x 8 pixels: 192 numbers."""
    shape = [batch, 3, side, side] if layout == "NCHW" else [batch, side, side, 3]
    nodes, at = [], "chips"
    if layout == "NHWC":
        nodes.append(helper.make_node("Transpose", [at], ["upright"], perm=[0, 3, 1, 2]))
        at = "upright"
    pool = {"kernel_shape": [side // 8] * 2, "strides": [side // 8] * 2}
    nodes += [helper.make_node("AveragePool", [at], ["small"], **pool), helper.make_node("Flatten", ["small"], ["out"])]
    return _model(nodes, [("chips", shape)], [("out", [batch, 192])], [])


def squares() -> bytes:
    """A YuNet that takes every white cell of 8 x 8 pixels for the middle of a face of 32 x 32.

    Its landmarks lie at (8, 10), (24, 10), (16, 16), (10, 24), (22, 24) of the box.
    """
    nodes, constants, outputs = [], [], []

    def constant(name: str, values: object, kind: type = np.float32) -> str:
        constants.append(numpy_helper.from_array(np.array(values, kind), name))
        return name

    box = [0.5, 0.5, math.log(4), math.log(4)]
    points = [(value - 16 + 4) / 8 for value in (8, 10, 24, 10, 16, 16, 10, 24, 22, 24)]
    for stride in (8, 16, 32):
        fires = 1 / (3 * 255 * 64) if stride == 8 else 0.0
        for what, weight, bias in (
            ("cls", fires, [0.0]), ("obj", fires, [0.0]), ("bbox", 0.0, box), ("kps", 0.0, points),
        ):  # fmt: skip
            name, channels = f"{what}_{stride}", len(bias)
            filters = constant(f"{name}_w", np.full((channels, 3, stride, stride), weight))
            nodes += [
                helper.make_node(
                    "Conv", ["input", filters, constant(f"{name}_b", bias)], [f"{name}_map"],
                    kernel_shape=[stride] * 2, strides=[stride] * 2,
                ),
                helper.make_node("Transpose", [f"{name}_map"], [f"{name}_last"], perm=[0, 2, 3, 1]),
                helper.make_node("Reshape", [f"{name}_last", constant(f"{name}_s", [1, -1, channels], int)], [name]),
            ]  # fmt: skip
            outputs.append((name, [1, f"n{stride}", channels]))
    return _model(nodes, [("input", [1, 3, "height", "width"])], outputs, constants)


def file_of(name: str, graph: str, data: bytes, **changes: object) -> str:
    """The file of an engine round the embedder ``pixels``; changes: of its keys, None leaves one out."""
    keys: dict[str, object] = {
        "file": graph, "sha256": hashlib.sha256(data).hexdigest(), "licence": "Apache-2.0", "source": "made by a test",
        "size": 112, "alignment": "arcface", "colour": "bgr", "mean": 127.5, "scale": 0.0078125, "dimension": 192,
    }  # fmt: skip
    lines = [f"{key} = {_toml(value)}" for key, value in (keys | changes).items() if value is not None]
    return "\n".join([f'name = "{name}"', "[embedder]", *lines, ""])


def put(folder: Path, name: str, data: bytes, **changes: object) -> Path:
    """Write an engine and its graph into a folder; return its file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "graph.onnx").write_bytes(data)
    path = folder / "engine.toml"
    path.write_text(file_of(name, "graph.onnx", data, **changes), "utf-8")
    return path


def _toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _model(nodes: list, inputs: list, outputs: list, constants: list) -> bytes:
    graph = helper.make_graph(
        nodes, "made_by_a_test",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs],
        constants,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    result: bytes = model.SerializeToString()
    return result
