"""What tells two runs apart, counted by hand and by law."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.runs import MissingFrames
from sinks.runs.compare import Comparison, Confusion, Cost, Difference, HourPair, Shift, compare
from sinks.runs.comparison_report import tell_comparison
from sinks.runs.rows import RunRows, StudentKey
from sinks.runs.truth import Truth, marked
from tests.unit.sinks.runs.paper import DAY, at, hour, manifest, run, told

VERDICTS = ("present", "late", "left_early", "absent", "unobserved")
A = run("a", told("1"), told("2", "late", arrived_at=at(12)), told("3", "left_early"), told("4", "absent"))
B = run("b", told("1", arrived_at=at(1)), told("2"), told("3"), told("5"))


def test_verdicts_that_differ_come_with_the_evidence_of_both() -> None:
    second, third = compare(A, B).differing
    assert (second.student_id, second.a.verdict, second.b.verdict) == ("2", "late", "present")
    assert (second.a.arrived_at, second.b.arrived_at, second.a.looks) == (at(12), at(0), 20)
    assert (third.a.away, third.b.away) == (((at(30), None),), ())


def test_counts_are_those_of_a_hand() -> None:
    found = compare(A, B)
    assert (found.students, found.only_a, found.only_b) == (3, 1, 1)
    assert found.confusion == (
        Confusion(a="late", b="present", count=1),
        Confusion(a="left_early", b="present", count=1),
        Confusion(a="present", b="present", count=1),
    )
    shift = found.arrivals.shift
    assert (shift.count, shift.early, shift.late, shift.median) == (3, 1, 1, 60.0)
    assert (found.departures.shift.count, found.departures.only_a, found.departures.only_b) == (0, 1, 0)


def test_without_truth_it_says_how_many_differ_and_no_more() -> None:
    assert compare(A, B).statement == (
        "2 of 3 (66.7%, 95 % interval 20.8% to 93.9%) verdicts differ. "
        "Which of them are right cannot be said without truth."
    )
    assert compare(A, A).statement == "No verdict of 4 differs."


def key(student: str) -> StudentKey:
    return ("EA", DAY, 1, student)


def split(better: int, worse: int) -> tuple[RunRows, RunRows, dict[StudentKey, Truth]]:
    """B is right in so many differing verdicts, A in so many."""
    one = run("a", *(told(str(n), "absent") for n in range(better + worse)))
    other = run("b", *(told(str(n)) for n in range(better + worse)))
    return one, other, {key(str(n)): Truth("present" if n < better else "absent") for n in range(better + worse)}


def test_with_truth_it_says_which_is_better_and_whether_that_is_chance() -> None:
    found = compare(*split(12, 2))
    assert (found.right_a, found.right_b) == (2, 12)
    assert found.statement == (
        "b is right where a is wrong in 12 of 14 differing verdicts of which one is right; "
        "this is hardly chance (exact McNemar, p = 0.013)."
    )
    assert "this may well be chance" in compare(*split(3, 1)).statement
    assert "each right in 2 of 4" in compare(*split(2, 2)).statement


def test_where_both_are_wrong_neither_is_better() -> None:
    found = compare(A, B, {key("2"): Truth("absent")})
    assert [each.right for each in found.differing] == ["neither", None]
    assert found.statement == (
        "Neither run is right where the other is wrong: of the verdicts that differ, "
        "both are wrong in 1, and 1 cannot be judged."
    )


def test_a_mark_is_a_persons_word_and_makes_no_run_better() -> None:
    live = run("live", told("1", "late", source="kim"), told("2"))
    found = compare(live, run("b", told("1"), told("2")), marked(live))
    assert marked(live) == {key("1"): Truth("late")}
    excused = [told(str(n), each, source="kim") for n, each in enumerate(("excused", "official_leave"))]
    assert marked(run("live", *excused)) == {}, "whether he was there, nobody said"
    assert [(each.truth, each.right) for each in found.differing] == [("late", None)]
    assert (found.right_a, found.right_b) == (0, 0)


def test_a_class_hour_of_which_one_run_saw_less_is_marked() -> None:
    rows = (told("1"),), (told("1", "absent"),)
    more, less = run("a", *rows[0]), run("b", *rows[1], hours=(hour(1500, frames=125),))
    found = compare(more, less)
    [pair] = found.hours
    assert pair.a
    assert pair.b
    assert (pair.less, pair.a.share, pair.b.share, pair.b.frames) == ("b", 1.0, 0.5, 125)
    assert found.differing[0].less == "b"


def test_a_class_hour_that_one_run_lacks_is_marked() -> None:
    [pair] = compare(run("a", hours=()), run("b")).hours
    assert (pair.a, pair.less) == (None, "a")


def test_a_class_hour_of_which_both_replays_saw_less_than_live_is_marked() -> None:
    half = (hour(1500),)
    one, other = run("a", told("1"), hours=half), run("b", told("1", "absent"), hours=half)
    assert compare(one, other).hours[0].less is None
    found = compare(one, other, live=run("live").coverage)
    assert (found.hours[0].less, found.hours[0].live, found.differing[0].less) == ("both", 1.0, "both")
    assert compare(one, run("b"), live=run("live").coverage).hours[0].less == "a"
    assert compare(run("a"), other, live=other.coverage).hours[0].less == "b"


GONE = "EA|2026-03-09|1"


def test_frames_that_were_gone_and_what_a_frame_cost_are_told() -> None:
    gone = manifest(
        "b", frames=200, seconds=10.0, core_seconds=20.0, gaps={GONE: MissingFrames(deleted=50, unreadable=2)}
    )
    found = compare(run("live"), run("b", manifest=gone))
    [pair] = found.hours
    assert pair.b
    assert pair.b.missing == MissingFrames(deleted=50, unreadable=2)
    tables = dict(tell_comparison(found, ZoneInfo("Asia/Seoul")).tables)
    [row] = tables["Class hours of which a run saw less, or lacks frames: 1 of 1"].rows
    assert row[-2:] == ("", "50 deleted, 2 unreadable")
    assert (found.cost_a, found.cost_b) == (None, Cost(frames=200, seconds_per_frame=0.05, core_seconds_per_frame=0.1))


students = st.lists(
    st.tuples(
        st.sampled_from(VERDICTS), st.integers(0, 50), st.one_of(st.none(), st.integers(0, 50)), st.booleans(),
        st.sampled_from(("camera", "kim")),
    ),
    max_size=8,
)  # fmt: skip


@st.composite
def runs(draw: st.DrawFn, name: str) -> RunRows:
    rows = [
        told(
            str(number), verdict, source=source, arrived_at=at(arrived) if here else None,
            departed_at=at(arrived) + timedelta(minutes=left) if left is not None else None,
        )
        for number, (verdict, arrived, left, here, source) in enumerate(draw(students))
    ]  # fmt: skip
    hours = [hour(draw(st.integers(0, 3000)), period=period) for period in (1, 2) if draw(st.booleans())]
    return run(name, *rows, hours=tuple(hours))


truths = st.one_of(
    st.none(), st.dictionaries(st.integers(0, 8).map(lambda n: key(str(n))), st.sampled_from(VERDICTS).map(Truth))
)

_OTHER = {"a": "b", "b": "a", "both": "both"}


def mirrored(said: Comparison) -> Comparison:
    """The same two runs in the other order; without the statement, which names the better one."""

    def shift(one: Shift) -> Shift:
        turned = replace(one.shift, early=one.shift.late, late=one.shift.early)
        return Shift(shift=turned, only_a=one.only_b, only_b=one.only_a)

    def difference(one: Difference) -> Difference:
        right = _OTHER.get(one.right or "", one.right)
        return replace(one, a=one.b, b=one.a, right=right, less=_OTHER.get(one.less or ""))

    def pair(one: HourPair) -> HourPair:
        return replace(one, a=one.b, b=one.a, less=_OTHER.get(one.less or ""))

    confusion = sorted((each.b, each.a, each.count) for each in said.confusion)
    return replace(
        said, a=said.b, b=said.a, only_a=said.only_b, only_b=said.only_a,
        confusion=tuple(Confusion(a=a, b=b, count=count) for a, b, count in confusion),
        differing=tuple(map(difference, said.differing)),
        arrivals=shift(said.arrivals), departures=shift(said.departures), hours=tuple(map(pair, said.hours)),
        cost_a=said.cost_b, cost_b=said.cost_a, right_a=said.right_b, right_b=said.right_a, statement="",
    )  # fmt: skip


@given(runs("a"), runs("b"), runs("live"), truths)
def test_swapping_the_runs_mirrors_everything(
    a: RunRows, b: RunRows, live: RunRows, known: dict[StudentKey, Truth] | None
) -> None:
    mirror = mirrored(compare(a, b, known, live.coverage))
    assert replace(compare(b, a, known, live.coverage), statement="") == mirror


@given(runs("a"), truths)
def test_a_run_differs_in_nothing_from_itself(a: RunRows, known: dict[StudentKey, Truth] | None) -> None:
    found = compare(a, a, known)
    assert (found.differing, found.differ.count, found.only_a, found.only_b) == ((), 0, 0, 0)
    assert all(each.a == each.b for each in found.confusion)
    assert all(each.less is None and each.a == each.b for each in found.hours)
    for each in (found.arrivals, found.departures):
        assert (each.shift.early, each.shift.late, each.only_a, each.only_b) == (0, 0, 0, 0)


@given(runs("a"), runs("b"))
def test_the_confusion_counts_every_student_of_both_once(a: RunRows, b: RunRows) -> None:
    found = compare(a, b)
    assert sum(each.count for each in found.confusion) == found.students
    assert sum(each.count for each in found.confusion if each.a != each.b) == len(found.differing)
