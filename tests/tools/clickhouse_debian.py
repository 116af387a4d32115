"""A real ClickHouse server for the tests, without root: Debian's package, unpacked into the cache.

``python -m tests.tools.clickhouse_debian`` fetches it (16 MB, 101 MB unpacked). It is version 18.16, the oldest
server that Naul's tables and queries are written for.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from clickhouse_driver import Client
from clickhouse_driver.errors import Error

from infra.machine.child import die_with_parent
from schemas.errors import NaulError
from tests.tools.debian_packages import await_ready, unpacked
from tests.tools.ports import free_row

__all__ = ["USERS", "Ports", "free_ports", "install", "running", "start"]

PACKAGE = "clickhouse-server"

CONFIG = """<yandex>
  <logger><level>warning</level><log>{folder}/server.log</log><errorlog>{folder}/error.log</errorlog></logger>
  <listen_host>127.0.0.1</listen_host>
  <tcp_port>{tcp}</tcp_port>
  <http_port>{http}</http_port>
  <interserver_http_port>{interserver}</interserver_http_port>
  <path>{folder}/data/</path>
  <tmp_path>{folder}/tmp/</tmp_path>
  <user_files_path>{folder}/user_files/</user_files_path>
  <users_config>users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <timezone>UTC</timezone>
  <mark_cache_size>67108864</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  {more}
</yandex>
"""

USERS = """<yandex>
  <profiles><default><max_memory_usage>1000000000</max_memory_usage><max_threads>2</max_threads></default></profiles>
  <users><default>
    <password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
  </default></users>
  <quotas><default/></quotas>
</yandex>
"""


class Ports(NamedTuple):
    """Loopback ports of a server; clients use ``tcp``."""

    tcp: int
    http: int
    interserver: int


def install() -> Path:
    """Unpack the server into the cache unless it is there, all or nothing, and return its folder.

    Raises:
        UnavailableError: this is no Debian, or its packages cannot be had.
    """
    return unpacked(PACKAGE, PACKAGE)


def start(folder: Path, ports: Ports, more: str = "", users: str = USERS) -> "subprocess.Popen[bytes]":
    """Start a server with its data in ``folder`` and return it once it answers. It ends with its parent.

    more: elements of its configuration. users: its users; one of them is ``default``, without a password.

    Raises:
        UnavailableError: it is not unpacked, or does not become ready.
    """
    root = install()
    for each in ("data", "tmp", "user_files"):
        (folder / each).mkdir(parents=True, exist_ok=True)
    (folder / "users.xml").write_text(users, "utf-8")
    config = folder / "config.xml"
    config.write_text(CONFIG.format(folder=escape(str(folder)), more=more, **ports._asdict()), "utf-8")
    libraries = sorted({str(file.parent) for file in root.rglob("*.so*")})
    with (folder / "stderr.log").open("ab") as log:
        server = subprocess.Popen(
            [str(root / "usr/sbin/clickhouse-server"), "--config-file", str(config)],
            env=os.environ | {"LD_LIBRARY_PATH": ":".join(libraries)},
            cwd=folder,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent,
        )
    await_ready(server, "clickhouse-server", lambda: _answers(ports.tcp), folder)
    return server


@contextmanager
def running(folder: Path) -> Iterator[Ports]:
    """Have a server run on free loopback ports for as long as the block lasts."""
    ports = free_ports()
    server = start(folder, ports)
    try:
        yield ports
    finally:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def free_ports() -> Ports:
    """Return three ports of the loopback interface that nobody used a moment ago."""
    first = free_row(len(Ports._fields))
    return Ports(*range(first, first + len(Ports._fields)))


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        client = Client("127.0.0.1", port=port, connect_timeout=1, send_receive_timeout=5)
        client.execute("SELECT 1")
        client.disconnect()
    except (OSError, Error):
        return False
    return True


if __name__ == "__main__":
    try:
        print(f"ClickHouse: {install()}")
    except NaulError as error:
        sys.exit(f"naul: {error}")
