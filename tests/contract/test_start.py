"""How the tests are started does not decide what comes of them."""

import subprocess
import sys
from pathlib import Path

HOUSE = Path(__file__).parents[2]
TEST = """
import subprocess, sys

ASK = "from signal import *; print(SIG_IGN in (getsignal(SIGINT), getsignal(SIGTERM)))"

def test_a_process_that_is_started_can_be_stopped():
    assert subprocess.check_output([sys.executable, "-c", ASK], text=True) == "False\\n"
"""


def test_signals_that_the_caller_ignores_reach_what_the_tests_start(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TEST, "utf-8")
    pytest = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "--rootdir", str(HOUSE), str(tmp_path)]
    ignoring = ["sh", "-c", 'trap "" INT TERM; exec "$@"', "sh", *pytest]
    done = subprocess.run(ignoring, cwd=HOUSE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
