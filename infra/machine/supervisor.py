"""The process manager of this machine: supervisord (PyPI ``supervisor``), configured for a home, asked over a socket.

Kafka is a program of its own that starts first and stops last; the workers are one group, told to stop at once. All
of it is down within 10 s: ``WORKERS_STOP`` plus ``KAFKA_STOP`` seconds, after which supervisord kills.
"""

import hashlib
import os
import shlex
import subprocess
import sys
import tempfile
from datetime import timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

import msgspec
from supervisor.xmlrpc import Faults, SupervisorTransport
from tenacity import stop_after_delay

from infra.machine.child import SUPERVISOR_PID, bound_to_parent
from infra.machine.private_home import UMASK, close_home
from schemas.errors import RefusedError, UnavailableError
from schemas.retry import retry
from schemas.settings import Settings
from schemas.translations import Text

__all__ = ["Process", "launch", "log_file", "parts", "processes", "start_workers", "stop_workers", "supervisor_pid"]

ANSWERS_WITHIN = 30
"""Seconds until supervisord listens; half a one on an idle machine."""

WORKERS_STOP = 4
KAFKA_STOP = 3
"""Seconds. A stop takes 3 s at most when the machine is idle; both survive being killed (docs/adr)."""


class Process(msgspec.Struct, frozen=True):
    """What supervisord says of one program; pid is 0 while there is no process."""

    name: str
    state: str
    pid: int
    uptime: timedelta
    note: str


def parts(settings: Settings) -> dict[str, list[str]]:
    """Return name -> command of everything that runs on this machine, in the order in which it starts."""
    home = ["--home", str(settings.home)]
    found = {}
    if settings.own_broker:
        found["kafka"] = [sys.executable, "-m", "infra.machine.kafka.broker", *home]
    slots = [settings.slot, *(f"{settings.slot}.{n}" for n in range(2, settings.recognise_workers + 1))]
    for part, slot in [*(("recognise", each) for each in slots), ("attend", settings.slot), ("sink", settings.slot)]:
        found[f"{part}-{slot}"] = [sys.executable, "-m", "infra.cli.main", "worker", part, "--slot", slot, *home]
    for part in ("housekeeping", "webhooks", "desk", "watchdog"):
        found[part] = [sys.executable, "-m", "infra.cli.main", "worker", part, *home]
    return found


def log_file(settings: Settings, name: str) -> Path:
    """Return where a part's output goes; ``supervisor`` is supervisord's own."""
    return settings.home / "log" / f"{name}.log"


def configuration(settings: Settings) -> str:
    """Return the text of supervisord.conf, for a supervisord whose current directory is the home."""
    sections: dict[str, dict[str, Any]] = {
        "unix_http_server": {"file": _socket(settings), "chmod": "0700"},
        "rpcinterface:supervisor": {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        },
        "supervisord": {
            "nodaemon": "true",
            "silent": "true",
            "pidfile": "run/supervisord.pid",
            "logfile": "log/supervisor.log",
            "logfile_maxbytes": "2MB",
            "logfile_backups": 2,
            "childlogdir": "run",
        },
    }
    if os.getuid() == 0:
        sections["supervisord"]["user"] = "root"  # else it warns that it was not asked to stay root
    commands = parts(settings)
    for name, command in commands.items():
        kafka = name == "kafka"
        sections[f"program:{name}"] = {
            "command": shlex.join(bound_to_parent(command, SUPERVISOR_PID)),
            "priority": 1 if kafka else 2,
            "autostart": str(kafka).lower(),  # workers wait until their topics are there
            "autorestart": "true",
            # What ends within this time is started again after a pause, a second longer each time.
            "startsecs": 10,
            "startretries": 1_000_000,
            "stopsignal": "TERM",
            "stopwaitsecs": KAFKA_STOP if kafka else WORKERS_STOP,
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": f"log/{name}.log",
            "stdout_logfile_maxbytes": "10MB",
            "stdout_logfile_backups": 3,
        }
    sections["group:workers"] = {"programs": ",".join(name for name in commands if name != "kafka"), "priority": 2}
    return "\n".join(
        "\n".join([f"[{section}]", *(f"{key} = {str(value).replace('%', '%%')}" for key, value in values.items()), ""])
        for section, values in sections.items()
    )


def launch(settings: Settings, *, detached: bool) -> "subprocess.Popen[bytes]":
    """Start supervisord in a session of its own, so that Ctrl-C reaches only who asked for it.

    detached: it outlives this process; otherwise it stops everything when this process ends, however it ends.
    """
    run, log = settings.home / "run", log_file(settings, "supervisor")
    file = run / "supervisord.conf"
    try:
        close_home(settings.home)
        for each in (run, log.parent):
            each.mkdir(mode=0o700, exist_ok=True)
        file.write_text(configuration(settings), "utf-8")
    except OSError as error:
        raise RefusedError(
            Text("{home} cannot be written: {strerror}", home=settings.home, strerror=error.strerror),
            "Choose another --home.",
        ) from error
    command = [sys.executable, "-m", "infra.machine.supervisord", "-c", str(file)]
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as output:
        return subprocess.Popen(  # noqa: S603  the arguments are ours
            command if detached else bound_to_parent(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=settings.home,
            start_new_session=True,
            umask=UMASK,
        )


def supervisor_pid(settings: Settings) -> int | None:
    """Return supervisord's process id, or None if it does not run; what it left behind does not count."""
    return _ask(settings, "getPID")  # type: ignore[no-any-return]


def processes(settings: Settings) -> list[Process]:
    """Return every program of this machine, none if supervisord does not run."""
    return [
        Process(
            each["name"],
            each["statename"],
            each["pid"],
            timedelta(seconds=each["now"] - each["start"] if each["pid"] else 0),
            "" if each["pid"] else each["description"],
        )
        for each in _ask(settings, "getAllProcessInfo") or ()
    ]


def start_workers(settings: Settings) -> None:
    """Have the workers started, as soon as supervisord answers; this does not wait for them.

    Raises:
        UnavailableError: it does not.
    """

    def work() -> None:
        if _ask(settings, "startProcessGroup", "workers", False) is None:
            raise UnavailableError(
                "supervisord does not answer",
                Text("What went wrong is in {logs}.", logs=log_file(settings, "supervisor")),
            )

    # Where no broker starts with it there is nothing else to wait for: it may have been launched just now.
    retry(work, first=0.1, longest=0.5, stop=stop_after_delay(ANSWERS_WITHIN), quiet=True)


def stop_workers(settings: Settings) -> None:
    """Stop everything but Kafka, and return when it is over."""
    _ask(settings, "stopProcessGroup", "workers", True)


def _ask(settings: Settings, method: str, *arguments: Any) -> Any:
    """Return supervisord's answer, or None if there is none: nobody listens, or it is about to end."""
    transport = SupervisorTransport(serverurl=f"unix://{_socket(settings)}")
    try:
        return getattr(ServerProxy("http://supervisor", transport=transport).supervisor, method)(*arguments)
    except (OSError, HTTPException):
        return None
    except Fault as fault:
        if fault.faultCode != Faults.SHUTDOWN_STATE:
            raise
        return None
    finally:
        transport.close()


def _socket(settings: Settings) -> Path:
    place = settings.home / "run" / "supervisor.sock"
    if len(os.fsencode(place)) < 90:
        return place
    # A socket's path may have 107 bytes, and supervisord appends its pid while it binds.
    folder = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"naul-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise RefusedError(Text("{folder} is not yours", folder=folder), "Choose a home with a shorter path.")
    return folder / f"{hashlib.sha256(os.fsencode(settings.home)).hexdigest()[:16]}.sock"
