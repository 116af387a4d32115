"""What the 8-bit graphs need to know, and what they are worth.

    python -m tests.benchmarks.quantise measure   # writes streams/faces/ranges/*.json, from halls of ORL faces
    python -m tests.benchmarks.quantise compare   # with float: recall, boxes, landmarks, embeddings, time

BENCH_FACES names the people of ``compare`` (a folder laid out like LFW); without it they are ORL's too.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper
from rich.console import Console
from rich.table import Table

from streams.faces.alignment import chip
from streams.faces.centerface_graph import folded
from streams.faces.dlib_net import as_onnx
from streams.faces.engines import DEFAULT, Engine, load_engine
from streams.faces.onnx_sessions import session
from streams.faces.quantised import measured_tensors
from streams.faces.ranges import ranges_file
from streams.faces.values import Detections, Floats
from streams.faces.weights import centerface_weight, dlib_weight, read_weight
from tests.benchmarks.crowd import GOOD, POOR, WIDTHS, Crowd, Light, crowd, faces_of_benchmark, hall

LIGHTS = (GOOD, POOR, Light(1.5, 0.6, 3.5, 88))
CHIPS = 400
LEAST_OVERLAP = 0.5
"""Of the boxes of one face in two detections."""


def crowds(faces: str, seeds: range, size: tuple[int, int] = (1920, 1080)) -> list[Crowd]:
    """Return full halls in three lights."""
    return [crowd(hall(*size), seed, faces, light) for seed in seeds for light in LIGHTS]


def spans(graph: bytes, inputs: list[Floats]) -> dict[str, list[float]]:
    """Return the least and the largest value of each tensor that a quantised graph rounds."""
    model = onnx.load_from_string(graph)
    names = measured_tensors(graph)
    shown = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * 4) for name in names]
    model.graph.output.extend(shown)
    run = session(model.SerializeToString(), 2)
    found = np.array(
        [[(each.min(), each.max()) for each in run.run(names, {run.get_inputs()[0].name: blob})] for blob in inputs]
    )  # (inputs, tensors, 2)
    low, high = found[..., 0].min(0), found[..., 1].max(0)
    return {name: [float(f"{a:.5g}"), float(f"{b:.5g}")] for name, a, b in zip(names, low, high, strict=True)}


def measure() -> None:
    """Write the ranges of both graphs."""
    engine = load_engine(DEFAULT)
    finds, embeds = folded(read_weight(centerface_weight())), as_onnx(read_weight(dlib_weight()))
    images = [each.image for size in ((1920, 1080), (1280, 720)) for each in crowds("orl", range(1, 3), size)]
    faces = [chip(image, marks) for image in images for marks in engine.detect(image).landmarks]
    faces = faces[:: max(1, len(faces) // CHIPS)]
    halls = [cv2.dnn.blobFromImage(image[: image.shape[0] // 32 * 32], swapRB=True) for image in images]
    chips = [cv2.dnn.blobFromImages(faces[at : at + 16], swapRB=True) for at in range(0, len(faces), 16)]
    for name, graph, weight, inputs in (
        ("centerface", finds, centerface_weight(), halls),
        ("dlib", embeds, dlib_weight(), chips),
    ):
        made = f"python -m tests.benchmarks.quantise measure: {len(images)} halls, {len(faces)} chips of ORL faces"
        found = spans(graph, inputs)
        lines = ",\n".join(f"  {json.dumps(tensor)}: {json.dumps(span)}" for tensor, span in found.items())
        text = f'{{"weights": "{weight.sha256}",\n "made": "{made}",\n "ranges": {{\n{lines}\n}}}}\n'
        ranges_file(name).write_text(text)
        print(f"{ranges_file(name)}: {len(found)} tensors")


@dataclass
class Row:
    """What was seen of faces of one width, one entry a face."""

    plain: list[bool] = field(default_factory=list)
    quick: list[bool] = field(default_factory=list)
    overlap: list[float] = field(default_factory=list)
    shift: list[float] = field(default_factory=list)
    cosine: list[float] = field(default_factory=list)


def compare(halls: int) -> Table:
    """Return both arithmetics side by side, on the same frames."""
    plain, quick = engines()
    rows = {width: Row() for width in WIDTHS}
    false = [0, 0]
    frames = crowds(faces_of_benchmark(), range(100, 100 + halls))
    for each in frames:
        image = each.image
        one, two = plain.detect(image), quick.detect(image)
        first, second = seen(each, one), seen(each, two)
        false = [false[0] + len(one) - (first >= 0).sum(), false[1] + len(two) - (second >= 0).sum()]
        both = np.flatnonzero((first >= 0) & (second >= 0))
        a, b = one.only(*first[both]), two.only(*second[both])
        cosines = cosine(plain.embed(image, a), quick.embed(image, b))
        shifts = np.linalg.norm(a.landmarks - b.landmarks, axis=2).mean(1)
        for width, row in rows.items():
            here = each.widths == width
            row.plain += list(first[here] >= 0)
            row.quick += list(second[here] >= 0)
            chosen = each.widths[both] == width
            row.overlap += list(overlaps(a.boxes, b.boxes)[chosen])
            row.shift += list(shifts[chosen])
            row.cosine += list(cosines[chosen])
    table = Table(
        "face px", "faces", "recall float", "8 bits", "overlap 1 %", "landmarks px, 99 %", "cosine 1 %", "median",
        title=f"{len(frames)} halls of 1920x1080; false detections: float {false[0]}, 8 bits {false[1]}",
    )  # fmt: skip
    for width, row in rows.items():
        told = [np.mean(row.plain) * 100, np.mean(row.quick) * 100, np.percentile(row.overlap, 1)]
        told += [np.percentile(row.shift, 99), *np.percentile(row.cosine, (1, 50))]
        table.add_row(str(width), str(len(row.plain)), *(f"{value:.4g}" for value in told))
    return table


def engines() -> tuple[Engine, Engine]:
    """Return the default engine with float and with 8-bit arithmetic."""
    plain, quick = load_engine(DEFAULT), load_engine(DEFAULT)
    quick.quicken("quantised")
    return plain, quick


def seen(truth: Crowd, found: Detections) -> NDArray[np.intp]:
    """Return for each face of a hall which detection has its middle in the middle half of it, or -1."""
    middles, boxes = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2, truth.boxes
    away = np.linalg.norm(((boxes[:, :2] + boxes[:, 2:]) / 2)[:, None] - middles[None], axis=2)
    away = np.hstack([away, np.full((len(boxes), 1), np.inf)])
    nearest = away.argmin(1)
    return np.where(away.min(1) < truth.widths / 2, nearest, -1)


def overlaps(one: Floats, two: Floats) -> Floats:
    """Return the intersection over union of pairs of boxes."""
    inner = np.clip(np.minimum(one[:, 2:], two[:, 2:]) - np.maximum(one[:, :2], two[:, :2]), 0, None).prod(1)
    return np.asarray(inner / ((one[:, 2:] - one[:, :2]).prod(1) + (two[:, 2:] - two[:, :2]).prod(1) - inner))


def cosine(one: Floats, two: Floats) -> Floats:
    """Return the cosines of pairs of vectors."""
    return np.asarray((one * two).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(two, axis=1))


def times(rounds: int = 7) -> Table:
    """Return what each part of a look costs with either arithmetic: processor time of one thread, in turn."""
    both = engines()
    image = crowd(hall(1920, 1080), 1, faces_of_benchmark()).image
    faces = both[0].detect(image)
    faces = faces.only(*range(min(40, len(faces))))
    parts: dict[str, Callable[[Engine], object]] = {
        "detection": lambda engine: engine.detect(image),
        f"alignment and embedding of {len(faces)}": lambda engine: engine.embed(image, faces),
        "the same without the network": lambda engine: [chip(image, marks) for marks in faces.landmarks],
    }
    table = Table("part", "float ms", "8 bits ms", "times faster", title="a 1920x1080 frame")
    for part, work in parts.items():
        spent = np.array([[_seconds(work, engine) for engine in both] for _ in range(rounds)])[1:]
        one, two = np.median(spent, axis=0) * 1000
        table.add_row(part, f"{one:.1f}", f"{two:.1f}", f"{np.median(spent[:, 0] / spent[:, 1]):.2f}")
    return table


def _seconds(work: Callable[[Engine], object], engine: Engine) -> float:
    start = time.thread_time()
    work(engine)
    return time.thread_time() - start


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("measure", "compare"))
    parser.add_argument("--halls", type=int, default=10, help="of compare, each in three lights")
    given = parser.parse_args()
    if given.what == "measure":
        measure()
    else:
        console = Console(width=120)
        console.print(times())
        console.print(compare(given.halls))
