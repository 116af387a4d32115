from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.shots import SourceError, Thinner, file_name, moment_of

START = datetime(2026, 11, 23, 0, 0, 10, tzinfo=UTC)
SEOUL, BERLIN = ZoneInfo("Asia/Seoul"), ZoneInfo("Europe/Berlin")


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


@pytest.mark.parametrize(
    "name",
    [
        "20261123T090010.000Z.jpg",
        "20261123T090010.jpg",
        "20261123_090010.jpg",
        "20261123-090010.JPG",
        "20261123090010.jpeg",
        "2026-11-23 09-00-10.jpg",
        "2026-11-23_09-00-10.jpg",
        "2026-11-23T09:00:10.jpg",
        "2026-11-23T09.00.10.000.jpg",
        "2026.11.23 09.00.10,000.jpg",
        "IMG_20261123_090010.jpg",
        "Screenshot 2026-11-23 at 09.00.10.jfif",
        "192.168.1.64_01_20261123090010000_TIMING.jpg",
        "01-20261123090010-00.jpg",
        "cam 2 2026-11-23T09-00-10Z.jpg",
        "2026-11-23T01.00.10+0100.jpg",
    ],
)
def test_common_names_by_the_clock_of_a_zone_are_read(name: str) -> None:
    assert moment_of(name, SEOUL) == START


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        pytest.param("2026-11-23T09.00.10.250.jpg", START + timedelta(milliseconds=250), id="milliseconds"),
        pytest.param("20261123090010123.jpg", START + timedelta(milliseconds=123), id="milliseconds, in one piece"),
        pytest.param("20261123_090010_002.jpg", START + timedelta(milliseconds=2), id="a counter keeps the order"),
    ],
)
def test_what_follows_the_seconds_is_a_part_of_one(name: str, moment: datetime) -> None:
    assert moment_of(name, SEOUL) == moment


def test_an_offset_in_a_name_needs_no_zone() -> None:
    assert moment_of("2026-11-23T09-00-10+0900.jpg") == moment_of("2026-11-23T09-00-10+09:00.jpg", BERLIN) == START
    assert moment_of("20261122T190010-0500.jpg") == START


@pytest.mark.parametrize(
    ("name", "zone", "code"),
    [
        ("IMG_0001.jpg", None, "name_without_time"),
        ("IMG_0001.jpg", SEOUL, "name_without_time"),
        ("20261323T000010.000Z.jpg", None, "name_without_time"),
        ("20260230_090010.jpg", SEOUL, "name_without_time"),
        ("20261123T250010Z.jpg", None, "name_without_time"),
        ("Z.jpg", None, "name_without_time"),
        ("20261123T000010Z.gif", None, "name_without_time"),
        ("../20261123T000010Z.jpg", None, "name_without_time"),
        ("20261123_090010 20261123_090011.jpg", SEOUL, "name_without_time"),
        ("20261123T000010.000.jpg", None, "name_without_zone"),
        ("2026-11-23 09-00-10.jpg", None, "name_without_zone"),
        pytest.param("20261025T023000.jpg", BERLIN, "time_twice", id="the hour that comes twice"),
        pytest.param("20260329T023000Z.jpg", BERLIN, "time_never", id="the hour that is left out"),
    ],
)
def test_another_name_is_refused_by_name(name: str, zone: ZoneInfo | None, code: str) -> None:
    with pytest.raises(SourceError) as refusal:
        moment_of(name, zone)
    assert (refusal.value.code, refusal.value.values["name"]) == (code, name)


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
