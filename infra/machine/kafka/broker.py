"""The broker of this machine: ``python -m infra.machine.kafka.broker --home DIR`` becomes it.

One KRaft node, loopback only, data in ``home/kafka``. The values were measured (docs/adr/0001-broker.md): an
acknowledged record survives SIGKILL, start takes 3 s, memory stays below 400 MB.
"""

import argparse
import base64
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NoReturn

from infra.machine.kafka.jars import jars_folder
from infra.machine.kafka.java import find_java
from infra.machine.private_home import UMASK, close_home
from schemas.cluster import MAX_RECORD, admin
from schemas.errors import NaulError, UnavailableError
from schemas.kafka_access import OWN_USER
from schemas.retry import retry
from schemas.secret_file import create_secret
from schemas.settings import Settings, load_settings
from schemas.translations import Text

__all__ = [
    "answers",
    "await_broker",
    "await_room",
    "closed",
    "command",
    "main",
    "prepare",
    "properties",
    "wait_until_ready",
]

START_ROOM = 64 * 2**20
"""Bytes that must be free before the broker starts: it recovers what it was writing when the disk became full."""

LOGGING = Path(__file__).with_name("log4j2.properties")


def properties(settings: Settings) -> dict[str, str]:
    """Return the broker's settings. The controller listens on the port after the broker's."""
    broker, controller = f"127.0.0.1:{settings.kafka_port}", f"127.0.0.1:{settings.kafka_port + 1}"
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"BROKER://{broker},CONTROLLER://{controller}",
        "advertised.listeners": f"BROKER://{broker}",
        "inter.broker.listener.name": "BROKER",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(settings.home / "kafka" / "data"),
        # A topic that nobody declared is a mistake of ours, not a wish.
        "auto.create.topics.enable": "false",
        "message.max.bytes": str(MAX_RECORD),
        # How often segments are looked for that may go, and how long their files stay then.
        "log.retention.check.interval.ms": _at_most(settings, 60_000),
        "log.segment.delete.delay.ms": _at_most(settings, 60_000),
        "log.cleaner.backoff.ms": _at_most(settings, 15_000),
        # The cleaner's default buffer of 128 MiB is more than the whole heap may be.
        "log.cleaner.dedupe.buffer.size": str(4 * 2**20),
        "log.index.size.max.bytes": str(2**20),
        "default.replication.factor": "1",
        "min.insync.replicas": "1",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        # One machine: nobody else is about to join, and a worker that is gone for good is replaced soon.
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "2000",
        # After SIGKILL the controller, which was killed too, waits until the broker's old session is over.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        # No record twice a second that says nothing: it is for controllers that vote, and there is one.
        "metadata.max.idle.interval.ms": "0",
        "num.network.threads": "2",
        "num.io.threads": "4",
        "background.threads": "2",
    }


def doors(secret: str) -> dict[str, str]:
    """Return the settings by which nobody gets in but who knows the secret, and whom he lets in."""
    login = "org.apache.kafka.common.security.{}LoginModule required"
    own = f'{login.format("plain.Plain")} username="{OWN_USER}" password="{secret}" user_{OWN_USER}="{secret}";'
    return {
        "listener.security.protocol.map": "BROKER:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
        "listener.name.broker.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
        "listener.name.broker.plain.sasl.jaas.config": own,
        "listener.name.broker.scram-sha-512.sasl.jaas.config": f"{login.format('scram.Scram')};",
        "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.controller.plain.sasl.jaas.config": own,
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "sasl.mechanism.controller.protocol": "PLAIN",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:{OWN_USER}",
        # Who was turned away stays out: a connection shows again who it is.
        "connections.max.reauth.ms": "60000",
    }


def new_cluster_id(random: Callable[[], bytes] = lambda: uuid.uuid4().bytes) -> str:
    """Return an id that no cluster has. random: gives 16 bytes; some would look like an option where it is used."""
    while (text := base64.urlsafe_b64encode(random()).decode().rstrip("=")).startswith("-"):
        pass
    return text


