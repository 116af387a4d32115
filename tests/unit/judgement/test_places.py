"""A place is a student's if he is named there, and nobody more often."""

import numpy as np
import pytest

from streams.judgement.hall import Hall
from streams.judgement.places import places_of, seat_term

WIDTH = 0.05


def hall(*sightings):
    """Make a hall of sightings (minute, x in face widths[, camera])."""
    rows = sorted((60.0 * minute, *(camera or (0,)), x) for minute, x, *camera in sightings)
    frames = sorted({(time, camera) for time, camera, _ in rows})
    count = len(rows)
    return Hall(
        frames=(),
        camera_of=np.array([camera for _, camera in frames], np.intp),
        view_of=np.array([camera for _, camera in frames], np.intp),
        times=np.array([time for time, _ in frames]),
        compared=np.ones((len(frames), 2), bool),
        frame=np.array([frames.index((time, camera)) for time, camera, _ in rows], np.intp),
        places=np.array([(WIDTH * x, 0.5, WIDTH) for *_, x in rows]).reshape(-1, 3),
        has_look=np.ones(count, bool),
        cosines=np.zeros((count, 2), np.float32),
    )


def where(room, named, student=0):
    return [round(place.x / WIDTH, 1) for place in places_of(room, np.array(named, np.intp), student)]


@pytest.mark.parametrize(
    ("sightings", "expected"),
    [
        pytest.param([(minute, 2.0) for minute in range(5)], [2.0], id="a seat"),
        pytest.param([(0, 2.0), (1, 2.5), (2, 1.5)], [2.0], id="he leans"),
        pytest.param([(m, 2.0) for m in range(5)] + [(m, 9.0) for m in range(5, 9)], [2.0, 9.0], id="two seats"),
        pytest.param([(0, 2.0)], [], id="once is nowhere"),
        pytest.param([(m, 2.0) for m in range(30)] + [(40, 9.0)], [2.0], id="once elsewhere is no second place"),
        pytest.param([(m, 3.0 * (m // 2)) for m in range(10)], [0.0, 3.0, 6.0], id="three places at most"),
        pytest.param([(0, 2.0, 0), (1, 2.0, 0), (0, 7.0, 1), (1, 7.0, 1)], [2.0, 7.0], id="one in each camera"),
        pytest.param([(0, 2.0, 0), (1, 2.0, 1)], [], id="places of two cameras do not add up"),
    ],
)
def test_where_a_student_sits(sightings, expected):
    assert where(hall(*sightings), [0] * len(sightings)) == expected


def named(his, others, nobody, student=1):
    """A seat that shows a face once a minute: named him so often, someone else so often, nobody so often."""
    return [0] * his + [student] * others + [-1] * nobody


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(named(3, 0, 13), True, id="most frames name nobody"),
        pytest.param(named(5, 6, 0), False, id="another is named there more often"),
        pytest.param(named(5, 5, 0), True, id="another is named there as often"),
    ],
)
def test_whose_place_it_is(names, expected):
    room = hall(*[(0.3 * index, 2.0) for index in range(len(names))])
    assert bool(where(room, names)) == expected


def test_all_faces_there_that_are_no_other_students_are_his_to_be_compared():
    room = hall(*[(minute, 2.0) for minute in range(8)], (3, 9.0))
    (place,) = places_of(room, np.array([0, 0, -1, 1, -1, -1, -1, -1, 0]), 0)
    assert len(place.faces) == 7
    assert not set(np.flatnonzero(room.places[:, 0] > 0.3)) & set(place.faces)


def test_who_sat_there_long_before_or_after_does_not_matter():
    room = hall(*[(minute, 2.0) for minute in range(40)])
    assert where(room, [1] * 32 + [0] * 8) == []
    assert where(room, [1] * 15 + [-1] * 11 + [0] * 14) == [2.0]


def test_a_face_at_the_seat_gains_four_and_elsewhere_loses_three():
    room = hall((0, 2.0), (1, 2.0), (2, 2.35), (3, 9.0), (4, 2.0, 1))
    places = places_of(room, np.array([0, 0, -1, -1, -1], np.intp), 0)
    np.testing.assert_allclose(seat_term(room, places), [4, 4, 3.5, -3, -3], atol=0.01)
