"""How a worker says that it is ready: a file of its name in ``home/run`` that holds its process id."""

import os
from pathlib import Path

from schemas.settings import Settings

__all__ = ["ready", "ready_pid"]


def ready(settings: Settings, part: str) -> None:
    """Say that this process, which is the part (like ``attend-1``), takes work from now on."""
    file = _file(settings, part)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_suffix(".draft")
    draft.write_text(str(os.getpid()), "ascii")
    draft.replace(file)


def ready_pid(settings: Settings, part: str) -> int | None:
    """Return the process that said it is ready as this part and still lives, or None."""
    try:
        pid = int(_file(settings, part).read_text("ascii"))
        os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    return pid


def _file(settings: Settings, part: str) -> Path:
    return settings.home / "run" / f"{part}.ready"
