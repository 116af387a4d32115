"""Texts that name commands say on a page where the same is done."""

from infra.cli.shared.commands import COMMANDS
from infra.desk.navigation import _DONE_ON, PAGES, with_pages


def test_a_command_is_followed_by_its_page_each_page_once() -> None:
    assert with_pages("en", "Load it with `naul roster load FILE`, then `naul enroll`.") == (
        "Load it with `naul roster load FILE`, then `naul enroll`. (Here: the page People.)"
    )
    assert with_pages("ko", "`naul timetable show`") == "`naul timetable show` (여기서는 시간표 페이지에서 합니다.)"
    assert with_pages("en", "Start it with `naul up`.") == "Start it with `naul up`."


def test_commands_and_pages_are_those_that_there_are() -> None:
    assert _DONE_ON.keys() <= {name for group in COMMANDS.values() for name in group}
    assert set(_DONE_ON.values()) <= {each.title for each in PAGES}
