"""``naul up`` with the real broker and the real workers. What a run waits for has no limit but the test's own."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import msgspec

from infra.machine.lifecycle import unready
from infra.machine.metrics_ports import metrics_port
from infra.machine.supervisor import launch, log_file, parts, processes, start_workers, supervisor_pid
from schemas.settings import Settings, load_settings
from tests.tools.metrics import read_metrics

NAUL = [sys.executable, "-m", "infra.cli.main"]


def naul(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*NAUL, *arguments, "--home", str(home)], capture_output=True, text=True, check=False)


def until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.1)


def ask(port: int, path: str) -> tuple[int, dict[str, Any]]:
    """Ask a part for its health; 0: it gives no answer."""
    try:
        client = HTTPConnection("127.0.0.1", port, timeout=60)
        client.request("GET", path)
        answer = client.getresponse()
        return answer.status, msgspec.json.decode(answer.read())
    except ConnectionError:
        return 0, {}
    finally:
        client.close()


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text("utf-8").split()[2] == "Z"


def test_what_dies_or_hangs_is_restarted_and_ctrl_c_stops_everything(free_home: Path) -> None:
    with (free_home / "naul.toml").open("a", encoding="utf-8") as file:
        file.write('hung_after = "30s"\nlog_format = "json"\n')
    settings = load_settings(free_home)
    up = subprocess.Popen([*NAUL, "up", "--home", str(free_home)], stdout=subprocess.PIPE, text=True)
    assert up.stdout
    said = [next(up.stdout)]
    while "ready;" not in said[-1]:
        said.append(next(up.stdout))
    status = naul(free_home, "status")
    assert status.returncode == 0, status.stdout
    pids = {each.name: each.pid for each in processes(settings)}
    assert set(pids) == {"kafka", "recognise-1", "attend-1", "sink-1", "housekeeping", "webhooks", "desk", "watchdog"}

    os.kill(pids["attend-1"], signal.SIGKILL)
    until(lambda: unready(settings) == ["attend-1"])
    until(lambda: unready(settings) == [])
    assert {each.name: each.pid for each in processes(settings)}["attend-1"] != pids["attend-1"]

    a_frozen_part_is_started_again_and_what_is_idle_is_not(free_home)

    pids = {each.name: each.pid for each in processes(settings)}
    up.send_signal(signal.SIGINT)
    assert next(up.stdout) == "stopping\n"
    up.send_signal(signal.SIGINT)  # an impatient second one
    up.stdout.close()
    assert up.wait() == 0
    assert all(gone(pid) for pid in pids.values())


def a_frozen_part_is_started_again_and_what_is_idle_is_not(home: Path) -> None:
    settings = load_settings(home)

    def pids() -> dict[str, int]:
        return {each.name: each.pid for each in processes(settings)}

    def restarts() -> dict[str, float]:
        told = read_metrics(settings, "watchdog")
        return {labels["part"]: value for _, labels, value in told if labels.get("why") == "hung" and value}

    before = pids()
    for name in before.keys() - {"kafka"}:
        port = metrics_port(settings, name)
        assert port
        until(lambda port=port: ask(port, "/health/ready")[0] == 200)
        assert ask(port, "/health/live")[1]["pid"] == before[name]
    os.kill(before["sink-1"], signal.SIGSTOP)
    until(lambda: restarts() == {"sink-1": 1})
    until(lambda: unready(settings) == [])
    after = pids()
    assert {name for name in before if before[name] != after[name]} == {"sink-1"}
    assert unready(settings) == []
    for name in before.keys() - {"kafka"}:
        lines = [msgspec.json.decode(line) for line in log_file(settings, name).read_bytes().splitlines()]
        assert {line["part"] for line in lines} <= {name.partition("-")[0]}
    hung = [line for line in log_file(settings, "watchdog").read_text("utf-8").splitlines() if "is hung" in line]
    assert len(hung) == 1


def test_a_killed_supervisor_leaves_nobody_behind(free_home: Path) -> None:
    settings = load_settings(free_home)
    assert naul(free_home, "up", "--detach").returncode == 0
    again = naul(free_home, "up")
    assert (again.returncode, again.stdout.split(" in ")[0]) == (0, "already up")

    pids = [each.pid for each in processes(settings)]
    supervisor = supervisor_pid(settings)
    assert supervisor
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: all(gone(pid) for pid in pids))

    status = naul(free_home, "status")
    assert (status.returncode, status.stdout.split(" in ")[0]) == (1, "nothing is up")
    down = naul(free_home, "down")
    assert (down.returncode, down.stdout.split(" in ")[0]) == (0, "nothing was up")


def test_workers_are_started_though_the_supervisor_is_not_there_yet(site: Settings) -> None:
    process = launch(site, detached=False)
    try:
        start_workers(site)  # as where the broker is another machine's: nothing else was to be waited for
        assert {each.name: each.state in ("STARTING", "RUNNING") for each in processes(site)} == dict.fromkeys(
            parts(site), True
        )
    finally:
        process.kill()
        process.wait()


def test_a_part_that_cannot_start_is_named_with_its_log(free_home: Path) -> None:
    with (free_home / "naul.toml").open("a", encoding="utf-8") as file:
        file.write('engine = "centrface"\n')
    done = naul(free_home, "up", "--detach")
    assert done.returncode == 1
    named = re.search(r"not ready: ([\w-]+)", done.stderr)
    assert named
    assert named[1] in ("recognise-1", "attend-1"), "both need the engine; whichever ended often enough first"
    log = free_home / "log" / f"{named[1]}.log"
    assert str(log) in done.stderr
    assert "did you mean centerface-dlib?" in log.read_text("utf-8")
    assert supervisor_pid(load_settings(free_home)) is None
