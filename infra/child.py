"""Run a command that does not outlive its parent: ``python -m infra.child COMMAND...``.

The wish survives exec, so it holds for Java as well. Without it a supervisor that is killed would leave a broker
behind that nobody knows of. Linux only; elsewhere the command just runs.
"""

import ctypes
import os
import signal
import sys

__all__ = ["die_with_parent"]

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Have the kernel send this process SIGTERM when its parent ends, however it ends."""
    if sys.platform != "linux":
        return
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() == 1:  # it ended before we asked
        sys.exit(1)


if __name__ == "__main__":
    die_with_parent()
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606  no shell is wanted
