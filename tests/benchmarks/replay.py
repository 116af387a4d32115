"""What a replay costs: frames against a bare loop in the same run, sightings against real time, and live beside it.

    python -m tests.benchmarks.replay [--only frames|sightings|live|memory] [--frames 960] [--memory 1000]

The hall has 40 students who all show their faces, 1920x1080; the broker is a real one, the store the embedded one. A
replay's time is that of the whole command but for loading Python: from the request to the last row in the store. Memory
is watched with small frames (640x360).
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import msgspec
from rich.console import Console
from rich.table import Table

from infra.operations.runs import replay as replaying
from producers.simulated_hall.script import Script
from schemas.cluster import send
from schemas.frames import FrameHeaders
from schemas.messages import ClassHour, FrameRef, HallDay, encode
from schemas.runs import Manifest
from schemas.settings import Settings, load_settings
from streams.faces.engines import Engine, load_engine
from streams.faces.frame_view import view_of
from streams.faces.pictures import decode_jpeg
from streams.faces.template_cipher import TemplateCipher
from streams.recognise.engine_runner import FrameFaces
from streams.recognise.observing import HourGallery, observe
from streams.reference.reference_data import Reference
from streams.replay import ReplayRequest
from tests.benchmarks.full_hall import full_hall
from tests.benchmarks.worker import Hall, Site, megabytes, played, small
from tests.conftest import Broker

WORKERS = 2
LOADS = (25, 100)
"""Percent of a core that each process may take beside live; with 100 it gives way by being nice alone."""
HOURS = 6
"""Class hours whose sightings are replayed, and of a hall's day."""
EVERY = 10
"""Seconds between two frames of them."""
ROUNDS = 3
LIVE = 120
"""Frames that live looks at in a round."""


class Bench:
    """A broker, the hall and the engine that the tables share."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        """folder: empty. stack: ends what was started."""
        self._broker = Broker(folder / "broker")
        self._broker.start()
        stack.callback(self._broker.stop)
        self._stack, self._key = stack, folder / "key"
        self._engine = load_engine(Settings().engine, threads=1)
        self._engine.quicken(Settings().arithmetic)  # as a replay does
        self._hall: Hall = played(self._engine, TemplateCipher.create(self._key))

    def frames(self, count: int) -> Table:
        """Measure a replay of frames against the bare loop over the same JPEGs in memory."""
        site, settings = self._site()
        self._send(site, count, self._hall.frames)
        bare = self._bare(count)
        (made,), took = _timed(settings, self._request("frames"))
        table = Table("what", "seconds", "frames a second", "times", title=f"{count} frames, {WORKERS} cores")
        table.add_row("bare loop", f"{bare:.1f}", f"{count / bare:.1f}", "")
        table.add_row("replay, from request to store", f"{took:.1f}", f"{count / took:.1f}", f"{bare / took:.2f}")
        table.add_row("its processes: start, look, judge", f"{made.seconds:.1f}", f"{count / made.seconds:.1f}",
                      f"{bare / made.seconds:.2f}")  # fmt: skip
        assert made.frames == count
        return table

    def sightings(self) -> Table:
        """Measure a replay of a day's sightings of a hall against real time."""
        site, settings = self._site()
        script, looks = full_hall(), [self._look(each) for each in self._hall.frames]
        hours = self._sight(site, looks, script)
        request = ReplayRequest("sightings", hours[0].starts_at, hours[-1].ends_at, from_sightings=True)
        (made,), took = _timed(settings, request)
        real = sum((each.ends_at - each.starts_at).total_seconds() for each in hours)
        table = Table("what", "class hours", "frames", "seconds", "× real time", title=f"sightings, {WORKERS} cores")
        table.add_row(
            "replay, from request to store", str(HOURS), str(made.frames), f"{took:.1f}", f"{real / took:,.0f}"
        )
        return table

    def live(self) -> Table:
        """Measure how much slower live becomes while a replay runs beside it."""
        site, settings = self._site()
        alone: list[float] = []
        beside: dict[int, list[float]] = {load: [] for load in LOADS}
        with site.workers(1, WORKERS):
            self._send(site, LIVE * ROUNDS * 8, self._hall.frames[:1])  # more than a replay will come to
            site.look(LIVE, self._hall.frames)
            for number in range(ROUNDS):
                alone.append(site.look(LIVE, self._hall.frames))
                for load, times in beside.items():
                    with subprocess.Popen(_line(settings, self._request(f"beside-{load}-{number}"), load)) as replay:
                        while not list(settings.home.glob("runs/*/*.jsonl.new")):
                            assert replay.poll() is None
                            time.sleep(0.1)
                        times.append(site.look(LIVE, self._hall.frames))
                        replay.kill()
                    for each in (settings.home / "runs").iterdir():
                        shutil.rmtree(each)
        table = Table("live", "frames a second", "times as long", title=f"beside a replay of {WORKERS} workers")
        table.add_row("alone", f"{LIVE / median(alone):.1f}", "")
        for load, times in beside.items():
            slower = median(times) / median(alone)
            table.add_row(f"--load {load}", f"{LIVE / median(times):.1f}", f"{slower:.2f}")
        return table

    def memory(self, count: int) -> Table:
        """Watch the memory of a replay: of the command, and of the largest worker."""
        site, settings = self._site()
        self._send(site, count, [small(each) for each in self._hall.frames])
        table = Table("frames", "MB of the command", "MB of a worker", title="memory of a replay, 640x360")
        shown = 0

        def report(_: Sequence[Manifest], now: replaying.Progress) -> None:
            nonlocal shown
            if now.done >= shown + count // 8 or now.done == now.total > shown:
                shown = now.done
                table.add_row(
                    f"{now.done:,}", f"{megabytes(os.getpid()):.0f}", f"{max(map(megabytes, _children())):.0f}"
                )

        replaying.replay(settings, self._request("memory"), report, workers=WORKERS, now=_now)
        return table

    def _site(self) -> tuple[Site, Settings]:
        site = Site(self._broker, self._hall, self._key)
        self._stack.callback(site.close)
        toml = site.settings.home / "naul.toml"
        # Its few pictures come again; the bare loop embeds all faces.
        toml.write_text(toml.read_text("utf-8") + 'store = "embedded"\nreuse_embeddings = false\n', "utf-8")
        return site, load_settings(site.settings.home, {})

    def _send(self, site: Site, count: int, jpegs: Sequence[bytes]) -> None:
        for first in range(0, count, 100):
            send(site.settings, [site.frame(jpegs[n % len(jpegs)]) for n in range(first, min(first + 100, count))])

    def _request(self, run: str) -> ReplayRequest:
        return ReplayRequest(run, self._hall.hour.starts_at, self._hall.hour.ends_at)

    def _look(self, jpeg: bytes) -> FrameFaces:
        image = decode_jpeg(jpeg)
        return FrameFaces(image.shape[1], image.shape[0], self._engine.look(image), view_of(image))

    def _bare(self, count: int) -> float:
        before = time.perf_counter()
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(lambda n: self._look(self._hall.frames[n % len(self._hall.frames)]), range(count)))
        return time.perf_counter() - before

    def _sight(self, site: Site, looks: Sequence[FrameFaces], script: Script) -> list[ClassHour]:
        """Put what would have been seen in a day into the topic."""
        first, settings = self._hall.hour, site.settings
        hours = [
            msgspec.structs.replace(
                first,
                period=number,
                starts_at=first.starts_at + timedelta(hours=number - 1),
                ends_at=first.ends_at + timedelta(hours=number - 1),
            )
            for number in range(1, HOURS + 1)
        ]
        day = HallDay(hall=first.hall, date=first.date, hours=tuple(hours))
        key = f"{first.hall}|{first.date}".encode()
        send(settings, [(settings.topic("timetable"), key, encode(day), None, None)])
        reference = Reference(settings, self._engine.id)
        reference.catch_up()
        for hour in hours:
            send(settings, [
                (settings.topic("sightings"), hour.hall.encode(), each, None, None)
                for each in _observations(self._engine, reference, hour, looks, script)
            ])  # fmt: skip
        reference.close()
        return hours


