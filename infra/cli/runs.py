"""``naul runs``: replays beside what is live; which there are, and what tells two of them apart."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from infra.cli.shared.options import NameParam, with_settings
from infra.cli.shared.output import page_output, words_of, write_report
from schemas.ids import LIVE
from schemas.settings import Settings
from schemas.translations import say

if TYPE_CHECKING:
    from sinks.runs.render import ReportFormat
    from sinks.runs.store import Listed

__all__ = ["command"]


@click.group()
def command() -> None:
    """List, show, compare and delete runs: what is live, and the replays beside it.

    Works while `naul up` runs and, with the embedded store, also when everything is down.

    \b
    Examples:
      naul runs list
      naul runs compare live stricter --output stricter.html
      naul runs compare dlib sface --truth truth.csv
    """  # noqa: D301


@command.command("list", epilog="Example: naul runs list")
@with_settings
def list_command(settings: Settings) -> None:
    """Print every run of the store, live first, and the replays that are not finished."""
    from infra.operations.runs.manage_runs import list_runs
    from sinks.reports import Table
    from sinks.reports.render import write

    rows = [_line(each, settings) for each in list_runs(settings).values()]
    columns = ("run", "kind", "engine", "policy", "since", "until", "class_hours", "frames", "finished")
    write(Table(columns, rows), "table", None, words=words_of(settings))


@command.command(epilog="Example: naul runs show stricter")
@click.argument("run", type=NameParam())
@with_settings
def show(settings: Settings, run: str) -> None:
    """Print the manifest of RUN: what was replayed, with what, and what came out."""
    from infra.operations.runs.manage_runs import find_run

    found = find_run(settings, run)
    told = found.manifest or {name: cell for name, cell in found._asdict().items() if name != "manifest"}
    click.echo(json.dumps(msgspec.to_builtins(told), ensure_ascii=False, indent=2))


@command.command(epilog="Example: naul runs delete stricter")
@click.argument("run", type=NameParam())
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_settings
def delete(settings: Settings, run: str, *, yes: bool) -> None:
    """Delete a replay: its rows and its manifest, and what it has seen if it is not finished. Live rows stay."""
    from infra.operations.runs.manage_runs import delete_run

    if not yes:
        click.confirm(say(settings.language, "Delete all of the run {run}?", run=run), abort=True)
    delete_run(settings, run)
    click.echo(say(settings.language, "Deleted the run {run}.", run=run))


@command.command(epilog="Example: naul runs compare live stricter --truth marks")
@click.argument("a", type=NameParam())
@click.argument("b", type=NameParam())
@click.option("--truth", metavar="FILE|marks", help="truth.csv, or what people marked in the live run.")
@page_output
@with_settings
def compare(settings: Settings, format_: ReportFormat, output: Path | None, a: str, b: str, truth: str | None) -> None:
    """Tell runs A and B apart: verdicts, times, coverage, cost, and whether the difference says anything.

    As csv it is a line a verdict that differs, with the evidence of both.
    """
    from infra.operations.runs.manage_runs import compare_runs
    from sinks.runs.comparison_report import tell_comparison
    from sinks.runs.page import comparison_page

    said = compare_runs(settings, a, b, truth)
    report = tell_comparison(said, settings.zone)
    write_report(settings, report, format_, output, partial(comparison_page, said, settings.zone))


def _line(each: Listed, settings: Settings) -> tuple[Any, ...]:
    since, until = (f"{at.astimezone(settings.zone):%Y-%m-%d %H:%M}" if at else "" for at in (each.since, each.until))
    kind, policy, finished = "", "", ""
    if each.manifest:
        kind, policy, at = each.manifest.kind, each.manifest.policy_version, each.manifest.finished_at
        finished = (
            f"{at.astimezone(settings.zone):%Y-%m-%d %H:%M}"
            if at
            else say(settings.language, "no: naul replay --resume")
        )
    elif each.run != LIVE:
        finished = say(settings.language, "no: not all of it was written")
    return (each.run, kind, ", ".join(each.engines), policy, since, until, each.class_hours, each.frames, finished)
