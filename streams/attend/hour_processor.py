"""Judges the class hours that are due and tells what came out; what is told can always be taken back."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from schemas.errors import RefusedError, UnavailableError
from schemas.messages import Attendance, ClassHour, Forget, MarkBatch, Message, Sighting, Tick, encode
from schemas.settings import Settings
from streams.attend import outgoing as verdicts
from streams.attend.fact_store import FactStore
from streams.attend.facts import marked, seen
from streams.attend.hour_judgement import Case, case, decide, rows
from streams.attend.hour_schedule import HourSchedule
from streams.faces.calibration import Calibration, calibration_of
from streams.judgement.judge import HourJudgement
from streams.reference.reference_data import Reference
from streams.runtime.faust_app import App
from streams.runtime.retry import retry_until_available

__all__ = ["HourProcessor"]

log = logging.getLogger(__name__)

Outgoing = tuple[str, str, Message | None]
"""topic, key, and a message; None erases."""


class HourProcessor:
    """Takes messages one at a time, keeps the facts in the app's table, and sends what follows from it."""

    def __init__(self, settings: Settings, app: App, table: Any) -> None:
        self._settings = settings
        self._calibrations: dict[str, Calibration] = {}
        self._app = app
        self._table = table
        self._topics = {name: app.raw_topic(settings.topic(name)) for name in ("presence", "attendance", "sightings")}
        self._reference = Reference(settings)
        self._schedule: HourSchedule | None = None
        self._one_at_a_time = asyncio.Lock()

    @property
    def schedule(self) -> HourSchedule:
        """The schedule of the partitions that are this worker's now."""
        if self._schedule is None:
            engine_of = self._reference.engine_of
            fact_store = FactStore(self._table, engine_of, partial(seen, cipher=lambda: self._reference.cipher), marked)
            self._schedule = HourSchedule(self._settings, self._reference, fact_store)
        return self._schedule

    def reassigned(self) -> None:
        """Partitions came or went: what was read from the table is read again."""
        self._schedule = None

    async def take(self, message: Sighting | MarkBatch, value: bytes, came_at: datetime, partition: int) -> None:
        """Take a message, its bytes, when it came and where, and tell what follows; on return the broker has it all.

        Raises:
            BadMessageError: it says what cannot be.
        """
        async with self._one_at_a_time:
            await retry_until_available(self._reference.catch_up)
            if isinstance(message, Forget):
                hours, due = self.schedule.forget(message.student_id, partition)
                await self._erase(message.student_id, hours)
            else:
                due = self.schedule.take(message, value, came_at)
            for hour in due:
                await self._judge(hour)

    async def tick(self, halls: dict[str, datetime]) -> None:
        """Tell halls of the time, through the log."""
        await self._send(("sightings", hall, Tick(hall=hall, at=at)) for hall, at in halls.items())

    async def _judge(self, hour: ClassHour) -> None:
        schedule = self.schedule
        fact_store, closed = schedule.fact_store, schedule.is_closed(hour)
        facts = fact_store.facts(hour.id)
        if closed and fact_store.closed[hour.id].forgotten and not facts.seen:
            await self._send(self._rows(verdicts.remarked(fact_store.rows(hour.id), facts)))
            return
        it = case(self._reference, hour, facts)
        calibration = await retry_until_available(partial(self._calibration, it.engine))
        judged = await asyncio.to_thread(decide, it, self._settings.policy, calibration, closed=closed)
        judged = replace(judged, version=judged.version + fact_store.erased(hour.id))
        await self._tell(it, judged, final=closed)
        schedule.judged(hour)
        if judged.repeated:
            log.warning(
                "%s: %d frames repeat an earlier picture: a frozen camera or a recording", hour.id, judged.repeated
            )
        end = ", closed" if closed else ""
        log.info("%s: %d frames by %s, version %d%s", hour.id, judged.frames, it.engine, judged.version, end)

    def _calibration(self, engine: str) -> Calibration:
        """Return that of an engine, read once.

        Raises:
            UnavailableError: there is none for just this engine; without it nobody can be judged.
        """
        if engine not in self._calibrations:
            try:
                self._calibrations[engine] = calibration_of(engine, self._settings.home)
            except RefusedError as error:
                raise UnavailableError(error.message, error.remedy) from error
        return self._calibrations[engine]

    async def _tell(self, it: Case, judged: HourJudgement, *, final: bool) -> None:
        fact_store, hour = self.schedule.fact_store, it.hour
        telling = verdicts.Provenance(self._settings.run, hour, it.engine, self._settings.policy)
        told, coverage = rows(telling, judged, it.roster, final=final)
        said, now = fact_store.said(hour.id), verdicts.presence(telling, judged)
        changes = verdicts.changes(said, now, judged.version)
        if changes:
            # On record before it is said: whoever takes over after a crash can still take it back.
            fact_store.say(hour.id, said | now)
            await self._app.producer.flush()
        await self._send([
            *self._rows(told),
            ("attendance", f"{telling.run}|{hour.id}", coverage),
            *(("presence", hour.id, each) for each in changes),
        ])  # fmt: skip
        if changes:
            fact_store.say(hour.id, now)
        if final:
            fact_store.keep_rows(hour.id, told)

    def _rows(self, told: Iterable[Attendance]) -> list[Outgoing]:
        return [("attendance", f"{row.run}|{row.class_hour}|{row.student_id}", row) for row in told]

    async def _erase(self, student: str, hours: Iterable[str]) -> None:
        fact_store = self.schedule.fact_store
        for hour in hours:
            fact_store.say(
                hour, {name: each for name, each in fact_store.said(hour).items() if each.student_id != student}
            )
            await self._send([("attendance", f"{self._settings.run}|{hour}|{student}", None)])

    async def _send(self, messages: Iterable[Outgoing]) -> None:
        waiting = [
            await self._topics[name].send(key=key.encode(), value=message and encode(message))
            for name, key, message in messages
        ]
        await asyncio.gather(*waiting)
