"""A run beside the truth: a section of six, computed by hand."""

from collections.abc import Mapping
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.runs.evaluate import SHOWN, Evaluation, Score, evaluate, false_presences
from sinks.runs.rows import StudentKey
from sinks.runs.seen_places import Example, Given, Named, RunSightings, SeenPlace
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


PLACE = SeenPlace(
    camera="front", box=(0, 0, 40, 50), frames=3, him=2, others=(Given(student_id="4", name="student 4", frames=1),),
    nobody=0, elsewhere=0, visitors=(), examples=(Example(captured_at=at(3), box=(0, 0, 40, 50)),),
)  # fmt: skip
SEEN = RunSightings(
    named={
        ("EA", DAY, 1, "1"): Named("front", 40),
        ("EA", DAY, 1, "2"): Named("front", 32),
        ("EA", DAY, 1, "3"): Named("back", 31),
        ("CS", DAY, 1, "7"): Named("front", 64),
        ("EA", DAY, 1, "9"): Named("front", 40),  # nobody knows whether he was there
    },
    places={("EA", DAY, 1, "3"): PLACE},
)


def rights(scores: Mapping[str, Score]) -> dict[str, tuple[int, int]]:
    return {name: (each.right.count, each.right.of) for name, each in scores.items()}


def test_each_camera_has_its_own_score_and_whom_none_named_is_a_line() -> None:
    # Right are 1 and 2. Nobody's face is named 4 (called absent, was there) or 5 (left open).
    assert rights(evaluate(ROWS, TRUTHS, SEEN).cameras) == {
        "E101/back": (0, 1), "E101/front": (2, 2), "E102/front": (0, 1), "never named": (0, 2),
    }  # fmt: skip


def test_each_width_of_faces_has_its_own_score_from_narrow_to_wide() -> None:
    found = evaluate(ROWS, TRUTHS, SEEN).widths
    assert list(found) == ["24 to 32 px", "32 to 48 px", "from 64 px", "never named"]
    assert rights(found) == {"24 to 32 px": (0, 1), "32 to 48 px": (2, 2), "from 64 px": (0, 1), "never named": (0, 2)}
    assert found["24 to 32 px"].false_presences == found["never named"].false_absences == 1


def test_where_no_face_is_on_record_nothing_is_said_of_faces(found: Evaluation) -> None:
    assert (found.cameras, found.widths) == ({}, {})


def test_a_false_presence_comes_with_the_place_where_he_was_seen() -> None:
    assert false_presences(ROWS, TRUTHS) == [("EA", DAY, 1, "3")]
    found = evaluate(ROWS, TRUTHS, SEEN)
    assert {each.student_id: each.place for each in found.wrong} == {"7": None, "3": PLACE, "4": None, "5": None}


def test_present_and_absent_are_told_apart_by_p() -> None:
    # There: 0.95 (1, 2 and 7) and 0.1 (4 and 5). Not there: 3, called present with 0.95.
    found = evaluate(ROWS, TRUTHS).detection
    assert (found.present, found.absent, found.told_false, found.told_missed) == (5, 1, 1, 2)
    assert [(each.above, each.false_presences, each.missed) for each in found.points] == [(0.95, 0, 5), (None, 1, 0)]


def test_rows_of_before_p_was_kept_are_left_out_of_that_and_of_nothing_else() -> None:
    old = run("r", *(row._replace(p=None) for row in ROWS.attendance.values()))
    found = evaluate(old, TRUTHS)
    assert (found.detection.unscored, found.detection.points, found.score.right.of) == (6, (), 6)


def test_right_verdicts_are_kept_as_long_as_a_person_can_look_at_them_all() -> None:
    assert [each.student_id for each in evaluate(ROWS, TRUTHS).right] == ["1", "2"]
    many = run("r", *(told(str(n), "absent" if n < 3 else "present") for n in range(SHOWN + 9)))
    truths: dict[StudentKey, Truth] = {key: Truth("present") for key in many.attendance}
    found = evaluate(many, truths)
    assert (len(found.wrong), len(found.right), found.score.right.count) == (3, SHOWN - 3, SHOWN + 6)


def test_it_is_json_and_back() -> None:
    found = evaluate(ROWS, TRUTHS, SEEN)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Evaluation) == found


def test_of_nothing_nothing_is_said() -> None:
    nothing = evaluate(ROWS, {})
    assert (nothing.score.right.share, nothing.calibration.error, nothing.halls) == (None, None, {})
    assert (nothing.detection.points, nothing.right) == ((), ())


@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(chance: Random) -> None:
    rows, truths = list(ROWS.attendance.values()), list(TRUTHS.items())
    chance.shuffle(rows)
    chance.shuffle(truths)
    assert evaluate(run("r", *rows), dict(truths), SEEN) == evaluate(ROWS, TRUTHS, SEEN)


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
