"""``truth.csv``: what is read, and how each line that cannot be is named."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from infra.operations.runs.demo_comparison import truths
from infra.operations.runs.truth_csv import read_truth, write_truth
from producers.simulated_hall import load_script
from schemas.errors import RefusedError
from schemas.settings import Policy
from sinks.runs.rows import StudentKey
from sinks.runs.truth import Truth

SEOUL = ZoneInfo("Asia/Seoul")
HEADER = "section,date,period,student_id,verdict,arrived_at,departed_at"
DAY = date(2026, 3, 9)


def read(*lines: str, encoding: str = "utf-8") -> dict[StudentKey, Truth]:
    return read_truth("\n".join([HEADER, *lines]).encode(encoding), "truth.csv", SEOUL)


def clock(hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2026, 3, 9, hour, minute, second, tzinfo=SEOUL)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_a_line_is_a_student_in_a_class_hour(encoding: str) -> None:
    assert read("자료구조-1,2026-03-09,2,201912345,left_early,9:01,09:30:15", encoding=encoding) == {
        ("자료구조-1", DAY, 2, "201912345"): Truth("left_early", clock(9, 1), clock(9, 30, 15))
    }


def test_an_empty_time_was_not_judged() -> None:
    assert read("EA,2026-03-09,1,201912345,absent,,")["EA", DAY, 1, "201912345"] == Truth("absent")


@pytest.mark.parametrize("text", ["2026-03-09T00:01:00Z", "2026-03-09T09:01:00+09:00", "2026-03-09 09:01"])
def test_a_time_may_be_a_moment(text: str) -> None:
    [truth] = read(f"EA,2026-03-09,1,201912345,present,{text},").values()
    assert truth.arrived_at == clock(9, 1)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("EA,9 March,1,201912345,absent,,", "line 2: '9 March' is no date; write it like 2026-11-23"),
        ("EA,2026-03-09,one,201912345,absent,,", "line 2: 'one' is no period"),
        ("EA,2026-03-09,1,x,absent,,", "line 2: 'x' is not a student id"),
        ("EA,2026-03-09,1,201912345,there,,", "line 2: 'there' is no verdict; write one of present, late"),
        ("EA,2026-03-09,1,201912345,present,25:00,", "line 2: arrived_at '25:00' is no time"),
        ("EA,2026-03-09,1,201912345,present,,2026-03-09", "line 2: departed_at '2026-03-09' is no time"),
        ("EA,2026-03-09,1,201912345,present,09:30,09:20", "line 2: departed_at is before arrived_at"),
        ("EA|1,2026-03-09,1,201912345,absent,,", "line 2: 'EA|1' is no section"),
        ("EA,2026-03-09,1,201912345", "line 2: has 4 fields where the header has 7"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(line: str, said: str) -> None:
    with pytest.raises(RefusedError) as caught:
        read(line)
    assert f"truth.csv, {said}" in caught.value.message


def test_all_that_is_wrong_is_said_at_once() -> None:
    good = "EA,2026-03-09,1,201912345,absent,,"
    with pytest.raises(RefusedError) as caught:
        read(good, "EA,2026-03-09,1,201912346,there,,", good)
    assert [line.partition(":")[0] for line in caught.value.message.splitlines()] == [
        "truth.csv, line 3", "truth.csv, line 4"
    ]  # fmt: skip


def test_a_file_of_no_line_is_refused() -> None:
    with pytest.raises(RefusedError, match="names no student"):
        read()


@pytest.mark.parametrize("zone", [SEOUL, ZoneInfo("UTC")])
def test_what_a_script_says_is_written_as_it_is_read_whatever_the_zone(zone: ZoneInfo) -> None:
    true = truths(load_script("demo"), Policy())
    data = write_truth(true)
    assert read_truth(data, "truth.csv", zone) == true
    lines = data.decode().splitlines()
    assert (lines[0], len(lines)) == (HEADER, 1 + 48)
    assert "EA0017-1,2026-03-09,1,202113402,left_early,2026-03-09T09:00:00+09:00,2026-03-09T09:31:00+09:00" in lines
    assert "EA0017-1,2026-03-09,3,202214534,unobserved,," in lines
