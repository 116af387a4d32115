"""A replay from its request to its rows in the store: what is to be done again, by how many workers, and resuming it.

Nothing is written to a topic, and no row of another run is touched.
"""

import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import msgspec

from infra.operations.privacy.follow_erasures import follow_erasures
from infra.operations.runs.replay_files import WorkFiles
from infra.operations.runs.replay_worker import Timed, judge_hour, look_at, open_worker
from schemas.errors import RefusedError, UnavailableError
from schemas.ids import LIVE
from schemas.messages import Attendance, Coverage, encode
from schemas.runs import Manifest, MissingFrames
from schemas.settings import Settings
from schemas.translations import Text
from sinks.batch import Batch
from sinks.runs.store import discard_run, frames_judged, list_runs, write_run
from sinks.store import open_for_reading
from sinks.store.opening import is_there
from streams.faces.engines import engine_id
from streams.faces.process_pools import process_pool
from streams.replay import (
    FramePart,
    HourResult,
    Plan,
    Planned,
    ReplayRequest,
    calibration_digest,
    code_digest,
    inputs_of,
    marks_by_hour,
    plan_runs,
    result_of,
    settings_of,
)

__all__ = ["OnProgress", "Progress", "replay", "resume"]

T = TypeVar("T")

MANY = 20_000
"""Rows that are written at once, and as many as a class hour more."""


class Progress(NamedTuple):
    """How far it is: records, and the seconds of class hours that they stand for, of a clock that is not ours."""

    done: int
    total: int
    seconds: float


OnProgress = Callable[[Sequence[Manifest], Progress], None]


def replay(
    settings: Settings,
    request: ReplayRequest,
    report: OnProgress,
    *,
    workers: int,
    share: float = 1.0,
    now: Callable[[], datetime],
) -> list[Manifest]:
    """Make the runs of a request, and return their manifests.

    workers: processes. share: of a core that each of them takes at most, 0 to 1.

    Raises:
        RefusedError: there is such a run, nothing to replay, or something it hangs on changed meanwhile.
        UnavailableError: Kafka or the store does not answer; ``resume`` goes on.
    """
    follow_erasures(settings)
    for run in request.runs:
        if WorkFiles(settings, run).begun():
            raise RefusedError(
                Text("a replay {run} was begun and not finished", run=run),
                Text("Go on: naul replay --resume {run}", run=run),
            )
    _refuse_known(settings, request.runs)
    planned = [_with_lost_sightings(each) for each in plan_runs(settings, request, workers=workers, now=now())]
    with ExitStack() as held:
        runs = []
        for each in planned:
            files = WorkFiles(each.settings, each.manifest.run)
            held.enter_context(files.held())
            files.begin(each.manifest, each.plan)
            runs.append(_Run(*each, files))
        return _carry_out(runs, workers, share, report, now)


def resume(
    settings: Settings,
    run: str,
    report: OnProgress,
    *,
    workers: int,
    share: float = 1.0,
    now: Callable[[], datetime],
) -> list[Manifest]:
    """Go on with a replay that was interrupted; what comes out is the same.

    Raises:
        RefusedError: there is none, or something it hangs on changed since.
        UnavailableError: Kafka or the store does not answer.
    """
    follow_erasures(settings)
    files = WorkFiles(settings, run)
    manifest, its_plan = files.read()
    mine = settings_of(settings, run, manifest.engine.partition("@")[0], manifest.policy)
    with files.held():
        return _carry_out([_Run(mine, manifest, its_plan, files)], workers, share, report, now)


class _Run(NamedTuple):
    """A run under way."""

    settings: Settings
    manifest: Manifest
    plan: Plan
    files: WorkFiles


def _refuse_known(settings: Settings, runs: Iterable[str]) -> None:
    if not is_there(settings):
        return
    with open_for_reading(settings) as store:
        known = {each.run for each in list_runs(store)}
    for run in runs:
        if run in known:
            raise RefusedError(
                Text("there is a run {run}", run=run),
                Text("Choose another name, or `naul runs delete {run}`.", run=run),
            )


def _with_lost_sightings(planned: Planned) -> Planned:
    """Count the sightings that live judged by and that are no longer kept: the store knows how many there were."""
    settings, manifest, its_plan = planned
    if manifest.kind != "sightings" or not is_there(settings):
        return planned
    with open_for_reading(settings) as store:
        judged = frames_judged(store, LIVE, manifest.engine, manifest.since, manifest.until)
    gaps = {
        hour: MissingFrames(deleted=lost)
        for hour in its_plan.hours
        if (lost := judged.get(hour, 0) - its_plan.counts.get(hour, 0)) > 0
    }
    return Planned(settings, msgspec.structs.replace(manifest, gaps=gaps), msgspec.structs.replace(its_plan, gaps=gaps))


def _carry_out(
    runs: Sequence[_Run], workers: int, share: float, report: OnProgress, now: Callable[[], datetime]
) -> list[Manifest]:
    for each in runs:
        _refuse_change(each)
    started = time.monotonic()
    done: Any = multiprocessing.get_context("spawn").Value("q", 0)
    total = sum(each.plan.records for each in runs)
    seconds = sum(each.plan.seconds for each in runs)

    def tell() -> None:
        came = min(done.value, total)  # a sighting that was sent twice is read twice
        report([each.manifest for each in runs], Progress(came, total, came / max(total, 1) * seconds))

    before = set(multiprocessing.active_children())
    pool = process_pool(workers, open_worker, [(each.settings, each.manifest) for each in runs], done, share)
    try:
        core = _look(pool, runs, done, tell)
        judged = _judge(pool, runs, tell)
    except BaseException as error:
        for child in set(multiprocessing.active_children()) - before:
            child.kill()  # in the middle of a part, which the next one does again
        if isinstance(error, BrokenProcessPool):
            names = " and ".join(f"naul replay --resume {each.manifest.run}" for each in runs)
            raise UnavailableError("a worker of the replay ended", Text("Go on: {names}", names=names)) from error
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    took = time.monotonic() - started
    return [
        _finish(each, hours, workers=workers, took=took, core=core / len(runs), now=now)
        for each, hours in zip(runs, judged, strict=True)
    ]


