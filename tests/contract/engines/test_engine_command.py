"""``naul engine``: engines are listed, tried out, added and fetched; what is unfit changes nothing."""

import io
import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from infra.cli.engine import command
from infra.operations.engines import install_engine as install_engine
from infra.operations.engines.engine_check import check_engine
from infra.operations.engines.engine_offers import OFFERS
from schemas.cache import cache_folder
from schemas.errors import RefusedError, UnavailableError
from streams.faces.engine_file import read_engine_file
from streams.faces.engines import engine_names, load_engine
from tests.contract.engines.conftest import DLIB
from tests.contract.engines.graphs import pixels, put

pytestmark = pytest.mark.slow  # engines are tried out, one of them is fetched

OFFER = OFFERS["faceplugin"]

Naul = Callable[..., Result]


@pytest.fixture
def naul(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Naul:
    monkeypatch.setenv("NAUL_KAFKA", "127.0.0.1:9")  # where no Kafka is

    def call(*arguments: str, **more: object) -> Result:
        line = [*arguments, "--home", str(tmp_path / "site")]
        return CliRunner().invoke(command, line, standalone_mode=False, **more)  # type: ignore[arg-type]

    return call


@pytest.fixture(scope="session")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with the engine that is offered, fetched by npm (once a machine: the cache keeps it)."""
    part = read_engine_file(OFFER.path).parts[0]
    there = shutil.which("npm") or (cache_folder() / f"{part.sha256[:8]}-{part.file}").exists()
    if not there and not os.environ.get("CI"):
        pytest.skip("npm is missing: sudo apt-get install npm")
    home = tmp_path_factory.mktemp("fetched")
    install_engine.install(OFFER, home)
    return home


def test_engines_are_listed_with_source_licence_and_calibration(naul: Naul, tmp_path: Path, package: str) -> None:
    put(tmp_path / "site" / "engines" / "tiny", "tiny", pixels())
    done = naul("list", env={"COLUMNS": "400"})  # wide enough for the path of any test
    rows = [line.split() for line in done.output.splitlines() if "@" in line]
    assert [row[-1] for row in rows] == ["yes", "no", "yes", "no"]
    assert rows[0][:3] == ["*", "centerface-dlib@1-530a2c1e", "Naul"]
    assert "package example-eyes" in done.output
    assert "this site" in done.output
    assert "only the engine that is set is known: no Kafka answers" in done.output.replace("\n", " ")
    assert done.return_value == 0


def test_a_broken_engine_is_listed_with_its_remedy_and_hides_no_other(naul: Naul, tmp_path: Path) -> None:
    file = put(tmp_path / "site" / "engines" / "tiny", "tiny", pixels(), colour=None)
    done = naul("list")
    assert "centerface-dlib@" in done.output
    assert f"{file}: Object missing required field `colour`" in done.output.replace("\n", " ")
    assert done.return_value == 1


def test_a_sound_engine_passes_its_test(naul: Naul) -> None:
    done = naul("test", "centerface-dlib")
    assert "80 of 80 found" in done.output
    assert "fit to be used" in done.output
    assert done.return_value == 0


def test_an_engine_that_tells_nobody_apart_fails_its_test(naul: Naul, tmp_path: Path) -> None:
    put(tmp_path / "site" / "engines" / "tiny", "tiny", pixels(), mean=0, scale=1)
    done = naul("test", "tiny")
    assert "wrong: it tells people apart in" in done.output
    assert done.return_value == 1


def test_a_sound_file_is_added_with_its_weights_and_what_comes_next(naul: Naul, home: Path, tmp_path: Path) -> None:
    done = naul("add", str(home / "engines" / "dlib-file" / "engine.toml"))
    assert done.exception is None
    assert "naul calibrate --engine dlib-file" in done.output
    assert "naul enroll PHOTOS --consent-on-file --engine dlib-file" in done.output
    (tmp_path / "site" / "engines").rename(tmp_path / "elsewhere")  # a folder of its own: it can be copied to machines
    (tmp_path / "site").rmdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "elsewhere").rename(tmp_path / "other" / "engines")
    assert load_engine("dlib-file", tmp_path / "other").dimension == 128


def test_weights_that_lie_elsewhere_are_copied(home: Path, tmp_path: Path) -> None:
    graph = (home / "engines" / "dlib-file" / "graph.onnx").read_bytes()
    (tmp_path / "models").mkdir()
    file = put(tmp_path / "files", "mine", graph, file="../models/graph.onnx", **DLIB)
    (tmp_path / "files" / "graph.onnx").rename(tmp_path / "models" / "graph.onnx")
    install_engine.add(file, tmp_path / "site")
    shutil.rmtree(tmp_path / "models")
    assert load_engine("mine", tmp_path / "site").name == "mine"


@pytest.mark.parametrize(
    ("name", "changes", "why"),
    [
        pytest.param("tiny", {}, "tells people apart in", id="unfit"),
        pytest.param("tiny", {"dimension": 7}, "Expected `int` >= 16", id="malformed"),
        pytest.param("tiny", {"dimension": 64}, "not (1, 64)", id="another graph"),
        pytest.param("centerface-dlib", {}, "an engine centerface-dlib already, of Naul", id="the name is taken"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(tmp_path: Path, name: str, changes: dict[str, object], why: str) -> None:
    file = put(tmp_path / "files", name, pixels(), **changes)
    with pytest.raises(RefusedError, match=why.replace("(", r"\(").replace(")", r"\)")):
        install_engine.add(file, tmp_path / "site")
    assert not list((tmp_path / "site").glob("**/*"))
    assert engine_names(tmp_path / "site") == engine_names()


# ---------------------------------------------------------------- the one that is offered


def test_nothing_is_installed_before_a_person_agrees(naul: Naul, tmp_path: Path) -> None:
    done = naul("install", "faceplugin", input="n\n")
    assert "Nobody says which faces it was trained on" in done.output
    assert "licence    MIT" in done.output
    assert "SHA-256    87aacdfe57510db2af90c0251df680e8eec88f122ee94712121d09bcaaaf3581" in done.output
    assert type(done.exception).__name__ == "Abort"
    assert not (tmp_path / "site").exists()


def test_the_engine_that_is_offered_tells_people_apart_and_judges(fetched: Path) -> None:
    engine = load_engine("faceplugin", fetched)
    assert engine.id == "faceplugin@1-3e2f6dd1"
    assert engine.dimension == 512
    trial = check_engine(engine)
    assert trial.found == trial.faces
    assert trial.told_apart == 1
    assert np.median(trial.same) > 0.8
    assert np.median(trial.different) < 0.15
    assert engine.calibration.center == 0.0732


def test_an_archive_of_npm_serves_as_well(naul: Naul, fetched: Path, tmp_path: Path) -> None:
    weights = (fetched / "engines" / "faceplugin" / "fr_feature.onnx").read_bytes()
    archive = _archive(tmp_path, OFFER.member, weights)
    done = naul("install", "faceplugin", "--yes", "--from", str(archive))
    assert done.exception is None
    assert "added faceplugin@1-3e2f6dd1" in done.output
    assert "naul calibrate" not in done.output
    again = naul("install", "faceplugin", "--yes", "--from", str(archive))
    assert "there is an engine faceplugin already, of this site" in str(again.exception)


@pytest.mark.parametrize(
    ("member", "content", "why"),
    [
        pytest.param(OFFER.member, b"other numbers", "fr_feature.onnx: not the weights", id="other weights"),
        pytest.param("package/README.md", b"", "no archive with package/model/fr_feature.onnx", id="another package"),
    ],
)
def test_another_archive_is_refused(tmp_path: Path, member: str, content: bytes, why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        install_engine.install(OFFER, tmp_path / "site", _archive(tmp_path, member, content))
    assert not list((tmp_path / "site").glob("**/*"))


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "package.tgz").write_bytes(b"no archive")
    with pytest.raises(RefusedError, match=r"package\.tgz: no archive with(.|\n)*npm pack faceplugin-"):
        install_engine.install(OFFER, tmp_path / "site", tmp_path / "package.tgz")


def test_without_npm_the_remedy_names_it_and_the_way_round(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("NAUL_CACHE", str(tmp_path / "cache"))
    with pytest.raises(UnavailableError, match=r"npm(.|\n)*is missing(.|\n)*apt-get install npm(.|\n)*--from"):
        install_engine.install(OFFER, tmp_path / "site")


def test_when_npm_cannot_fetch_its_reason_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error network is away' >&2\nexit 1\n", "utf-8")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("NAUL_CACHE", str(tmp_path / "cache"))
    with pytest.raises(UnavailableError, match=r"npm cannot fetch faceplugin-(.|\n)*network is away(.|\n)*--from"):
        install_engine.install(OFFER, tmp_path / "site")


def _archive(folder: Path, member: str, content: bytes) -> Path:
    path = folder / "package.tgz"
    with tarfile.open(path, "w:gz") as tar:
        entry = tarfile.TarInfo(member)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return path