def _observations(
    engine: Engine, reference: Reference, hour: ClassHour, looks: Sequence[FrameFaces], script: Script
) -> Iterator[bytes]:
    seconds = int((hour.ends_at - hour.starts_at).total_seconds())
    for number, second in enumerate(range(0, seconds, EVERY)):
        moment = hour.starts_at + timedelta(seconds=second)
        head = FrameHeaders(hall=hour.hall, camera=script.camera, captured_at=moment, live=False, sequence=number)
        yield encode(
            observe(
                head,
                FrameRef(topic="frames", partition=0, offset=number),
                looks[number % len(looks)],
                HourGallery(hour, reference.candidates(hour), reference.cipher),
                engine=engine.id,
                calibration=engine.calibration,
                picture=f"{hour.period}-{number}".encode(),
            )
        )


def _timed(settings: Settings, request: ReplayRequest) -> tuple[list[Manifest], float]:
    before = time.perf_counter()
    made = replaying.replay(settings, request, lambda *_: None, workers=WORKERS, now=_now)
    return made, time.perf_counter() - before


def _line(settings: Settings, request: ReplayRequest, load: int) -> list[str]:
    line = [sys.executable, "-m", "infra.cli.main", "replay", "--home", str(settings.home), "--run", request.run]
    line += ["--from", request.since.isoformat(), "--until", request.until.isoformat()]
    return [*line, "--workers", str(WORKERS), "--load", str(load)]


def _now() -> datetime:
    return datetime.now(UTC)


def _children() -> list[int]:
    """Return the processes that this one started."""
    found = Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii").split()
    return [int(each) for each in found]


def tables(only: str = "", frames: int = 960, memory: int = 1000) -> Iterator[Table]:
    """Yield what was measured. only: one of ``frames``, ``sightings``, ``live``, ``memory``."""
    with ExitStack() as stack:
        bench = Bench(Path(stack.enter_context(TemporaryDirectory())), stack)
        if only in ("", "frames"):
            yield bench.frames(frames)
        if only in ("", "sightings"):
            yield bench.sightings()
        if only in ("", "live"):
            yield bench.live()
        if only in ("", "memory"):
            yield bench.memory(memory)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("frames", "sightings", "live", "memory"), default="")
    parser.add_argument("--frames", type=int, default=960, help="replayed against the bare loop")
    parser.add_argument("--memory", type=int, default=1000, help="frames whose memory is watched")
    given = parser.parse_args()
    for table in tables(given.only, given.frames, given.memory):
        Console(width=110).print(table)


if __name__ == "__main__":
    main()
