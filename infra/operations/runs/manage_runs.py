"""Runs: which there are, what one was made of, what tells two apart, and how to be rid of one."""

from collections.abc import Iterable

import msgspec

from enrollment.loaded import mark_batches
from infra.operations.class_hours.hour_register import standing
from infra.operations.runs.truth_csv import read_truth
from schemas.errors import RefusedError
from schemas.ids import LIVE, class_hour_id
from schemas.messages import MarkBatch
from schemas.paths import on_disk
from schemas.runs import Manifest
from schemas.settings import Settings
from schemas.translations import Text
from schemas.unreadable import UNREADABLE
from sinks.runs import store as runs_store
from sinks.runs.compare import Comparison, compare
from sinks.runs.rows import StudentKey
from sinks.runs.store import Listed, read_hours, read_run, unknown
from sinks.runs.truth import MARKS, Truth, Truths, marked
from sinks.store import Store, open_for_reading

__all__ = ["compare_runs", "delete_run", "find_run", "list_runs", "truths_of"]


def list_runs(settings: Settings) -> dict[str, Listed]:
    """Return every run of the store by its name, live first, and the replays that are not finished.

    Raises:
        RefusedError: what a replay wrote down of itself cannot be read; its folder is named.
        UnavailableError: the store does not answer.
    """
    with open_for_reading(settings) as store:
        found = {each.run: each for each in runs_store.list_runs(store)}
    for file in sorted((settings.home / "runs").glob("*/manifest.json")):
        try:
            manifest = msgspec.json.decode(file.read_bytes(), type=Manifest)
        except UNREADABLE as error:
            raise RefusedError(
                Text("{folder}: {error}", folder=file.parent, error=error), "Delete the folder and start again."
            ) from error
        begun = Listed(manifest.run, 0, 0, manifest.since, manifest.until, (manifest.engine,), manifest)
        found.setdefault(manifest.run, begun)
    return found


def find_run(settings: Settings, run: str) -> Listed:
    """Return the run of a name, finished or not.

    Raises:
        RefusedError: there is none; the nearest one is named.
        UnavailableError: the store does not answer.
    """
    known = list_runs(settings)
    if run not in known:
        raise unknown(run, known)
    return known[run]


def delete_run(settings: Settings, run: str) -> None:
    """Delete a replay: its rows and its manifest, and what it has seen if it is not finished. Live rows stay.

    Raises:
        RefusedError: it is the live run, there is none of this name, or somebody works at it.
        UnavailableError: the store does not answer, or has not finished. Ask again.
    """
    from infra.operations.runs.replay_files import WorkFiles  # takes a second: only who deletes pays for it

    files = WorkFiles(settings, run)
    begun = files.folder.is_dir()
    if begun:
        with files.held():
            files.delete()
    with open_for_reading(settings) as store:
        if not begun or run in {each.run for each in runs_store.list_runs(store)}:
            runs_store.delete_run(store, run)


def compare_runs(settings: Settings, a: str, b: str, truth: str | None = None) -> Comparison:
    """Tell two runs apart. truth: as of ``truths_of``; None if nobody knows it.

    Raises:
        RefusedError: there is no such run, or as of ``truths_of``.
        UnavailableError: the store does not answer.
    """
    with open_for_reading(settings) as store:
        known = truths_of(settings, store, truth) if truth else None
        return compare(read_run(store, a), read_run(store, b), known, read_hours(store, LIVE))


def _looked_at(found: Truths, batches: Iterable[MarkBatch]) -> dict[StudentKey, Truth]:
    """Return the truths but those that somebody confirmed together with others: nobody looked whether each is true."""
    hours: dict[str, list[MarkBatch]] = {}
    for each in batches:
        hours.setdefault(each.class_hour, []).append(each)
    bulk = {(hour, student) for hour, of in hours.items() for student, mark in standing(of).items() if mark.in_bulk}
    return {key: truth for key, truth in found.items() if (class_hour_id(*key[:3]), key[3]) not in bulk}


def truths_of(settings: Settings, store: Store, truth: str) -> dict[StudentKey, Truth]:
    """Return what a file says is true, or (``marks``) what people marked in the live run, looking at each student.

    Raises:
        RefusedError: the file cannot be read, or nobody has marked anything.
        UnavailableError: the store or the broker does not answer.
    """
    if truth == MARKS:
        found = marked(read_run(store, LIVE))
        if not found:
            raise RefusedError("nobody has marked anybody in the live run", "Mark with `naul mark`, or give a file.")
        if looked_at := _looked_at(found, mark_batches(settings).values()):
            return looked_at
        raise RefusedError(
            "in the live run all that was marked was confirmed at once, and nobody looked at each",
            "Mark with `naul mark`, or give a file.",
        )
    try:
        return read_truth(on_disk(truth).read_bytes(), truth, settings.zone)
    except OSError as error:
        raise RefusedError(
            Text("cannot read {truth}: {strerror}", truth=truth, strerror=error.strerror),
            "Give a file, or the word marks.",
        ) from error
