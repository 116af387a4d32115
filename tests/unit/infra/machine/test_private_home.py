"""A home is its owner's alone, also one that was open before."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.machine.private_home import close_door, close_home


@pytest.fixture(autouse=True)
def careless() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_what_was_open_is_closed_with_all_that_it_holds_and_no_link_is_followed(tmp_path: Path) -> None:
    home, outside = tmp_path / "home", tmp_path / "outside"
    (home / "log" / "deep").mkdir(parents=True)
    for each in (outside, home / "log" / "kafka.log", home / "log" / "deep" / "tool"):
        each.touch()
    (home / "log" / "deep" / "tool").chmod(0o755)
    (home / "link").symlink_to(outside)
    close_home(home)
    assert [mode(each) for each in (home, home / "log", home / "log" / "deep")] == [0o700] * 3
    assert mode(home / "log" / "kafka.log") == 0o600
    assert mode(home / "log" / "deep" / "tool") == 0o700
    assert mode(outside) == 0o666


def test_a_home_is_made_closed_but_not_by_looking_at_it(tmp_path: Path) -> None:
    close_door(tmp_path / "none")
    assert not (tmp_path / "none").exists()
    close_home(tmp_path / "site" / "home")
    assert mode(tmp_path / "site" / "home") == 0o700


def test_a_persons_own_home_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o755)
    monkeypatch.setenv("HOME", str(tmp_path / "kim"))
    (tmp_path / "kim").mkdir(mode=0o755)
    (tmp_path / "kim" / "notes").touch()
    close_home(tmp_path / "kim")
    close_home(tmp_path)
    assert (mode(tmp_path), mode(tmp_path / "kim"), mode(tmp_path / "kim" / "notes")) == (0o755, 0o755, 0o666)
