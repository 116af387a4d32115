"""The page of a comparison and of an evaluation: what is drawn, and that it needs nothing else."""

import re
from zoneinfo import ZoneInfo

import pytest

from sinks.runs.compare import compare
from sinks.runs.evaluate import evaluate
from sinks.runs.page import STRIPS, WIDTH, comparison_page, evaluation_page
from sinks.runs.rows import StudentKey, Told
from sinks.runs.truth import Truth
from tests.unit.sinks.runs.paper import DAY, at, run, told

SEOUL = ZoneInfo("Asia/Seoul")


def strips(page: str) -> list[list[tuple[float, float]]]:
    """Where each strip is filled, from and to, as shares of the class hour."""
    found = []
    for strip in re.findall(r'<svg class="strip".*?</svg>', page):
        bars = re.findall(r'x="([\d.]+)" width="([\d.]+)" height', strip)
        found.append([(float(x) / WIDTH, (float(x) + float(width)) / WIDTH) for x, width in bars])
    return found


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(told("1", arrived_at=at(10)), [(0.2, 1.0)], id="from his arrival to the end"),
        pytest.param(told("1", "left_early"), [(0.0, 0.6)], id="until he left for good"),
        pytest.param(
            told("1", absences_departed_at=[at(10)], absences_returned_at=[at(20)]),
            [(0.0, 0.2), (0.4, 1.0)],
            id="not while he was away",
        ),
        pytest.param(told("1", arrived_at=at(-5)), [(0.0, 1.0)], id="nothing outside the class hour"),
        pytest.param(told("1", "unobserved"), [], id="nothing of somebody who was not seen"),
    ],
)
def test_a_strip_is_filled_while_a_student_is_there(said: Told, expected: list[tuple[float, float]]) -> None:
    page = comparison_page(compare(run("a", said), run("b", told("1", "absent"))), SEOUL)
    first, second = strips(page)
    assert first == [pytest.approx(each, abs=1e-3) for each in expected]
    assert second == []


def test_the_truth_is_drawn_above_what_was_said() -> None:
    truths: dict[StudentKey, Truth] = {("EA", DAY, 1, "1"): Truth("left_early", at(5), at(25))}
    page = evaluation_page(evaluate(run("r", told("1")), truths), SEOUL)
    assert strips(page) == [[pytest.approx((0.1, 0.5), abs=1e-3)], [pytest.approx((0.0, 1.0))]]
    assert "<title>09:05:00 to 09:25:00</title>" in page


def test_the_plot_has_a_point_a_bin_that_has_verdicts() -> None:
    rows = run("r", *(told(str(n), confidence=sure) for n, sure in enumerate((0.55, 0.95, 0.96))))
    truths: dict[StudentKey, Truth] = {("EA", DAY, 1, str(n)): Truth("present") for n in range(3)}
    assert evaluation_page(evaluate(rows, truths), SEOUL).count("<circle") == 2


def test_more_students_than_anybody_looks_at_are_only_counted() -> None:
    many = range(STRIPS + 1)
    page = comparison_page(
        compare(run("a", *(told(str(n)) for n in many)), run("b", *(told(str(n), "absent") for n in many))), SEOUL
    )
    assert len(strips(page)) == 2 * STRIPS
    assert f"{STRIPS} of {STRIPS + 1}" in page


def test_nothing_is_fetched_and_no_name_is_markup() -> None:
    name = "<script src='//x'></script>"
    page = comparison_page(compare(run("a", told("1", name=name)), run("b", told("1", "absent", name=name))), SEOUL)
    assert "&lt;script" in page
    assert not re.search(r"<script|<link|<img|@import|url\(|(src|href)=[\"']", page)
