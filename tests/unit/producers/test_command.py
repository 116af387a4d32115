"""What ``naul camera`` says to a mistake. What it does is tested against a real Kafka."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from infra.cli.camera import command
from schemas.errors import RefusedError


def camera(tmp_path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments, "--home", str(tmp_path)])


def test_help_shows_an_example(tmp_path: Path) -> None:
    assert "naul camera 0 --hall E101 --camera front --every 5s" in camera(tmp_path, "--help").output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["0"], "Which hall? Add --hall", id="no hall"),
        pytest.param(["0", "--hall", "E/101"], "cannot be a name", id="a slash in the hall"),
        pytest.param(["0", "--hall", "E101", "--every", "5"], "like 10min", id="no unit"),
        pytest.param(["0", "--hall", "E101", "--starts-at", "nine"], "is no time", id="no time"),
        pytest.param(
            ["0", "--hall", "E101", "--starts-at", "2026-11-23T09:00"], "video file", id="a start of a device"
        ),
        pytest.param([__file__, "--hall", "E101"], "When did", id="a file without its start"),
    ],
)
def test_a_wrong_word_is_a_usage_error(tmp_path: Path, arguments: list[str], says: str) -> None:
    result = camera(tmp_path, *arguments)
    assert result.exit_code == 2
    assert says in result.output


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(lambda _: None, "no such file or directory", id="nothing there"),
        pytest.param(lambda path: path.mkdir(), "holds no JPEG", id="an empty directory"),
        pytest.param(lambda path: (path.mkdir(), (path / "a.jpg").touch()), r"a\.jpg is not named", id="a wrong name"),
    ],
)
def test_a_source_that_is_none_is_refused(tmp_path: Path, make: object, says: str) -> None:
    make(tmp_path / "source")  # type: ignore[operator]
    result = camera(tmp_path, str(tmp_path / "source"), "--hall", "E101")
    assert isinstance(result.exception, RefusedError)
    assert result.exception.remedy
    assert says.replace("\\", "") in str(result.exception)
