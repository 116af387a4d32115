"""What an engine sees in every frame of a script, and whose face each one truly is."""

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np

import producers.simulated_hall
from producers.simulated_hall import Script, SimulatedCamera, boxes_at
from producers.simulated_hall.script import Stretch
from schemas.cache import cache_folder
from streams.faces.engines import Engine
from streams.faces.frame_view import FrameView, view_of
from streams.faces.pictures import decode_jpeg
from streams.faces.values import Found
from streams.faces.weights import cached

__all__ = ["NOT_PLAYED", "Film", "FilmFrame", "film", "film_file", "refilmed"]

NOT_PLAYED = ""
"""Of a face that the script does not show: found where there is none."""

_DRAW = ("actors", "backdrop", "bodies", "furniture", "geometry", "heads", "paint", "poses", "scene", "sprites")
"""The modules of the simulated hall that decide what a frame looks like."""

_LATER = ("mishaps", "moves")
"""Fields that a script without them had no need of: its film stays the same."""

_GO_WRONG = ("camera", "mishaps")
"""The modules that decide what a mishap makes of a frame."""

_NEAR = 0.6
"""A face found this near to the middle of one that is played, in its widths, is that one."""


@dataclass(frozen=True, eq=False, repr=False)
class FilmFrame:
    """A frame. found: the n faces in it. who: student id, or the name of a stranger's face, of each.

    view: how well it could be seen; None of a film that was made before that was noted.
    """

    moment: datetime
    found: tuple[Found, ...]
    who: tuple[str, ...]
    view: FrameView | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Film:
    """Every frame of a script as an engine saw it."""

    script: Script
    engine: str
    shots: tuple[FilmFrame, ...]


def film(
    script: Script, engine: Engine, *, cache: Path | None = None, progress: Callable[[int, int], None] | None = None
) -> Film:
    """Play a script, look at every frame through its JPEG, and remember it in the cache.

    cache: a folder; by default ``films`` in Naul's own. progress: is called with frames done and all.

    Raises:
        RefusedError: a face of the script is not there.
    """
    return Film(
        script, engine.id, _remembered(film_file(script, engine, cache), script, script.moments(), engine, progress)
    )


def refilmed(
    plain: Film,
    script: Script,
    when: Sequence[Stretch],
    engine: Engine,
    *,
    cache: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Film:
    """Return the film of a script that differs from another one's in some stretches: only those are looked at.

    plain: of the other script, by the same engine. The others: as of ``film``.

    Raises:
        ValueError: the film was made before it was noted how well its frames could be seen.
    """
    if not all(shot.view for shot in plain.shots):
        raise ValueError(f"the film of {plain.script.name} does not tell how well its frames could be seen")
    moments = tuple(each for each in script.moments() if any(each in stretch for stretch in when))
    parts = hashlib.sha256(msgspec.msgpack.encode(moments)).hexdigest()[:8]
    file = (cache or cache_folder() / "films") / f"{script.name}-{_key(script, engine, _GO_WRONG)}-{parts}.part"
    changed = {shot.moment: shot for shot in _remembered(file, script, moments, engine, progress)}
    return Film(script, engine.id, tuple(changed.get(shot.moment, shot) for shot in plain.shots))


def film_file(script: Script, engine: Engine, cache: Path | None = None) -> Path:
    """Return where a film is remembered; it may not exist yet."""
    return (cache or cache_folder() / "films") / f"{script.name}-{_key(script, engine)}.film"


def _remembered(
    file: Path,
    script: Script,
    moments: Sequence[datetime],
    engine: Engine,
    progress: Callable[[int, int], None] | None,
) -> tuple[FilmFrame, ...]:
    data = cached(
        file.name, lambda: _written(_looked(script, moments, engine, progress), engine.dimension), file.parent
    )
    return _read(data, moments)


def _looked(
    script: Script, moments: Sequence[datetime], engine: Engine, progress: Callable[[int, int], None] | None
) -> list[FilmFrame]:
    camera, shots = SimulatedCamera(script), []
    for number, moment in enumerate(moments, 1):
        picture = decode_jpeg(camera.jpeg(moment))
        found = tuple(engine.look(picture))
        shots.append(FilmFrame(moment, found, _who(script.seated_at(moment), moment, found), view_of(picture)))
        if progress is not None:
            progress(number, len(moments))
    return shots


def _who(script: Script, moment: datetime, found: tuple[Found, ...]) -> tuple[str, ...]:
    """Give every face that is played to the nearest one found."""
    who = [NOT_PLAYED] * len(found)
    middles = np.array([((x1 + x2) / 2, (y1 + y2) / 2) for x1, y1, x2, y2 in (each.box for each in found)])
    for name, (x1, y1, x2, y2) in boxes_at(script, moment).items():
        if not len(middles):
            break
        away = np.hypot(*(middles - ((x1 + x2) / 2, (y1 + y2) / 2)).T) / (x2 - x1)
        nearest = int(away.argmin())
        if away[nearest] <= _NEAR:
            who[nearest] = name
    return tuple(who)


def _key(script: Script, engine: Engine, more: Sequence[str] = ()) -> str:
    """Return what changes whenever the film would: the script, the engine, the code that draws, and more modules."""
    code = [Path(producers.simulated_hall.__path__[0], f"{name}.py") for name in (*_DRAW, *more)]
    fields = msgspec.structs.asdict(script)
    parts = [
        msgspec.msgpack.encode({name: value for name, value in fields.items() if value or name not in _LATER}),
        f"{engine.id}+{engine.variant}".encode(),
        *(each.read_bytes() for each in code),
    ]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:16]


def _written(shots: Sequence[FilmFrame], dimension: int) -> bytes:
    faces = [face for shot in shots for face in shot.found]
    target = io.BytesIO()
    np.savez(
        target,
        count=np.array([len(shot.found) for shot in shots]),
        box=np.array([face.box for face in faces], np.float32).reshape(-1, 4),
        score=np.array([face.score for face in faces], np.float32),
        embedding=np.array([face.embedding for face in faces], np.float32).reshape(-1, dimension),
        who=np.array([name for shot in shots for name in shot.who], np.str_),
        detail=np.array([shot.view.detail for shot in shots if shot.view], np.uint8),
        thumbnail=np.array([shot.view.thumbnail for shot in shots if shot.view], np.uint8),
    )
    return target.getvalue()


def _read(data: bytes, moments: Sequence[datetime]) -> tuple[FilmFrame, ...]:
    with np.load(io.BytesIO(data), allow_pickle=False) as kept:
        found = [
            Found(box=(box[0], box[1], box[2], box[3]), score=score, embedding=embedding)
            for box, score, embedding in zip(
                kept["box"].tolist(), kept["score"].tolist(), kept["embedding"], strict=True
            )
        ]
        who: list[str] = kept["who"].tolist()
        ends = np.cumsum(kept["count"]).tolist()
        views: list[FrameView | None] = [None] * len(ends)
        if "detail" in kept and len(kept["detail"]):
            views = [FrameView(*each) for each in zip(kept["detail"], kept["thumbnail"], strict=True)]
    starts = [0, *ends[:-1]]
    return tuple(
        FilmFrame(moment, tuple(found[start:end]), tuple(who[start:end]), view)
        for moment, start, end, view in zip(moments, starts, ends, views, strict=True)
    )
