"""10,000 malformed inputs: refused by name, put aside, or read after all; the memory; the slowest of each kind.

    python -m tests.benchmarks.malformed [--part 1]

8,000 are given to what reads them in this process, a kind after the other; 1,500 requests are sent to a desk that
serves, and 500 messages to the topics that it and a sink follow, over a real broker. It fails where one is answered
otherwise than the law of ``tests.tools.malformed`` says.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.conftest import Broker, make_site
from tests.integration.desk.conftest import served_desk
from tests.integration.desk.test_api import fill
from tests.integration.desk.test_malformed_requests import dead_letters, faults, sent
from tests.tools.hostile_requests import REQUESTS
from tests.tools.malformed import KINDS, Memory, ask, malformed


def row_of(kind: str, part: int) -> tuple[str, ...]:
    """Ask all of a kind."""
    count = refused = 0
    slowest, number = 0.0, 0
    memory = Memory()
    began = time.process_time()
    for each in malformed(part, kind):
        with tempfile.TemporaryDirectory() as scratch:
            started = time.process_time()
            refused += ask(each, Path(scratch))
            took = time.process_time() - started
        count += 1
        if took > slowest:
            slowest, number = took, each.number
    kept, peak = memory.grown()
    seconds = time.process_time() - began
    return (
        kind,
        f"{count:,}",
        f"{refused:,}",
        f"{seconds:.1f}",
        f"{1000 * slowest:.0f} (no. {number})",
        f"{kept}",
        f"{peak}",
    )


def at_the_desk(part: int) -> tuple[int, list[tuple[int, int, bytes]], int, int, tuple[int, int]]:
    """Send messages and requests; return how many messages, which requests went wrong, dead letters, inputs, memory."""
    with tempfile.TemporaryDirectory() as folder:
        broker = Broker(Path(folder) / "broker")
        broker.start()
        try:
            with served_desk(make_site(broker, Path(folder) / "site")) as desk:
                messages = sent(desk, part)
                fill(desk)
                memory = Memory()
                wrong = faults(desk, part)
                return messages, wrong, dead_letters(desk), -(-REQUESTS // part), memory.grown()
        finally:
            broker.kill()


def quiet() -> int:
    """Let what libraries of C say of pictures go nowhere; return where stderr was."""
    kept = os.dup(2)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    return kept


def main() -> None:
    """Ask, and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", type=int, default=1, help="one in so many")
    part = parser.parse_args().part
    table = Table("input", "of them", "refused", "core s", "slowest, core ms", "kept, MiB", "peak, MiB")
    stderr = quiet()
    try:
        for kind in KINDS:
            table.add_row(*row_of(kind, part))
        messages, wrong, letters, requests, (kept, peak) = at_the_desk(part)
    finally:
        os.dup2(stderr, 2)
    console = Console(width=120)
    console.print(table)
    console.print(f"{messages:,} messages to all topics: {letters:,} dead letters of the sink, the others passed over;")
    console.print(
        f"{requests:,} requests: {len(wrong)} answered 5xx or with a traceback; kept {kept} MiB, peak {peak}."
    )
    if wrong:
        sys.exit("\n".join(map(str, wrong[:20])))


if __name__ == "__main__":
    main()
