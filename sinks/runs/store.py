"""Runs in the store: replays stand in the tables of ``live``, and their manifests beside them."""

import gc
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

import msgspec

from schemas.errors import RefusedError
from schemas.ids import LIVE, class_hour_id
from schemas.runs import Manifest
from schemas.settings import Settings
from schemas.texts import nearest
from schemas.translations import Text
from sinks.batch import Batch, write
from sinks.runs.rows import HourKey, RunHour, RunRows, StudentHour
from sinks.store import Store, open_for_reading, open_store
from sinks.store.erasure import erase_run
from sinks.store.opening import store_directory
from sinks.store.remote import RemoteStore
from sinks.store.replay_rows import TABLES, replay

__all__ = [
    "Listed",
    "delete_run",
    "discard_run",
    "frames_judged",
    "list_runs",
    "read_hours",
    "read_run",
    "unknown",
    "write_run",
]


class Listed(NamedTuple):
    """A run of the store. manifest: None of ``live``, and of a run whose writing did not end.

    class_hours, frames: of which it has rows, and that were looked at in them. since, until: of these hours.
    """

    run: str
    class_hours: int
    frames: int
    since: datetime | None
    until: datetime | None
    engines: tuple[str, ...]
    manifest: Manifest | None


def write_run(settings: Settings, manifest: Manifest, batch: Batch) -> None:
    """Bring a replay into the store, which may be the sink's. Its manifest goes last: one with finished_at is whole.

    Raises:
        RefusedError: a row is of another run than the manifest.
        UnavailableError: not all of it is on record; writing it again does no harm.
    """
    run = manifest.run
    verdicts, hours = batch.attendance.values(), batch.coverage.values()
    runs = {row.run for row in verdicts} | {row.run for row in hours} | {row.run for row in batch.sightings}
    if others := runs - {run}:
        raise RefusedError(Text("rows of the run {others} do not belong to {run}", others=sorted(others)[0], run=run))
    made = store_directory(settings).is_dir() and settings.store == "embedded"
    with open_for_reading(settings) if made else open_store(settings) as store:
        write(store, batch)
        version = round((manifest.finished_at or manifest.created_at).timestamp() * 1e6)
        store.insert("runs_rows", TABLES["runs_rows"], [(run, version, msgspec.json.encode(manifest).decode())])


def list_runs(store: Store) -> list[Listed]:
    """Return the runs of a store by name, ``live`` first.

    Raises:
        UnavailableError: the store does not answer.
    """
    manifests = _manifests(store, "")
    hours = store.query(
        """
        SELECT run, count(), sum(frames), min(starts_at), max(ends_at), groupUniqArray(engine)
        FROM coverage_rows FINAL GROUP BY run
        """
    )
    known = {
        run: Listed(run, class_hours, frames, since, until, tuple(sorted(engines)), None)
        for run, class_hours, frames, since, until, engines in hours.rows
    }
    for run, manifest in manifests.items():
        found = known.get(run, Listed(run, 0, 0, None, None, (manifest.engine,), None))
        known[run] = found._replace(manifest=manifest)
    return sorted(known.values(), key=lambda each: (each.run != LIVE, each.run))


def read_run(store: Store, run: str) -> RunRows:
    """Return all rows of a run.

    Raises:
        RefusedError: the store holds no run of this name; the nearest one is named.
        UnavailableError: the store does not answer.
    """
    with _uncollected():
        attendance = {
            each[:4]: each for each in map(StudentHour._make, _rows(store, "attendance_rows", StudentHour._fields, run))
        }
        coverage = read_hours(store, run)
    manifest = _manifests(store, run).get(run)
    if not attendance and not coverage and manifest is None:
        raise unknown(run, _names(store))
    return RunRows(run, attendance, coverage, manifest)


def read_hours(store: Store, run: str) -> dict[HourKey, RunHour]:
    """Return what a run saw of its class hours; nothing if there is no such run.

    Raises:
        UnavailableError: the store does not answer.
    """
    return {each[:3]: each for each in map(RunHour._make, _rows(store, "coverage_rows", RunHour._fields, run))}


def frames_judged(store: Store, run: str, engine: str, since: datetime, until: datetime) -> dict[str, int]:
    """Return by class hour how many frames of an engine (its id) a run was judged by, repeated ones included.

    Of the class hours that lie wholly between two moments.

    Raises:
        UnavailableError: the store does not answer.
    """
    sql = """
        SELECT section, date, period, frames + repeated FROM coverage_rows FINAL
        WHERE run = %(run)s AND engine = %(engine)s AND starts_at >= %(since)s AND ends_at <= %(until)s
    """
    rows = store.query(sql, {"run": run, "engine": engine, "since": since, "until": until}).rows
    return {class_hour_id(section, day, period): frames for section, day, period, frames in rows}


def delete_run(store: Store, run: str) -> None:
    """Delete a replay: rows and manifest.

    Raises:
        RefusedError: it is the live run, or there is none of this name.
        UnavailableError: the store does not answer, or has not finished. Ask again.
    """
    names = _names(store)
    if replay(run) not in names:
        raise unknown(run, names)
    discard_run(store, run)


def discard_run(store: Store, run: str) -> None:
    """Delete whatever there is of a replay; of one that was killed there may be rows and nothing that names it.

    Raises:
        RefusedError: it is the live run.
        UnavailableError: the store does not answer, or has not finished. Ask again.
    """
    if isinstance(store, RemoteStore):
        store.delete_run(run)
    else:
        erase_run(store, run)


def unknown(run: str, names: Collection[str]) -> RefusedError:
    """Say that there is no such run among these names."""
    near = nearest(run, names)
    hint = Text("; did you mean {near}?", near=near) if near else ""
    return RefusedError(
        Text("the store holds no run {run!r}{hint}", run=run, hint=hint), "`naul runs list` names them all."
    )


def _names(store: Store) -> list[str]:
    return [each.run for each in list_runs(store)]


def _rows(store: Store, table: str, columns: Iterable[str], run: str) -> list[tuple[object, ...]]:
    stands = " AND withdrawn = 0" if table == "attendance_rows" else ""
    sql = f"SELECT {', '.join(columns)} FROM {table} FINAL WHERE run = %(run)s{stands}"  # noqa: S608  ours
    return store.query(sql, {"run": run}).rows


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile: of a term's rows none is, and looking through them takes longer than reading."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _manifests(store: Store, run: str) -> dict[str, Manifest]:
    """Return the manifests of a run, or of all."""
    sql = "SELECT run, manifest FROM manifests WHERE run = %(run)s OR %(run)s = ''"
    rows = store.query(sql, {"run": run}).rows
    return {name: msgspec.json.decode(text, type=Manifest) for name, text in rows}
