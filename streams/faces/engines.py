"""The registry of engines: every module of ``streams.faces.known`` is one, found by its name."""

import pkgutil
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from schemas.errors import SettingsError
from streams.faces import known
from streams.faces.engine import Engine
from streams.faces.values import Detections, Found, Weight

__all__ = ["DEFAULT", "Detections", "Engine", "Found", "Weight", "engine_id", "engine_names", "load_engine"]

DEFAULT = "centerface-dlib"


class _Known(Protocol):
    """What a module of ``known`` offers. Importing it loads no weights."""

    def identity(self) -> str:
        """The engine's id."""

    def load(self, threads: int, cache: Path | None) -> Engine:
        """The engine, ready to look."""


def engine_names() -> tuple[str, ...]:
    """Return the names of all engines, the default first."""
    names = [module.name.replace("_", "-") for module in pkgutil.iter_modules(known.__path__)]
    return tuple(sorted(names, key=lambda name: (name != DEFAULT, name)))


def engine_id(name: str) -> str:
    """Return the id of an engine without loading it: name, recipe and a digest of its weights.

    Raises:
        SettingsError: there is no such engine.
    """
    return _module(name).identity()


def load_engine(name: str, *, threads: int = 1, cache: Path | None = None) -> Engine:
    """Load an engine: about a second, and three the first time on a machine.

    threads: cores that one image may use. cache: where graphs made of the weights are kept; by default
    NAUL_CACHE, else ``naul`` in the user's cache directory.

    Raises:
        SettingsError: there is no such engine.
        RefusedError: its weights are missing or not what they should be.
    """
    return _module(name).load(threads, cache)


def _module(name: str) -> _Known:
    names = engine_names()
    if name not in names:
        near = get_close_matches(name, names, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise SettingsError(f"there is no engine {name!r}{hint}", f"Set NAUL_ENGINE to one of {', '.join(names)}.")
    return cast(_Known, import_module(f"{known.__name__}.{name.replace('-', '_')}"))
