"""What a script plays, and what Naul says of it, as tables."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from infra.operations.demo_comparison import Away, ScriptComparison
from producers.simulated_hall import Script

__all__ = ["cast", "presence", "tables"]

COLUMNS = {"": 1, "name": 6, "by script": 10, "by Naul": 10, "arrived": 8, "away by script": 17, "away by Naul": 17}


def cast(script: Script) -> Table:
    """Return who plays what."""
    table = Table(title="the script", title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0), show_header=False)
    for student in script.students:
        table.add_row(student.name, student.story)
    for stranger in script.strangers:
        stays = " ".join(f"{each.starts_at:%H:%M}–{each.ends_at:%H:%M}" for each in stranger.here)
        table.add_row("a stranger", f"{stays} on seat {stranger.seat}")
    for dark in script.dark:
        table.add_row("the camera", f"dark {dark.starts_at:%H:%M}–{dark.ends_at:%H:%M}")
    return table


def presence(script: Script) -> Table:
    """Return who is in the hall when, while the camera is on."""
    table = Table(
        title="who is in the hall", title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0), show_header=False
    )
    on, zone = script.record, script.hours[0].starts_at.tzinfo
    for name, role in [
        *((each.name, each) for each in script.students),
        *(("a stranger", each) for each in script.strangers),
    ]:
        stays = [(max(each.starts_at, on.starts_at), min(each.ends_at, on.ends_at)) for each in role.here]
        said = [f"{start.astimezone(zone):%H:%M}–{end.astimezone(zone):%H:%M}" for start, end in stays if start < end]
        if said or name != "a stranger":
            table.add_row(name, " ".join(said) or "–")
    for dark in script.dark:
        if dark.starts_at < on.ends_at:
            zoned = (each.astimezone(zone) for each in (dark.starts_at, dark.ends_at))
            table.add_row("the camera", "no frames {:%H:%M}–{:%H:%M}".format(*zoned))
    return table


def tables(script: Script, compared: Sequence[ScriptComparison]) -> Group:
    """Return one table a class hour, and a line that counts."""
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
    count = Text(
        f"{len(compared) - wrong} of {len(compared)} verdicts right", "bold green" if not wrong else "bold red"
    )
    count.append(
        f"; {len(errors)} departures, {f'at most {max(errors):.0f} s from the script' if errors else 'none told'}"
        + (f"; {missed} students with a wrong or missing departure" if missed else "")
    )
    return Group(*(_table(hour, compared, zone) for hour in hours), count)


def _table(hour: str, compared: Sequence[ScriptComparison], zone: Any) -> Table:
    table = Table(title=hour.replace("|", "  "), title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0))
    for column, width in COLUMNS.items():
        table.add_column(column, no_wrap=True, min_width=width)
    for each in compared:
        if each.class_hour == hour:
            colour = "green" if each.verdict_right and each.departures_right else "red"
            table.add_row(
                Text("✓" if colour == "green" else "✗", colour),
                each.name,
                each.truth.verdict,
                Text(each.verdict or "nothing", colour),
                _clock(each.arrived_at, zone),
                " ".join(_stretches(each.true_away, zone)),
                " ".join(_stretches(each.away, zone)),
            )
    return table


def _stretches(away: Iterable[Away], zone: Any) -> Iterator[str]:
    for left, back in away:
        yield f"{_clock(left, zone)}–{_clock(back, zone)}"


def _clock(moment: datetime | None, zone: Any) -> str:
    return moment.astimezone(zone).strftime("%H:%M:%S") if moment else ""
