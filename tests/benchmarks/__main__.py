"""`make bench`: every table that the documents quote, with the machine.

    make bench [PART=halls | PART="speed worker" | PART=list] [AGAIN=1]

What is measured is kept, and measured again only with AGAIN=1, on another machine, with other faces (BENCH_FACES), or
when a file of the repository changed that could change it.
"""

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from schemas.cache import cache_folder
from tests.benchmarks.crowd import faces_of_benchmark
from tests.benchmarks.parts import Kept, measure, spoken, state_of

HOUSE = Path(__file__).parents[2]
NOT_MEASURED = (":!*.md", ":!docs", ":!.ci", ":!tests/unit", ":!tests/contract", ":!tests/e2e")
PARTS = {
    "speed": "a frame with 40 faces against face_recognition, and judging an hour",
    "judging": "17 running halls judged every 15 s, against from scratch",
    "attend_worker": "what a message costs the real attend behind a real broker, ready after a kill",
    "campus": "125 halls through attend: memory, cost of a message, ready after a kill",
    "recall": "faces found, by width, light and size of the picture",
    "matching": "comparing faces with everybody who is enrolled",
    "enrolling": "photos a second, against the bare engine",
    "naming": "whom looks name, and whom strangers' looks name",
    "doors": "help, completion, and every command that only asks",
    "runs": "comparing two runs of a term",
    "worker": "Kafka to sighting, two workers against one, memory",
    "slots": "is the broker a bound of 1 to 8 recognise workers, with an engine that costs nothing",
    "facts": "what a sighting costs attend apart from judging: core, log, memory",
    "sealing": "sealing and opening a frame, against decoding it",
    "replay": "frames and sightings judged again, and live beside it",
    "halls": "how right the verdicts of ten class hours are",
    "another_class": "whom Naul names in a hall of another class",
    "seat_changes": "what is said of students who change their seats",
    "capture": "from a frame's capture to its names on a page of the desk",
    "live_pages": "from an event to the page of 20 halls, and what 300 open pages cost the desk",
    "first_pages": "how soon the desk is there, and its first pages, by HTTP and in a browser",
    "own_pages": "how soon a student's own page is there, after a term of 5,000 students",
    "reading": "what the sink stores while pages are read",
    "kiosk": "real heads that turn against held-up pictures, whom a kiosk names, how soon",
    "term_pages": "pages and exports of a term, against reading all of its rows",
    "brokers": "three brokers killed, frozen, cut off and started again under load",
    "two_homes": "a lecture of real faces through two homes and three brokers, of which some are killed",
    "growing": "a site that is given more partitions, killed again and again",
    "malformed": "10,000 malformed inputs, and what becomes of them",
    "sink_batches": "inserts of the sink, and how soon a mark is in the store",
    "store_year": "what the store answers after a year of 30,000 students, against the tables of before",
    "blindness": "what is said of students while the camera shows nobody",
}


def machine() -> str:
    """Return what it was measured on."""
    info = Path("/proc/cpuinfo")
    names = {line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")}
    return f"{', '.join(names) or platform.processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def code() -> Iterator[tuple[str, bytes]]:
    """Return the files that could change what is measured, as they are, committed or not."""
    line = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *NOT_MEASURED]
    listed = subprocess.run(line, cwd=HOUSE, stdout=subprocess.PIPE, text=True, check=True)
    names = {name for name in listed.stdout.split("\0") if (HOUSE / name).is_file()}
    return ((name, (HOUSE / name).read_bytes()) for name in names)


def state() -> str:
    """Return the name of what would be measured now."""
    return state_of(code(), machine(), faces_of_benchmark())


def ran(part: str, before: str) -> tuple[str, str]:
    """Run a part, and return what it printed and why that counts for nothing. before: the state of the code."""
    line = [sys.executable, "-m", f"tests.benchmarks.{part}"]
    done = subprocess.run(line, cwd=HOUSE, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        return done.stdout, f"exit status {done.returncode}"
    return done.stdout, "" if state() == before else "the code changed meanwhile"


def known(text: str) -> str:
    """Read the name of a part."""
    if text not in (*PARTS, "list"):
        raise argparse.ArgumentTypeError(f"there is no part {text!r}, but {', '.join(PARTS)}; list says more")
    return text


def tell(kept: Kept) -> None:
    """Print which parts there are, and what is known of them."""
    for part, what in PARTS.items():
        last = kept.last(part)
        took = f"{last.measured_at:%Y-%m-%d}, {spoken(last.seconds)}" if last else "never measured"
        print(f"{part:15}{'kept' if kept.of(part) else '':6}{took:24}{what}")


def main() -> int:
    """Measure what is missing and print all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", type=known, metavar="PART", help=f"list, {', '.join(PARTS)}; else all")
    parser.add_argument("--again", action="store_true", help="measure what is kept, too")
    parser.add_argument("--keep", type=Path, default=cache_folder() / "bench", help="the folder of what is kept")
    given = parser.parse_args()
    before = state()
    kept = Kept(given.keep, before)
    if "list" in given.parts:
        tell(kept)
        return 0
    wanted = [part for part in PARTS if part in given.parts or not given.parts]
    due = [part for part in wanted if given.again or not kept.of(part)]
    failed = list(measure(due, kept, partial(ran, before=before), machine=machine(), clock=now, say=say))
    print(machine())
    for part in wanted:
        if part not in failed and (result := kept.of(part)):
            print(f"\n{part}, {result.measured_at:%Y-%m-%d}, {spoken(result.seconds)}\n\n{result.text.rstrip()}")
    if len(due) < len(wanted):
        say("What was kept was not measured again; `make bench AGAIN=1` does.")
    if failed:
        say(f"Failed: {', '.join(failed)}. What they said is above; `make bench` runs them again.")
    return 1 if failed else 0


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def say(text: str) -> None:
    """Tell whoever waits; the tables alone are the output."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted. What was measured is kept; `make bench` goes on.")