def _at_most(settings: Settings, ms: int) -> str:
    """Return a time in ms that is small beside what is promised of erasure."""
    return str(min(ms, settings.erase_within // timedelta(milliseconds=64)))


def closed(settings: Settings) -> dict[str, str]:
    """Return all of the broker's settings; the secret is made if the home has none.

    Raises:
        RefusedError: others may read the secret.
    """
    return properties(settings) | doors(create_secret(settings.kafka_password_file))


def prepare(settings: Settings, lines: Mapping[str, str], cluster: str = "") -> Path:
    """Write the broker's properties, format its storage the first time, and return the properties file.

    cluster: the id of the one that it belongs to; empty: of its own.

    Raises:
        UnavailableError: Java or the jars are missing, or the storage could not be formatted.
    """
    home = settings.home / "kafka"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = home / "server.properties"
    file.unlink(missing_ok=True)  # one that others could read keeps its mode
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        opened.writelines(f"{name}={value}\n" for name, value in lines.items())
    if not (home / "data" / "meta.properties").is_file():
        done = subprocess.run(  # noqa: S603  the arguments are ours
            [*_java(settings), "kafka.tools.StorageTool", "format", "-t", cluster or new_cluster_id(), "-c", str(file)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise UnavailableError(
                Text(
                    "Kafka's storage in {home} could not be formatted:\n{output}",
                    home=home,
                    output=(done.stdout + done.stderr).strip(),
                ),
                "Is the disk full, or the folder not yours?",
            )
    return file


def command(settings: Settings, lines: Mapping[str, str], cluster: str = "") -> list[str]:
    """Return the command that is the broker, once its storage is prepared.

    lines: its settings. cluster: as of ``prepare``.

    Raises:
        UnavailableError: as ``prepare``.
    """
    return [*_java(settings), "kafka.Kafka", str(prepare(settings, lines, cluster))]


def await_room(
    home: Path,
    *,
    free: Callable[[Path], int] = lambda place: shutil.disk_usage(place).free,
    sleep: Callable[[float], object] = time.sleep,
    say: Callable[[str], None] = print,
) -> None:
    """Return when the disk of a home has room for a broker to start, which without it would end again and again.

    free: bytes left there. sleep: waits seconds. say: is told once.
    """
    told = False
    while (left := free(home)) < START_ROOM:
        if not told:
            told = True
            say(
                f"naul: the disk of {home} has {left / 2**20:.0f} MiB free; Kafka starts when it has {START_ROOM >> 20}"
            )
        sleep(1)


def answers(settings: Settings) -> bool:
    """Whether a broker serves requests at ``settings.bootstrap``."""
    try:
        client = admin(settings)
    except UnavailableError:
        return False
    client.close()
    return True


def await_broker(settings: Settings) -> None:
    """Return when a broker serves requests, however long that takes; the log says that it is waited for."""
    retry(lambda: admin(settings).close())


def wait_until_ready(settings: Settings, *, timeout: float = 60, alive: Callable[[], bool] = lambda: True) -> None:
    """Return when the broker serves requests.

    timeout: seconds; a start takes 3 on an idle machine and was seen to take 16 on a busy one.
    alive: whether it is still worth waiting.

    Raises:
        UnavailableError: it does not, or it ended.
    """
    until = time.monotonic() + timeout
    try:
        retry(
            lambda: admin(settings).close(),
            first=0.1,
            longest=0.5,
            stop=lambda _: not alive() or time.monotonic() > until,
            quiet=True,
        )
    except UnavailableError as error:
        log = settings.home / "log" / "kafka.log"
        raise UnavailableError(
            Text("Kafka does not answer at {bootstrap}", bootstrap=settings.bootstrap),
            Text("Its log is {log}; `naul doctor` checks what it needs.", log=log)
            if settings.own_broker
            else "Start it first.",
        ) from error


def _java(settings: Settings) -> list[str]:
    jars = jars_folder()
    if not jars.is_dir():
        raise UnavailableError(Text("Kafka's jars are not in {jars}", jars=jars), "Fetch them with `make setup`.")
    java = find_java()
    # Kafka unmaps its files by a call of which Java warns since 24, and which a later one will refuse unless told so.
    unmapping = ["--sun-misc-unsafe-memory-access=allow"] if java.version >= 23 else []
    return [
        str(java.path),
        *unmapping,
        f"-Xmx{settings.kafka_heap_mib}m",
        "-XX:MaxDirectMemorySize=64m",
        "-XX:+UseSerialGC",
        "-XX:+ExitOnOutOfMemoryError",
        "-XX:-UsePerfData",
        f"-Dlog4j2.configurationFile={LOGGING}",
        "-cp",
        f"{jars}/*",
    ]


def main(lines: Callable[[Settings], Mapping[str, str]] = closed, cluster: str = "") -> NoReturn:
    """Become the broker of the home that the command line names.

    lines: returns its settings; behind closed doors. cluster: as of ``prepare``.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", required=True)
    try:
        settings = load_settings(parser.parse_args().home)
        os.umask(UMASK)  # segments hold pictures of people
        close_home(settings.home)
        await_room(settings.home, say=partial(print, flush=True))
        line = command(settings, lines(settings), cluster)
    except NaulError as error:
        sys.exit(f"naul: {error}")
    os.execv(line[0], line)  # noqa: S606  no shell is wanted


if __name__ == "__main__":
    main()
