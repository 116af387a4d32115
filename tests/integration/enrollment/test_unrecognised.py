"""A recording of a class hour in which nobody can be recognised is told as that, before and after it is sent."""

from collections.abc import Callable
from pathlib import Path

from click.testing import Result


def test_whoever_sends_frames_of_a_section_without_a_roster_is_told(run: Callable[..., Result], tmp_path: Path) -> None:
    rows = {
        "roster.csv": "section,student_id,name\nCS2001-2,202100001,Kim\n",
        "timetable.csv": "section,hall,date,period,starts_at,ends_at\nCS2001-02,B12,2026-03-09,1,09:00,09:50\n"
        "CS2001-2,B12,2026-03-09,2,10:00,10:50\nCS2001-02,B13,2026-03-09,1,09:00,09:50\n",
    }
    for name, text in rows.items():
        (tmp_path / name).write_text(text, "utf-8")
        done = run(name.partition(".")[0], "load", str(tmp_path / name))
        assert done.return_value in (None, 0), done.output
    frames = tmp_path / "frames"
    frames.mkdir()
    (frames / "20260309T000010.000Z.jpg").write_bytes(b"\xff\xd8\xff\xd9")
    said = run("camera", str(frames), "--hall", "B12", "--no-wait")
    warning = "Warning: no roster for CS2001-02: nobody can be recognised in it; the nearest is CS2001-2."
    assert warning in said.stderr
    assert said.stdout.rstrip().endswith("sent 1, refused 0, nobody can be recognised in CS2001-02")
    (frames / "20260309T010010.000Z.jpg").write_bytes(b"\xff\xd8\xff\xd9")
    said = run("camera", str(frames), "--hall", "B12", "--no-wait")
    assert warning in said.stderr
    assert "nobody of the roster of CS2001-2 is enrolled" in said.stderr
    assert said.stdout.rstrip().endswith("nobody can be recognised in CS2001-02, CS2001-2")
