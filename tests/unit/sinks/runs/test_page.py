"""The page of a comparison and of an evaluation: what is drawn, and that it needs nothing else."""

import re
from zoneinfo import ZoneInfo

import pytest

from sinks.runs.compare import compare
from sinks.runs.evaluate import evaluate
from sinks.runs.page import BARS, STRIPS, WIDTH, comparison_page, evaluation_page
from sinks.runs.rows import StudentHour, StudentKey
from sinks.runs.seen_places import NOTHING, Example, Given, Named, RunSightings, SeenPlace
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
def test_a_strip_is_filled_while_a_student_is_there(said: StudentHour, expected: list[tuple[float, float]]) -> None:
    page = comparison_page(compare(run("a", said), run("b", told("1", "absent"))), SEOUL)
    first, second = strips(page)
    assert first == [pytest.approx(each, abs=1e-3) for each in expected]
    assert second == []


def test_the_truth_is_drawn_above_what_was_said() -> None:
    truths: dict[StudentKey, Truth] = {("EA", DAY, 1, "1"): Truth("left_early", at(5), at(25))}
    page = evaluation_page(evaluate(run("r", told("1")), truths), SEOUL)
    assert strips(page) == [[pytest.approx((0.1, 0.5), abs=1e-3)], [pytest.approx((0.0, 1.0))]]
    assert "<title>09:05:00 to 09:25:00</title>" in page


def test_there_is_a_plot_of_what_can_be_said_and_none_of_the_rest() -> None:
    rows = run("r", told("1"), told("2", "absent"))
    truths: dict[StudentKey, Truth] = {("EA", DAY, 1, "1"): Truth("present"), ("EA", DAY, 1, "2"): Truth("present")}
    seen = RunSightings({("EA", DAY, 1, "1"): Named("front", 30)}, {})
    both = truths | {("EA", DAY, 1, "2"): Truth("absent")}
    pages = [evaluation_page(evaluate(rows, known, of), SEOUL) for known in (truths, both) for of in (NOTHING, seen)]
    assert [page.count("<svg xmlns") for page in pages] == [1, 3, 2, 4]


def test_more_cameras_than_a_plot_can_show_are_only_in_the_table() -> None:
    keys: list[StudentKey] = [("EA", DAY, 1, str(n)) for n in range(BARS + 1)]
    seen = RunSightings({key: Named(f"camera {key[3]}", 30) for key in keys}, {})
    found = evaluate(run("r", *(told(key[3]) for key in keys)), {key: Truth("present") for key in keys}, seen)
    page = evaluation_page(found, SEOUL)
    assert page.count("<svg xmlns") == 2
    assert page.count("E101/camera ") == BARS + 1


def test_who_was_taken_for_whom_is_told_beside_his_strip() -> None:
    place = SeenPlace(
        camera="front", box=(10, 20, 50, 70), frames=82, him=40,
        others=(Given(student_id="2", name="김둘", frames=12),), nobody=30, elsewhere=0, visitors=(),
        examples=(Example(captured_at=at(3), box=(10.5, 20, 50.5, 70)),),
    )  # fmt: skip
    seen = RunSightings({("EA", DAY, 1, "1"): Named("front", 40)}, {("EA", DAY, 1, "1"): place})
    page = evaluation_page(evaluate(run("r", told("1")), {("EA", DAY, 1, "1"): Truth("absent")}, seen), SEOUL)
    assert "at front 10,20 to 50,70: of 82 frames named him in 40, 2 김둘 in 12, nobody in 30" in page
    assert "<td>09:03:00</td><td>10.5</td>" in page


def test_more_students_than_anybody_looks_at_are_only_counted() -> None:
    many = range(STRIPS + 1)
    page = comparison_page(
        compare(run("a", *(told(str(n)) for n in many)), run("b", *(told(str(n), "absent") for n in many))), SEOUL
    )
    assert len(strips(page)) == 2 * STRIPS
    assert f"{STRIPS} of {STRIPS + 1}" in page


@pytest.mark.parametrize("kind", ["comparison", "evaluation"])
def test_nothing_is_fetched_and_no_name_is_markup(kind: str) -> None:
    name = "<script src='//x'></script>"
    rows = run("a", told("1", name=name, hall=name), told("2", "absent", name=name))
    seen = RunSightings({("EA", DAY, 1, "1"): Named(name, 40)}, {})
    truths: dict[StudentKey, Truth] = {("EA", DAY, 1, "1"): Truth("present"), ("EA", DAY, 1, "2"): Truth("absent")}
    page = (
        comparison_page(compare(rows, run("b", told("1", "absent", name=name))), SEOUL)
        if kind == "comparison"
        else evaluation_page(evaluate(rows, truths, seen), SEOUL)
    )
    assert "&lt;script" in page
    assert not re.search(r"<script|<link|<img|@import|url\((?!#)|<[^>]*(src|href)=[\"'](?!#)", page)
