"""What a machine lacks is named together with the command that installs it."""

import subprocess
from pathlib import Path

import pytest

from infra.machine.doctor import java_version
from schemas.cache import cache_folder

HOUSE = Path(__file__).parents[4]


def needs(folder: Path, python: str = "python3") -> "subprocess.CompletedProcess[str]":
    """Run the script where there are only the programs of this folder."""
    for tool in ("sed", "head"):
        (folder / tool).symlink_to(f"/usr/bin/{tool}")
    return subprocess.run(
        ["/bin/sh", str(HOUSE / "infra" / "needs.sh"), python],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def program(folder: Path, name: str, prints: str = "") -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\nprintf %s '{prints}' >&2\n", "utf-8")
    file.chmod(0o755)


def test_everything_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    found = needs(tmp_path)
    assert found.returncode == 1
    for install in ("python3 python3-venv", "openjdk-17-jre-headless", "maven"):
        assert f"sudo apt-get install {install}\n" in found.stderr


def test_a_machine_that_has_all_is_told_nothing(tmp_path: Path) -> None:
    program(tmp_path, "python3")
    program(tmp_path, "mvn")
    program(tmp_path, "java", 'openjdk version "21.0.4" 2024-07-16')
    found = needs(tmp_path)
    assert (found.returncode, found.stdout + found.stderr) == (0, "")


def test_an_old_java_is_not_enough(tmp_path: Path) -> None:
    program(tmp_path, "python3")
    program(tmp_path, "mvn")
    program(tmp_path, "java", 'openjdk version "11.0.2" 2019-01-15')
    found = needs(tmp_path)
    assert found.returncode == 1
    assert found.stderr.splitlines() == [
        "Naul needs Java 17 or later. Install it with:  sudo apt-get install openjdk-17-jre-headless"
    ]


@pytest.mark.parametrize(
    ("printed", "version"),
    [('openjdk version "17.0.15" 2025-04-15', 17), ('java version "1.8.0_392"', 1), ("command not found", 0)],
)
def test_the_version_of_java_is_read(printed: str, version: int) -> None:
    assert java_version(printed) == version


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"NAUL_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, Path("/a")),
        ({"XDG_CACHE_HOME": "/b"}, Path("/b/naul")),
        ({}, Path("~/.cache/naul").expanduser()),
    ],
)
def test_the_cache_lies_where_the_user_says(environ: dict[str, str], folder: Path) -> None:
    assert cache_folder(environ) == folder
