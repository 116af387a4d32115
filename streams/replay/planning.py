"""From a request to a plan: what is to be done again, and why that. Reads the topics once, and writes nothing."""

from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import NamedTuple

import msgspec

from schemas.errors import RefusedError
from schemas.runs import Kind, Manifest, Stretch
from schemas.settings import Policy, Settings
from schemas.translations import Text, gettext_noop
from streams.faces.calibration import calibration_of
from streams.faces.devices import CPU
from streams.faces.engines import engine_id, load_engine, sources
from streams.faces.placement import placed
from streams.reference.live_engine import engine_schedule_of, name_here
from streams.reference.reference_data import Reference
from streams.replay.inputs import code_digest, inputs_of
from streams.replay.plan import Frames, Plan, Sightings, Window, gaps_of, hours_of
from streams.replay.stretch import Log

__all__ = ["Planned", "ReplayRequest", "calibration_digest", "choose", "plan_runs", "settings_of"]


class ReplayRequest(NamedTuple):
    """What somebody asks for. engines: none means the one live at the start; several make a run each.

    policy: None is that of live. halls, sections: none means all.
    """

    run: str
    since: datetime
    until: datetime
    halls: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()
    policy: Policy | None = None
    from_sightings: bool = False
    with_marks: bool = True

    @property
    def runs(self) -> dict[str, str | None]:
        """Return the engine of each run."""
        if len(self.engines) < 2:
            return {self.run: self.engines[0] if self.engines else None}
        return {f"{self.run}-{engine}": engine for engine in self.engines}


class Planned(NamedTuple):
    """A run that can begin. settings: with its engine, its policy and its name."""

    settings: Settings
    manifest: Manifest
    plan: Plan


def settings_of(settings: Settings, run: str, engine: str, policy: Policy) -> Settings:
    """Return the settings of a replay."""
    return msgspec.structs.replace(settings, engine=engine, policy=policy, run=run)


def plan_runs(settings: Settings, request: ReplayRequest, *, workers: int, now: datetime) -> list[Planned]:
    """Return the runs that a request asks for, each with its plan; the topics are read once for all of them.

    Raises:
        RefusedError: there is nothing to replay, or nobody is known to an engine.
        UnavailableError: Kafka does not answer.
    """
    live, inputs, code, planned = engine_schedule_of(settings).at(request.since), inputs_of(settings), code_digest(), []
    with Log(settings) as log:
        kept: _Kept | None = None
        for run, name in request.runs.items():
            mine = settings_of(settings, run, name or name_here(settings, live), request.policy or settings.policy)
            engine = engine_id(mine.engine, mine.home)
            calibration = calibration_digest(engine, mine)
            reference = Reference(mine, engine)
            with closing(reference):
                reference.catch_up()
            kept = kept or _Kept(log, request, reference)  # of the reference it asks for the timetable alone
            kind, why = choose(request, live=live, engine=engine, seen=kept.sightings.engines())
            made = kept.frames_plan() if kind == "frames" else kept.sightings_plan(engine)
            _check(request, made, kept.first(kind), reference, engine)
            arithmetic, device = _looks(mine) if kind == "frames" else ("none", "none")
            manifest = Manifest(
                run=run,
                kind=kind,
                why=why,
                since=request.since,
                until=request.until,
                halls=tuple(sorted(request.halls)),
                sections=tuple(sorted(request.sections)),
                offsets=kept.offsets(kind),
                engine=engine,
                arithmetic=arithmetic,
                device=device,
                weights=_weights(mine),
                policy=mine.policy,
                policy_version=mine.policy.version,
                calibration=calibration,
                inputs=inputs,
                with_marks=request.with_marks,
                code=code,
                workers=workers,
                created_at=now,
                unreadable=made.unreadable,
                gaps=made.gaps,
            )
            planned.append(Planned(mine, manifest, made))
    return planned


