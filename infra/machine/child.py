"""Run a command that does not outlive its parent: ``python child.py PARENT COMMAND...``; ``bound_to_parent`` writes it.

PARENT is its process id, or the variable that has it: one that ended before the kernel was told of the wish would be
outlived. The wish survives exec, so it holds for Java as well. Without it a supervisor that is killed would leave a
broker behind that nobody knows of. Linux only; elsewhere the command just runs.
"""

import ctypes
import os
import signal
import sys

__all__ = ["SUPERVISOR_PID", "bound_to_parent", "die_with_parent"]

SUPERVISOR_PID = "SUPERVISOR_PID"
"""The variable with which supervisord tells what it starts its process id."""

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Have the kernel send this process SIGTERM when its parent ends, however it ends."""
    if sys.platform != "linux":
        return
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")


def bound_to_parent(command: list[str], parent: str = "") -> list[str]:
    """Return the command, wrapped so that it ends with whoever starts it.

    parent: the name of a variable with the process id of whoever that will be; by default it is this process.
    The wrapper needs nothing but Python's own modules: without the installed packages it starts in half the time.
    """
    return [sys.executable, "-I", "-S", __file__, parent or str(os.getpid()), *command]


if __name__ == "__main__":
    die_with_parent()
    if os.environ.get(sys.argv[1], sys.argv[1]) != str(os.getppid()):
        sys.exit("whoever started this has ended")
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606  no shell is wanted
