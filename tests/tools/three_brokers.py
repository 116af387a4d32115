"""Three brokers on one machine that vote and copy: killed, frozen, cut off from each other, started again.

``python -m tests.tools.three_brokers --home DIR`` becomes one of them.
"""

import asyncio
import base64
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from infra.machine.child import bound_to_parent
from infra.machine.kafka import broker
from infra.machine.topic_creation import topics_there
from schemas.cluster import admin
from schemas.errors import NaulError
from schemas.retry import retry
from schemas.settings import Settings
from tests.tools.ports import free_row

__all__ = ["Proxy", "ThreeBrokers", "three_brokers"]

COUNT = 3
CLUSTER = base64.urlsafe_b64encode(b"naul: three of us").decode()[:22]


def lines(settings: Settings) -> Mapping[str, str]:
    """Return the settings of one of three: its ports are the first one's and so on, of a row that its home names."""
    node = int(settings.slot)
    first = settings.kafka_port - node * 3
    mine = {
        name: f"127.0.0.1:{first + node * 3 + place}" for place, name in enumerate(("BROKER", "CONTROLLER", "INNER"))
    }
    voters = ",".join(f"{each}@127.0.0.1:{first + each * 3 + 1}" for each in range(COUNT))
    proxy = f"127.0.0.1:{first + COUNT * 3 + node}"
    return {
        **broker.properties(settings),
        "node.id": str(node),
        "controller.quorum.voters": voters,
        "listeners": ",".join(f"{name}://{where}" for name, where in mine.items()),
        "advertised.listeners": f"BROKER://{mine['BROKER']},INNER://{proxy}",
        "inter.broker.listener.name": "INNER",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,INNER:PLAINTEXT",
        "default.replication.factor": "3",
        "min.insync.replicas": "2",
        "offsets.topic.replication.factor": "3",
        "transaction.state.log.replication.factor": "3",
        "transaction.state.log.min.isr": "2",
        # Who was cut off is out of sync after so long.
        "replica.lag.time.max.ms": "4000",
        "replica.fetch.max.bytes": str(2**20),
        "controller.quorum.election.timeout.ms": "1000",
        "controller.quorum.fetch.timeout.ms": "2000",
    }


class Proxy:
    """The way by which others reach a server. While it is cut, nothing passes and nobody gets in."""

    def __init__(self, port: int, target: int) -> None:
        self._port, self._target = port, target
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self._cut = False
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        started.wait()

    def cut(self) -> None:
        """Let nothing pass from now on."""
        self._loop.call_soon_threadsafe(self._set, True)

    def heal(self) -> None:
        """Let everything pass again."""
        self._loop.call_soon_threadsafe(self._set, False)

    def close(self) -> None:
        """End."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _set(self, cut: bool) -> None:
        self._cut = cut
        for each in self._open if cut else ():
            each.transport.abort()

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self._port))
        started.set()
        self._loop.run_forever()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, back}
        self._open |= ends
        try:
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        finally:
            self._open -= ends
            for each in ends:
                each.transport.abort()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(2**16):
            sink.write(data)
            await sink.drain()
    sink.close()


class ThreeBrokers:
    """A cluster of three. ``settings``: how a site reaches it, by all of their addresses."""

    def __init__(self, folder: Path) -> None:
        first = free_row(COUNT * 4)
        self._ports = [first + each * 3 for each in range(COUNT)]
        self._homes = [folder / str(each) for each in range(COUNT)]
        self._processes: list[subprocess.Popen[bytes] | None] = [None] * COUNT
        self.proxies = [Proxy(first + COUNT * 3 + each, self._ports[each] + 2) for each in range(COUNT)]
        self.settings = Settings(home=folder, kafka=",".join(f"127.0.0.1:{port}" for port in self._ports))
        for each, home in enumerate(self._homes):
            home.mkdir()
            said = f'kafka_port = {self._ports[each]}\nslot = "{each}"\nkafka_heap_mib = 96\n'
            (home / "naul.toml").write_text(said, "utf-8")

    def start(self, *which: int) -> None:
        """Start some of them, all without a word, and return when each answers."""
        chosen = which or range(COUNT)
        for each in chosen:
            line = [sys.executable, "-m", "tests.tools.three_brokers", "--home", str(self._homes[each])]
            with (self._homes[each] / "kafka.log").open("ab") as log:
                self._processes[each] = subprocess.Popen(bound_to_parent(line), stdout=log, stderr=log)
        for each in chosen:
            process = self._processes[each]
            assert process
            alone = Settings(home=self._homes[each], kafka=f"127.0.0.1:{self._ports[each]}")
            try:
                broker.wait_until_ready(alone, timeout=180, alive=lambda it=process: it.poll() is None)  # type: ignore[misc]
            except NaulError as error:
                raise AssertionError((self._homes[each] / "kafka.log").read_text("utf-8")) from error

    def kill(self, each: int) -> None:
        """End one as a power cut of the process would."""
        self._signal(each, signal.SIGKILL)
        self._end(each)

    @contextmanager
    def killed(self, each: int) -> Iterator[None]:
        """Have one killed, and started again afterwards."""
        self.kill(each)
        yield
        self.start(each)

    def stop(self, each: int) -> None:
        """Tell one to end, and wait for that."""
        self._signal(each, signal.SIGTERM)
        self._end(each)

    @contextmanager
    def frozen(self, each: int) -> Iterator[None]:
        """Have one stand still, with all of its connections open."""
        self._signal(each, signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(each, signal.SIGCONT)

    @contextmanager
    def cut_off(self, each: int) -> Iterator[None]:
        """Have the others not reach one: nobody copies what it leads."""
        self.proxies[each].cut()
        try:
            yield
        finally:
            self.proxies[each].heal()

    def close(self) -> None:
        """End them all."""
        for each, process in enumerate(self._processes):
            if process and process.poll() is None:
                self.kill(each)
        for proxy in self.proxies:
            proxy.close()

    def leader(self, name: str, partition: int = 0) -> int:
        """Return which of them leads a partition."""
        with closing(admin(self.settings)) as client:
            [found] = client.describe_topics([name])
        return next(each["leader_id"] for each in found["partitions"] if each["partition_index"] == partition)

    def await_copies(self, site: Settings) -> None:
        """Return when no copy of a site's topics is behind."""
        self.until(lambda: not any(each.under_replicated for each in topics_there(site).topics.values()))

    def move_leaders(self) -> None:
        """Have every partition led by whoever should: after each trouble all of them had moved away from somebody."""
        with closing(admin(self.settings)) as client:
            client.elect_leaders(0, raise_errors=False)  # of those that are where they should be it says so

    def until(self, done: Callable[[], bool]) -> None:
        """Return when something is so; a broker that is away meanwhile is waited for."""

        def look() -> None:
            if not done():
                raise NotYetError

        retry(look, errors=(NotYetError, NaulError), first=0.5, longest=1.0, quiet=True)

    def _signal(self, each: int, number: int) -> None:
        process = self._processes[each]
        assert process
        process.send_signal(number)

    def _end(self, each: int) -> None:
        process = self._processes[each]
        assert process
        process.wait()


class NotYetError(Exception):
    """What is waited for is not so yet."""


@contextmanager
def three_brokers(folder: Path) -> Iterator[ThreeBrokers]:
    """Give a cluster of three that runs."""
    cluster = ThreeBrokers(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()


if __name__ == "__main__":
    broker.main(lines, CLUSTER)
