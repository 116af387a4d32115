"""A device looks only where it says the same as the processor; who asks for one that is missing is told."""

from pathlib import Path

import numpy as np
import pytest

from schemas.errors import RefusedError, SettingsError
from streams.faces.arithmetic import key
from streams.faces.centerface_dlib_engine import CenterFaceDlib
from streams.faces.devices import CPU, Device, device_named
from streams.faces.engines import Engine, load_engine
from streams.faces.placement import check_same, placed
from streams.faces.trial_picture import FACES, trial_picture
from streams.faces.weights import cached

AZURE = Device("azure", "AzureExecutionProvider", {}, "onnxruntime")
"""A second provider that every build of onnxruntime has: it hands all nodes on to the processor."""


@pytest.fixture
def fresh(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setenv("NAUL_CACHE", str(tmp_path))  # what is faster here is remembered there
    return load_engine("centerface-dlib", cache=cache)


def remember(engine: Engine, other: str, gain: bytes) -> None:
    cached(f"gain-{key(1, engine.id, engine.variant, other)}.txt", lambda: gain)


def test_the_picture_shows_everybody(centerface_dlib: Engine) -> None:
    assert len(centerface_dlib.look(trial_picture())) == FACES


def test_a_device_that_is_named_and_missing_is_refused_with_what_to_do(fresh: Engine) -> None:
    with pytest.raises(RefusedError) as refused:
        placed(fresh, "auto", "cuda")
    assert "onnxruntime-gpu" in refused.value.remedy
    with pytest.raises(SettingsError, match="8 bits"):
        placed(fresh, "quantised", "cuda")
    with pytest.raises(SettingsError):
        device_named("abacus")


def test_without_a_device_the_processor_looks_as_ever(fresh: Engine) -> None:
    for device in ("auto", "cpu"):
        engine, said = placed(fresh, "float", device)
        assert engine is fresh
        assert (engine.device, said) == (CPU, "float, as it is set")


def test_a_device_that_says_the_same_and_is_faster_is_used_and_observations_say_so(fresh: Engine) -> None:
    remember(fresh, "azure", b"3.00")
    engine, said = placed(fresh, "float", "auto", [AZURE])
    assert (engine.device, engine.variant, engine.id) == (AZURE, "azure", fresh.id)
    assert said == "float on azure, 3.0 times faster than the processor"
    check_same(fresh.look(trial_picture()), engine.look(trial_picture()), "azure")


def test_one_that_is_not_faster_or_not_asked_for_is_not_used_and_that_is_said(fresh: Engine) -> None:
    remember(fresh, "azure", b"1.05")
    engine, said = placed(fresh, "float", "auto", [AZURE])
    assert engine is fresh
    assert said == "float, as it is set; azure is 1.1 times as fast"
    assert placed(fresh, "float", "cpu", [AZURE]).engine is fresh


class Rounding(CenterFaceDlib):
    """An engine that a device runs in 8 bits, whatever it was asked for."""

    def on(self, device: Device) -> CenterFaceDlib:
        other = super().on(device)
        other.quicken("quantised")
        return other


def test_a_device_that_says_something_else_is_not_used_and_that_is_said(fresh: Engine, cache: Path) -> None:
    rounding = Rounding(1, cache)
    engine, said = placed(rounding, "float", "auto", [AZURE, Device("npu", "NoExecutionProvider", {}, "onnxruntime")])
    assert engine is rounding
    assert said.startswith("float, as it is set; azure ")
    assert "npu" not in said, "what this onnxruntime does not know is no news"


def test_other_numbers_are_refused(fresh: Engine, centerface_dlib: Engine) -> None:
    """8 bits stand for a device that rounds; a float of another order of sums is let through."""
    plain = centerface_dlib.look(trial_picture())
    fresh.quicken("quantised")
    with pytest.raises(RefusedError, match=r"processor's equal|faces where"):
        check_same(plain, fresh.look(trial_picture()), "cuda")
    with pytest.raises(RefusedError, match="39 faces where the processor finds 40"):
        check_same(plain, plain[1:], "cuda")
    with pytest.raises(RefusedError, match="finds nobody"):
        check_same([], [], "cuda")
    noise = np.random.default_rng(0)
    for scale, same in ((1e-4, True), (3e-2, False)):
        other = [
            type(each)(each.box, each.score, each.embedding * (1 + noise.normal(0, scale, 128)), each.framed)
            for each in plain
        ]
        if same:
            check_same(plain, other, "cuda")
        else:
            with pytest.raises(RefusedError, match=r"a cosine of 0\.99"):
                check_same(plain, other, "cuda")


@pytest.mark.slow
def test_an_engine_without_networks_stays_on_the_processor(face_recognition_engine: Engine) -> None:
    engine, _ = placed(face_recognition_engine, "auto", "auto", [AZURE])
    assert engine is face_recognition_engine
    with pytest.raises(RefusedError, match="processor alone"):
        placed(face_recognition_engine, "auto", "openvino")
