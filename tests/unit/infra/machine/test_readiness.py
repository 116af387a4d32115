import os
import subprocess
import sys
from pathlib import Path

from infra.machine.readiness import ready, ready_pid
from schemas.settings import Settings


def test_a_part_that_said_nothing_is_not_ready(tmp_path: Path) -> None:
    assert ready_pid(Settings(home=tmp_path), "attend-1") is None


def test_a_part_that_said_so_is_ready_while_its_process_lives(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    ready(settings, "attend-1")
    assert ready_pid(settings, "attend-1") == os.getpid()
    assert ready_pid(settings, "attend-2") is None


def test_a_part_that_died_is_not_ready(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    program = f"""
from pathlib import Path
from infra.machine.readiness import ready
from schemas.settings import Settings
ready(Settings(home=Path({str(tmp_path)!r})), "attend-1")
"""
    subprocess.run([sys.executable, "-c", program], check=True)
    assert ready_pid(settings, "attend-1") is None
