"""Whether work goes on in a process, and not only whether it was started: what /health/live and /health/ready answer.

A process has one pulse. Whoever works says so, whoever waits says for what; the rest is a pure function of that and of
a steady clock. Nobody is hung who waits for what is away, who has nothing to do, or whose partitions just changed.
"""

import time
from collections.abc import Callable

__all__ = ["PULSE", "Pulse"]

STARTING = 10.0
"""So many times the patience a process may take until it works: the first start builds a model."""


class Pulse:
    """What a process last did. Any thread may say so; all times are of the steady clock."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        """steady: seconds that never jump."""
        self._steady = steady
        self._began = self._excused = steady()
        self._turned: float | None = None
        self._behind: float | None = None
        self._ready = False
        self._waits = ""
        self._broker_away = False
        self.longest_turn = 0.0
        """Seconds that one turn may take, if that is more than the patience."""
        self.held: frozenset[tuple[str, int]] = frozenset()
        """Topics (with prefix) and partitions that are this process's now."""

    def ready(self) -> None:
        """It takes work from now on."""
        self._ready = True

    def turned(self) -> None:
        """Its loop came round once more, whether there was anything to do or not."""
        self._turned = self._steady()

    def progressed(self) -> None:
        """Something was dealt with for good."""
        self._excused, self._behind, self._waits = self._steady(), None, ""

    def waits(self, what: str) -> None:
        """It tried to reach something that is away, and will try again."""
        self._excused, self._behind, self._waits = self._steady(), None, what

    def reached(self) -> None:
        """What it waited for is there again."""
        self._waits = ""

    def excused(self) -> None:
        """What is not dealt with now is nobody's fault: partitions change hands, a table is read in."""
        self._excused, self._behind = self._steady(), None

    def holds(self, partitions: frozenset[tuple[str, int]]) -> None:
        """These are its partitions now."""
        if partitions != self.held:
            self.held = partitions
            self.excused()

    def asked_broker(self, behind: int | None) -> None:
        """Take how many messages wait for this process. None: the broker does not answer."""
        self._broker_away = behind is None
        self.has_work(bool(behind))

    def has_work(self, waiting: bool) -> None:
        """Say whether anything waits for this process."""
        if not waiting:
            self._behind = None
        elif self._behind is None:
            self._behind = self._steady()

    def hung(self, patience: float) -> str:
        """Return why this process is taken to be hung; empty: it is not.

        patience: seconds for which nothing may happen that should.
        """
        now, turn = self._steady(), max(patience, self.longest_turn)
        if self._turned is None:
            silent = now - max(self._began, self._excused)
            return f"it has not begun to work for {silent:.0f} s" if silent > STARTING * patience else ""
        if (silent := now - max(self._turned, self._excused)) > turn:
            return f"its loop has not come round for {silent:.0f} s"
        if self._behind is not None and (idle := now - max(self._behind, self._excused)) > turn:
            return f"work waits for it, and none was done for {idle:.0f} s"
        return ""

    def unready(self, patience: float) -> str:
        """Return why this process takes no work now; empty: it does."""
        if why := self.hung(patience):
            return why
        if not self._ready:
            return "it starts"
        if self._broker_away:
            return "Kafka is away"
        return f"{self._waits} is away" if self._waits else ""


PULSE = Pulse()
"""Of this process."""
