"""What holds of every engine, whoever made it."""

import hashlib
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from schemas.errors import RefusedError
from streams.faces.calibration import Calibration, calibration_file
from streams.faces.devices import Device
from streams.faces.engines import Engine, engine_id, engine_names, load_engine, sources
from streams.faces.pictures import Image
from streams.faces.placement import check_same
from tests.contract.engines import graphs
from tests.contract.engines.conftest import REAL

Frames = Callable[[int], Image]


def test_it_says_what_it_is_and_its_registration_says_the_same(engine: Engine, home: Path) -> None:
    assert engine.name in engine_names(home)
    assert engine.id == engine_id(engine.name, home)
    assert re.fullmatch(rf"{engine.name}@[A-Za-z0-9._-]+", engine.id)  # a "+" begins a variant of sight
    (source,) = [each for each in sources(home) if each.name == engine.name]
    assert source.open().weights() == engine.weights


def test_every_weight_has_the_checksum_it_says_a_licence_and_a_source(engine: Engine) -> None:
    for weight in engine.weights:
        assert hashlib.sha256(weight.path.read_bytes()).hexdigest() == weight.sha256
        assert weight.licence
        assert weight.source


def test_a_picture_without_faces_gives_none(engine: Engine) -> None:
    empty = np.full((200, 300, 3), 120, np.uint8)
    faces = engine.detect(empty)
    assert (faces.boxes.shape, faces.scores.shape, faces.landmarks.shape) == ((0, 4), (0,), (0, 5, 2))
    assert engine.embed(empty, faces).shape == (0, engine.dimension)
    assert engine.look(empty) == []


def test_faces_are_found_best_first_with_boxes_landmarks_and_embeddings(engine: Engine, seated: Frames) -> None:
    frame = seated(0)
    found, faces = engine.look(frame), engine.detect(frame)
    assert sorted(int((face.box[0] + face.box[2]) / 2) // 200 for face in found) == [0, 1, 2]
    assert [face.score for face in found] == sorted((face.score for face in found), reverse=True)
    for face, (left, right, nose, mouth_left, mouth_right) in zip(found, faces.landmarks, strict=True):
        assert 44 < (face.box[1] + face.box[3]) / 2 < 156
        assert 0 < face.score <= 1
        assert (face.embedding.shape, face.embedding.dtype) == ((engine.dimension,), np.float32)
        assert left[0] < nose[0] < right[0]
        assert left[1] < nose[1] < mouth_left[1]
        assert mouth_left[0] < mouth_right[0]


def test_on_another_provider_it_says_the_same_or_that_it_has_no_networks(engine: Engine, seated: Frames) -> None:
    other = Device("azure", "AzureExecutionProvider", {}, "onnxruntime")  # of every build: the processor does its work
    if engine.name in ("face-recognition", "example-eyes"):
        with pytest.raises(RefusedError, match="looks on the processor alone"):
            engine.on(other)
        return
    there = engine.on(other)
    assert (there.id, there.home, there.small, there.variant) == (engine.id, engine.home, engine.small, "azure")
    check_same(engine.look(seated(0)), there.look(seated(0)), "azure")


def test_the_embeddings_of_a_few_faces_are_those_of_all(engine: Engine, seated: Frames) -> None:
    frame = seated(1)
    faces = engine.detect(frame)
    many = faces.only(*(list(range(len(faces))) * 13))  # more than a batch
    embeddings = engine.embed(frame, many).reshape(13, len(faces), engine.dimension)
    np.testing.assert_allclose(embeddings[1:], np.broadcast_to(embeddings[0], embeddings[1:].shape), atol=1e-4)
    np.testing.assert_allclose(engine.embed(frame, faces.only(-1)), embeddings[0][-1:], atol=1e-4)


@pytest.mark.parametrize("engine", REAL, indirect=True)
def test_two_pictures_of_a_person_are_more_alike_than_those_of_two(engine: Engine, seated: Frames) -> None:
    seats = [sorted(engine.look(seated(picture)), key=lambda face: face.box[0]) for picture in (0, 1)]
    one, other = (np.stack([face.embedding / np.linalg.norm(face.embedding) for face in row]) for row in seats)
    assert (one @ other.T).argmax(1).tolist() == [0, 1, 2]


@pytest.mark.slow
def test_threads_that_share_it_see_what_one_sees(engine: Engine, seated: Frames) -> None:
    frames = [seated(picture) for picture in range(4)]
    alone = [engine.look(frame) for frame in frames]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(engine.look, frames))
    for one, other in zip(alone, together, strict=True):
        assert [face.box for face in one] == [face.box for face in other]
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a.embedding, b.embedding)


@pytest.mark.parametrize("name", ["tiny", "example-eyes"])
def test_what_nobody_has_calibrated_looks_but_judges_nothing(name: str, home: Path, cache: Path, package: str) -> None:
    engine = load_engine(name, home, cache=cache)
    with pytest.raises(RefusedError, match=rf"{name} is not calibrated(.|\n)*naul calibrate --engine {name}"):
        _ = engine.calibration


CALIBRATION = """
center = 0.5
spread = 0.25
several = [1, 2, 3, 4]
single = [5, 6, 7, 8]
"""


@pytest.mark.parametrize("name", ["centerface-dlib", "tiny"])
def test_the_calibration_of_a_site_wins(name: str, tmp_path: Path, cache: Path) -> None:
    graphs.put(tmp_path / "engines" / "tiny", "tiny", graphs.pixels())
    file = calibration_file(name, tmp_path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(CALIBRATION, "utf-8")
    calibration: Calibration = load_engine(name, tmp_path, cache=cache).calibration
    assert (calibration.center, calibration.spread) == (0.5, 0.25)


def test_a_calibration_that_cannot_be_read_is_refused_by_name(tmp_path: Path, cache: Path) -> None:
    file = calibration_file("centerface-dlib", tmp_path)
    file.parent.mkdir(parents=True)
    file.write_text(CALIBRATION.replace("0.25", "0"), "utf-8")
    with pytest.raises(RefusedError, match=r"calibration\.toml: spread must be above 0"):
        _ = load_engine("centerface-dlib", tmp_path, cache=cache).calibration


def test_a_calibration_of_another_recipe_of_the_name_is_refused(tmp_path: Path, cache: Path) -> None:
    made = 'command = ""\ndata = ""\nday = 2026-03-02\nengine = "tiny@1-00000000"\npeople = 9\nfaces = 9\n'
    graphs.put(tmp_path / "engines" / "tiny", "tiny", graphs.pixels())
    calibration_file("tiny", tmp_path).write_text(f"{CALIBRATION}[made]\n{made}", "utf-8")
    engine = load_engine("tiny", tmp_path, cache=cache)
    with pytest.raises(RefusedError, match=r"fitted to tiny@1-00000000, which is now tiny@(.|\n)*naul calibrate"):
        _ = engine.calibration
    (calibration_file("tiny", tmp_path)).write_text(
        f"{CALIBRATION}[made]\n{made.replace('tiny@1-00000000', engine.id)}"
    )
    assert engine.calibration.center == 0.5
