"""Which engine is live: what was chosen, as it stands in the topic ``engines``."""

from contextlib import closing
from datetime import datetime

from schemas.cluster import View
from schemas.errors import RefusedError
from schemas.messages import EngineChoice, decode
from schemas.settings import Settings
from schemas.translations import Text
from streams.faces.engines import engine_id, engine_names
from streams.reference.engine_schedule import EngineSchedule

__all__ = ["engine_schedule_of", "live_engine", "live_engines", "name_here"]


def engine_schedule_of(settings: Settings) -> EngineSchedule:
    """Return what was chosen until now.

    Raises:
        UnavailableError: the broker does not answer.
    """
    view: View[EngineChoice] = View(settings, "engines", lambda value: decode(value, EngineChoice))
    with closing(view):
        view.catch_up()
    return EngineSchedule(engine_id(settings.engine, settings.home), view.items.values())


def live_engine(settings: Settings, moment: datetime) -> str:
    """Return the name of the engine that is live at a moment.

    Raises:
        RefusedError: this machine does not have it just so.
        UnavailableError: the broker does not answer.
    """
    return name_here(settings, engine_schedule_of(settings).at(moment))


def live_engines(settings: Settings, now: datetime) -> tuple[str, ...]:
    """Return the names of the engine that is live, and of those chosen for later: who is enrolled is for all of them.

    Raises:
        RefusedError, UnavailableError: as ``live_engine``.
    """
    return tuple(name_here(settings, each) for each in engine_schedule_of(settings).since(now))


def name_here(settings: Settings, engine: str) -> str:
    """Return the name of an engine of which this is the id.

    Raises:
        RefusedError: this machine does not have it just so.
    """
    name = engine.partition("@")[0]
    here = engine_id(name, settings.home) if name in engine_names(settings.home) else Text("no engine of this name")
    if here != engine:
        raise RefusedError(
            Text("{engine} was chosen, and this machine has {here}", engine=engine, here=here),
            Text(
                "Copy {folder}, or install its package, from where `naul engine use` was run.",
                folder=settings.home / "engines" / name,
            ),
        )
    return name
