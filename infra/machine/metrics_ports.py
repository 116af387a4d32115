"""Where each part of a machine serves its metrics: ports that follow each other from ``Settings.metrics_base`` on."""

from schemas.settings import Settings

__all__ = ["metrics_port"]

PARTS = ("watchdog", "attend", "sink", "housekeeping", "webhooks", "desk", "recognise")
"""In the order of their ports; recognise has one for each of its workers, and so comes last."""
MOST = 64
"""Workers of recognise on a machine."""


def metrics_port(settings: Settings, name: str) -> int | None:
    """Return where a part (like ``recognise-1.2``) serves its metrics; None: it does not.

    The second worker of recognise on a machine has a slot that ends with ``.2``, and the port after the first's.
    """
    part, _, slot = name.partition("-")
    if not settings.metrics or part not in PARTS:
        return None
    further = slot.rpartition(".")[2] if part == "recognise" and "." in slot else "1"
    number = int(further) if further.isascii() and further.isdecimal() and 1 <= int(further) <= MOST else 1
    return settings.metrics_base + PARTS.index(part) + number - 1
