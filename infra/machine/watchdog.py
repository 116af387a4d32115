"""The part that watches the others: ``naul worker watchdog``, which ``naul up`` starts too.

It asks each part of this machine for its health, ends one in which work has stopped, so that supervisord starts it
anew, and tells of the site what no stage can tell once it is dead: how far each is behind, and Kafka's room on disk.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException

import msgspec
from kafka.errors import KafkaError

from infra.machine.lag import STAGES, Cluster, Stage
from infra.machine.metrics_ports import metrics_port
from infra.machine.readiness import ready_pid
from infra.machine.supervisor import processes
from schemas.broker_disk import BrokerDisk
from schemas.errors import UnavailableError
from schemas.metrics import DISK_FREE, LAG, PART_RESTARTS, PART_UP, RECONNECTS, RETENTION_USED
from schemas.pulse import PULSE
from schemas.settings import Settings
from schemas.unreadable import UNREADABLE

__all__ = ["HealthAnswer", "Patience", "ask_health", "run"]

log = logging.getLogger("naul")

LONGEST_PAUSE = 5.0
"""Seconds between two looks at the parts, at most."""
ANSWER = 2.0
"""Seconds in which a part answers; what it answers with does no work."""
LAG_EVERY = 15.0
"""Seconds between two questions to the broker."""
DUMP = 0.5
"""Seconds in which a hung process may write where its threads stand."""


class HealthAnswer(msgspec.Struct, frozen=True):
    """What a part says of itself: as which process, and why it is hung; empty: it is not."""

    pid: int
    why: str


class Patience:
    """Decides who is hung, by what each part answered and since when it answers no more. Pure but for what it was told.

    A part that never answered is not known to serve its health: its port may be somebody else's. It is left alone.
    """

    def __init__(self, hung_after: float) -> None:
        """hung_after: seconds without an answer after which a part is hung."""
        self._hung_after = hung_after
        self._heard: dict[tuple[str, int], float] = {}
        self._hung: dict[tuple[str, int], int] = {}

    def look(self, name: str, pid: int, answer: HealthAnswer | None, now: float) -> str:
        """Return why a part is to be ended; empty: it is not. answer: None: it gave none. now: steady seconds."""
        it = (name, pid)
        for old in [each for each in self._heard if each[0] == name and each != it]:
            self._heard.pop(old)
            self._hung.pop(old, None)
        if answer is not None and answer.pid != pid:
            return ""
        if answer is None:
            silent = now - self._heard.get(it, now)
            return f"it has not answered for {silent:.0f} s" if silent > self._hung_after else ""
        self._heard[it] = now
        # Twice: a process that was frozen and goes on is hung until its loop has come round.
        self._hung[it] = self._hung.get(it, 0) + 1 if answer.why else 0
        return answer.why if self._hung[it] > 1 else ""


def ask_health(host: str, port: int) -> HealthAnswer | None:
    """Ask a part whether it lives; None: it gives no answer."""
    client = HTTPConnection(host, port, timeout=ANSWER)
    try:
        client.request("GET", "/health/live")
        return msgspec.json.decode(client.getresponse().read(10_000), type=HealthAnswer)
    except (OSError, HTTPException, *UNREADABLE):
        return None
    finally:
        client.close()


def run(settings: Settings, *, on_ready: Callable[[], None]) -> None:
    """Watch until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    asking = threading.Thread(target=_follow_lag, args=(settings, stop), name="lag", daemon=True)
    asking.start()
    on_ready()
    hung_after = settings.hung_after.total_seconds()
    watch, pause = _Watch(settings, Patience(hung_after)), min(LONGEST_PAUSE, hung_after / 4)
    while not stop.is_set():
        watch.look()
        PULSE.turned()
        stop.wait(pause)


class _Watch:
    """The parts of this machine, as supervisord runs them."""

    def __init__(self, settings: Settings, patience: Patience) -> None:
        self._settings, self._patience = settings, patience
        self._pids: dict[str, int] = {}
        self._ended: set[int] = set()

    def look(self) -> None:
        """Look at each part once, and end those that are hung."""
        for each in processes(self._settings):
            if each.name == "kafka" or not each.pid:
                PART_UP.labels(each.name).set(bool(each.pid))
                continue
            PART_UP.labels(each.name).set(ready_pid(self._settings, each.name) == each.pid)
            self._note_restart(each.name, each.pid)
            port = metrics_port(self._settings, each.name)
            if each.pid == os.getpid() or port is None:
                continue
            answer = ask_health(self._settings.metrics_host, port)
            if why := self._patience.look(each.name, each.pid, answer, time.monotonic()):
                self._end(each.name, each.pid, why)

    def _note_restart(self, name: str, pid: int) -> None:
        for why in ("hung", "ended"):
            PART_RESTARTS.labels(name, why)  # a count that begins at one is no increase
        before = self._pids.get(name)
        if before is not None and before != pid:
            PART_RESTARTS.labels(name, "hung" if before in self._ended else "ended").inc()
            self._ended.discard(before)
        self._pids[name] = pid

    def _end(self, name: str, pid: int, why: str) -> None:
        """Have a hung process say where it stands, and kill it with its children; supervisord starts it again."""
        log.error("%s (process %d) is hung: %s; it is started again", name, pid, why)
        self._ended.add(pid)
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGQUIT)
            time.sleep(DUMP)
            os.killpg(pid, signal.SIGKILL)


def _follow_lag(settings: Settings, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            with BrokerDisk(settings) as disk, Cluster(settings) as cluster:
                while not stop.is_set():
                    _tell_disk(disk)
                    for each in STAGES:
                        _tell_lag(settings, cluster, each)
                    PULSE.reached()
                    stop.wait(LAG_EVERY)
        except (UnavailableError, KafkaError) as error:
            log.warning("%s; trying again", error)
            RECONNECTS.labels("kafka").inc()
            PULSE.waits("kafka")
            stop.wait(LAG_EVERY)


def _tell_disk(disk: BrokerDisk) -> None:
    if (free := disk.space().usable) is not None:
        DISK_FREE.set(free)


def _tell_lag(settings: Settings, cluster: Cluster, stage: Stage) -> None:
    for (topic, partition), behind in cluster.lags(stage).items():
        LAG.labels(stage.name, topic.removeprefix(f"{settings.prefix}-"), str(partition)).set(behind)
    RETENTION_USED.labels(stage.name).set(cluster.retention_used(stage, datetime.now(UTC)))
