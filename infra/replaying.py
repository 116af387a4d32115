"""A replay from its wish to its rows in the store: what is to be done again, by how many workers, and going on with it.

Nothing is written to a topic, and no row of another run is touched.
"""

import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

import msgspec

from infra.replay_worker import Judged, judge_hour, look_at, open_worker
from infra.work_files import WorkFiles
from schemas.cluster import View
from schemas.errors import RefusedError, UnavailableError
from schemas.messages import Attendance, Coverage, MarkBatch, decode, encode
from schemas.runs import Kind, Manifest
from schemas.settings import Policy, Settings
from sinks.batch import Batch
from sinks.runs.store import list_runs, write_run
from sinks.store import open_for_reading
from sinks.store.opening import store_directory
from streams.faces.calibration import calibration_of
from streams.faces.children import process_pool
from streams.faces.engines import engine_id, load_engine, sources
from streams.reference import Reference
from streams.replay import (
    Frames,
    Log,
    Plan,
    Sightings,
    Window,
    code_digest,
    hours_of,
    inputs_of,
    marks_of,
    missing_of,
    result_of,
)

__all__ = ["Progress", "Report", "Wish", "choose", "replay", "resume"]

T = TypeVar("T")

MANY = 20_000
"""Rows that are written at once, and as many as a class hour more."""


class Wish(NamedTuple):
    """What somebody asks for. engine, policy: None means that of live. halls: none means all."""

    run: str
    since: datetime
    until: datetime
    halls: tuple[str, ...] = ()
    engine: str | None = None
    policy: Policy | None = None
    workers: int = 1
    from_sightings: bool = False
    with_marks: bool = True


class Progress(NamedTuple):
    """How far it is: records, and the seconds of class hours that they stand for, of a clock that is not ours."""

    done: int
    total: int
    seconds: float


Report = Callable[[Manifest, Progress], None]


def choose(wish: Wish, *, live: str, engine: str, seen: Mapping[str, int]) -> tuple[Kind, str]:
    """Return what is to be read again, and why.

    live, engine: ids of the engine that is set, and of the wished one. seen: how many frames each engine looked at.

    Raises:
        RefusedError: sightings are wished, and there are none of this engine.
    """
    if wish.from_sightings:
        if not seen.get(engine):
            others = f"; there are some of {', '.join(sorted(seen))}" if seen else ""
            raise RefusedError(
                f"no sightings of {engine} are left of this time{others}",
                "Replay the frames: without --from-sightings.",
            )
        return "sightings", "what was seen is judged once more, as asked; no frame is looked at"
    if engine != live:
        return "frames", f"{engine} looks, in place of {live}"
    if wish.policy is None:
        return "frames", "neither engine nor policy is another one: the same eyes look once more"
    if not seen.get(engine):
        return "frames", "only the policy is another one, but no sightings are left of this time"
    return "sightings", "only the policy is another one: what was seen stays as it is"


def replay(settings: Settings, wish: Wish, report: Report, *, now: Callable[[], datetime]) -> Manifest:
    """Make a run, and return its manifest.

    Raises:
        RefusedError: there is such a run, nothing to replay, or something it hangs on changed meanwhile.
        UnavailableError: Kafka or the store does not answer; ``resume`` goes on.
    """
    files = WorkFiles(settings, wish.run)
    if files.begun():
        raise RefusedError(f"a replay {wish.run} was begun and not finished", f"Go on: naul replay --resume {wish.run}")
    _refuse_known(settings, wish.run)
    mine = _settings(settings, wish.engine or settings.engine, wish.policy or settings.policy, wish.run)
    manifest, plan = _planned(settings, mine, wish, now())
    with files.held():
        files.begin(manifest, plan)
        return _carry_out(mine, files, manifest, plan, wish.workers, report, now)


def resume(settings: Settings, run: str, workers: int, report: Report, *, now: Callable[[], datetime]) -> Manifest:
    """Go on with a replay that was interrupted; what comes out is the same.

    Raises:
        RefusedError: there is none, or something it hangs on changed since.
        UnavailableError: Kafka or the store does not answer.
    """
    files = WorkFiles(settings, run)
    manifest, plan = files.read()
    mine = _settings(settings, manifest.engine.partition("@")[0], manifest.policy, run)
    with files.held():
        return _carry_out(mine, files, manifest, plan, workers, report, now)


def _settings(settings: Settings, engine: str, policy: Policy, run: str) -> Settings:
    return msgspec.structs.replace(settings, engine=engine, policy=policy, run=run)


