"""A campus in short: all halls are told, and what is known of them is on the disk."""

from pathlib import Path

from tests.benchmarks.campus import PARTITIONS, STUDENTS, Measured, Played, play

HALLS = PARTITIONS + 1


def test_a_campus_is_judged_from_rows_on_disk_and_opened_again(tmp_path: Path) -> None:
    hour, played = play(tmp_path, HALLS, days=1, hours=1, every=60.0, judge_every=1500.0)
    assert isinstance(hour, Measured)
    assert isinstance(played, Played)
    assert hour.messages == HALLS * 50
    assert hour.judgements >= HALLS * 2
    assert hour.told > HALLS * STUDENTS, "a final row for everybody, and what happened before"
    assert hour.disk * 1e6 > hour.messages * played.row
    assert played.row < played.message / 2
