"""`make demo`: the simulated hall, every verdict and departure time beside its script."""

import subprocess
import sys
from pathlib import Path


def test_the_simulated_hall_is_told_as_its_script_plays_it(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "infra.cli.main", "demo", "--home", str(tmp_path / "demo")]
    done = subprocess.run(line, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "48 of 48 verdicts right; 3 departures" in done.stdout
