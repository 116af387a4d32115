"""Ports of the loopback interface for the servers that tests start."""

import random
import socket

__all__ = ["free_row"]

FIRST, END = 20_000, 32_000
"""Below those that Linux gives to connections (from 32768 on): seconds pass between the choice of a port and the start
of its server, and hundreds of connections of the tests that run meanwhile could get it."""

_chance = random.SystemRandom()  # the other one is seeded, in all processes of a run alike


def free_row(count: int) -> int:
    """Return the first of so many ports in a row that nobody uses."""
    while True:
        first = _chance.randrange(FIRST, END - count)
        if all(map(_is_free, range(first, first + count))):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