def _refuse_known(settings: Settings, run: str) -> None:
    if settings.store == "embedded" and not store_directory(settings).is_dir():
        return
    with open_for_reading(settings) as store:
        if run in {each.run for each in list_runs(store)}:
            raise RefusedError(f"there is a run {run}", f"Choose another name, or `naul runs delete {run}`.")


def _planned(settings: Settings, mine: Settings, wish: Wish, created_at: datetime) -> tuple[Manifest, Plan]:
    live, engine = engine_id(settings.engine, settings.home), engine_id(mine.engine, mine.home)
    calibration = _calibration(engine, mine)
    window = Window(wish.since, wish.until, frozenset(wish.halls))
    inputs = inputs_of(mine)
    reference = Reference(mine, engine)
    with closing(reference):
        reference.catch_up()
    with Log(mine) as log:
        # A record is never older by the broker's clock than its frame, but for as much as clocks may differ.
        earliest = wish.since - settings.clock_ahead - timedelta(hours=1)
        offsets = log.since("sightings", earliest)
        sightings = Sightings(window)
        for record in log.read("sightings", offsets):
            sightings.take(record)
        kind, why = choose(wish, live=live, engine=engine, seen=sightings.engines())
        first = sightings.first
        if kind == "sightings":
            kept = sightings.by(engine)
            plan = Plan(
                hours=hours_of(window, reference.hours, first, kept),
                stretches={hour: sightings.stretches[hour] for hour in kept},
                forgotten=tuple(sightings.forgotten),
                records=sum(map(len, kept.values())),
                seconds=_seconds(reference, kept),
                unreadable=sightings.unreadable,
            )
        else:
            offsets = log.since("frames", earliest)
            frames = Frames(window, reference.hour_at)
            for record in log.read("frames", offsets):
                frames.take(record)
            first = {hall: min(first.get(hall, each), each) for hall, each in frames.first.items()} | {
                hall: each for hall, each in first.items() if hall not in frames.first
            }
            parts = frames.parts()
            plan = Plan(
                parts=parts,
                hours=hours_of(window, reference.hours, first, frames.keys),
                records=sum(len(each.offsets) for each in parts),
                seconds=_seconds(reference, frames.keys),
                unreadable=frames.unreadable,
                missing=missing_of(sightings.by(live), frames.keys),
            )
    _check(wish, plan, first, reference, engine)
    manifest = Manifest(
        run=wish.run,
        kind=kind,
        why=why,
        since=wish.since,
        until=wish.until,
        halls=tuple(sorted(wish.halls)),
        offsets=offsets,
        engine=engine,
        arithmetic=_arithmetic(mine) if kind == "frames" else "none",
        weights=_weights(mine),
        policy=mine.policy,
        policy_version=mine.policy.version,
        calibration=calibration,
        inputs=inputs,
        with_marks=wish.with_marks,
        code=code_digest(),
        workers=wish.workers,
        created_at=created_at,
        unreadable=plan.unreadable,
        missing=plan.missing,
    )
    return manifest, plan


def _seconds(reference: Reference, hours: Iterable[str]) -> float:
    found = [hour for name in hours if (hour := reference.hour(name))]
    return sum((hour.ends_at - hour.starts_at).total_seconds() for hour in found)


def _check(wish: Wish, plan: Plan, first: Mapping[str, datetime], reference: Reference, engine: str) -> None:
    for hall in wish.halls:
        if hall not in first:
            raise RefusedError(f"nothing of the hall {hall!r} is kept of this time", _KEPT)
    if not plan.records:
        raise RefusedError("nothing of a class hour is kept of this time", _KEPT)
    hours = [hour for name in plan.hours if (hour := reference.hour(name))]
    if hours and not any(reference.candidates(hour).students for hour in hours):
        raise RefusedError(
            f"nobody who takes these courses is known to {engine}",
            f"Enrol them for it: `naul enroll PHOTOS --engine {engine.partition('@')[0]}`.",
        )


_KEPT = "Topics keep frames for as long as their retention says; see --from and --until."


def _arithmetic(settings: Settings) -> str:
    """Return that of the networks, decided once: all workers look alike."""
    engine = load_engine(settings.engine, settings.home)
    engine.quicken(settings.arithmetic)
    return "quantised" if engine.variant else "float"


def _calibration(engine: str, settings: Settings) -> str:
    return sha256(msgspec.json.encode(calibration_of(engine, settings.home))).hexdigest()


def _weights(settings: Settings) -> dict[str, str]:
    (plugin,) = [each.open() for each in sources(settings.home) if each.name == settings.engine]
    return {each.path.name: each.sha256 for each in plugin.weights()}


