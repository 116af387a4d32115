"""Signals that end what a command does."""

import signal
from types import FrameType

__all__ = ["interrupted_by_sigterm"]


def interrupted_by_sigterm() -> None:
    """Let SIGTERM end what this process does as Ctrl-C does."""
    signal.signal(signal.SIGTERM, _as_interrupt)


def _as_interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
