"""Lines that are counted: the same ones, whether what is imported from elsewhere is traced while it loads or not."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from coverage import Coverage

from tests.tools.measured import sitecustomize

HOUSE = Path(__file__).parents[2]
CODE = "import infra.desk.app, streams.attend.worker, infra.machine.child as it; it.bound_to_parent([])"


def counted(folder: Path, *hooks: Path) -> set[tuple[str, int, int]]:
    """Which steps from line to line a process counts."""
    folder.mkdir()
    config = Coverage(data_file=str(folder / "data"), config_file=str(HOUSE / "pyproject.toml")).config
    environment = os.environ | {
        "COVERAGE_PROCESS_CONFIG": config.serialize(),
        "PYTHONPATH": os.pathsep.join(map(str, (*hooks, HOUSE))),
    }
    subprocess.run([sys.executable, "-c", CODE], env=environment, check=True)
    [file] = folder.iterdir()
    with closing(sqlite3.connect(file)) as data:
        return {*data.execute("SELECT path, fromno, tono FROM arc JOIN file ON file.id = file_id")}


def test_nothing_of_ours_is_missed(tmp_path: Path) -> None:
    told = counted(tmp_path / "all")
    assert len({file for file, *_ in told}) > 150
    assert counted(tmp_path / "ours", Path(sitecustomize.__file__).parent) == told
