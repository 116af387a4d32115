"""What is made in a folder of which nothing is to stay, and whoever makes it is killed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.machine.scratch import scratch_folder, sweep_scratch

WRITES = """
import sys
from pathlib import Path
from infra.machine.scratch import scratch_folder
from sinks.reports.workbook import write_workbook

def rows():
    for number in range(20_000):
        yield (number, "Kim")
    print("half", flush=True)
    sys.stdin.read()

with scratch_folder(Path(sys.argv[1])) as folder:
    write_workbook(folder / "file.xlsx", ["n", "name"], rows())
"""


def files(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file() and each.name != ".lock"]


def test_a_folder_is_gone_when_its_work_is_done_or_has_failed(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "file").write_text("x", "utf-8")
    with pytest.raises(FileNotFoundError), scratch_folder(tmp_path) as folder:
        (folder / "file").write_text((folder / "none").read_text("utf-8"), "utf-8")
    assert files(tmp_path) == []


def test_what_is_half_written_when_its_writer_is_killed_goes_and_nobody_elses_work(tmp_path: Path) -> None:
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    temporary.mkdir()
    environ = {**os.environ, "TMPDIR": str(temporary)}
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITES, str(home)], env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert writer.stdin
    assert writer.stdout
    assert writer.stdout.readline() == b"half\n"
    assert files(home), "rows go to the disk as they come"
    assert files(temporary) == [], "and nowhere else"
    sweep_scratch(home)
    assert files(home), "somebody is at work in it"
    writer.kill()
    writer.wait()
    writer.stdin.close()
    writer.stdout.close()
    assert files(home)
    with scratch_folder(home) as mine:
        assert [each for each in (home / "scratch").iterdir() if each.is_dir()] == [mine]
        (mine / "file").write_text("x", "utf-8")
        sweep_scratch(home)
        assert files(home) == [mine / "file"]
    sweep_scratch(tmp_path / "none")
