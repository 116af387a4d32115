"""Run a command that does not outlive its parent: ``python child.py COMMAND...``, as ``bound_to_parent`` writes it.

The wish survives exec, so it holds for Java as well. Without it a supervisor that is killed would leave a broker
behind that nobody knows of. Linux only; elsewhere the command just runs.
"""

import ctypes
import os
import signal
import sys

__all__ = ["bound_to_parent", "die_with_parent"]

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Have the kernel send this process SIGTERM when its parent ends, however it ends."""
    if sys.platform != "linux":
        return
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")


def bound_to_parent(command: list[str]) -> list[str]:
    """Return the command, wrapped so that it ends with whoever starts it.

    The wrapper needs nothing but Python's own modules: without the installed packages it starts in half the time.
    """
    return [sys.executable, "-I", "-S", __file__, *command]


if __name__ == "__main__":
    die_with_parent()
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606  no shell is wanted
