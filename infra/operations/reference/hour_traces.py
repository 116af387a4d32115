"""What a site knows of a class hour beside the timetable: whether it may still be moved or removed."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from enrollment import loaded
from enrollment.timetable import Trace
from infra.operations.reference.site_consistency import recent_frames
from schemas.errors import UnavailableError
from schemas.frames import FrameHeaders
from schemas.ids import class_hour_id
from schemas.messages import ClassHour
from schemas.settings import Settings
from sinks.reports import REPORTS, Filters
from sinks.store import open_for_reading

__all__ = ["judged_traces", "traces"]


def traces(settings: Settings) -> Callable[[ClassHour], Trace]:
    """Return what says which trace a class hour has left, the one that counts most.

    Few loads ask, and then of many: marks and frames are read when the first one does, the rows of each section once.
    """

    @cache
    def marked() -> set[str]:
        return {each.class_hour for each in loaded.mark_batches(settings).values()}

    @cache
    def sent() -> list[FrameHeaders]:
        return recent_frames(settings)

    @cache
    def judged(section: str) -> dict[str, Trace] | None:
        wanted = Filters(section=section)
        try:
            with open_for_reading(settings) as store:
                covered, rows = (
                    REPORTS[name](store, settings.zone, wanted).dicts() for name in ("coverage", "attendance")
                )
        except UnavailableError:
            return None
        return judged_traces(covered, rows)

    def trace(hour: ClassHour) -> Trace:
        if hour.id in marked():
            return "marks"
        rows = judged(hour.section)
        if rows is None:
            return "unknown"
        said = rows.get(hour.id, "")
        if said not in ("verdicts", "frames") and any(
            each.hall in hour.halls and each.captured_at in hour for each in sent()
        ):
            return "frames"
        return said

    return trace


def judged_traces(covered: Iterable[Mapping[str, Any]], rows: Iterable[Mapping[str, Any]]) -> dict[str, Trace]:
    """Return what rows of the reports ``coverage`` and ``attendance`` say of class hours, by their ids. Pure."""
    found: dict[str, Trace] = {}
    for each in covered:
        hour = class_hour_id(each["section"], each["date"], each["period"])
        found[hour] = "frames" if each["frames"] or each["repeated"] else "unobserved"
    for each in rows:
        hour = class_hour_id(each["section"], each["date"], each["period"])
        if each["verdict"] != "unobserved" or each["arrived_at"] is not None:
            found[hour] = "verdicts"
    return found
