"""Engines are loaded when they are needed; what is not here, or another one here, is waited for."""

import asyncio
from pathlib import Path

import pytest

from schemas.errors import UnavailableError
from schemas.settings import Settings
from streams.faces.calibration import calibration_file, calibration_of, written
from streams.faces.engines import engine_id
from streams.recognise.engine_pool import EnginePool, LoadedEngine
from tests.contract.engines import graphs


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, recognise_threads=1)


def put(settings: Settings, **changes: object) -> str:
    """Write the engine ``tiny`` into the home, and return its id."""
    graphs.put(settings.home / "engines" / "tiny", "tiny", graphs.pixels(), **changes)
    return engine_id("tiny", settings.home)


def calibrate(settings: Settings) -> None:
    constants = written(calibration_of("centerface-dlib")).partition("[made]")[0]
    calibration_file("tiny", settings.home).write_text(constants, "utf-8")


def test_what_cannot_look_says_why_and_what_to_do(settings: Settings) -> None:
    engine_pool, folder = EnginePool(settings), settings.home / "engines" / "tiny"
    wanted = "tiny@1-12345678"
    with pytest.raises(UnavailableError, match=f"{wanted} was chosen, .* no engine of this name") as no:
        engine_pool.open(wanted)
    assert f"Copy {folder}" in no.value.remedy
    mine = put(settings)
    with pytest.raises(UnavailableError, match=f"{wanted} was chosen, and this machine has {mine}"):
        engine_pool.open(wanted)
    with pytest.raises(UnavailableError, match="not calibrated") as unfit:
        engine_pool.open(mine)
    assert "naul calibrate --engine tiny" in unfit.value.remedy


async def test_an_engine_is_loaded_once_however_many_frames_wait_for_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = put(settings)
    calibrate(settings)
    engine_pool, loaded = EnginePool(settings), list[str]()
    opened = engine_pool.open
    monkeypatch.setattr(engine_pool, "open", lambda engine: loaded.append(engine) or opened(engine))
    engine_pool.prepare([mine])
    found: list[LoadedEngine] = await asyncio.gather(*(engine_pool.of(mine) for _ in range(5)))
    assert {id(each.engine) for each in found} == {id((await engine_pool.of(mine)).engine)}
    assert (loaded, found[0].engine.id) == ([mine], mine)
    engine_pool.close()


async def test_frames_wait_until_the_engine_is_there(settings: Settings) -> None:
    wanted = put(settings, scale=0.5)
    put(settings)
    calibrate(settings)
    engine_pool = EnginePool(settings)
    waiting = asyncio.create_task(engine_pool.of(wanted))
    await asyncio.sleep(0)
    assert not waiting.done()
    put(settings, scale=0.5)
    assert (await waiting).engine.id == wanted
    engine_pool.close()
