"""Which engine is live when: what was chosen as a function of event time, so that all workers change at one frame."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime

from schemas.messages import ClassHour, EngineChoice

__all__ = ["EngineSchedule"]


class EngineSchedule:
    """The choices of a site, in the order of the moments from which they hold. It never changes."""

    def __init__(self, engine: str, said: Iterable[EngineChoice] = ()) -> None:
        """engine: id of the one before the first choice. said: in any order; of one moment what was said last holds."""
        held = {each.at: each for each in sorted(said, key=lambda each: (each.said_at, each.engine, each.by))}
        self.first = engine
        self.said = tuple(held[at] for at in sorted(held))
        self._moments = [each.at for each in self.said]

    def at(self, moment: datetime) -> str:
        """Return the id of the engine in force at a moment."""
        place = bisect_right(self._moments, moment)
        return self.said[place - 1].engine if place else self.first

    def of(self, hour: ClassHour) -> str:
        """Return the id of a class hour's engine: the one in force at its start, so that no hour has two."""
        return self.at(hour.starts_at)

    def since(self, moment: datetime) -> tuple[str, ...]:
        """Return the ids of the engine in force at a moment and of those that follow, each once, in their order."""
        later = (each.engine for each in self.said if each.at > moment)
        return tuple(dict.fromkeys((self.at(moment), *later)))

    def before(self, moment: datetime) -> frozenset[str]:
        """Return the ids of all engines in force at a moment or before it."""
        return frozenset({self.first, *(each.engine for each in self.said if each.at <= moment)})
