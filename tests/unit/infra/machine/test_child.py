"""What is bound to its parent: the same command, in the same surroundings, by a wrapper that loads nothing of ours."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from infra.machine.child import bound_to_parent

TELLING = "import json, os, sys, naul_beside; print(json.dumps([os.getppid(), os.getcwd(), sys.argv[1:]]))"
STARTING = "import subprocess, signal; from infra.machine.child import bound_to_parent"
WAITING = [sys.executable, "-c", "print('there', flush=True); import time; time.sleep(600)"]


def test_the_command_runs_as_it_would_without_the_wrapper(tmp_path: Path) -> None:
    (tmp_path / "naul_beside.py").write_text("", "utf-8")
    (tmp_path / "signal.py").write_text("raise AssertionError('not Python\\'s own')", "utf-8")
    line = bound_to_parent([sys.executable, "-c", TELLING, "a b", "-S"])
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [os.getpid(), str(tmp_path), ["a b", "-S"]]


def test_it_ends_with_whoever_started_it() -> None:
    code = f"{STARTING}; subprocess.Popen(bound_to_parent({WAITING!r})); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == "there\n"
        parent.send_signal(signal.SIGKILL)
        assert parent.stdout.read() == ""  # which ends when nobody has the pipe any more


def test_it_does_not_begin_when_whoever_started_it_has_ended_already() -> None:
    line, ended = bound_to_parent(WAITING, "STARTER"), os.environ | {"STARTER": "0"}
    done = subprocess.run(line, env=ended, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "whoever started this has ended\n")
