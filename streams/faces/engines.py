"""The registry of engines: the modules of ``streams.faces.builtin``, the site's own files, and installed packages.

A site's are ``engines/NAME/engine.toml`` in its home. A package offers one as an entry point of the group
``naul.engines``: the entry point's name is the engine's, its object has what ``Plugin`` says.
"""

from __future__ import annotations

import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from schemas.errors import NaulError, RefusedError, SettingsError
from schemas.texts import nearest
from schemas.translations import Text
from streams.faces import builtin as known
from streams.faces.weights import Weight

if TYPE_CHECKING:
    from streams.faces.engine import Engine
    from streams.faces.values import Detections, Found

__all__ = [
    "DEFAULT",
    "GROUP",
    "Detections",
    "Engine",
    "EngineSource",
    "Found",
    "Plugin",
    "Weight",
    "engine_file",
    "engine_id",
    "engine_names",
    "load_engine",
    "sources",
]

DEFAULT = "centerface-dlib"

GROUP = "naul.engines"


def __getattr__(name: str) -> Any:
    """Return what an engine looks with and answers: it brings OpenCV, and whoever asks for ids alone goes without."""
    if name == "Engine":
        return import_module("streams.faces.engine").Engine
    if name in ("Detections", "Found"):
        return getattr(import_module("streams.faces.values"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class Plugin(Protocol):
    """What offers an engine. Opening it loads no weights."""

    def identity(self) -> str:
        """The engine's id: its name, ``@``, and what changes whenever a picture would give other embeddings."""

    def weights(self) -> tuple[Weight, ...]:
        """The files that it reads."""

    def load(self, threads: int, cache: Path | None) -> Engine:
        """The engine, ready to look. threads: cores that one image may use. cache: for what is made of the weights."""


@dataclass(frozen=True, slots=True)
class EngineSource:
    """Where an engine comes from: ``Naul``, ``package ...``, ``this site``. open: may raise a NaulError."""

    name: str
    where: str
    open: Callable[[], Plugin]


def engine_file(name: str, home: Path) -> Path:
    """Return where a site keeps the file of an engine of its own."""
    return home / "engines" / name / "engine.toml"


def sources(home: Path | None = None) -> tuple[EngineSource, ...]:
    """Return all engines, the default first. home: of the site; without it there are none of a site's own."""
    return tuple(sorted(_sources(home), key=lambda source: (source.name != DEFAULT, source.name)))


def engine_names(home: Path | None = None) -> tuple[str, ...]:
    """Return the names of all engines, the default first."""
    return tuple(dict.fromkeys(source.name for source in sources(home)))


def engine_id(name: str, home: Path | None = None) -> str:
    """Return the id of an engine without loading it: name, recipe and a digest of its weights.

    Raises:
        SettingsError: there is no such engine, or there are two.
        RefusedError: its file or package is not what it should be.
    """
    text = _plugin(name, home).identity()
    if not re.fullmatch(rf"{re.escape(name)}@[A-Za-z0-9._-]{{1,60}}", text):
        raise RefusedError(
            Text("the engine {name} has the id {text!r}, not {name}@ and letters, digits or .-_", name=name, text=text),
            _AUTHOR,
        )
    return text


def load_engine(name: str, home: Path | None = None, *, threads: int = 1, cache: Path | None = None) -> Engine:
    """Load an engine: about a second, and three the first time on a machine.

    home: of the site, which may have engines and calibrations of its own.
    threads: cores that one image may use. cache: where graphs made of the weights are kept; by default
    NAUL_CACHE, else ``naul`` in the user's cache directory.

    Raises:
        SettingsError: there is no such engine, or there are two.
        RefusedError: its file or package is not what it should be, or its weights are missing or others.
    """
    engine = _plugin(name, home).load(threads, cache)
    engine.home = home
    return engine


def _sources(home: Path | None) -> Iterator[EngineSource]:
    for module in pkgutil.iter_modules(known.__path__):
        yield EngineSource(module.name.replace("_", "-"), "Naul", partial(_module, module.name))
    for point in _points(tuple(sys.path)):
        yield EngineSource(
            point.name, f"package {point.dist.name if point.dist else point.module}", partial(_package, point)
        )
    for path in sorted(home.glob("engines/*/engine.toml")) if home else ():
        yield EngineSource(path.parent.name, "this site", partial(_file, path))


@cache
def _points(_path: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    """Return what packages offer. Every package that is installed is read for it, so once: it takes 20 ms."""
    return tuple(entry_points(group=GROUP))


def _plugin(name: str, home: Path | None) -> Plugin:
    found = [source for source in sources(home) if source.name == name]
    if not found:
        names = engine_names(home)
        near = nearest(name, names)
        hint = Text("; did you mean {near}?", near=near) if near else ""
        raise SettingsError(
            Text("there is no engine {name!r}{hint}", name=name, hint=hint),
            Text("There are {names}.", names=", ".join(names)),
        )
    if len(found) > 1:
        both = " and of ".join(source.where for source in found)
        raise SettingsError(
            Text("there are two engines {name!r}: of {both}", name=name, both=both), "Remove or rename one of them."
        )
    return found[0].open()


def _module(name: str) -> Plugin:
    return cast(Plugin, import_module(f"{known.__name__}.{name}"))


def _package(point: EntryPoint) -> Plugin:
    try:
        plugin = point.load()
    except NaulError:
        raise
    except Exception as error:  # whatever somebody else's code may raise
        raise RefusedError(
            Text(
                "the engine {name} ({value}) cannot be imported: {error}",
                name=point.name,
                value=point.value,
                error=error,
            ),
            _AUTHOR,
        ) from error
    if missing := [each for each in ("identity", "weights", "load") if not callable(getattr(plugin, each, None))]:
        raise RefusedError(
            Text(
                "the engine {name} ({value}) lacks {missing}",
                name=point.name,
                value=point.value,
                missing=", ".join(missing),
            ),
            _AUTHOR,
        )
    return cast(Plugin, plugin)


def _file(path: Path) -> Plugin:
    from streams.faces.plugged import (
        Plugged,  # brings numpy, a tenth of a second: only a site with engines of its own pays
    )

    plugged = Plugged(path)
    if plugged.file.name != path.parent.name:
        raise RefusedError(
            Text(
                "{path}: it is named {name}, its folder {folder}",
                path=path,
                name=plugged.file.name,
                folder=path.parent.name,
            ),
            "Rename one.",
        )
    return plugged


_AUTHOR = "Ask whoever made the package; docs/engines.md says what it must offer."
