"""A run under way: looks at its parts and judges its class hours. It holds what all of them need."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from schemas.ids import base_engine
from schemas.messages import MarkBatch, Observation, decode
from schemas.runs import Manifest
from schemas.settings import Settings
from streams.attend.facts import seen
from streams.attend.hour_schedule import without
from streams.attend.outgoing import Provenance
from streams.faces.calibration import calibration_of
from streams.faces.engine import Arithmetic
from streams.faces.engines import load_engine
from streams.faces.pictures import decode_jpeg
from streams.faces.placement import placed
from streams.judgement.observations import Seen
from streams.recognise.engine_runner import Decode
from streams.reference.reference_data import Reference
from streams.replay.judging import HourResult, facts_of, looked, tell
from streams.replay.looking import Looking, looking
from streams.replay.plan import FramePart, Plan, Window
from streams.replay.stretch import Log

__all__ = ["JudgedHour", "Replayer", "records_of"]


class JudgedHour(NamedTuple):
    """A class hour as it was judged. frames: observations that were read."""

    told: HourResult
    frames: int


def records_of(log: Log, part: FramePart) -> Iterator[Any]:
    """Yield the frames of a part that are still kept."""
    wanted = set(part.offsets)
    return (each for each in log.read("frames", {part.partition: part.stretch}) if each.offset in wanted)


class Replayer:
    """Of one run. Close it after use."""

    def __init__(self, settings: Settings, manifest: Manifest) -> None:
        """settings: with the engine and the policy of the replay.

        Raises:
            UnavailableError: the broker does not answer.
        """
        self._settings, self._manifest = settings, manifest
        self._engine = None
        if manifest.kind == "frames":
            loaded = load_engine(settings.engine, settings.home, threads=1)
            arithmetic: Arithmetic = "quantised" if manifest.arithmetic == "quantised" else "float"
            self._engine = placed(loaded, arithmetic, manifest.device).engine
        self._calibration = calibration_of(manifest.engine, settings.home)
        self._reference = Reference(settings, manifest.engine)
        self._reference.catch_up()
        self._window = Window(manifest.since, manifest.until, frozenset(manifest.halls), frozenset(manifest.sections))

    def close(self) -> None:
        """Let the connections go."""
        self._reference.close()

    def looking(self, decode: Decode = decode_jpeg) -> AbstractContextManager[Looking]:
        """Give what looks at the frames of one part."""
        if self._engine is None:
            raise RuntimeError("a replay of sightings looks at nothing")
        return looking(self._settings, self._engine, self._reference, decode)

    def judge(self, name: str, found: Iterable[Seen], marks: Iterable[MarkBatch]) -> JudgedHour | None:
        """Judge a class hour by what was seen; None: the timetable no longer knows it."""
        hour = self._reference.hour(name)
        if hour is None:
            return None
        facts = facts_of(found, marks)
        telling = Provenance(self._manifest.run, hour, self._manifest.engine, self._manifest.policy)
        told = tell(self._reference, telling, self._calibration, facts, closed=hour.ends_at <= self._manifest.until)
        return JudgedHour(told, len(facts.seen))

    def looked(self, observations: Iterable[Observation]) -> Iterator[Seen]:
        """Return what was looked at just now as it is judged."""
        return (looked(each, self._reference) for each in observations)

    def seen_live(self, log: Log, name: str, plan: Plan, count: Callable[[], None] = lambda: None) -> Iterator[Seen]:
        """Yield what live saw of a class hour, without those who asked to be forgotten since. count: one more."""
        for record in log.read("sightings", plan.stretches.get(name, {})):
            if b'"observation/' not in record.value[:40]:
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
            yield seen(fact, record.value, cipher=lambda: self._reference.cipher)
            count()
