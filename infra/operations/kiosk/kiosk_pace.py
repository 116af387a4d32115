"""How often a kiosk may ask who somebody is: whoever tries pictures one after the other is slowed down."""

from datetime import datetime, timedelta

import msgspec

from schemas.messages import Moment

__all__ = ["Pace", "Paced", "paced"]


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """So many questions within so much time."""

    most: int = 12
    within: timedelta = timedelta(minutes=1)


class Paced(msgspec.Struct, frozen=True):
    """When a kiosk asked, as far as it counts. wait: until it may ask again; zero: it may, and has."""

    asked: tuple[Moment, ...] = ()
    wait: timedelta = timedelta(0)


def paced(before: Paced, now: datetime, pace: Pace = Pace()) -> Paced:  # noqa: B008
    """Return what a question at a moment (aware) comes to. One that has to wait is not counted."""
    counted = tuple(each for each in before.asked if timedelta(0) <= now - each < pace.within)
    if len(counted) < pace.most:
        return Paced((*counted, now))
    return Paced(counted, counted[-pace.most] + pace.within - now)
