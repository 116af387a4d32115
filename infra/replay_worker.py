"""A worker process of a replay: looks at the frames of a part, judges a class hour, gives way to what is live."""

import os
import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from infra.work_files import WorkFiles
from schemas.messages import MarkBatch, Observation, decode
from schemas.runs import Manifest
from schemas.settings import Settings
from streams.faces.calibration import calibration_of
from streams.faces.engines import load_engine
from streams.faces.values import base_engine
from streams.judgement.observations import Seen
from streams.reference import Reference
from streams.registrar import without
from streams.replay import Log, Part, Plan, Told, Window, facts_of, look, looked, tell
from streams.sighting import seen
from streams.verdicts import Telling

__all__ = ["Judged", "Worker", "judge_hour", "look_at", "open_worker"]

NICE = 10


class Judged(NamedTuple):
    """A class hour as it was judged. frames: observations that were read. seconds: of a core."""

    told: Told
    frames: int
    seconds: float


class Worker:
    """Holds what every part and every class hour of a replay need."""

    def __init__(self, settings: Settings, manifest: Manifest, done: Any) -> None:
        """settings: with the engine and the policy of the replay. done: a shared count of records that are done."""
        self._settings, self._manifest, self._done = settings, manifest, done
        self._files = WorkFiles(settings, manifest.run)
        self._engine = None
        if manifest.kind == "frames":
            self._engine = load_engine(settings.engine, settings.home, threads=1)
            self._engine.quicken("quantised" if manifest.arithmetic == "quantised" else "float")
        self._calibration = calibration_of(manifest.engine, settings.home)
        self._reference = Reference(settings, manifest.engine)
        self._reference.catch_up()
        self._log = Log(settings)
        self._window = Window(manifest.since, manifest.until, frozenset(manifest.halls))

    def look_at(self, part: Part) -> float:
        """Look at the frames of a part, keep what they showed, and return how many seconds of a core it took."""
        if self._engine is None:
            raise RuntimeError("a replay of sightings looks at nothing")
        before, wanted = time.process_time(), set(part.offsets)
        records = (each for each in self._log.read("frames", {part.partition: part.stretch}) if each.offset in wanted)
        self._files.keep(part, self._counted(look(self._settings, self._engine, self._reference, records)))
        return time.process_time() - before

    def judge_hour(self, name: str, plan: Plan, marks: Iterable[MarkBatch]) -> Judged | None:
        """Judge a class hour; None: the timetable no longer knows it. plan: of this hour (``Plan.of``)."""
        before = time.process_time()
        hour = self._reference.hour(name)
        if hour is None:
            return None
        facts = facts_of(self._looked(plan) if self._manifest.kind == "frames" else self._read(name, plan), marks)
        telling = Telling(self._manifest.run, hour, self._manifest.engine, self._manifest.policy)
        told = tell(self._reference, telling, self._calibration, facts, closed=hour.ends_at <= self._manifest.until)
        return Judged(told, len(facts.seen), time.process_time() - before)

    def _looked(self, plan: Plan) -> Iterator[Seen]:
        for part in plan.parts:
            for line in filter(None, self._files.lines(part)):
                yield looked(decode(line, Observation), self._reference)

    def _read(self, name: str, plan: Plan) -> Iterator[Seen]:
        """Yield what live saw, without those who asked to be forgotten since."""
        for record in self._log.read("sightings", plan.stretches.get(name, {})):
            if b'"observation/1"' not in record.value[:40]:
                continue
            found: Observation = decode(record.value, Observation)
            if (
                found.class_hour != name
                or base_engine(found.engine) != self._manifest.engine
                or not self._window.takes(found.hall, found.captured_at)
            ):
                continue
            fact: Any = found
            for place, offset, student in plan.forgotten:
                if place == record.partition and record.offset < offset:
                    fact = without(fact, student)
            yield seen(fact, record.value, vault=lambda: self._reference.vault)
            self._count()

    def _counted(self, found: Iterator[Observation | None]) -> Iterator[Observation | None]:
        for each in found:
            yield each
            self._count()

    def _count(self) -> None:
        with self._done.get_lock():
            self._done.value += 1


_worker: Worker | None = None


def open_worker(settings: Settings, manifest: Manifest, done: Any) -> None:
    """Begin a worker process."""
    global _worker
    os.nice(NICE)
    _worker = Worker(settings, manifest, done)


def look_at(part: Part) -> float:
    """See ``Worker.look_at``."""
    return _opened().look_at(part)


def judge_hour(name: str, plan: Plan, marks: list[MarkBatch]) -> Judged | None:
    """See ``Worker.judge_hour``."""
    return _opened().judge_hour(name, plan, marks)


def _opened() -> Worker:
    if _worker is None:
        raise RuntimeError("the worker was not opened")
    return _worker
