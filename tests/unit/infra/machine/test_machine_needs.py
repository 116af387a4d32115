"""What a machine lacks is named together with the command that installs it."""

import subprocess
from pathlib import Path

import pytest

from schemas.cache import cache_folder

HOUSE = Path(__file__).parents[4]


def needs(folder: Path, python: str = "python3") -> "subprocess.CompletedProcess[str]":
    """Run the script where there are only the programs of this folder."""
    return subprocess.run(
        ["/bin/sh", str(HOUSE / "infra" / "needs.sh"), python],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def program(folder: Path, name: str, does: str = "") -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{does}\n", "utf-8")
    file.chmod(0o755)


def test_a_machine_without_python_is_told_how_to_get_it(tmp_path: Path) -> None:
    found = needs(tmp_path)
    assert found.returncode == 1
    assert found.stderr.splitlines() == [
        "Naul needs Python 3.11 or later (make PYTHON=... names another one). "
        "Install it with:  sudo apt-get install python3 python3-venv"
    ]


def test_a_python_without_venv_is_not_enough(tmp_path: Path) -> None:
    program(tmp_path, "python3", 'case "$2" in *venv*) exit 1 ;; esac')
    found = needs(tmp_path)
    assert found.returncode == 1
    assert found.stderr.splitlines() == [
        "Naul needs Python's venv. Install it with:  sudo apt-get install python3-venv"
    ]


def test_a_machine_that_has_only_python_is_told_nothing(tmp_path: Path) -> None:
    program(tmp_path, "python3")
    found = needs(tmp_path)
    assert (found.returncode, found.stdout + found.stderr) == (0, "")


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
