"""Films: what is looked at, and what is remembered."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from infra.operations.simulation import film as films
from infra.operations.simulation.film import Film, FilmFrame, film, refilmed
from producers.simulated_hall import Script
from producers.simulated_hall.composed import STARTS_AT
from producers.simulated_hall.script import Mishap, Stretch
from schemas.messages import ClassHour
from streams.faces.engine import Engine
from streams.faces.pictures import Image
from streams.faces.values import Detections, Floats

EVERY = timedelta(seconds=60)


class Blind(Engine):
    """Finds nothing, and counts the pictures it was shown."""

    name = id = "blind@1"
    dimension = 2
    frees_gil = True
    weights = ()

    def __init__(self) -> None:
        self.shown: list[float] = []

    def detect(self, image: Image) -> Detections:
        self.shown.append(float(image.mean()))
        none: list[Any] = [np.zeros((0, 4)), np.zeros(0), np.zeros((0, 5, 2))]
        return Detections(*(each.astype(np.float32) for each in none))

    def embed(self, image: Image, detections: Detections) -> Floats:
        return np.zeros((0, 2), np.float32)


@pytest.fixture
def script() -> Script:
    record = Stretch(STARTS_AT, STARTS_AT + 6 * EVERY)
    hour = ClassHour(
        section="EA0017-1", hall="E101", date=STARTS_AT.date(), period=1, starts_at=STARTS_AT, ends_at=record.ends_at
    )
    return Script(
        name="empty", hall="E101", camera="front", zone="Asia/Seoul", record=record, dark=(), every=EVERY, width=320,
        height=180, seed=1, heads_down=0, faces="orl", hours=(hour,), students=(), strangers=(), lecturer=None,
        nearest=20, farthest=10,
    )  # fmt: skip


def a_mishap(start: int, end: int) -> Mishap:
    return Mishap(kind="covered", when=Stretch(STARTS_AT + start * EVERY, STARTS_AT + end * EVERY))


def covered(plain: Film, start: int, end: int, engine: Engine, cache: Path) -> Film:
    mishap = a_mishap(start, end)
    script = msgspec.structs.replace(plain.script, mishaps=(mishap,))
    return refilmed(plain, script, (mishap.when,), engine, cache=cache)


def test_of_a_mishap_only_its_frames_are_looked_at_and_once(script: Script, tmp_path: Path) -> None:
    engine = Blind()
    plain = film(script, engine, cache=tmp_path)
    engine.shown.clear()
    dark = covered(plain, 2, 4, engine, tmp_path)
    assert len(engine.shown) == 2
    assert max(engine.shown) < 10
    changed = [not same(*both) for both in zip(plain.shots, dark.shots, strict=True)]
    assert changed == [False, False, True, True, False, False]
    again = covered(plain, 2, 4, engine, tmp_path)
    assert len(engine.shown) == 2
    assert all(same(*both) for both in zip(dark.shots, again.shots, strict=True))
    covered(plain, 3, 4, engine, tmp_path)
    assert len(engine.shown) == 3


def same(one: FilmFrame, other: FilmFrame) -> bool:
    assert one.view
    assert other.view
    return one.moment == other.moment and np.array_equal(one.view.thumbnail, other.view.thumbnail)


def test_it_is_the_film_of_the_script_with_the_mishap(script: Script, tmp_path: Path) -> None:
    engine = Blind()
    dark = covered(film(script, engine, cache=tmp_path), 2, 4, engine, tmp_path)
    whole = film(msgspec.structs.replace(script, mishaps=(a_mishap(2, 4),)), engine, cache=tmp_path)
    assert dark.script == whole.script
    assert all(same(*both) for both in zip(dark.shots, whole.shots, strict=True))


def test_a_film_that_tells_no_views_is_not_enough(script: Script, tmp_path: Path) -> None:
    engine = Blind()
    old = [FilmFrame(each, (), ()) for each in script.moments()]
    with pytest.raises(ValueError, match="how well"):
        covered(Film(script, engine.id, tuple(old)), 2, 4, engine, tmp_path)


def test_a_film_of_a_script_without_mishaps_is_remembered_whatever_cameras_do(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = films.film_file(script, Blind())
    monkeypatch.setattr(films, "_GO_WRONG", ("script",))
    assert films.film_file(script, Blind()) == before
