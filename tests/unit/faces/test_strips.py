"""In strips a network answers as it does for the whole picture, whatever its size."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from streams.faces import strips
from streams.faces.centerface import INPUT, CenterFace
from streams.faces.centerface_graph import folded, in_parts
from streams.faces.onnx_sessions import session
from streams.faces.pictures import Image
from streams.faces.quantised import quantised
from streams.faces.ranges import ranges_of
from streams.faces.strips import Strips
from streams.faces.values import Floats
from streams.faces.weights import centerface_weight, read_weight

pytestmark = pytest.mark.slow

Hall = tuple[Image, list[tuple[int, int, int, int]]]


class Both:
    """A detector's graph, whole and in strips."""

    def __init__(self, graph: bytes) -> None:
        self._session, self._strips = session(graph, 1), Strips(in_parts(graph), 1)
        self.finder = CenterFace(in_parts(graph), 1)

    def difference(self, picture: Image) -> float:
        whole, stripped = self.whole(picture), self._strips.run(picture)
        assert stripped.shape == whole.shape
        return float(np.abs(whole - stripped).max())

    def whole(self, picture: Image) -> Floats:
        height, width = picture.shape[:2]
        padded = cv2.copyMakeBorder(picture, 0, -height % 32, 0, -width % 32, cv2.BORDER_CONSTANT)
        answer: Floats = self._session.run(None, {INPUT: cv2.dnn.blobFromImage(padded, swapRB=True)})[0][0]
        return answer


@pytest.fixture(scope="module", params=["float", "8 bits"])
def both(request: pytest.FixtureRequest) -> Both:
    weight = centerface_weight()
    graph = folded(read_weight(weight))
    return Both(graph if request.param == "float" else quantised(graph, ranges_of("centerface", weight).values))


def noise(height: int, width: int) -> Image:
    coarse = np.random.default_rng(height).integers(0, 256, (height // 4 + 1, width // 4 + 1, 3), np.uint8)
    return cv2.resize(coarse, (width, height))


@pytest.mark.parametrize(
    ("height", "width"),
    [
        pytest.param(1, 1, id="a pixel"),
        pytest.param(160, 64, id="one strip"),
        pytest.param(161, 333, id="a strip and a row"),
        pytest.param(320, 96, id="two strips"),
        pytest.param(333, 77, id="odd sides"),
        pytest.param(720, 1280, id="720p"),
        pytest.param(1080, 1920, id="1080p"),
    ],
)
def test_strips_answer_as_the_whole_picture_does(both: Both, height: int, width: int) -> None:
    assert both.difference(noise(height, width)) < 1e-4


def test_a_strip_needs_all_the_rows_around_it(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ABOVE", "BELOW"):
        with monkeypatch.context() as less:
            less.setattr(strips, name, getattr(strips, name) - 8)
            assert both.difference(noise(480, 640)) > 0.01


@pytest.mark.parametrize("top", range(100, 180, 16))
def test_a_face_across_the_border_of_strips_is_found_in_its_place(
    both: Both, orl: Callable[[int, int], Image], top: int
) -> None:
    picture = np.full((400, 300, 3), 120, np.uint8)
    picture[top : top + 112, 100:192] = orl(5, 1)
    assert both.difference(picture) < 1e-4
    found = both.finder.detect(picture)
    assert len(found) == 1
    x1, y1, x2, y2 = found.boxes[0]
    assert 90 < x1 < x2 < 200
    assert top - 10 < y1 < y2 < top + 122


def test_a_hall_is_seen_as_a_whole(both: Both, hall: Hall) -> None:
    assert both.difference(hall[0]) < 1e-4
