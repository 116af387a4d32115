"""``naul evaluate``: how right a run is, where the truth is known."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from infra.cli.runs import rendered, truths_of, write_report
from infra.cli.shared.options import with_settings
from schemas.errors import RefusedError
from schemas.settings import Settings
from sinks.runs.evaluate import evaluate, false_presences
from sinks.runs.evaluation_report import tell_evaluation
from sinks.runs.evaluations import record
from sinks.runs.page import evaluation_page
from sinks.runs.render import Format
from sinks.runs.sightings import read_sightings
from sinks.runs.store import read_run
from sinks.store import open_for_reading

__all__ = ["command"]


@click.command()
@click.argument("run")
@click.option("--truth", metavar="FILE|marks", required=True, help="truth.csv, or what people marked in the live run.")
@rendered
@with_settings
def command(settings: Settings, format_: Format, output: Path | None, run: str, truth: str) -> None:
    """Judge RUN by the truth: verdicts right with interval, false presences and absences, times, confidence.

    Also who was taken for whom, how many are identified at several false rates, and all of it by hall, camera, width of
    faces and section; as html with plots.

    The truth is a CSV with section,date,period,student_id,verdict,arrived_at,departed_at, an empty time where nobody
    looked; or the word marks. Verdicts that a person had said in RUN are not judged, so by marks a replay is judged
    that was made --without-marks. As csv it is the scores; as json everything. How right a replay is stays on record:
    `naul engine use` asks for it.

    \b
    Examples:
      naul evaluate stricter --truth truth.csv
      naul evaluate machine-alone --truth marks --format html --output machine-alone.html
    """  # noqa: D301
    with open_for_reading(settings) as store:
        rows, truths = read_run(store, run), truths_of(settings, store, truth)
        hours = {key[:3] for key in truths} & rows.coverage.keys()
        said = evaluate(rows, truths, read_sightings(store, rows, hours, false_presences(rows, truths)))
        record(store, rows, said, truth, datetime.now(UTC))
    if not said.score.right.of:
        raise RefusedError(
            f"none of the verdicts of {run} can be judged: {said.marked} were said by a person, "
            f"of {said.unknown} truths it has no verdict",
            "Judge a replay of these class hours that was made --without-marks.",
        )
    report = tell_evaluation(said, settings.zone)
    write_report(settings, report, format_, output, partial(evaluation_page, said, settings.zone))
