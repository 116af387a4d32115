"""Float or 8 bits? Which is faster differs from processor to processor, so each machine measures it, once."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import onnxruntime

from streams.faces.onnx_sessions import processor
from streams.faces.weights import cached

__all__ = ["LEAST", "Clock", "Work", "gain", "key"]

LEAST = 1.1
"""A gain below this is none."""

Work = Callable[[], object]
Clock = Callable[[], float]

_SECONDS = 2.0
_FEWEST = 3


def key(threads: int, *graphs: str) -> str:
    """Return eight digits that change whenever the answer might: processor, runtime, threads, names of the graphs."""
    told = [processor(), onnxruntime.__version__, str(threads), *graphs]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:8]


def gain(key: str, plain: Work, quick: Work, cache: Path | None = None, clock: Clock = time.perf_counter) -> float:
    """Return how many times faster one work is than another: measured for about two seconds, then remembered.

    plain, quick: are done in turn, so that what else the machine does weighs on both.
    """
    return float(cached(f"gain-{key}.txt", lambda: f"{_measured(plain, quick, clock):.2f}".encode(), cache))


def _measured(plain: Work, quick: Work, clock: Clock) -> float:
    plain(), quick()  # the first time costs more
    ratios: list[float] = []
    started = clock()
    while len(ratios) < _FEWEST or clock() - started < _SECONDS:
        before = clock()
        plain()
        between = clock()
        quick()
        ratios.append((between - before) / max(clock() - between, 1e-9))
    return median(ratios)
