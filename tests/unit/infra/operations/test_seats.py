"""The order of seats: by camera, the front row first, from left to right."""

from infra.operations.class_hours.seats import in_order
from sinks.hour_rows import SeatSeen


def seen(student: str, x: float, y: float, *, camera: str = "front", faces: int = 9, height: float = 40) -> SeatSeen:
    return SeatSeen(student, "E101", camera, faces, x, y, height)


def test_rows_are_told_apart_by_the_height_of_a_face_and_the_front_one_is_lowest() -> None:
    front = [seen("b", 300, 600), seen("a", 100, 610), seen("c", 500, 590)]
    behind = [seen("e", 400, 500), seen("d", 200, 495)]
    found = in_order([*behind, *front])
    assert found == {"a": (1, 0), "b": (1, 1), "c": (1, 2), "d": (2, 3), "e": (2, 4)}


def test_whoever_two_cameras_see_sits_where_he_is_seen_most() -> None:
    twice = [seen("a", 900, 600, camera="back", faces=50), seen("a", 10, 600, faces=3)]
    found = in_order([*twice, seen("b", 500, 600, camera="back"), seen("c", 500, 600)])
    assert found == {"b": (1, 0), "a": (1, 1), "c": (2, 2)}


def test_nobody_was_seen() -> None:
    assert in_order([]) == {}
