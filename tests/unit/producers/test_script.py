from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from producers.simulated_hall import Script, load_script
from schemas.errors import RefusedError

SCRIPT = """
hall = "E101"
date = 2026-03-09
record = "08:59-10:00"

[[hours]]
section = "EA0017-1"
period = 1
time = "09:00-09:50"

[[students]]
student_id = "201912345"
name = "김하늘"
face = "s5"
seat = "A2"
here = ["09:00-09:20", "09:30-09:50:30"]
"""
STRANGER = '\n[[strangers]]\nface = "s6"\nseat = "B2"\nhere = ["09:00-09:10"]\n'


def load(tmp_path: Path, text: str) -> Script:
    file = tmp_path / "hall.toml"
    file.write_text(text, "utf-8")
    return load_script(file)


def test_times_of_day_are_of_the_date_and_zone(tmp_path: Path) -> None:
    script = load(tmp_path, SCRIPT)
    left = script.students[0].here[1].ends_at
    assert left == datetime(2026, 3, 9, 9, 50, 30, tzinfo=ZoneInfo("Asia/Seoul"))
    assert script.hours[0].id == "EA0017-1|2026-03-09|1"


def test_frames_come_at_a_fixed_rate_but_not_in_the_dark(tmp_path: Path) -> None:
    script = load(
        tmp_path, SCRIPT.replace('record = "08:59-10:00"', 'record = "08:59-09:01"\ndark = ["08:59:20-09:00:20"]')
    )
    seconds = [(moment - script.record.starts_at).seconds for moment in script.moments()]
    assert seconds == [0, 80, 100]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param('seat = "A2"', "", r"`seat`.*students\[0\]", id="a field that is missing"),
        pytest.param('seat = "A2"', 'seat = "A2"\nsaet = "A3"', r"`saet`.*students\[0\]", id="an unknown name"),
        pytest.param('"A2"', '"Z9"', "seat 'Z9' of s5 does not exist", id="a seat that does not exist"),
        pytest.param("09:00-09:20", "09:20-09:00", r"students\[0\]\.here\[0\].*ends before", id="ends too soon"),
        pytest.param("09:30-", "09:10-", r"students\[0\]\.here\[1\].*begins before", id="overlapping stays"),
        pytest.param("09:00-09:20", "25:00-26:00", "'25:00' is no time of day", id="no time of day"),
        pytest.param("09:00-09:20", "09:00 to 09:20", "is no stretch of time", id="no stretch"),
        pytest.param('"201912345"', '"1"', "not a student id", id="no student id"),
        pytest.param('hall = "E101"', 'hall = "E101"\ntimezone = "Asia/Soul"', "timezone 'Asia/Soul'", id="no zone"),
        pytest.param('hall = "E101"', 'hall = "E101"\nevery = "20"', "'20' has no unit", id="no unit"),
        pytest.param('hall = "E101"', 'hall = "E101"\nevery = "0s"', "longer than nothing", id="no time at all"),
        pytest.param('hall = "E101"', 'hall = "E101"\nheads_down = 0.9', "heads_down", id="heads down too often"),
        pytest.param('hall = "E101"', 'hall = "E101"\nwidth = 100', "100x720", id="a picture that is no hall"),
        pytest.param('hall = "E101"', "hall = E101", "line 2", id="no TOML"),
        pytest.param('face = "s5"', 'face = "s6"', "face s6 is given to two", id="a face twice"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_file_and_field(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(RefusedError, match=says) as refusal:
        load(tmp_path, SCRIPT.replace(old, new) + STRANGER)
    assert "hall.toml" in refusal.value.message or "student id" in refusal.value.message
    assert refusal.value.remedy


def test_two_people_in_one_seat_are_refused_unless_one_has_left(tmp_path: Path) -> None:
    same_seat = STRANGER.replace("B2", "A2")
    with pytest.raises(RefusedError, match=r"sit in A2 at 09:00:00 both"):
        load(tmp_path, SCRIPT + same_seat)
    assert load(tmp_path, SCRIPT + same_seat.replace("09:00-09:10", "09:21-09:29")).strangers


def test_a_script_that_is_not_there_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"nowhere\.toml"):
        load_script("nowhere.toml")


def test_the_demo_tells_every_story() -> None:
    script = load_script("demo")
    assert len(script.students) == 16
    assert script.every == timedelta(seconds=20)
    at_once = max(sum(any(at in stay for stay in each.here) for each in script.seated) for at in script.moments())
    assert at_once <= 15
