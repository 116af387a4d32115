"""What ``naul demo`` says to a mistake. What it does is tested in tests/e2e."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from infra.cli.demo import command
from schemas.errors import RefusedError


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home of an earlier demonstration."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "demo").touch()
    return folder


@pytest.mark.parametrize(
    ("truth", "says"),
    [
        pytest.param("nowhere/truth.csv", "cannot write .*truth.csv", id="no such directory"),
        pytest.param("home/truth.csv", "is emptied first; choose a --truth outside of it", id="in the home"),
    ],
)
def test_a_truth_that_cannot_be_written_empties_no_home(home: Path, truth: str, says: str) -> None:
    line = ["--home", str(home), "--truth", str(home.parent / truth)]
    with pytest.raises((RefusedError, click.UsageError), match=says):
        CliRunner().invoke(command, line, standalone_mode=False, catch_exceptions=False)
    assert (home / "demo").exists()


def test_a_directory_of_something_else_is_never_emptied(home: Path) -> None:
    (home / "demo").rename(home / "thesis.txt")
    result = CliRunner().invoke(command, ["--home", str(home)])
    assert result.exit_code == 2
    assert "was not made by `naul demo`" in result.output
    assert (home / "thesis.txt").exists()
