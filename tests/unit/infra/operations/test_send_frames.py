"""What a person should know before frames are sent."""

import pytest

from infra.operations.send_frames import UnknownHall, check_hall


@pytest.mark.parametrize(
    ("halls", "expected"),
    [
        pytest.param({"E101", "B12"}, None, id="a hall of the timetable is right"),
        pytest.param({"E102", "B12"}, UnknownHall("E102"), id="of others the nearest is named"),
        pytest.param(set(), UnknownHall(None), id="without a timetable there is none"),
    ],
)
def test_a_hall_is_held_to_the_timetable(halls: set[str], expected: UnknownHall | None) -> None:
    assert check_hall("E101", halls) == expected
