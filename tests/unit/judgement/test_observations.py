"""The facts of a class hour form a set: order, repetition and the way they are joined do not matter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.judgement.observations import Facts, Marked, Seen


def seen_at(camera: str = "front", at: float = 0.0, reference: int = 0, digest: bytes = b"", **other: object) -> Seen:
    empty = np.zeros((0, 0), np.float32)
    values = {"boxes": np.zeros((0, 4), np.float32), "looks": empty, "width": 1280} | other
    return Seen(
        camera=camera, captured_at=at, engine="e", students=(), reference=reference, height=720, digest=digest,
        scores=empty, cosines=empty, **values,  # type: ignore[arg-type]
    )  # fmt: skip


def mark(name: str = "1", at: float = 0.0, reason: str = "", **verdicts: str) -> Marked:
    return Marked(name, at, "Kim", reason, "mark", verdicts)  # type: ignore[arg-type]


observations = st.builds(
    seen_at, st.sampled_from("ab"), st.sampled_from([0.0, 1.0, 2.0]), st.integers(0, 3), st.sampled_from([b"x", b"y"])
)
marks = st.builds(mark, st.sampled_from("12"), st.sampled_from([0.0, 1.0]), st.sampled_from(["", "ill"]))
facts_lists = st.lists(observations | marks, max_size=12)


def collect(items: list[Seen | Marked], start: Facts | None = None) -> Facts:
    facts = start or Facts()
    for item in items:
        facts = facts.with_(item) if isinstance(item, Seen) else facts.with_marks(item)
    return facts


def content(facts: Facts) -> object:
    kept = {key: (seen.reference, seen.digest) for key, seen in facts.seen.items()}
    return kept, {name: (each.at, each.reason) for name, each in facts.marks.items()}, facts.rank


@given(facts_lists, st.randoms())
def test_facts_in_any_order_are_the_same_set(items, random):
    shuffled = random.sample(items, len(items))
    assert content(collect(items)) == content(collect(shuffled))


@given(facts_lists)
def test_facts_twice_count_once(items):
    once = collect(items)
    assert collect(items, once) is once


@given(facts_lists, facts_lists, facts_lists)
def test_union_is_commutative_associative_and_idempotent(a, b, c):
    x, y, z = collect(a), collect(b), collect(c)
    assert content(x.join(y)) == content(y.join(x)) == content(collect(a + b))
    assert content(x.join(y).join(z)) == content(x.join(y.join(z)))
    assert content(x.join(x)) == content(x)


@given(facts_lists, observations | marks)
def test_the_rank_grows_with_every_new_fact_and_never_shrinks(items, item):
    before = collect(items)
    after = collect([item], before)
    new = len(after.seen) + len(after.marks) > len(before.seen) + len(before.marks)
    newer = sum(each.reference for each in after.seen.values()) > sum(each.reference for each in before.seen.values())
    assert after.rank > before.rank if new or newer else after.rank == before.rank


@pytest.mark.parametrize(
    ("kept", "dropped"),
    [
        pytest.param(seen_at(reference=2, digest=b"a"), seen_at(reference=1, digest=b"b"), id="newer templates win"),
        pytest.param(
            seen_at(reference=1, digest=b"b"), seen_at(reference=1, digest=b"a"), id="then the greater digest"
        ),
    ],
)
def test_of_two_accounts_of_one_frame_one_is_kept(kept, dropped):
    for order in ([kept, dropped], [dropped, kept]):
        assert list(collect(order).seen.values()) == [kept]


def test_observations_come_in_the_order_of_time_and_camera():
    facts = collect([seen_at("b", 2.0), seen_at("b", 1.0), seen_at("a", 2.0)])
    assert [(each.captured_at, each.camera) for each in facts.observations] == [(1.0, "b"), (2.0, "a"), (2.0, "b")]


def test_the_latest_mark_of_a_student_holds_and_of_equal_ones_the_greater_id():
    early, late, same = mark("9", 1.0, A="late", B="late"), mark("1", 2.0, A="absent"), mark("2", 2.0, A="present")
    holds = collect([same, early, late]).last_marks
    assert {student: marked.id for student, marked in holds.items()} == {"A": "2", "B": "9"}


def test_places_do_not_depend_on_the_resolution():
    box = np.array([[100, 100, 160, 180]], np.float32)
    small, large = seen_at(boxes=box, width=640), seen_at(boxes=2 * box, width=1280)
    np.testing.assert_allclose(small.places, large.places)


def test_a_look_is_kept_where_its_row_is_finite():
    looks = np.array([[1, 2], [np.nan, np.nan]], np.float32)
    assert seen_at(boxes=np.zeros((2, 4), np.float32), looks=looks).has_look.tolist() == [True, False]
    assert seen_at(boxes=np.zeros((2, 4), np.float32), looks=looks[:, :0]).has_look.tolist() == [False, False]
