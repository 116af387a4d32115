"""Two ClickHouse servers that are replicas of one another by a ZooKeeper; each can be killed, and lose its disk."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clickhouse_driver import Client

from tests.tools import zookeeper_debian
from tests.tools.clickhouse_debian import Ports, free_ports, start
from tests.tools.ports import free_row
from tests.tools.three_brokers import Proxy

__all__ = ["REPLICA", "ReplicatedStore", "replicated_store"]

REPLICA = """<interserver_http_host>{host}</interserver_http_host>
<zookeeper><node><host>127.0.0.1</host><port>{keeper}</port></node><session_timeout_ms>1500</session_timeout_ms></zookeeper>
<macros><replica>{name}</replica></macros>
"""
"""What a server is told so that its tables can be replicas."""


class ReplicatedStore:
    """Two servers, 0 and 1, named ``a`` and ``b``."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        self.folders = [folder / "a", folder / "b"]
        self.names = ["a", "b"]
        self.ports: list[Ports] = [free_ports(), free_ports()]
        self._port = free_row(2)
        self._ways = (self._port, self._port + 1)
        self.keeper_folder = folder / "zookeeper"
        self._keeper: subprocess.Popen[bytes] | None = None
        self.way: Proxy | None = None
        """From server 1 to the ZooKeeper."""
        self._servers: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def address(self) -> str:
        """What ``store`` says."""
        return "clickhouse://" + ",".join(f"127.0.0.1:{each.tcp}" for each in self.ports)

    def start_keeper(self) -> None:
        """Start what the servers agree by."""
        self._keeper = zookeeper_debian.start(self.keeper_folder, self._port)
        self.way = Proxy(self._ways[1], self._port)

    def start(self, *which: int) -> None:
        """Start servers and return when they answer."""
        for each in which:
            more = REPLICA.format(host="127.0.0.1", keeper=self._ways[each], name=self.names[each])
            self._servers[each] = start(self.folders[each], self.ports[each], more)

    def start_all(self) -> None:
        """Start servers that do not run, and let all of them merge."""
        self.start(*(each for each in (0, 1) if each not in self._servers))
        for each in (0, 1):
            self.client(each).execute("SYSTEM START MERGES")

    def kill(self, which: int) -> None:
        """End a server as a power cut would, and return when the others know."""
        _end(self._servers.pop(which))
        zookeeper_debian.await_absence(self._port, self.names[which])

    def lose_disk(self, which: int) -> None:
        """Kill a server, and remove all that it had. Its successor has another name."""
        self.kill(which)
        shutil.rmtree(self.folders[which])
        self.names[which] += "2"

    def client(self, which: int, database: str = "default") -> Client:
        """Return somebody at the server itself."""
        return Client("127.0.0.1", port=self.ports[which].tcp, database=database)

    def close(self) -> None:
        """End everything."""
        for each in [*self._servers.values(), self._keeper]:
            if each:
                _end(each)
        if self.way:
            self.way.cut()
            self.way.close()


@contextmanager
def replicated_store(folder: Path) -> Iterator[ReplicatedStore]:
    """Have two servers run for as long as the block lasts."""
    made = ReplicatedStore(folder)
    try:
        made.start_keeper()
        made.start(0, 1)
        yield made
    finally:
        made.close()


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
