"""``naul evaluate``: how right a run is, where the truth is known."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from infra.cli.shared.options import NameParam, with_settings
from infra.cli.shared.output import page_output, write_report
from schemas.settings import Settings

if TYPE_CHECKING:
    from sinks.runs.render import ReportFormat

__all__ = ["command"]


@click.command()
@click.argument("run", type=NameParam())
@click.option("--truth", metavar="FILE|marks", required=True, help="truth.csv, or what people marked in the live run.")
@page_output
@with_settings
def command(settings: Settings, format_: ReportFormat, output: Path | None, run: str, truth: str) -> None:
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
      naul evaluate machine-alone --truth marks --output machine-alone.html
    """  # noqa: D301
    from infra.operations.runs.evaluate_run import evaluate_run
    from sinks.runs.evaluation_report import tell_evaluation
    from sinks.runs.page import evaluation_page

    said = evaluate_run(settings, run, truth, datetime.now(UTC))
    report = tell_evaluation(said, settings.zone)
    write_report(settings, report, format_, output, partial(evaluation_page, said, settings.zone))
