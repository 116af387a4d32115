"""Three brokers under load: each trouble several times, how long producer and worker stood, and what was lost."""

import argparse
import secrets
import tempfile
import time
from pathlib import Path

from msgspec.structs import replace

from infra.machine.topic_creation import create_topics, topics_there
from tests.tools.load import Load
from tests.tools.three_brokers import COUNT, ThreeBrokers, three_brokers

ROUNDS = 3


def main() -> None:
    """Print a line for each trouble."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, three_brokers(Path(folder)) as cluster:
        site = replace(cluster.settings, home=Path(folder) / "home", prefix=f"b{secrets.token_hex(4)}")
        site.home.mkdir()
        create_topics(site)
        with Load(site, size=200_000, pause=0.05) as load:
            load.goes_on()
            print(f"{'trouble':28} {'times':>5} {'producer stood':>15} {'went on within':>15}")
            for name in ("killed", "frozen", "cut_off"):
                stood, within = _troubled(cluster, load, name, rounds)
                print(f"{name:28} {rounds:5} {stood:13.1f} s {within:13.1f} s", flush=True)
            load.longest = 0.0
            for each in range(COUNT):
                cluster.stop(each)
                cluster.start(each)
                cluster.await_copies(site)
            print(f"{'each started again':28} {1:5} {load.longest:13.1f} s", flush=True)
            load.stop()
            lost, uncopied = load.lost()
            print(f"{len(load.acknowledged):,} acknowledged, {len(lost)} lost, {len(uncopied)} not copied")


def _troubled(cluster: ThreeBrokers, load: Load, name: str, rounds: int) -> tuple[float, float]:
    """Return how long there was no acknowledgement, and how long until the worker went on; the longest of all."""
    load.longest = within = 0.0
    frames = load.settings.topic("frames")
    for _ in range(rounds):
        with getattr(cluster, name)(cluster.leader(frames)):
            began = time.monotonic()
            if name == "cut_off":  # it goes on leading, and takes nothing until the others reach it again
                cluster.until(lambda: topics_there(load.settings).topics[frames].refusing > 0)
            else:
                load.goes_on()
                within = max(within, time.monotonic() - began)
        if name == "cut_off":
            load.goes_on()
            within = max(within, time.monotonic() - began)
        cluster.await_copies(load.settings)
        cluster.move_leaders()
    return load.longest, within


if __name__ == "__main__":
    main()
