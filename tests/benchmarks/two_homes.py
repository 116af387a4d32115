"""docs/operations.md followed to the end: real faces, sealed frames, two homes, three brokers, two store servers.

Some of each are killed.

    python -m tests.benchmarks.two_homes [--script demo]

``tests/e2e/test_two_homes.py`` is the short form, with sightings of numbers and without `naul.service`.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from infra.machine.lag import STAGES, Cluster
from infra.operations.runs.demo_comparison import compare
from producers.simulated_hall import Recording, Script, load_script, write_recording
from schemas.cluster import consumer, end_offsets, read
from schemas.errors import UnavailableError
from schemas.frame_seals import sealed_for
from schemas.settings import Policy
from tests.tools.campus import Campus, Machine, campus

RECOGNISE, ATTEND, SINK = STAGES


class Trouble(NamedTuple):
    """after: this part of the frames was looked at, 0 to 1."""

    after: float
    what: str
    steps: Sequence[Callable[[], None]]


def main() -> int:
    """Print what was killed when, and how many verdicts are right; return 1 unless all are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--script", default="demo")
    script = load_script(parser.parse_args().script)
    with tempfile.TemporaryDirectory() as folder:
        recording = write_recording(script, Path(folder) / "hall")
        (Path(folder) / "machines").mkdir()
        began = time.monotonic()
        with campus(Path(folder) / "machines") as site:
            print(f"{time.monotonic() - began:6.0f} s  three brokers, two store servers, users, topics", flush=True)
            return _played(site, script, recording)


def _played(site: Campus, script: Script, recording: Recording) -> int:
    began, (one, two) = time.monotonic(), (site.machines["naul1"], site.machines["naul2"])

    def told(what: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {what}", flush=True)

    for machine in (one, two):
        site.each([machine.name], "naul1 and naul2")
    for machine in (one, two):
        machine.await_ready()
        told(f"{machine.name} is ready")
    one.type(
        f"naul roster load {recording.roster_csv}\nnaul timetable load {recording.timetable_csv}\n"
        f"naul enroll {recording.photos_dir} --consent-on-file"
    )
    with _sending(site, script, recording), Cluster(site.admin.settings) as cluster:
        for trouble in _troubles(site, one, two):
            while _looked_at(cluster) < trouble.after * recording.frames:
                time.sleep(0.5)
            for step in trouble.steps:
                step()
            told(f"{trouble.after:4.0%} of {recording.frames} frames looked at: {trouble.what}")
    site.until_done(RECOGNISE, ATTEND, SINK)
    two.type("naul wait")
    told("all is judged and stored")
    compared = compare(script, _report(two, "attendance"), _report(two, "departures"), Policy())
    wrong = [each for each in compared if not (each.verdict_right and each.departures_right)]
    for each in wrong:
        print(f"wrong: {each.class_hour} {each.student_id} {each.verdict} {each.away}, true: {each.truth}")
    told(f"{len(compared) - len(wrong)} of {len(compared)} verdicts right, with their departures")
    told(f"{_sealed(site)} of {recording.frames} frames were sealed")
    for machine in (one, two):
        machine.await_ready()
        machine.stop("naul")
    return 1 if wrong else 0


def _looked_at(cluster: Cluster) -> int:
    """Return how many frames were; 0 while nobody says, as just after a broker was killed."""
    try:
        return sum(cluster.ends(["sightings"]).values())
    except UnavailableError:
        return 0


def _troubles(site: Campus, one: Machine, two: Machine) -> list[Trouble]:
    broker = site.leader("frames")
    kafka = site.machines[broker]
    return [
        Trouble(0.15, f"{broker}, which leads frames, lost its power", [kafka.lose_power]),
        Trouble(0.3, "naul1 lost its power", [one.lose_power]),
        Trouble(0.4, "store1 was killed", [partial(site.kill_store, "store1")]),
        Trouble(0.5, f"{broker} and naul1 started", [partial(kafka.start, "naul-kafka"), partial(one.start, "naul")]),
        Trouble(
            0.6,
            "store1 started, store2 was killed",
            [partial(site.start_store, "store1"), partial(site.kill_store, "store2")],
        ),
        Trouble(0.75, "naul2 was stopped and started", [partial(two.stop, "naul"), partial(two.start, "naul")]),
        Trouble(0.9, "store2 started", [partial(site.start_store, "store2")]),
    ]


@contextmanager
def _sending(site: Campus, script: Script, recording: Recording) -> Iterator[None]:
    """Have the machine of the hall send the recording, as a user who can only write frames."""
    line = f"naul camera send {recording.frames_dir} --hall {script.hall} --camera {script.camera} --no-wait"
    failed: list[BaseException] = []

    def send() -> None:
        try:
            print(site.machines["e101"].type(line).splitlines()[-1])
        except AssertionError as error:
            failed.append(error)

    sending = threading.Thread(target=send)
    sending.start()
    yield
    sending.join()
    if failed:
        raise failed[0]


def _sealed(site: Campus) -> int:
    settings = site.admin.settings
    with closing(consumer(settings)) as client:
        ends = end_offsets(client, settings.topic("frames"))
        found = read(settings, client, dict.fromkeys(ends, 0), ends)
        return len({each.value for each in found if sealed_for(each.value)})


def _report(machine: Machine, kind: str) -> list[dict[str, Any]]:
    return msgspec.json.decode(machine.type(f"naul report {kind} --format json"), type=list[dict[str, Any]])


if __name__ == "__main__":
    raise SystemExit(main())
