"""The machines of docs/operations.md as folders of this one: what the page has a person type is typed on them.

Each machine has an address of the loopback net, so ports are those of the page; its ``/etc`` and ``/var`` are folders.
``scp`` copies between these, ``systemctl`` starts what the unit files of ``infra/systemd`` say, and Kafka's tools are
those of Naul's jars, with small heaps.
"""

import os
import re
import secrets
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from msgspec.structs import replace

from infra.cli.worker import ONCE
from infra.machine.child import bound_to_parent
from infra.machine.kafka.broker import LOGGING, wait_until_ready
from infra.machine.kafka.jars import jars_folder
from infra.machine.kafka.java import find_java
from infra.machine.lag import Cluster, Stage
from infra.machine.lifecycle import unready
from infra.machine.readiness import ready_pid
from schemas.cluster import admin
from schemas.settings import Settings, load_settings
from tests.tools import zookeeper_debian
from tests.tools.clickhouse_debian import USERS, free_ports, start
from tests.tools.ports import free_row
from tests.tools.replicated_store import REPLICA

__all__ = ["PAGE", "STORES", "Campus", "Machine", "blocks", "campus"]

HOUSE = Path(__file__).parents[2]
PAGE = HOUSE / "docs" / "operations.md"
BIN = Path(sys.executable).parent
BROKERS = ("kafka1", "kafka2", "kafka3")
STORES = ("store1", "store2")
MACHINES = (*BROKERS, *STORES, "admin", "naul1", "naul2", "e101")
FOLDERS = ("etc/naul-kafka", "etc/naul-camera", "etc/systemd/system", "var/lib/naul-kafka", "var/lib/naul")
STORE_PASSWORDS = {"naul": "writes", "naul_reader": "reads"}
SECRETS = {"PASSWORD OF ADMIN": secrets.token_hex(16), "THE SECRET OF THE BROKERS": secrets.token_hex(16)}
USER = """<{name}>
  <password>{password}</password><networks><ip>127.0.0.0/8</ip></networks><profile>{profile}</profile>
  <quota>default</quota>
</{name}>"""
TLS = """<listen_host>{host}</listen_host><tcp_port_secure>9440</tcp_port_secure>
<openSSL><server>
  <certificateFile>{folder}/{name}.crt</certificateFile><privateKeyFile>{folder}/{name}.key</privateKeyFile>
  <verificationMode>none</verificationMode><disableProtocols>sslv2,sslv3</disableProtocols>
</server></openSSL>"""


def blocks(text: str) -> dict[str, str]:
    """Return the blocks of a page whose first line is a comment: that line (up to a comma: where) -> the rest."""
    found: dict[str, str] = {}
    for head, body in re.findall(r"```(?:sh|toml|properties)\n# ([^\n]*)\n(.*?)```", text, re.DOTALL):
        found[head] = found.get(head, "") + body
    return found


