"""Which engines there are, which of them is live, and what was chosen from when on."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from schemas.errors import NaulError, RefusedError
from schemas.settings import Settings
from schemas.translations import Text
from streams.faces.calibration import calibration_of
from streams.faces.engines import engine_id, sources
from streams.reference.engine_schedule import EngineSchedule
from streams.reference.live_engine import engine_schedule_of

__all__ = ["EngineList", "ListedEngine", "is_calibrated", "list_engines"]


class ListedEngine(NamedTuple):
    """An engine. id: empty if it is broken. origin: where it comes from. broken: what is wrong with it."""

    name: str
    id: str
    origin: str
    licences: tuple[str, ...]
    calibrated: bool
    live: bool
    broken: NaulError | None = None


class EngineList(NamedTuple):
    """All engines, and what was chosen. schedule: None if only the setting is known; unknown says why."""

    engines: tuple[ListedEngine, ...]
    schedule: EngineSchedule | None
    unknown: NaulError | None


def list_engines(settings: Settings, now: datetime) -> EngineList:
    """Return the engines of a site. One that is broken, and a broker that is away, are part of the answer."""
    schedule, unknown = _schedule(settings)
    live = schedule.at(now).partition("@")[0] if schedule else settings.engine
    engines = []
    for source in sources(settings.home):
        broken, name, licences = None, "", tuple[str, ...]()
        try:
            name = engine_id(source.name, settings.home)
            licences = tuple(sorted({each.licence for each in source.open().weights()}))
        except NaulError as error:
            broken, name = error, ""
        calibrated = is_calibrated(source.name, settings.home)
        engines.append(ListedEngine(source.name, name, source.where, licences, calibrated, source.name == live, broken))
    return EngineList(tuple(engines), schedule, unknown)


def is_calibrated(name: str, home: Path) -> bool:
    """Whether it is known what the similarities of an engine are worth."""
    try:
        calibration_of(engine_id(name, home), home)
    except NaulError:
        return False
    return True


def _schedule(settings: Settings) -> tuple[EngineSchedule | None, NaulError | None]:
    """Return what was chosen, or why only the setting is known."""
    try:
        return engine_schedule_of(settings), None
    except NaulError as error:
        return None, RefusedError(
            Text("only the engine that is set is known: {message}", message=error.message), error.remedy
        )
