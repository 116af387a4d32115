"""How right a run is, where the truth is known; it stays on record for whoever chooses an engine."""

from datetime import datetime

from infra.operations.runs.manage_runs import truths_of
from schemas.errors import RefusedError
from schemas.settings import Settings
from schemas.translations import Text
from sinks.runs.evaluate import Evaluation, evaluate, false_presences
from sinks.runs.evaluations import record
from sinks.runs.sightings import read_sightings
from sinks.runs.store import read_run
from sinks.store import open_for_reading

__all__ = ["evaluate_run"]


def evaluate_run(settings: Settings, run: str, truth: str, now: datetime) -> Evaluation:
    """Judge a run by the truth. truth: a file, or ``marks``. now: aware; kept with what is put on record.

    Raises:
        RefusedError: there is no such run or truth, or none of its verdicts can be judged.
        UnavailableError: the store does not answer.
    """
    with open_for_reading(settings) as store:
        rows, truths = read_run(store, run), truths_of(settings, store, truth)
        hours = {key[:3] for key in truths} & rows.coverage.keys()
        said = evaluate(rows, truths, read_sightings(store, rows, hours, false_presences(rows, truths)))
        record(store, rows, said, truth, now)
    if not said.score.right.of:
        raise RefusedError(
            Text(
                "none of the verdicts of {run} can be judged: {marked} were said by a person, of "
                "{unknown} truths it has no verdict",
                run=run,
                marked=said.marked,
                unknown=said.unknown,
            ),
            "Judge a replay of these class hours that was made --without-marks.",
        )
    return said
