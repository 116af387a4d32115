"""Grows a site, and is killed at a call of some function: ``python -m tests.tools.killed_growth HOME COUNT AFTER``.

AFTER: of how many calls of functions in the module that grows a site, and in Kafka's client below it.
"""

import os
import signal
import sys
from itertools import count
from types import FrameType
from typing import Any

from infra.machine.topic_growth import grow_halls
from schemas.settings import load_settings


def main(home: str, partitions: str, after: str) -> None:
    """Grow it, as far as that goes."""
    calls, last = count(), int(after)

    def killing(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and "/kafka/" in frame.f_code.co_filename and next(calls) == last:
            os.kill(os.getpid(), signal.SIGKILL)

    settings = load_settings(home)
    sys.setprofile(killing)
    grow_halls(settings, int(partitions))
    print(f"it took {next(calls)} calls", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