class _Kept:
    """What the topics keep of a stretch; each is read when it is first asked for."""

    def __init__(self, log: Log, request: ReplayRequest, reference: Reference) -> None:
        self._log, self._reference = log, reference
        self._window = Window(request.since, request.until, frozenset(request.halls), frozenset(request.sections))
        self._offsets: dict[Kind, dict[int, Stretch]] = {}

    def offsets(self, topic: Kind) -> dict[int, Stretch]:
        """Return what was read of a topic."""
        if topic not in self._offsets:
            self._offsets[topic] = self._log.since(topic, self._window.since)
        return self._offsets[topic]

    @cached_property
    def sightings(self) -> Sightings:
        sightings = Sightings(self._window)
        for record in self._log.read("sightings", self.offsets("sightings")):
            sightings.take(record)
        return sightings

    @cached_property
    def frames(self) -> Frames:
        frames = Frames(self._window, self._reference.hours_at, self._reference.profile)
        for record in self._log.read("frames", self.offsets("frames")):
            frames.take(record)
        return frames

    def first(self, kind: Kind) -> dict[str, datetime]:
        """Return when each hall was first heard of."""
        first = dict(self.sightings.first)
        if kind == "frames":
            for hall, moment in self.frames.first.items():
                first[hall] = min(first.get(hall, moment), moment)
        return first

    def frames_plan(self) -> Plan:
        parts = self.frames.parts()
        return Plan(
            parts=parts,
            hours=hours_of(self._window, self._reference.hours, self.first("frames"), self.frames.keys),
            records=sum(len(each.offsets) for each in parts),
            seconds=self._seconds(self.frames.keys),
            unreadable=self.frames.unreadable,
            gaps=gaps_of(self.sightings.places, self.frames.keys, self._log.begins("frames")),
        )

    def sightings_plan(self, engine: str) -> Plan:
        seen = self.sightings.by(engine)
        return Plan(
            hours=hours_of(self._window, self._reference.hours, self.first("sightings"), seen),
            stretches={hour: self.sightings.stretches[hour] for hour in seen},
            forgotten=tuple(self.sightings.forgotten),
            records=sum(map(len, seen.values())),
            seconds=self._seconds(seen),
            unreadable=self.sightings.unreadable,
            counts={hour: len(keys) for hour, keys in seen.items()},
        )

    def _seconds(self, hours: Iterable[str]) -> float:
        found = [hour for name in hours if (hour := self._reference.hour(name))]
        return sum((hour.ends_at - hour.starts_at).total_seconds() for hour in found)


def choose(request: ReplayRequest, *, live: str, engine: str, seen: Mapping[str, int]) -> tuple[Kind, str]:
    """Return what is to be read again, and why.

    live, engine: ids of the engine that was live at the start, and of the wished one.
    seen: how many frames each engine looked at.

    Raises:
        RefusedError: sightings are wished, and there are none of this engine.
    """
    if request.from_sightings:
        if not seen.get(engine):
            others = Text("; there are some of {names}", names=", ".join(sorted(seen))) if seen else ""
            raise RefusedError(
                Text("no sightings of {engine} are left of this time{others}", engine=engine, others=others),
                "Replay the frames: without --from-sightings.",
            )
        return "sightings", gettext_noop("what was seen is judged once more, as asked; no frame is looked at")
    if engine != live:
        return "frames", f"{engine} looks, in place of {live}"
    if request.policy is None:
        return "frames", gettext_noop("neither engine nor policy is another one: the same engine looks once more")
    if not seen.get(engine):
        return "frames", gettext_noop("only the policy is another one, but no sightings are left of this time")
    return "sightings", gettext_noop("only the policy is another one: what was seen stays as it is")


def calibration_digest(engine: str, settings: Settings) -> str:
    """Return a digest of what an engine's similarities are worth."""
    return sha256(msgspec.json.encode(calibration_of(engine, settings.home))).hexdigest()


def _check(
    request: ReplayRequest, plan: Plan, first: Mapping[str, datetime], reference: Reference, engine: str
) -> None:
    for hall in request.halls:
        if hall not in first:
            raise RefusedError(Text("nothing of the hall {hall!r} is kept of this time", hall=hall), _KEPT)
    if request.sections and not plan.hours:
        names = ", ".join(request.sections)
        raise RefusedError(Text("nothing of these sections is kept of this time: {names}", names=names), _KEPT)
    if not plan.records:
        raise RefusedError("nothing of a class hour is kept of this time", _KEPT)
    hours = [hour for name in plan.hours if (hour := reference.hour(name))]
    if hours and not any(reference.candidates(hour).students for hour in hours):
        raise RefusedError(
            Text("nobody who takes these courses is known to {engine}", engine=engine),
            Text(
                "Enrol them for it: `naul enroll PHOTOS --engine {engine} --consent-on-file`.",
                engine=engine.partition("@")[0],
            ),
        )


_KEPT = "Topics keep frames for as long as their retention says; see --from and --until."


def _looks(settings: Settings) -> tuple[str, str]:
    """Return arithmetic and device of the networks, decided once: all workers look alike."""
    loaded = load_engine(settings.engine, settings.home)
    engine = placed(loaded, settings.arithmetic, settings.device).engine
    eight = engine.variant and engine.device is CPU
    return "quantised" if eight else "float", engine.device.name


def _weights(settings: Settings) -> dict[str, str]:
    (plugin,) = [each.open() for each in sources(settings.home) if each.name == settings.engine]
    return {each.path.name: each.sha256 for each in plugin.weights()}
