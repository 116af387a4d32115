"""Engines of every source: Naul's own, a site's files, and a package that somebody else installed."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from producers.simulated_hall.actors import people_of
from streams.faces.dlib_net import as_onnx
from streams.faces.engines import Engine, load_engine
from streams.faces.pictures import Image
from streams.faces.weights import dlib_weight, read_weight
from tests.contract.engines import graphs

REAL = ("centerface-dlib", pytest.param("face-recognition", marks=pytest.mark.slow), "dlib-file")
"""Those that tell people apart."""

DLIB = {"size": 150, "alignment": "dlib", "colour": "rgb", "mean": 0, "scale": 1, "dimension": 128}

HERE = Path(__file__).parent

ENTRY_POINT = "[naul.engines]\nexample-eyes = example_eyes\n"


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def site_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example package as an installer leaves it."""
    folder = tmp_path_factory.mktemp("site-packages")
    (folder / "example_eyes.py").write_bytes((HERE / "example_package" / "example_eyes.py").read_bytes())
    record = folder / "example_eyes-1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: example-eyes\nVersion: 1.0\n", "utf-8")
    (record / "entry_points.txt").write_text(ENTRY_POINT, "utf-8")
    return folder


@pytest.fixture
def package(site_packages: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The engine of the example package, which Python finds during a test; its name."""
    monkeypatch.syspath_prepend(str(site_packages))
    return "example-eyes"


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with engines of its own: two tiny ones, and dlib's network as if it were somebody else's."""
    home = tmp_path_factory.mktemp("home")
    graphs.put(home / "engines" / "tiny", "tiny", graphs.pixels())
    one = graphs.pixels(side=64, batch=1, layout="NHWC")
    graphs.put(home / "engines" / "tiny-one", "tiny-one", one, size=64, layout="NHWC", colour="rgb")
    dlib = as_onnx(read_weight(dlib_weight()))
    graphs.put(home / "engines" / "dlib-file", "dlib-file", dlib, **DLIB)
    return home


@pytest.fixture(scope="session")
def loaded() -> dict[str, Engine]:
    """Engines that are loaded already."""
    return {}


@pytest.fixture(params=[*REAL, "tiny", "tiny-one", "example-eyes"])
def engine(request: pytest.FixtureRequest, loaded: dict[str, Engine], home: Path, cache: Path, package: str) -> Engine:
    """Each engine in turn."""
    if request.param not in loaded:
        loaded[request.param] = load_engine(request.param, home, cache=cache)
    return loaded[request.param]


@pytest.fixture(scope="session")
def seated() -> Callable[[int], Image]:
    """A frame of 3 people side by side, of whom this picture of theirs is shown."""
    people = people_of("orl")
    rows = [people.portraits(name, enrolled=0) for name in people.names()[:3]]

    def frame(picture: int) -> Image:
        wall = np.full((200, 600, 3), 110, np.uint8)
        for seat, portraits in enumerate(rows):
            wall[44:156, 54 + 200 * seat : 146 + 200 * seat] = portraits[picture]
        return wall

    return frame