def _carry_out(
    settings: Settings,
    files: WorkFiles,
    manifest: Manifest,
    plan: Plan,
    workers: int,
    report: Report,
    now: Callable[[], datetime],
) -> Manifest:
    _refuse_change(settings, manifest)
    started = time.monotonic()
    done: Any = multiprocessing.get_context("spawn").Value("q", 0)

    def tell() -> None:
        share = done.value / max(plan.records, 1)
        report(manifest, Progress(done.value, plan.records, share * plan.seconds))

    before = set(multiprocessing.active_children())
    pool = process_pool(workers, open_worker, settings, manifest, done)
    try:
        todo = [each for each in plan.parts if not files.done(each)]
        done.value = sum(len(each.offsets) for each in plan.parts if files.done(each))
        core = sum(_all([pool.submit(look_at, each) for each in todo], tell))
        marks = _marks(settings) if manifest.with_marks else {}
        hours = [pool.submit(judge_hour, each, plan.of(each), marks.get(each, [])) for each in plan.hours]
        judged = [each for each in _all(hours, tell) if each is not None]
    except BaseException as error:
        for child in set(multiprocessing.active_children()) - before:
            child.kill()  # in the middle of a part, which the next one does again
        if isinstance(error, BrokenProcessPool):
            raise UnavailableError(
                "a worker of the replay ended", f"Go on: naul replay --resume {files.run}"
            ) from error
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    _refuse_change(settings, manifest)
    finished = _finished(manifest, plan, files, judged)
    finished = msgspec.structs.replace(
        finished,
        workers=workers,
        finished_at=now(),
        seconds=round(time.monotonic() - started, 3),
        core_seconds=round(core + sum(each.seconds for each in judged), 3),
    )
    for seen in _seen(manifest, plan, files):
        write_run(settings, manifest, seen)
    write_run(settings, finished, _verdicts(manifest, judged))
    files.delete()
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


def _refuse_change(settings: Settings, manifest: Manifest) -> None:
    """Refuse to go on when the result would no longer be of one piece."""
    inputs = inputs_of(settings)
    changed = [name for name in inputs.__struct_fields__ if getattr(inputs, name) != getattr(manifest.inputs, name)]
    if not manifest.with_marks and "marks" in changed:
        changed.remove("marks")
    if engine_id(settings.engine, settings.home) != manifest.engine:
        changed.append("the engine")
    if _calibration(manifest.engine, settings) != manifest.calibration:
        changed.append("the calibration")
    if code_digest() != manifest.code:
        changed.append("Naul itself")
    if changed:
        raise RefusedError(
            f"since the replay {manifest.run} began, there changed: {', '.join(changed)}",
            f"Delete {settings.home / 'runs' / manifest.run} and start it again.",
        )


def _finished(manifest: Manifest, plan: Plan, files: WorkFiles, judged: list[Judged]) -> Manifest:
    unreadable, missing = plan.unreadable, dict(plan.missing)
    for part in plan.parts:
        lines = files.lines(part)
        unreadable += lines.count(b"")
        if gone := len(part.offsets) - len(lines):  # deleted after the plan was made
            missing[part.hour] = missing.get(part.hour, 0) + gone
    return msgspec.structs.replace(
        manifest,
        frames=sum(each.frames for each in judged),
        unreadable=unreadable,
        missing=missing,
        result=result_of(each.told for each in judged),
    )


def _seen(manifest: Manifest, plan: Plan, files: WorkFiles) -> Iterator[Batch]:
    """Yield what was seen anew, some parts at a time; what a replay of sightings judges stands in the store already."""
    batch = Batch(manifest.run)
    for part in plan.parts:
        for line in filter(None, files.lines(part)):
            batch.take("sightings", None, line)
        if len(batch) > MANY:
            yield batch
            batch = Batch(manifest.run)
    if len(batch):
        yield batch


def _verdicts(manifest: Manifest, judged: Iterable[Judged]) -> Batch:
    batch = Batch(manifest.run)
    for row in _rows(judged):
        batch.take("attendance", None, encode(row))
    return batch


def _rows(judged: Iterable[Judged]) -> Iterator[Attendance | Coverage]:
    for each in judged:
        yield from each.told.attendance
        yield each.told.coverage


def _marks(settings: Settings) -> dict[str, list[MarkBatch]]:
    view: View[MarkBatch] = View(settings, "marks", lambda value: decode(value, MarkBatch))
    try:
        view.catch_up()
        return marks_of(view.items.values())
    finally:
        view.close()
