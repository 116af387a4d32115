"""``naul calibrate``: an engine that nobody calibrated gets its numbers, and says what they are worth."""

import re
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from infra.cli.calibrate import command
from infra.operations.engines.calibrate import scripts
from producers.simulated_hall.actors import people_of
from schemas.cache import cache_folder
from schemas.errors import RefusedError
from streams.faces.calibration import calibration_file, calibration_of
from streams.faces.engines import load_engine
from tests.contract.engines import graphs


def calibrate(home: Path, *arguments: str, language: str = "en") -> Result:
    line, environ = [*arguments, "--home", str(home)], {"COLUMNS": "200", "NAUL_LANGUAGE": language}
    return CliRunner().invoke(command, line, standalone_mode=False, env=environ)


@pytest.fixture
def tiny(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a site with an engine that nobody calibrated."""
    monkeypatch.setenv("NAUL_CACHE", str(cache))
    graphs.put(tmp_path / "engines" / "tiny", "tiny", graphs.pixels())
    return tmp_path


@pytest.mark.slow
def test_an_engine_is_calibrated_in_simulated_halls_and_the_site_uses_it(tiny: Path) -> None:
    done = calibrate(tiny, "--engine", "tiny", "--halls", "2", "--every", "10min")
    assert done.exception is None
    assert "2 halls, 10 frames: about 1 min" in done.output
    assert "before" not in done.output
    assert "People it was not fitted to, one photo" in done.output
    engine = load_engine("tiny", tiny)
    assert engine.calibration == calibration_of("tiny", tiny)
    made = engine.calibration.made
    assert made is not None
    assert made.command == "naul calibrate --engine tiny --faces orl --halls 2 --seed 1 --every 10min"
    assert made.engine == engine.id
    assert made.several is not None
    assert max(made.several.cllr) < 1
    assert engine.calibration.llr(4.0, 1, 2) > 0 > engine.calibration.llr(0.0, 1, 2)
    again = calibrate(tiny, "--engine", "tiny", "--halls", "2", "--every", "10min", language="ko")
    assert "강의실 2개, 화면 10장: 모두 전에 촬영했습니다." in again.output
    assert "맞추지 않은 사람들, 사진 한 장" in again.output
    left = re.findall("[a-z]{2,}", again.output.replace(str(tiny), "").replace(str(cache_folder()), ""))
    assert set(left) <= {"films", "engines", "tiny", "toml", "calibration", "llr"}


@pytest.mark.slow
def test_what_stands_is_stretched_to_photographs_of_the_sites_people(tiny: Path) -> None:
    stood = "center = 0.5\nspread = 0.1\nseveral = [4, 1, -3, -6]\nsingle = [3, 1, -3, -5]\n"
    calibration_file("tiny", tiny).write_text(stood, "utf-8")
    people = people_of("orl")
    for name in people.names()[:30]:
        for number, photo in enumerate(people.photos(name, 2)):
            target = tiny / "photos" / f"2019{name}" / f"{number}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(target), cv2.imread(str(photo)))
    output = tiny / "new.toml"
    arguments = ("--engine", "tiny", "--from-site", "--photos", str(tiny / "photos"), "--output", str(output))
    done = calibrate(tiny, *arguments)
    assert done.exception is None
    assert calibration_file("tiny", tiny).read_text("utf-8") == stood
    text = output.read_text("utf-8")
    assert text.startswith("center = 0.5\nspread = 0.1\n")
    assert "people = 30\nfaces = 120\n" in text

    for folder in list((tiny / "photos").iterdir())[:4]:
        (folder / "1.png").unlink()
    refused = calibrate(tiny, *arguments).exception
    assert isinstance(refused, RefusedError)
    assert refused.message == "26 people have two photographs that can be used, 30 are needed: 4 are missing"


def test_photos_that_may_be_several_peoples_are_refused(tiny: Path) -> None:
    calibration_file("tiny", tiny).write_text(
        "center = 0.5\nspread = 0.1\nseveral = [4, 1, -3, -6]\nsingle = [3, 1, -3, -5]\n"
    )
    for name in ("20DCS076", "20DCS077"):
        file = tiny / "photos" / "CS2001-2" / f"{name}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")
    refused = calibrate(tiny, "--engine", "tiny", "--from-site", "--photos", str(tiny / "photos")).exception
    assert isinstance(refused, RefusedError)
    assert refused.message == f"it is not plain whose photos these are: {tiny}/photos/CS2001-2"


def test_too_few_people_are_refused_before_anything_is_filmed(tiny: Path) -> None:
    for person in range(7):
        for picture in range(4):
            file = tiny / "faces" / f"person {person}" / f"{picture}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(file), np.zeros((8, 8, 3), np.uint8))
    refused = calibrate(tiny, "--engine", "tiny", "--faces", str(tiny / "faces")).exception
    assert isinstance(refused, RefusedError)
    assert "7 people have 4 pictures or more, 40 are needed: 33 are missing" in refused.message


def test_halls_have_casts_of_their_own() -> None:
    one, other = scripts("orl", 2, 1, timedelta(seconds=30))
    assert {each.face for each in one.students} != {each.face for each in other.students}


@pytest.mark.parametrize("every", ["30", "0s", "1h"])
def test_frames_come_between_a_second_and_ten_minutes_apart(every: str) -> None:
    done = CliRunner().invoke(command, ["--every", every])
    assert done.exit_code == 2
    assert "--every" in done.output
