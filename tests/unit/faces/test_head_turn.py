"""A head that turns moves its nose before its eyes and mouth; a picture, however it is held, does not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from streams.faces.head_turn import head_turn, nose_offset

HEAD = np.array([(-0.5, 0, 0), (0.5, 0, 0), (0, 0.55, -0.5), (-0.4, 1, 0), (0.4, 1, 0)])
"""Eyes, nose and mouth of a head, in distances of the eyes; the nose stands out to the camera, at negative z."""

angles = st.floats(-45, 45)


def seen(
    head: NDArray[np.float64], yaw: float, *, nod: float = 0, lean: float = 0, scale: float = 100
) -> NDArray[np.float32]:
    """Landmarks of a head from far away; yaw: degrees, positive to its own left, which is right in the picture."""
    y, p, r = np.radians([yaw, nod, lean])
    turn = np.array([[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]])
    tip = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    roll = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return ((head @ (roll @ tip @ turn).T)[:, :2] * scale + 200).astype(np.float32)


@given(angles.filter(lambda each: abs(each) > 3), st.floats(-8, 8), st.floats(20, 300))
def test_two_looks_tell_the_depth_of_a_nose(yaw: float, lean: float, scale: float) -> None:
    found = head_turn(seen(HEAD, 0, lean=lean, scale=scale), seen(HEAD, yaw, scale=scale))
    assert np.sign(found.shift) == np.sign(yaw)
    assert found.shift == pytest.approx(0.5 * np.tan(np.radians(yaw)), abs=0.01)
    assert found.depth == pytest.approx(0.5, abs=0.05)


@given(angles, angles, st.floats(-30, 30), st.floats(0.2, 0.8), st.floats(-0.2, 0.2))
def test_a_plane_has_no_depth_however_it_is_held(
    yaw: float, nod: float, lean: float, down: float, aside: float
) -> None:
    flat = HEAD * (1, 1, 0) + np.array([(0, 0, 0)] * 2 + [(aside, down - 0.55, 0)] + [(0, 0, 0)] * 2)
    found = head_turn(seen(flat, 0), seen(flat, yaw, nod=nod, lean=lean))
    assert found.shift == pytest.approx(0, abs=0.01)


@given(st.lists(st.floats(-0.2, 0.2), min_size=10, max_size=10), angles)
def test_a_mirrored_face_looks_to_the_other_side(noise: list[float], yaw: float) -> None:
    points = seen(HEAD + np.pad(np.reshape(noise, (5, 2)), ((0, 0), (0, 1))), yaw)
    mirrored = (points * (-1, 1))[[1, 0, 2, 4, 3]].astype(np.float32)
    assert nose_offset(mirrored) == pytest.approx(-nose_offset(points), abs=1e-3)


def test_points_that_coincide_say_nothing() -> None:
    assert nose_offset(np.zeros((5, 2), np.float32)) == 0
    assert head_turn(np.zeros((5, 2), np.float32), np.zeros((5, 2), np.float32)).shift == 0
