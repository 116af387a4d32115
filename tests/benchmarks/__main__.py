"""`make bench`: every table that the documents quote, with the machine."""

import os
import platform
from pathlib import Path

from rich.console import Console

from tests.benchmarks import enrolling, halls, matching, naming, recall, replay, runs, speed, worker
from tests.benchmarks.crowd import faces_of_benchmark


def machine() -> str:
    """Return what it was measured on."""
    info = Path("/proc/cpuinfo")
    names = {line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")}
    return f"{', '.join(names) or platform.processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"


if __name__ == "__main__":
    console = Console(width=110)
    console.print(machine())
    for measured in (speed, recall, matching, enrolling, naming, runs, worker, replay):
        for table in measured.tables():
            console.print(table)
    for table in halls.tables(faces_of_benchmark()):
        console.print(table)
