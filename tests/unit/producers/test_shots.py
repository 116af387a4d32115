from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.shots import Thinner, file_name, moment_of
from schemas.errors import RefusedError

START = datetime(2026, 11, 23, 0, 0, 10, tzinfo=UTC)


def kept(every: timedelta, *seconds: float) -> list[float]:
    thinner = Thinner(every)
    return [each for each in seconds if thinner.keeps(START + timedelta(seconds=each))]


def test_a_frame_is_named_by_its_capture_time_in_utc() -> None:
    seoul = datetime.fromisoformat("2026-11-23T09:00:10.250+09:00")
    assert file_name(seoul) == "20261123T000010.250Z.jpg"


def test_microseconds_are_written_where_there_are_any() -> None:
    assert file_name(START + timedelta(microseconds=5_000)) == "20261123T000010.005Z.jpg"
    assert file_name(START + timedelta(microseconds=5_060)) == "20261123T000010.005060Z.jpg"


@settings(deadline=None)
@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_name_of_a_frame_gives_its_capture_time_back(moment: datetime) -> None:
    assert moment_of(file_name(moment)) == moment


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        pytest.param("20261123T000010.000Z.jpg", START, id="milliseconds"),
        pytest.param("20261123T000010Z.jpg", START, id="whole seconds"),
        pytest.param("20261123T000010.5Z.JPEG", START + timedelta(seconds=0.5), id="half a second, other suffix"),
        pytest.param("20261123T000010.000001Z.jpg", START + timedelta(microseconds=1), id="a microsecond"),
    ],
)
def test_fractions_of_a_second_are_optional(name: str, moment: datetime) -> None:
    assert moment_of(name) == moment


@pytest.mark.parametrize("name", ["IMG_0001.jpg", "20261123T000010.000.jpg", "20261323T000010.000Z.jpg", "Z.jpg"])
def test_another_name_is_refused_and_says_how_to_write_it(name: str) -> None:
    with pytest.raises(RefusedError, match=name) as refusal:
        moment_of(name)
    assert "20261123T000010.000Z.jpg" in refusal.value.remedy


@pytest.mark.parametrize(
    ("every", "seconds", "expected"),
    [
        pytest.param(0, [0, 0.1, 0.2], [0, 0.1, 0.2], id="zero keeps all"),
        pytest.param(5, [0, 1, 4.9, 5, 6, 10, 14], [0, 5, 10], id="one in five seconds"),
        pytest.param(5, [0, 6, 10, 12, 15], [0, 6, 10, 15], id="a late frame does not move the grid"),
        pytest.param(5, [0, 61, 62, 65], [0, 61, 65], id="after an outage the grid goes on"),
        pytest.param(5, [0, 5, 3, 10], [0, 5, 10], id="a clock that jumps back gives nothing until it has caught up"),
    ],
)
def test_thinning_goes_by_capture_time(every: float, seconds: list[float], expected: list[float]) -> None:
    assert kept(timedelta(seconds=every), *seconds) == expected
