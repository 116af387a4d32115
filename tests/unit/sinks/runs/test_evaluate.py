"""A run beside the truth: a section of six, computed by hand."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.runs.evaluate import Evaluation, evaluate
from sinks.runs.rows import StudentKey
from sinks.runs.truth import Truth
from tests.unit.sinks.runs.paper import DAY, at, run, told

ROWS = run(
    "r",
    told("1", arrived_at=at(1), confidence=0.95),
    told("2", "left_early", departed_at=at(30), confidence=0.91),
    told("3", "present", confidence=0.85),  # was not there
    told("4", "absent", confidence=0.55),  # was there
    told("5", "unobserved", confidence=0.5),
    told("6", "late", source="kim"),
    told("7", hall="E102", section="CS", confidence=1.0),
    told("9"),  # nobody knows
)
TRUTHS = {
    ("EA", DAY, 1, "1"): Truth("present", at(0), None),
    ("EA", DAY, 1, "2"): Truth("left_early", at(0), at(31.5)),
    ("EA", DAY, 1, "3"): Truth("absent"),
    ("EA", DAY, 1, "4"): Truth("present", at(2)),
    ("EA", DAY, 1, "5"): Truth("present"),
    ("EA", DAY, 1, "6"): Truth("present"),
    ("CS", DAY, 1, "7"): Truth("left_early", at(0), at(20)),
    ("CS", DAY, 1, "8"): Truth("present"),
}


@pytest.fixture
def found() -> Evaluation:
    return evaluate(ROWS, TRUTHS)


def test_it_judges_what_the_camera_said_and_counts_the_rest(found: Evaluation) -> None:
    assert (found.score.right.count, found.score.right.of) == (2, 6)
    assert (found.marked, found.unknown) == (1, 1)


def test_false_presences_and_false_absences_are_told_apart(found: Evaluation) -> None:
    assert (found.score.false_presences, found.score.false_absences, found.score.unobserved) == (1, 1, 1)
    assert [(each.student_id, each.truth, each.said.verdict) for each in found.wrong] == [
        ("7", "left_early", "present"), ("3", "absent", "present"), ("4", "present", "absent"),
        ("5", "present", "unobserved"),
    ]  # fmt: skip


def test_times_are_judged_where_somebody_looked(found: Evaluation) -> None:
    arrivals, departures = found.score.arrivals, found.score.departures
    assert (arrivals.off.count, arrivals.off.late, arrivals.off.median, arrivals.missed) == (3, 1, 0.0, 1)
    assert (departures.off.count, departures.off.early, departures.off.median, departures.missed) == (1, 1, 90.0, 1)


def test_each_hall_and_section_has_its_own_score(found: Evaluation) -> None:
    assert {name: (each.right.count, each.right.of) for name, each in found.halls.items()} == {
        "E101": (2, 5), "E102": (0, 1),
    }  # fmt: skip
    assert {name: each.right.of for name, each in found.sections.items()} == {"CS": 1, "EA": 5}


def test_calibration_is_how_far_confidence_is_from_being_right(found: Evaluation) -> None:
    # 0.5 to 0.6: one of 0.55, wrong. 0.8 to 0.9: one of 0.85, wrong. 0.9 to 1: 0.95, 0.91 and 1, two right.
    bins = {each.low: each for each in found.calibration.bins if each.right.of}
    assert {low: (each.right.count, each.right.of) for low, each in bins.items()} == {
        0.5: (0, 1), 0.8: (0, 1), 0.9: (2, 3),
    }  # fmt: skip
    assert bins[0.9].confidence == pytest.approx(0.95333, abs=1e-5)
    assert found.calibration.error == pytest.approx((0.55 + 0.85 + 3 * abs(2.86 / 3 - 2 / 3)) / 5)


def test_it_says_what_it_cannot_say(found: Evaluation) -> None:
    assert "taken for" in found.untold


def test_it_is_json_and_back(found: Evaluation) -> None:
    assert msgspec.json.decode(msgspec.json.encode(found), type=Evaluation) == found


def test_of_nothing_nothing_is_said() -> None:
    nothing = evaluate(ROWS, {})
    assert (nothing.score.right.share, nothing.calibration.error, nothing.halls) == (None, None, {})


verdicts = st.sampled_from(("present", "late", "left_early", "absent", "unobserved"))


@given(st.lists(st.tuples(verdicts, verdicts, st.floats(0, 1)), max_size=12))
def test_parts_add_up(cases: list[tuple[str, str, float]]) -> None:
    rows = run("r", *(told(str(n), said, confidence=sure) for n, (said, _, sure) in enumerate(cases)))
    truths: dict[StudentKey, Truth] = {("EA", DAY, 1, str(n)): Truth(true) for n, (_, true, _) in enumerate(cases)}
    found = evaluate(rows, truths)
    assert found.score.right.count + len(found.wrong) == found.score.right.of == len(cases)
    assert sum(each.right.of for each in found.calibration.bins) == sum(said != "unobserved" for said, _, _ in cases)
    assert found.calibration.error is None or 0 <= found.calibration.error <= 1


@given(st.lists(verdicts, max_size=12))
def test_a_run_is_right_in_everything_that_it_says_itself(cases: list[str]) -> None:
    rows = run("r", *(told(str(n), said) for n, said in enumerate(cases)))
    own = {key: Truth(row.verdict, row.arrived_at, row.departed_at) for key, row in rows.attendance.items()}
    found = evaluate(rows, own)
    assert (found.wrong, found.score.false_presences, found.score.false_absences) == ((), 0, 0)
    assert found.score.departures.missed == found.score.departures.off.early == found.score.departures.off.late == 0
