"""Processes for engines that hold the GIL: they neither outlive their parent nor catch the terminal's signals."""

import ctypes
import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

__all__ = ["process_pool"]

_PR_SET_PDEATHSIG = 1


def process_pool(workers: int, opening: Callable[..., None], *args: Any) -> ProcessPoolExecutor:
    """Return a pool of spawned processes, each of which begins with ``opening(*args)``, a function of a module."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(opening, args))


def _begin(opening: Callable[..., None], args: tuple[Any, ...]) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    opening(*args)
