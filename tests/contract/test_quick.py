"""``make quick`` starts no server: what asks for one is left out, and what gets hold of one all the same fails."""

import subprocess
import sys
from pathlib import Path

HOUSE = Path(__file__).parents[2]

TESTS = """
import pytest

def test_plain(): pass

@pytest.mark.slow
def test_slow(): pass

def test_with_a_broker(site): pass

def test_that_hides_what_it_needs(request): request.getfixturevalue("broker")
"""


def test_quick_runs_what_needs_no_server(tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "unit"
    folder.mkdir(parents=True)
    (folder / "test_it.py").write_text(TESTS, "utf-8")
    line = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "--quick", "-q"]
    done = subprocess.run(
        [*line, "--rootdir", tmp_path, "-c", HOUSE / "pyproject.toml", folder],
        cwd=tmp_path, env={"PYTHONPATH": str(HOUSE), "PATH": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1].startswith("1 failed, 1 passed, 2 deselected"), done.stdout
    assert "a quick test starts a server" in done.stdout
