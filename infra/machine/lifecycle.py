"""Everything of a site that runs on this machine: started in order, ready or not, stopped."""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime

from infra.machine import supervisor
from infra.machine.kafka.broker import answers, wait_until_ready
from infra.machine.readiness import ready_pid
from infra.machine.topic_creation import create_topics, plan_topics
from schemas.cluster import listens
from schemas.errors import RefusedError, UnavailableError
from schemas.frame_keys import new_frames_key
from schemas.frame_seals import seals_frames
from schemas.settings import Settings
from schemas.translations import Text

__all__ = ["Failing", "begins_sealed_site", "is_up", "start", "stop", "unready"]

START = 180.0
"""Seconds within which every part must be ready; 10 is usual, the first start builds a model."""
TRIES = 3
"""A part that ended so often before it was ready will not be."""
STOP = 15.0
"""Seconds after which a supervisor that was told to stop is killed, and with it everything."""


class Failing:
    """Counts how often each process ended too early."""

    def __init__(self) -> None:
        self._states: Mapping[str, str] = {}
        self._count: Counter[str] = Counter()

    def look(self, states: Mapping[str, str]) -> list[str]:
        """Take the states of all processes, by name, and return those that have ended ``TRIES`` times."""
        self._count.update(
            name for name, state in states.items() if state == "BACKOFF" and self._states.get(name) != "BACKOFF"
        )
        self._states = states
        return sorted(name for name, count in self._count.items() if count >= TRIES)


def is_up(settings: Settings) -> bool:
    """Whether a supervisor runs for this home."""
    return supervisor.supervisor_pid(settings) is not None


def unready(settings: Settings) -> list[str]:
    """Return the names of the parts that do not take work yet, or any more."""
    alive = {each.name: each.pid for each in supervisor.processes(settings) if each.pid}
    found = []
    for name in supervisor.parts(settings):
        ready = answers(settings) if name == "kafka" else ready_pid(settings, name) == alive.get(name)
        if name not in alive or not ready:
            found.append(name)
    return found


def start(settings: Settings, *, detached: bool, say: Callable[[str], None]) -> "subprocess.Popen[bytes]":
    """Start everything and return the supervisor when every part is ready.

    say: what is waited for, whenever it changes.

    Raises:
        UnavailableError: a part did not become ready; everything was stopped again.
        RefusedError: a topic is there with other settings, or the port belongs to somebody else; or a backup was not
            restored to its end.
    """
    if settings.restoring_file.exists():
        raise RefusedError(
            Text("a backup was not restored to its end into {home}", home=settings.home),
            "Call `naul restore` again: it goes on.",
        )
    if settings.own_broker:
        _await_free_port(settings)
    process = supervisor.launch(settings, detached=detached)
    try:
        say(Text("waiting for Kafka"))
        wait_until_ready(settings, alive=lambda: process.poll() is None)
        if created := create_topics(settings):
            say(Text("created {count} topics", count=len(created)))
            if begins_sealed_site(settings, created):
                made = new_frames_key(
                    settings.frames_key_file, settings.frames_public_key_file, lambda: datetime.now(UTC)
                )
                say(Text("made the key {key} for frames; see `naul key frames --help`", key=made.id.hex()))
        if differing := plan_topics(settings):
            say(Text("{count} things of the topics differ: `naul topics plan`", count=len(differing)))
        supervisor.start_workers(settings)
        _await_workers(settings, process, say)
    except BaseException:
        _end(process.pid)
        raise
    return process


def stop(settings: Settings) -> bool:
    """Stop everything, and return whether anything ran."""
    pid = supervisor.supervisor_pid(settings)
    if pid is not None:
        _end(pid)
    return pid is not None


def begins_sealed_site(settings: Settings, created: Collection[str]) -> bool:
    """Whether a site whose frames are sealed begins here, so that its key is made; later machines get that one.

    created: the topics that were not there, with prefix. A site of before goes on as it was.
    """
    keys = settings.frames_key_file, settings.frames_public_key_file
    return seals_frames(settings) and settings.topic("frames") in created and not any(each.exists() for each in keys)


def _end(pid: int) -> None:
    until = time.monotonic() + STOP
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)  # supervisord then stops what it runs, Kafka last
        while _lives(pid):
            if time.monotonic() > until:
                os.kill(pid, signal.SIGKILL)  # the kernel tells its children
            time.sleep(0.05)


def _lives(pid: int) -> bool:
    with suppress(ChildProcessError):  # unless it is a child of ours, the next line is enough
        if os.waitpid(pid, os.WNOHANG) != (0, 0):
            return False
    os.kill(pid, 0)
    return True


def _await_free_port(settings: Settings) -> None:
    until = time.monotonic() + 10  # a broker whose supervisor was killed still says goodbye
    while listens(settings):
        if time.monotonic() > until:
            raise RefusedError(
                Text("somebody listens on port {kafka_port} already", kafka_port=settings.kafka_port),
                "Is another home up? Set kafka_port in naul.toml or NAUL_KAFKA_PORT, or name a cluster in NAUL_KAFKA.",
            )
        time.sleep(0.2)


def _await_workers(settings: Settings, process: "subprocess.Popen[bytes]", say: Callable[[str], None]) -> None:
    until, before, failing = time.monotonic() + START, None, Failing()
    while waiting := unready(settings):
        again = failing.look({each.name: each.state for each in supervisor.processes(settings)})
        if process.poll() is not None or time.monotonic() > until or again:
            waiting = again or waiting
            logs = ", ".join(str(supervisor.log_file(settings, name)) for name in waiting)
            raise UnavailableError(
                Text("not ready: {waiting}", waiting=", ".join(waiting)),
                Text("What went wrong is in {logs}.", logs=logs),
            )
        if waiting != before:
            say(Text("waiting for {waiting}", waiting=", ".join(waiting)))
            before = waiting
        time.sleep(0.3)
