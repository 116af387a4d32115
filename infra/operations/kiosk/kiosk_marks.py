"""Marks at a kiosk: which class hour and verdict are meant, and what was said of it before."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from schemas.ids import row_id
from schemas.messages import ClassHour, Verdict
from schemas.settings import Policy

__all__ = ["BY", "Standing", "hour_to_mark", "kiosk_mark_id", "verdict_at"]

BY = "kiosk "
"""How whoever marks is called begins so; the hall follows."""


class Standing(NamedTuple):
    """The mark that holds for a student in a class hour."""

    verdict: Verdict
    by: str
    at: datetime

    @property
    def at_kiosk(self) -> bool:
        """Whether no person gave it."""
        return self.by.startswith(BY)


def verdict_at(hour: ClassHour, now: datetime, policy: Policy) -> Literal["present", "late"]:
    """Return what somebody is who comes at a moment (aware)."""
    return "late" if now - hour.starts_at > policy.late_after else "present"


def hour_to_mark(hours: Iterable[ClassHour], standing: Mapping[str, Standing], now: datetime) -> ClassHour | None:
    """Return the first of a student's class hours that is not over and has no mark yet; else the one that runs.

    hours: of him, those that run and those that begin soon. standing: by class hour. now: aware.
    """
    still = sorted((each for each in hours if now < each.ends_at), key=lambda each: (each.starts_at, each.section))
    return next((each for each in still if each.id not in standing), still[0] if still else None)


def kiosk_mark_id(hour: ClassHour, student: str) -> str:
    """Return the id of a kiosk's mark: sent twice it counts once. It tells nothing of the student."""
    return f"kiosk-{row_id('kiosk', hour.id, student).hex}"
