"""``naul runs``: replays beside what is live; which there are, and what tells two of them apart."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, get_args

import click
import msgspec

from infra.cli.shared.options import with_settings
from infra.operations.labels import word
from infra.operations.truth_csv import read_truth
from schemas.errors import RefusedError
from schemas.ids import LIVE
from schemas.runs import Manifest
from schemas.settings import Settings
from sinks.reports import Table
from sinks.reports.render import write as write_table
from sinks.runs.compare import compare as compare_runs
from sinks.runs.comparison_report import tell_comparison
from sinks.runs.page import comparison_page
from sinks.runs.render import Format, Report, write
from sinks.runs.rows import StudentKey
from sinks.runs.store import Listed, delete_run, list_runs, read_hours, read_run, unknown
from sinks.runs.truth import MARKS, Truth, marked
from sinks.store import Store, open_for_reading

__all__ = ["command", "rendered", "truths_of", "write_report"]


@click.group()
def command() -> None:
    """List, show, compare and delete runs: what is live, and the replays beside it.

    Works while `naul up` runs and, with the embedded store, also when everything is down.

    \b
    Examples:
      naul runs list
      naul runs compare live stricter --format html --output stricter.html
      naul runs compare dlib sface --truth truth.csv
    """  # noqa: D301


def rendered(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options --format and --output."""
    function = click.option(
        "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of standard output."
    )(function)
    return click.option("--format", "format_", type=click.Choice(get_args(Format)), default="table", show_default=True)(
        function
    )


def truths_of(settings: Settings, store: Store, truth: str) -> dict[StudentKey, Truth]:
    """Return what a file says is true, or what people marked in the live run.

    Raises:
        RefusedError: the file cannot be read, or nobody has marked anything.
    """
    if truth == MARKS:
        if found := marked(read_run(store, LIVE)):
            return found
        raise RefusedError("nobody has marked anybody in the live run", "Mark with `naul mark`, or give a file.")
    try:
        return read_truth(Path(truth).read_bytes(), truth, settings.zone)
    except OSError as error:
        raise RefusedError(f"cannot read {truth}: {error.strerror}", "Give a file, or the word marks.") from error


def write_report(
    settings: Settings, report: Report, format_: Format, output: Path | None, page: Callable[..., str]
) -> None:
    """Write a report in the site's language. page: makes the HTML, given how verdicts are said."""
    tell = partial(word, settings.language)
    try:
        write(report, format_, output, lambda: page(tell=tell), tell)
    except OSError as error:
        if output is None or isinstance(error, BrokenPipeError):
            raise
        raise RefusedError(f"cannot write {output}: {error.strerror}", "Choose another --output.") from error


@command.command("list", epilog="Example: naul runs list")
@with_settings
def list_command(settings: Settings) -> None:
    """Print every run of the store, live first, and the replays that are not finished."""
    with open_for_reading(settings) as store:
        rows = [_line(each, settings) for each in _known(settings, store).values()]
    columns = ("run", "kind", "engine", "policy", "since", "until", "class_hours", "frames", "finished")
    write_table(Table(columns, rows), "table", None)


@command.command(epilog="Example: naul runs show stricter")
@click.argument("run")
@with_settings
def show(settings: Settings, run: str) -> None:
    """Print the manifest of RUN: what was replayed, with what, and what came out."""
    with open_for_reading(settings) as store:
        known = _known(settings, store)
    found = known.get(run)
    if found is None:
        raise unknown(run, known)
    told = found.manifest or {name: cell for name, cell in found._asdict().items() if name != "manifest"}
    click.echo(json.dumps(msgspec.to_builtins(told), ensure_ascii=False, indent=2))


@command.command(epilog="Example: naul runs delete stricter")
@click.argument("run")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_settings
def delete(settings: Settings, run: str, *, yes: bool) -> None:
    """Delete a replay: its rows and its manifest, and what it has seen if it is not finished. Live rows stay."""
    if not yes:
        click.confirm(f"Delete all of the run {run}?", abort=True)
    from infra.operations.replay_files import WorkFiles  # takes a second: only who deletes pays for it

    files = WorkFiles(settings, run)
    begun = files.folder.is_dir()
    if begun:
        with files.held():
            files.delete()
    with open_for_reading(settings) as store:
        if not begun or run in {each.run for each in list_runs(store)}:
            delete_run(store, run)
    click.echo(f"Deleted the run {run}.")


@command.command(epilog="Example: naul runs compare live stricter --truth marks")
@click.argument("a")
@click.argument("b")
@click.option("--truth", metavar="FILE|marks", help="truth.csv, or what people marked in the live run.")
@rendered
@with_settings
def compare(settings: Settings, format_: Format, output: Path | None, a: str, b: str, truth: str | None) -> None:
    """Tell runs A and B apart: verdicts, times, coverage, cost, and whether the difference says anything.

    As csv it is a line a verdict that differs, with the evidence of both.
    """
    with open_for_reading(settings) as store:
        known = truths_of(settings, store, truth) if truth else None
        said = compare_runs(read_run(store, a), read_run(store, b), known, read_hours(store, LIVE))
    report = tell_comparison(said, settings.zone)
    write_report(settings, report, format_, output, partial(comparison_page, said, settings.zone))


def _known(settings: Settings, store: Store) -> dict[str, Listed]:
    """Return the runs of the store, and the replays that are not finished."""
    found = {each.run: each for each in list_runs(store)}
    for file in sorted((settings.home / "runs").glob("*/manifest.json")):
        manifest = msgspec.json.decode(file.read_bytes(), type=Manifest)
        begun = Listed(manifest.run, 0, 0, manifest.since, manifest.until, (manifest.engine,), manifest)
        found.setdefault(manifest.run, begun)
    return found


def _line(each: Listed, settings: Settings) -> tuple[Any, ...]:
    since, until = (f"{at.astimezone(settings.zone):%Y-%m-%d %H:%M}" if at else "" for at in (each.since, each.until))
    kind, policy, finished = "", "", ""
    if each.manifest:
        kind, policy, at = each.manifest.kind, each.manifest.policy_version, each.manifest.finished_at
        finished = f"{at.astimezone(settings.zone):%Y-%m-%d %H:%M}" if at else "no: naul replay --resume"
    elif each.run != LIVE:
        finished = "no: not all of it was written"
    return (each.run, kind, ", ".join(each.engines), policy, since, until, each.class_hours, each.frames, finished)
