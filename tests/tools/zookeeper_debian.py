"""A real ZooKeeper for the tests, without root: Debian's packages, unpacked into the cache.

``python -m tests.tools.zookeeper_debian`` fetches it (3 MB, 4 MB unpacked): what two ClickHouse servers agree by.
"""

import socket
import subprocess
import sys
import time
from pathlib import Path

from infra.machine.child import die_with_parent
from infra.machine.kafka.java import find_java
from schemas.errors import NaulError
from tests.tools.debian_packages import await_ready, unpacked

__all__ = ["await_absence", "install", "start"]

PACKAGES = ("libzookeeper-java", "libslf4j-java", "libsnappy-java", "libdropwizard-metrics-java")
JARS = ("zookeeper", "zookeeper-jute", "slf4j-api", "slf4j-simple", "metrics-core", "snappy-java")
CONFIG = """tickTime=250
dataDir={folder}/data
clientPort={port}
clientPortAddress=127.0.0.1
admin.enableServer=false
maxClientCnxns=0
4lw.commands.whitelist=ruok,dump
"""


def install() -> Path:
    """Unpack it into the cache unless it is there, and return its folder.

    Raises:
        UnavailableError: this is no Debian, or its packages cannot be had.
    """
    return unpacked("zookeeper", *PACKAGES, alone=True)


def start(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    """Start one with its data in ``folder`` and return it once it answers. It ends with its parent.

    Raises:
        UnavailableError: it cannot be had, or does not become ready.
    """
    jars = install() / "usr/share/java"
    (folder / "data").mkdir(parents=True, exist_ok=True)
    config = folder / "zoo.cfg"
    config.write_text(CONFIG.format(folder=folder, port=port), "utf-8")
    options = ["-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Dzookeeper.forceSync=no"]
    path = ":".join(str(jars / f"{each}.jar") for each in JARS)
    main = "org.apache.zookeeper.server.ZooKeeperServerMain"
    with (folder / "zookeeper.log").open("ab") as log:
        server = subprocess.Popen(
            [str(find_java().path), *options, "-cp", path, main, str(config)],
            stdout=log, stderr=log, preexec_fn=die_with_parent,
        )  # fmt: skip
    await_ready(server, "ZooKeeper", lambda: _answers(port), folder)
    return server


def await_absence(port: int, replica: str) -> None:
    """Return when a ZooKeeper knows that a replica was killed; one that comes back sooner waits for 10 s."""
    # What there is only as long as the session of whoever made it: that of a server that died ends later.
    while f"/replicas/{replica}/is_active" in _ask(port, b"dump"):
        time.sleep(0.05)


def _answers(port: int) -> bool:
    try:
        return _ask(port, b"ruok") == "imok"
    except OSError:
        return False


def _ask(port: int, word: bytes) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as asked:
        asked.sendall(word)
        return b"".join(iter(lambda: asked.recv(2**16), b"")).decode()


if __name__ == "__main__":
    try:
        print(f"ZooKeeper: {install()}")
    except NaulError as error:
        sys.exit(f"naul: {error}")
