"""What a script plays, and what Naul says of it, as tables."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from infra.operations.class_hours.labels import word
from infra.operations.runs.demo_comparison import Away, ScriptComparison
from producers.simulated_hall import Script
from schemas.translations import Texts, gettext_noop, say

__all__ = ["cast", "presence", "tables"]

Tell = Callable[..., str]

_HEADS: Texts = {
    "name": "name",
    "verdict": "by script",
    "told": "by Naul",
    "arrived": "arrived",
    "away": "away by script",
    "away told": "away by Naul",
}
_WIDTHS = (6, 10, 10, 8, 17, 17)

_IN_ENGLISH = partial(say, "en")


def cast(script: Script, tell: Tell = _IN_ENGLISH) -> Table:
    """Return who plays what. tell: says a text in the reader's language, its values filled in."""
    table = Table(
        title=tell("the script"), title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0), show_header=False
    )
    for student in script.students:
        table.add_row(student.name, tell(student.story))
    for stranger in script.strangers:
        stays = " ".join(f"{each.starts_at:%H:%M}–{each.ends_at:%H:%M}" for each in stranger.here)
        table.add_row(tell("a stranger"), tell("{times} on seat {seat}", times=stays, seat=stranger.seat))
    for dark in script.dark:
        times = f"{dark.starts_at:%H:%M}–{dark.ends_at:%H:%M}"
        table.add_row(tell("the camera"), tell("dark {times}", times=times))
    return table


def presence(script: Script, tell: Tell = _IN_ENGLISH) -> Table:
    """Return who is in the hall when, while the camera is on. tell: as in ``cast``."""
    table = Table(
        title=tell("who is in the hall"), title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0), show_header=False
    )
    stranger = tell("a stranger")
    on, zone = script.record, script.hours[0].starts_at.tzinfo
    for name, role in [
        *((each.name, each) for each in script.students),
        *((stranger, each) for each in script.strangers),
    ]:
        stays = [(max(each.starts_at, on.starts_at), min(each.ends_at, on.ends_at)) for each in role.here]
        said = [f"{start.astimezone(zone):%H:%M}–{end.astimezone(zone):%H:%M}" for start, end in stays if start < end]
        if said or name != stranger:
            table.add_row(name, " ".join(said) or "–")
    for dark in script.dark:
        if dark.starts_at < on.ends_at:
            times = "–".join(f"{each.astimezone(zone):%H:%M}" for each in (dark.starts_at, dark.ends_at))
            table.add_row(tell("the camera"), tell("no frames {times}", times=times))
    return table


def tables(script: Script, compared: Sequence[ScriptComparison], tell: Tell = _IN_ENGLISH) -> Group:
    """Return one table a class hour, and a line that counts. tell: as in ``cast``."""
    zone = script.hours[0].starts_at.tzinfo
    hours = dict.fromkeys(each.class_hour for each in compared)
    wrong = sum(not each.verdict_right for each in compared)
    missed = sum(not each.departures_right for each in compared)
    errors = [
        abs(told[0] - true[0]).total_seconds()
        for each in compared
        if each.departures_right
        for told, true in zip(each.away, each.true_away, strict=True)
    ]
    right = tell("{right} of {count} verdicts right", right=len(compared) - wrong, count=len(compared))
    count = Text(right, "bold green" if not wrong else "bold red")
    count.append(
        tell("; {count} departures, at most {most:.0f} s from the script", count=len(errors), most=max(errors))
        if errors
        else tell("; no departure told")
    )
    if missed:
        count.append(tell("; {missed} students with a wrong or missing departure", missed=missed))
    return Group(*(_table(hour, compared, zone, tell) for hour in hours), count)


def _table(hour: str, compared: Sequence[ScriptComparison], zone: Any, tell: Tell) -> Table:
    table = Table(title=hour.replace("|", "  "), title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True, min_width=1)
    for head, width in zip(_HEADS.values(), _WIDTHS, strict=True):
        table.add_column(tell(head), no_wrap=True, min_width=width)
    for each in compared:
        if each.class_hour == hour:
            colour = "green" if each.verdict_right and each.departures_right else "red"
            table.add_row(
                Text("✓" if colour == "green" else "✗", colour),
                each.name,
                tell(_verdict(each.truth.verdict)),
                Text(tell(_verdict(each.verdict)), colour),
                _clock(each.arrived_at, zone),
                " ".join(_stretches(each.true_away, zone)),
                " ".join(_stretches(each.away, zone)),
            )
    return table


def _verdict(code: str | None) -> str:
    return word("en", code) if code else gettext_noop("nothing")


def _stretches(away: Iterable[Away], zone: Any) -> Iterator[str]:
    for left, back in away:
        yield f"{_clock(left, zone)}–{_clock(back, zone)}"


def _clock(moment: datetime | None, zone: Any) -> str:
    return moment.astimezone(zone).strftime("%H:%M:%S") if moment else ""
