"""How what Naul says of a script is shown."""

import re
from functools import partial
from io import StringIO

from rich.console import Console

from infra.cli.shared.demo_tables import cast, presence, tables
from infra.operations.runs.demo_comparison import compare
from producers.simulated_hall import load_script
from producers.simulated_hall.playing import first_hour
from schemas.settings import Policy
from schemas.translations import say
from tests.unit.infra.operations.test_demo_comparison import perfect


def test_who_is_in_the_hall_is_told_for_the_time_that_the_camera_is_on() -> None:
    script = first_hour(load_script("demo"))
    console = Console(width=80, file=StringIO())
    console.print(presence(script))
    printed = [line.split() for line in console.file.getvalue().splitlines()]
    assert ["장수아", "08:58–09:31"] in printed
    assert ["서건우", "–"] in printed
    assert ["오유나", "08:58–09:20", "09:23–09:52"] in printed
    assert printed.count(["a", "stranger", "08:59–09:52"]) == 1


def test_the_last_line_counts() -> None:
    script = load_script("demo")
    said, departures = perfect(script)
    said[3]["verdict"] = "late"
    console = Console(width=80, file=StringIO())
    console.print(tables(script, compare(script, said, departures, Policy())))
    assert "47 of 48 verdicts right; 3 departures, at most 0 s from the script" in console.file.getvalue()


def test_what_a_demo_shows_is_said_in_the_language_of_the_site() -> None:
    script, korean = load_script("demo"), partial(say, "ko")
    said, departures = perfect(script)
    console = Console(width=100, file=StringIO())
    for shown in (
        cast(script, korean),
        presence(first_hour(script), korean),
        tables(script, compare(script, said, departures, Policy()), korean),
    ):
        console.print(shown)
    printed = console.file.getvalue()
    assert "판정 48건 중 48건 맞음; 이탈 3건, 대본과 최대 0초 차이" in printed
    assert re.findall("[a-z]{2,}", printed.replace("Naul", "")) == []
