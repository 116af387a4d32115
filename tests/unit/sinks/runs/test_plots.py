"""The plots of an evaluation: the marks are where the numbers are, and nothing in them is more than a drawing."""

import re
import warnings
from collections.abc import Callable, Iterator
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from scipy.special import ndtri

from sinks.runs.detection import detection
from sinks.runs.evaluate import evaluate
from sinks.runs.page import without_styles
from sinks.runs.plots import reliability_plot, scores_plot, tradeoff_plot
from sinks.runs.rows import StudentKey
from sinks.runs.seen_places import Named, RunSightings
from sinks.runs.truth import Truth
from tests.unit.sinks.runs.paper import DAY, run, told

SVG = "{http://www.w3.org/2000/svg}"
BLUE, RED = "fill: #20639b", "stroke: #b3402a"
CASES = [
    *((True, p > 0.65, p) for p in (0.9, 0.8, 0.8, 0.6, 0.2)), *((False, p > 0.65, p) for p in (0.7, 0.3, 0.1, 0.1))
]  # fmt: skip


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314  ours


def marks(svg: str, style: str, scale: Callable[[float], float] = float) -> list[tuple[float, float]]:
    """Where the marks of a style are, as the ticks of the axes say."""
    uses = list(parsed(svg).iter(f"{SVG}use"))
    ticks = [use for use in uses if "stroke: #000000" in use.attrib["style"]]
    labels = [value for text in parsed(svg).iter(f"{SVG}text") if (value := number(text.text or "")) is not None]
    level = max(float(tick.attrib["y"]) for tick in ticks)  # of the lower axis
    across = [
        (float(tick.attrib["x"]), label) for tick, label in zip(ticks, labels, strict=True) if height(tick) == level
    ]
    up = [(height(tick), label) for tick, label in zip(ticks, labels, strict=True) if height(tick) != level]
    lines = [np.polyfit([at for at, _ in axis], [scale(label) for _, label in axis], 1) for axis in (across, up)]
    return [
        (float(np.polyval(lines[0], float(use.attrib["x"]))), float(np.polyval(lines[1], height(use))))
        for use in uses
        if style in use.attrib["style"]
    ]


def height(use: ET.Element) -> float:
    return float(use.attrib["y"])


def number(label: str) -> float | None:
    if not re.fullmatch(r"[\d.]+%?", label):
        return None
    return float(label.removesuffix("%")) / (100 if label.endswith("%") else 1)


def near(*points: tuple[float, float]) -> list[object]:
    return [pytest.approx(each, abs=2e-3) for each in points]


def test_the_trade_off_has_a_mark_for_every_number_of_false_presences() -> None:
    svg = tradeoff_plot(detection(CASES))
    half, tenth = ndtri(0.5 / 4), ndtri(0.5 / 5)  # none of 4, none of 5: half a student
    assert marks(svg, BLUE, ndtri) == near(
        (half, ndtri(2 / 5)), (ndtri(1 / 4), ndtri(1 / 5)), (ndtri(2 / 4), tenth), (-half, tenth)
    )
    told, _ = marks(svg, RED, ndtri)  # and the one of the legend
    assert told == near((ndtri(1 / 4), ndtri(2 / 5)))[0]


def test_the_reliability_diagram_has_a_mark_for_every_bin_with_verdicts() -> None:
    rows = run("r", *(told(str(n), confidence=sure) for n, sure in enumerate((0.55, 0.95, 0.97))))
    truths: dict[StudentKey, Truth] = {("EA", DAY, 1, str(n)): Truth("present" if n else "absent") for n in range(3)}
    assert marks(reliability_plot(evaluate(rows, truths).calibration), BLUE) == near((0.55, 0), (0.96, 1))


@pytest.fixture
def halls() -> str:
    """Right verdicts by camera; the halls are called as markup and as formulas are, and in Hangul."""
    rows = run("r", *(told(str(n), hall=hall) for n, hall in enumerate(("공학관 $1$", "<b>&amp;", "<b>&amp;"))))
    keys: list[StudentKey] = [("EA", DAY, 1, str(n)) for n in range(3)]
    truths = {key: Truth("absent" if number == 2 else "present") for number, key in enumerate(keys)}
    named = {key: Named("front", 30) for key in keys}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return scores_plot(evaluate(rows, truths, RunSightings(named, {})).cameras)


def test_names_are_text_as_they_are(halls: str) -> None:
    names = [text.text for text in parsed(halls).iter(f"{SVG}text")]
    assert [name for name in names if name and "front" in name] == [
        "<b>&amp;/front: 1 of 2",
        "공학관 $1$/front: 1 of 1",
    ]


def test_a_bar_ends_where_its_share_is(halls: str) -> None:
    uses = [use for use in parsed(halls).iter(f"{SVG}use") if BLUE in use.attrib["style"]]
    ticks = {text.text: float(text.attrib["x"]) for text in parsed(halls).iter(f"{SVG}text") if number(text.text or "")}
    assert [float(use.attrib["x"]) for use in uses] == [
        pytest.approx((ticks["0.4"] + ticks["0.6"]) / 2, abs=0.1), pytest.approx(ticks["1.0"], abs=0.1)
    ]  # fmt: skip


def ids(svg: str) -> Iterator[str]:
    for element in parsed(svg).iter():
        if name := element.attrib.get("id"):
            yield name


def test_the_same_numbers_are_the_same_plot_and_need_nothing_else() -> None:
    first, again = tradeoff_plot(detection(CASES)), tradeoff_plot(detection(CASES))
    assert first == again
    assert not re.search(r"<script|<image|<metadata|@import|href=\"[^#]|url\([^#]", first)
    assert first.startswith("<svg")
    other = tradeoff_plot(detection([*CASES, (True, True, 0.99)]))
    shared = set(ids(first)) & set(ids(other))  # in one page these stand for the same shape
    shapes = [{name: shape(svg, name) for name in shared} for svg in (first, other)]
    assert shapes[0] == shapes[1]


def shape(svg: str, name: str) -> str:
    [found] = [element for element in parsed(svg).iter() if element.attrib.get("id") == name]
    return ET.tostring(found, "unicode").strip()


def test_a_name_of_any_length_leaves_the_plot_as_it_is() -> None:
    rows = run("r", told("1"))
    truths: dict[StudentKey, Truth] = {("EA", DAY, 1, "1"): Truth("present")}
    plots = [
        scores_plot(evaluate(rows, truths, RunSightings({("EA", DAY, 1, "1"): Named(name, 30)}, {})).cameras)
        for name in ("front", "공학관" * 100)
    ]
    sizes = [re.findall(r'viewBox="([^"]*)"', plot) for plot in plots]
    assert sizes[0] == sizes[1]
    assert [use.attrib["x"] for use in parsed(plots[0]).iter(f"{SVG}use")] == [
        use.attrib["x"] for use in parsed(plots[1]).iter(f"{SVG}use")
    ]
    assert f"E101/{'공학관' * 8}…: 1 of 1" in plots[1]


def test_a_plot_without_styles_says_the_same_in_attributes() -> None:
    svg = without_styles(tradeoff_plot(detection(CASES)))
    assert "style" not in svg
    assert 'stroke="#20639b"' in svg
    assert 'stroke-linejoin="round"' in svg
    assert parsed(svg).tag == f"{SVG}svg"
