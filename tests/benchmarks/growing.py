"""A site that grows while it has data, killed again and again: verdicts and marks against an undisturbed run's."""

import argparse
import tempfile
import time
from pathlib import Path

from tests.conftest import Broker, make_site
from tests.integration.streams.conftest import workers
from tests.tools.grown_site import GrownSite, held

NAMES = [f"H{number}" for number in range(12)]


def main() -> None:
    """Print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        broker = Broker(Path(folder) / "broker")
        broker.start()
        try:
            site = make_site(broker, Path(folder) / "home")
            with workers(site) as make:
                grown = GrownSite(site, NAMES, make)
                grown.see_half()
                grown.stop()
                began = time.monotonic()
                kills, moved = grown.grow(given.kills, given.seed)
                took = time.monotonic() - began
                grown.see_the_rest()
                twice = sum(
                    len(places) > 1
                    for name in ("attend-facts-changelog", "marks")
                    for places in held(site, name).values()
                )
                print(f"{len(NAMES)} halls from 4 to 8 partitions, killed {kills} times, {took:.0f} s with all of that")
                print(f"the last one: {moved}")
                lost = sum(map(len, grown.marks)) - len(grown.marks_there())
                print(f"halls with other verdicts: {len(grown.wrong())}, keys twice: {twice}, marks lost: {lost}")
        finally:
            broker.kill()


if __name__ == "__main__":
    main()
