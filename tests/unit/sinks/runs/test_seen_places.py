"""Where somebody was seen who was not there: a class hour of seven frames, by hand, and by law."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.runs.seen_places import Example, FaceSeen, Given, SeenPlace, place_of
from tests.unit.sinks.runs.paper import at

NAMES = {"1": "최민서", "2": "김둘"}


def face(
    minute: float, student: str, x: float = 400, *, camera: str = "front", visitor: str = "", y: float = 200
) -> FaceSeen:
    """A face 40 px wide and 50 high."""
    return FaceSeen(camera, at(minute), student, visitor, (x, y, x + 40, y + 50))


FACES = [
    face(0, "1"),
    face(1, "1", 402, visitor="9"),
    face(2, "1", 404),
    face(3, "2", 403),
    face(4, "", 399, visitor="9"),
    face(5, "", 423),  # 21 px away: more than half a width
    face(6, "", 410), face(6, "2", 401),  # two at his place: the nearer one counts
    face(0, "2", 600), face(1, "2", 600),
    face(3, "1", 600),  # once he was seen elsewhere
    face(5, "1", camera="back"),  # and by another camera
]  # fmt: skip


def test_his_place_is_where_most_faces_got_his_name_and_what_else_it_got_is_counted() -> None:
    assert place_of("1", FACES, NAMES) == SeenPlace(
        camera="front",
        box=(402, 200, 442, 250),  # the median of 400, 402 and 404
        frames=6,  # minutes 0 to 4 and 6
        him=3,
        others=(Given(student_id="2", name="김둘", frames=2),),
        nobody=1,
        elsewhere=2,
        visitors=(Given(student_id="9", name="", frames=2),),
        examples=tuple(Example(captured_at=at(n), box=(400 + 2 * n, 200, 440 + 2 * n, 250)) for n in range(3)),
    )


def test_it_is_told_in_words() -> None:
    assert str(place_of("1", FACES, NAMES)) == (
        "at front 402,200 to 442,250: of 6 frames named him in 3, 2 김둘 in 2, nobody in 1; "
        "like the visitor 9 in 2; named him elsewhere in 2"
    )


def test_whom_no_frame_named_has_no_place() -> None:
    assert place_of("3", FACES, NAMES) is None


@pytest.mark.parametrize(
    ("faces", "minutes"),
    [
        pytest.param(1, [0], id="the only one"),
        pytest.param(2, [0, 1], id="both"),
        pytest.param(9, [0, 4, 8], id="the first, the middle and the last"),
    ],
)
def test_of_many_faces_three_are_examples(faces: int, minutes: list[int]) -> None:
    place = place_of("1", [face(n, "1") for n in range(faces)], NAMES)
    assert place
    assert [each.captured_at for each in place.examples] == [at(n) for n in minutes]


def test_a_place_that_one_row_above_is_another() -> None:
    place = place_of("1", [face(0, "1"), face(0, "2", y=140)], NAMES)
    assert place
    assert (place.frames, place.others) == (1, ())


sides = st.integers(0, 200)
boxes = st.tuples(sides, sides, st.integers(10, 60)).map(lambda it: (it[0], it[1], it[0] + it[2], it[1] + it[2]))
seen = st.lists(
    st.builds(
        FaceSeen, st.sampled_from(("front", "back")), st.integers(0, 5).map(at), st.sampled_from(("", "1", "2", "3")),
        st.sampled_from(("", "9")), boxes,
    ),
    max_size=20,
)  # fmt: skip


@given(seen, st.randoms(use_true_random=False))
def test_the_order_of_faces_changes_nothing(faces: list[FaceSeen], chance: Random) -> None:
    mixed = list(faces)
    chance.shuffle(mixed)
    assert place_of("1", mixed, NAMES) == place_of("1", faces, NAMES)


@given(seen)
def test_every_frame_of_a_place_is_counted_once(faces: list[FaceSeen]) -> None:
    place = place_of("1", faces, NAMES)
    assert (place is None) == all(each.student_id != "1" for each in faces)
    if place:
        assert place.him + sum(each.frames for each in place.others) + place.nobody == place.frames
        assert place.frames <= len({each.captured_at for each in faces if each.camera == place.camera})
        assert place.him + place.elsewhere == sum(each.student_id == "1" for each in faces)
        assert all(each.box in {one.box for one in faces if one.student_id == "1"} for each in place.examples)