def _look(pool: ProcessPoolExecutor, runs: Sequence[_Run], done: Any, tell: Callable[[], None]) -> float:
    """Let workers look at all parts, each for all runs that lack it, and return how many seconds of cores it took."""
    todo: dict[str, tuple[FramePart, list[str]]] = {}
    for each in runs:
        for part in each.plan.parts:
            if each.files.done(part):
                done.value += len(part.offsets)
            else:
                todo.setdefault(part.name, (part, []))[1].append(each.manifest.run)
    return sum(_all([pool.submit(look_at, *each) for each in todo.values()], tell))


def _judge(pool: ProcessPoolExecutor, runs: Sequence[_Run], tell: Callable[[], None]) -> list[list[Timed]]:
    """Let workers judge the class hours of each run."""
    marks = marks_by_hour(runs[0].settings) if any(each.manifest.with_marks for each in runs) else {}
    asked = [
        [
            pool.submit(
                judge_hour, run.manifest.run, hour, run.plan.of(hour),
                marks.get(hour, []) if run.manifest.with_marks else [],
            )
            for hour in run.plan.hours
        ]
        for run in runs
    ]  # fmt: skip
    told = iter(_all([each for mine in asked for each in mine], tell))
    return [[found for _ in mine if (found := next(told)) is not None] for mine in asked]


def _finish(
    run: _Run, hours: Sequence[Timed], *, workers: int, took: float, core: float, now: Callable[[], datetime]
) -> Manifest:
    """Bring a run into the store, and delete what it was made of."""
    _refuse_change(run)
    finished = msgspec.structs.replace(
        _finished(run, hours),
        workers=workers,
        finished_at=now(),
        seconds=round(took, 3),
        core_seconds=round(core + sum(each.seconds for each in hours), 3),
    )
    try:
        for seen in _seen(run):
            write_run(run.settings, run.manifest, seen)
        write_run(run.settings, finished, _verdicts(finished, hours))
        _refuse_change(run)
        run.files.delete()
    except RefusedError:  # whoever was forgotten while it was written stands in it
        with open_for_reading(run.settings) as store:
            discard_run(store, finished.run)
        raise
    return finished


def _all(futures: list[Future[T]], tell: Callable[[], None]) -> list[T]:
    """Return the results in their order, telling of the progress meanwhile."""
    waiting = set(futures)
    while waiting:
        finished, waiting = wait(waiting, timeout=0.5)
        for each in finished:
            each.result()  # what failed ends it now
        tell()
    return [each.result() for each in futures]


def _refuse_change(run: _Run) -> None:
    """Refuse to go on when the result would no longer be of one piece."""
    settings, manifest = run.settings, run.manifest
    inputs = inputs_of(settings)
    changed = [name for name in inputs.__struct_fields__ if getattr(inputs, name) != getattr(manifest.inputs, name)]
    if not manifest.with_marks and "marks" in changed:
        changed.remove("marks")
    if engine_id(settings.engine, settings.home) != manifest.engine:
        changed.append("the engine")
    if calibration_digest(manifest.engine, settings) != manifest.calibration:
        changed.append("the calibration")
    if code_digest() != manifest.code:
        changed.append("Naul itself")
    if changed:
        raise RefusedError(
            Text(
                "since the replay {run} began, there changed: {changed}", run=manifest.run, changed=", ".join(changed)
            ),
            Text("`naul runs delete {run}`, and start it again.", run=manifest.run),
        )


def _finished(run: _Run, hours: Sequence[Timed]) -> Manifest:
    gaps = dict(run.plan.gaps)
    for part in run.plan.parts:
        lines = run.files.lines(part)
        gone = len(part.offsets) - len(lines)  # deleted after the plan was made
        unreadable = lines.count(b"")
        if gone or unreadable:
            before = gaps.get(part.hour, MissingFrames())
            gaps[part.hour] = msgspec.structs.replace(
                before, deleted=before.deleted + gone, unreadable=before.unreadable + unreadable
            )
    return msgspec.structs.replace(
        run.manifest,
        frames=sum(each.judged.frames for each in hours),
        gaps=gaps,
        result=result_of(each.judged.told for each in hours),
    )


def _seen(run: _Run) -> Iterator[Batch]:
    """Yield what was seen anew, some parts at a time; what a replay of sightings judges stands in the store already."""
    batch = Batch(run.manifest.run)
    for part in run.plan.parts:
        for line in filter(None, run.files.lines(part)):
            batch.take("sightings", None, line)
        if len(batch) > MANY:
            yield batch
            batch = Batch(run.manifest.run)
    if len(batch):
        yield batch


def _verdicts(manifest: Manifest, hours: Iterable[Timed]) -> Batch:
    batch = Batch(manifest.run)
    for row in _rows(each.judged.told for each in hours):
        batch.take("attendance", None, encode(row))
    return batch


def _rows(told: Iterable[HourResult]) -> Iterator[Attendance | Coverage]:
    for attendance, coverage in told:
        yield from attendance
        yield coverage