class Machine:
    """One machine: a folder, an address, what runs on it."""

    def __init__(self, everything: "Campus", name: str, address: str) -> None:
        self.name, self.address = name, address
        self.root = everything.folder / name
        self.home = self.root / "var/lib/naul"
        self._campus = everything
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        for each in FOLDERS:
            (self.root / each).mkdir(parents=True, mode=0o700)
        self.environ = os.environ | {
            "PATH": f"{everything.tools}:{BIN}:{os.environ['PATH']}", "NAUL_HOME": str(self.home),
            "NAUL_KAFKA_PORT": str(free_row(18)), "HOSTNAME": name, "CAMPUS": str(everything.folder),
        }  # fmt: skip

    def here(self, text: str) -> str:
        """Return what the page says, with the places and names of this machine."""
        text = text.replace("DNS:$host.example.ac.kr", "IP:$(address $host)")
        text = re.sub(r"(\w+)\.example\.ac\.kr", lambda found: self._campus.machines[found[1]].address, text)
        for said, secret in SECRETS.items():
            text = text.replace(said, secret)
        text = text.replace("/opt/naul/.venv/bin", str(BIN)).replace("/opt/naul", str(HOUSE))
        text = text.replace("/opt/kafka/bin", str(self._campus.tools))
        return re.sub(r"(?<![\w:.])/(etc/naul|etc/systemd|var/lib/naul)", rf"{self.root}/\1", text)

    def type(self, lines: str, folder: str = "var/lib/naul") -> str:
        """Run lines as a person would, and then what they told ``systemctl``."""
        told = self.root / "systemctl"
        told.unlink(missing_ok=True)
        done = subprocess.run(
            ["sh", "-ec", self.here(lines)], cwd=self.root / folder, env=self.environ, capture_output=True, text=True,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, f"on {self.name}: {lines}\n{done.stdout}\n{done.stderr}"
        for line in told.read_text("utf-8").splitlines() if told.exists() else ():
            words = line.split()
            {"enable": self.start, "start": self.start, "stop": self.stop}[words[0]](words[-1])
        return done.stdout

    def write(self, place: str, text: str) -> None:
        """Write a file of this machine that its owner alone reads."""
        file = self.root / place
        file.write_text(self.here(text), "utf-8")
        file.chmod(0o600)

    @property
    def settings(self) -> Settings:
        """What its home says."""
        return load_settings(self.home, self.environ)

    def start(self, unit: str) -> None:
        """Start what a unit says, as systemd would; ``await_ready`` waits for it."""
        template, at, instance = unit.partition("@")
        file = self.root / "etc/systemd/system" / f"{template}{at}.service"
        said = dict(re.findall(r"^(\w+)=(.*)$", file.read_text("utf-8"), re.MULTILINE))
        environ = self.environ | dict(each.split("=", 1) for each in self.here(said["Environment"]).split())
        environ.pop("NAUL_CACHE", None)  # that of this machine has the models
        given = said["ExecStart"].replace("%i", instance).replace("%%", "%").replace("$$", "$")
        if files := said.get("EnvironmentFile"):
            place = Path(self.here(files.replace("%i", instance)))
            environ |= dict(each.split("=", 1) for each in place.read_text("utf-8").splitlines())
            given = re.sub(r"\$\{(\w+)\}", lambda found: environ[found[1]], given)
        with (self.root / f"{unit}.log").open("ab") as log:
            self._running[unit] = subprocess.Popen(
                bound_to_parent(shlex.split(self.here(given))), cwd=self.here(said["WorkingDirectory"]), env=environ,
                stdout=log, stderr=log,
            )  # fmt: skip

    def await_ready(self) -> None:
        """Return when every part that was started here takes work."""
        for unit, process in self._running.items():
            while not self._ready(unit, process.pid):
                assert process.poll() is None, self.log(unit)
                time.sleep(0.1)

    def _ready(self, unit: str, pid: int) -> bool:
        if unit == "naul":
            return not unready(self.settings)
        part, _, slot = unit.rpartition("@")[2].partition("-")
        return ready_pid(self.settings, part if part in ONCE else f"{part}-{slot}") == pid

    def log(self, unit: str) -> str:
        """Return what a unit said."""
        return (self.root / f"{unit}.log").read_text("utf-8", "replace")

    def lose_power(self) -> None:
        """End everything here at once; what supervisord runs ends with it."""
        for unit in list(self._running):
            self._end(unit, signal.SIGKILL)

    def stop(self, unit: str) -> None:
        """Tell a unit to end, and wait for that."""
        code = self._end(unit, signal.SIGTERM)
        assert code in (0, -signal.SIGTERM, 143), self.log(unit)

    def start_again(self, *units: str) -> None:
        """Start what was stopped, or lost its power, and return when it takes work."""
        for each in units:
            self.start(each)
        self.await_ready()

    def _end(self, unit: str, number: int) -> int:
        process = self._running.pop(unit)
        process.send_signal(number)
        return process.wait()


class Campus:
    """All machines, set up by the page; ``kafka``, ``people`` and so on carry out its parts in order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tools = folder / "tools"
        self.tools.mkdir()
        net = f"127.{20 + secrets.randbelow(200)}.{secrets.randbelow(256)}"
        self.page = blocks(PAGE.read_text("utf-8"))
        self.machines = {name: Machine(self, name, f"{net}.{n}") for n, name in enumerate(MACHINES, 1)}
        self.admin = self.machines["admin"]
        self._stores: dict[str, subprocess.Popen[bytes]] = {}
        self._ports = {name: free_ports() for name in STORES}
        self._keeper: subprocess.Popen[bytes] | None = None
        self._keeper_port = free_row(1)
        self._tools()

    def _tools(self) -> None:
        """Write what the page calls and this machine has otherwise."""
        options = "-Xmx112m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData"
        java = f"exec {shlex.quote(str(find_java().path))} {options}"
        java += f" -Dlog4j2.configurationFile={LOGGING} -cp '{jars_folder()}/*'"
        # What goes to the cleaner by default, 128 MiB, is more than the heap of a test.
        small = "--override log.cleaner.dedupe.buffer.size=4194304 --override log.index.size.max.bytes=1048576"
        addresses = "".join(f"{name}) echo {each.address};;\n" for name, each in self.machines.items())
        for name, body in {
            "kafka-storage.sh": f'{java} kafka.tools.StorageTool "$@"',
            "kafka-server-start.sh": f'{java} kafka.Kafka "$@" {small}',
            "scp": 'cp --preserve=mode "$1" "$CAMPUS/${2%%:*}${2#*:}"',
            "systemctl": 'echo "$*" >> "$CAMPUS/$HOSTNAME/systemctl"',
            "address": f'case "$1" in\n{addresses}esac',
        }.items():
            file = self.tools / name
            file.write_text(f"#!/bin/sh\n{body}\n", "utf-8")
            file.chmod(0o700)

    def each(self, names: Sequence[str], head: str, folder: str = "var/lib/naul", only: str = "") -> None:
        """Type a block on some machines. only: of its lines those with this word."""
        lines = self.page[head]
        if only:
            lines = "".join(line for line in lines.splitlines(keepends=True) if re.search(only, line))
        for name in names:
            self.machines[name].type(lines, folder)

    def kafka(self) -> None:
        """Make certificates, format three brokers, and start them."""
        self.each(["admin"], "admin, in an empty folder that only you read")
        said = self.page["kafka1: /etc/naul-kafka/machine.properties"]
        for number, name in enumerate(BROKERS, 1):
            own = said.replace("node=1", f"node={number}").replace("host=kafka1", f"host={name}")
            self.machines[name].write("etc/naul-kafka/machine.properties", own)
        self.each(BROKERS, "each of kafka1, kafka2, kafka3, in /etc/naul-kafka", "etc/naul-kafka")
        self.admin.write("var/lib/naul/naul.toml", self.page["admin: /var/lib/naul/naul.toml"])
        self.admin.write("var/lib/naul/kafka-password", "PASSWORD OF ADMIN\n")
        for name in BROKERS:
            self.await_broker(name)

    def await_broker(self, name: str) -> None:
        """Return when a broker answers."""
        alone = replace(self.admin.settings, kafka=f"{self.machines[name].address}:9094")
        process = self.machines[name]._running["naul-kafka"]
        wait_until_ready(alone, timeout=180, alive=lambda: process.poll() is None)

    def start_keeper(self) -> None:
        """Start what the servers of the store agree by: one ZooKeeper, of which the page has three."""
        self._keeper = zookeeper_debian.start(self.folder / "zookeeper", self._keeper_port)

    def start_store(self, name: str) -> None:
        """Start a server of the store, with TLS and two users."""
        where = self.machines[name]
        more = TLS.format(host=where.address, folder=self.admin.home, name=name)
        more += REPLICA.format(host=where.address, keeper=self._keeper_port, name=name)
        users = USERS.replace(
            "<profiles>", "<profiles><reading><readonly>1</readonly></reading>"
        ).replace(
            "</users>",
            USER.format(name="naul", password=STORE_PASSWORDS["naul"], profile="default")
            + USER.format(name="naul_reader", password=STORE_PASSWORDS["naul_reader"], profile="reading")
            + "</users>",
        )  # fmt: skip
        self._stores[name] = start(where.root, self._ports[name], more, users)

    def kill_store(self, name: str) -> None:
        """End a server of the store as a power cut would, and return when the other knows."""
        server = self._stores.pop(name)
        server.kill()
        server.wait()
        zookeeper_debian.await_absence(self._keeper_port, name)

    def users(self) -> None:
        """Make topics, users and keys, and the homes of two machines."""
        self.each(["admin"], "admin, in /var/lib/naul")
        said = self.page["naul1: /var/lib/naul/naul.toml"]
        for name in ("naul1", "naul2"):
            own = said.replace('"naul1"', f'"{name}"') + "recognise_threads = 1\n"
            self.machines[name].write("var/lib/naul/naul.toml", own)
            self.machines[name].write("var/lib/naul/store-password", STORE_PASSWORDS["naul"])
            self.machines[name].write("var/lib/naul/store-reader-password", STORE_PASSWORDS["naul_reader"])
        self.machines["e101"].write("var/lib/naul/naul.toml", self.page["e101: /var/lib/naul/naul.toml"])

    def leader(self, name: str, partition: int = 0) -> str:
        """Return the machine whose broker leads a partition of a topic."""
        with closing(admin(self.admin.settings)) as client:
            [found] = client.describe_topics([self.admin.settings.topic(name)])
        return f"kafka{next(each['leader_id'] for each in found['partitions'] if each['partition_index'] == partition)}"

    def until_done(self, *stages: Stage) -> None:
        """Return when stages, in their order, have dealt with all that was sent."""
        for stage in stages:
            with Cluster(self.admin.settings) as cluster:
                while cluster.lag(stage):
                    time.sleep(0.5)

    def close(self) -> None:
        """End everything."""
        for each in self.machines.values():
            each.lose_power()
        for process in [*self._stores.values(), self._keeper]:
            if process:
                process.kill()
                process.wait()


@contextmanager
def campus(folder: Path) -> Iterator[Campus]:
    """Give a campus with brokers, two servers of the store, users and homes; no worker runs yet."""
    made = Campus(folder)
    try:
        made.kafka()
        made.start_keeper()
        for name in STORES:
            made.start_store(name)
        made.users()
        yield made
    finally:
        made.close()
