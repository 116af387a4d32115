"""Help of commands in Korean: all of it, and in columns that a terminal shows as columns."""

import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import click
import pytest
from rich.cells import cell_len

from infra.cli.main import naul
from infra.cli.shared.help import CellFormatter, told
from schemas.translations import say
from tests.tools.texts import said

TYPED = re.compile(r"^ {4}(naul|pwgen) .*|^ {4}\S+,\S+$")
"""Lines of examples: they are as long as they are."""

KOREAN = partial(say, "ko")


def commands(command: click.Command, name: str = "naul") -> dict[str, click.Command]:
    """Every command below one, and itself, by how it is typed."""
    found = {name: command}
    if isinstance(command, click.Group):
        context = click.Context(command)
        for each in command.list_commands(context):
            below = command.get_command(context, each)
            assert below
            found |= commands(below, f"{name} {each}")
    return found


ALL = commands(naul)


def shown(command: click.Command, name: str, width: int) -> list[str]:
    formatter = CellFormatter(width=width)
    told(command, KOREAN).format_help(click.Context(command, info_name=name), formatter)
    return formatter.getvalue().splitlines()


def naul_says(*typed: str) -> str:
    line = [sys.executable, "-m", "infra.cli.main", *typed]
    environ = {**os.environ, "COLUMNS": "80"}
    return subprocess.run(line, capture_output=True, text=True, env=environ, check=True).stdout


@pytest.mark.parametrize("width", [78, 98])
@pytest.mark.parametrize("name", ALL)
def test_no_line_of_help_is_wider_than_the_terminal(name: str, width: int) -> None:
    lines = [each for each in shown(ALL[name], name, width) if not TYPED.match(each)]
    assert [each for each in lines if cell_len(each) > width] == []


@pytest.mark.parametrize("name", ALL)
def test_every_command_and_option_is_heard_by_what_finds_texts(name: str) -> None:
    command = ALL[name]
    texts = [option.help for option in command.params if isinstance(option, click.Option) and option.help]
    texts += [" ".join((command.help or "").split("\n\n")[0].split())]
    assert {("", each) for each in texts} <= said()


@pytest.mark.parametrize("name", ALL)
def test_what_an_option_takes_is_told(name: str) -> None:
    for option in ALL[name].params:
        if isinstance(option, click.Option) and isinstance(option.type, click.Choice) and option.metavar:
            assert [each for each in option.type.choices if f"{each}" not in (option.help or "")] == []


def test_what_follows_hangul_stands_in_its_column() -> None:
    formatter = CellFormatter(width=40)
    formatter.write_dl([("--강의실 NAME", "분반의 출석을 부르는 이름"), ("-h", "도움말")])
    assert formatter.getvalue() == f"--강의실 NAME  분반의 출석을 부르는\n{' ' * 15}이름\n-h{' ' * 13}도움말\n"


def test_what_is_typed_is_the_same_in_every_language() -> None:
    @click.command(epilog="Example: naul up")
    @click.option("--hall", help="Its name.", default="E101", show_default="where you are")
    def command() -> None:
        """Do it.

        \b
        Examples:
          naul up --hall E101
          naul up --hall E102     or where you are
        """  # noqa: D301

    heard: list[str] = []
    turned = told(command, lambda text: heard.append(text) or f"<{text}>")
    assert turned.help == (
        "<Do it.>\n\n\b\n<Examples:>\n  naul up --hall E101\n  naul up --hall E102     <or where you are>"
    )
    assert turned.epilog == "<Example:> naul up"
    assert [(each.help, each.show_default) for each in turned.params] == [("<Its name.>", "<where you are>")]
    assert "<" not in (command.help or "") + (command.epilog or "")


def test_a_command_line_is_helped_in_the_language_of_its_site(tmp_path: Path) -> None:
    (tmp_path / "naul.toml").write_text('language = "ko"\n')
    lines = naul_says("mark", "--home", str(tmp_path), "--help").splitlines()
    assert lines[0] == "사용법: naul mark [옵션] STUDENT"
    assert "옵션:" in lines
    assert "  --section NAME                  분반. 예: EA0017-1.  [필수]" in lines
    assert any(
        "[기본값: (로그인 이름)]" in each
        for each in naul_says("forget", "--home", str(tmp_path), "--help").splitlines()
    )


def test_the_list_of_a_group_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAUL_LANGUAGE", "ko")
    listed = naul_says("roster", "--help")
    assert "명령:" in listed
    assert "  show    SECTION 분반을 누가 듣고 누구의 얼굴이 등록되었는지 보여 줍니다.\n" in listed
