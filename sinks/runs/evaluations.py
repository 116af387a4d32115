"""Evaluations on record: whoever makes an engine live is asked what that rests on."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec

from sinks.runs.evaluate import Evaluation
from sinks.runs.rows import RunRows
from sinks.runs.truth import MARKS
from sinks.store import Store
from sinks.store.replay_rows import TABLES

__all__ = ["Recorded", "evaluations", "record"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Recorded(NamedTuple):
    """A replay that was judged: so many verdicts right, of so many. Fields as in ``evaluations_rows``."""

    run: str
    truth: str
    at: datetime
    engine: str
    right: int
    of: int


def record(store: Store, rows: RunRows, said: Evaluation, truth: str, now: datetime) -> bool:
    """Keep what an evaluation says, and return whether it was kept: only whole replays stay as they were judged.

    truth: a file, or the word marks.

    Raises:
        UnavailableError: it is not on record.
    """
    right = said.score.right
    if rows.manifest is None or rows.manifest.finished_at is None or not right.of:
        return False
    version = (now - _EPOCH) // timedelta(microseconds=1)
    score = msgspec.json.encode(said.score).decode()
    row = (rows.run, _name(truth), version, rows.manifest.engine, right.count, right.of, score)
    store.insert("evaluations_rows", TABLES["evaluations_rows"], [row])
    return True


def evaluations(store: Store, engine: str) -> list[Recorded]:
    """Return the evaluations of an engine, the latest last.

    Raises:
        UnavailableError: the store does not answer.
    """
    columns = "run, truth, version, engine, verdicts_right, verdicts_judged"
    sql = f"SELECT {columns} FROM evaluations WHERE engine = %(engine)s ORDER BY version, run, truth"  # noqa: S608  ours
    rows = store.query(sql, {"engine": engine}).rows
    return [
        Recorded(run, truth, _EPOCH + timedelta(microseconds=version), engine, right, of)
        for run, truth, version, engine, right, of in rows
    ]


def _name(truth: str) -> str:
    if truth == MARKS:
        return truth
    return f"{Path(truth).name} {sha256(Path(truth).read_bytes()).hexdigest()}"
