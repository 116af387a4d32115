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
from streams import verdicts
from streams.app import App
from streams.faces.calibration import Calibration, calibration_of
from streams.hours import Case, case, decide, rows
from streams.judgement.judge import HourJudgement
from streams.ledger import Ledger
from streams.patience import patiently
from streams.reference import Reference
from streams.registrar import Registrar
from streams.sighting import marked, seen

__all__ = ["Clerk"]

log = logging.getLogger(__name__)

Told = tuple[str, str, Message | None]
"""topic, key, and a message; None erases."""


class Clerk:
    """Takes messages one at a time, keeps the ledger in the app's table, and sends what follows from it."""

    def __init__(self, settings: Settings, app: App, table: Any) -> None:
        self._settings = settings
        self._calibrations: dict[str, Calibration] = {}
        self._app = app
        self._table = table
        self._topics = {name: app.raw_topic(settings.topic(name)) for name in ("presence", "attendance", "sightings")}
        self._reference = Reference(settings)
        self._registrar: Registrar | None = None
        self._one_at_a_time = asyncio.Lock()

    @property
    def registrar(self) -> Registrar:
        """The registrar of the partitions that are this worker's now."""
        if self._registrar is None:
            engine_of = self._reference.engine_of
            ledger = Ledger(self._table, engine_of, partial(seen, vault=lambda: self._reference.vault), marked)
            self._registrar = Registrar(self._settings, self._reference, ledger)
        return self._registrar

    def reassigned(self) -> None:
        """Partitions came or went: what was read from the table is read again."""
        self._registrar = None

    async def take(self, message: Sighting | MarkBatch, value: bytes, came_at: datetime, partition: int) -> None:
        """Take a message, its bytes, when it came and where, and tell what follows; on return the broker has it all.

        Raises:
            BadMessageError: it says what cannot be.
        """
        async with self._one_at_a_time:
            await patiently(self._reference.catch_up)
            if isinstance(message, Forget):
                hours, due = self.registrar.forget(message.student_id, partition)
                await self._erase(message.student_id, hours)
            else:
                due = self.registrar.take(message, value, came_at)
            for hour in due:
                await self._judge(hour)

    async def tick(self, halls: dict[str, datetime]) -> None:
        """Tell halls of the time, through the log."""
        await self._send(("sightings", hall, Tick(hall=hall, at=at)) for hall, at in halls.items())

    async def _judge(self, hour: ClassHour) -> None:
        registrar = self.registrar
        ledger, closed = registrar.ledger, registrar.is_closed(hour)
        facts = ledger.facts(hour.id)
        if closed and ledger.closed[hour.id].forgotten and not facts.seen:
            await self._send(self._rows(verdicts.remarked(ledger.rows(hour.id), facts)))
            return
        it = case(self._reference, hour, facts)
        calibration = await patiently(partial(self._calibration, it.engine))
        judged = await asyncio.to_thread(decide, it, self._settings.policy, calibration, closed=closed)
        judged = replace(judged, version=judged.version + ledger.erased(hour.id))
        await self._tell(it, judged, final=closed)
        registrar.judged(hour)
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
        ledger, hour = self.registrar.ledger, it.hour
        telling = verdicts.Telling(self._settings.run, hour, it.engine, self._settings.policy)
        told, coverage = rows(telling, judged, it.roster, final=final)
        said, now = ledger.said(hour.id), verdicts.presence(telling, judged)
        changes = verdicts.changes(said, now, judged.version)
        if changes:
            # On record before it is said: whoever takes over after a crash can still take it back.
            ledger.say(hour.id, said | now)
            await self._app.producer.flush()
        await self._send([
            *self._rows(told),
            ("attendance", f"{telling.run}|{hour.id}", coverage),
            *(("presence", hour.id, each) for each in changes),
        ])  # fmt: skip
        if changes:
            ledger.say(hour.id, now)
        if final:
            ledger.keep_rows(hour.id, told)

    def _rows(self, told: Iterable[Attendance]) -> list[Told]:
        return [("attendance", f"{row.run}|{row.class_hour}|{row.student_id}", row) for row in told]

    async def _erase(self, student: str, hours: Iterable[str]) -> None:
        ledger = self.registrar.ledger
        for hour in hours:
            ledger.say(hour, {name: each for name, each in ledger.said(hour).items() if each.student_id != student})
            await self._send([("attendance", f"{self._settings.run}|{hour}|{student}", None)])

    async def _send(self, messages: Iterable[Told]) -> None:
        waiting = [
            await self._topics[name].send(key=key.encode(), value=message and encode(message))
            for name, key, message in messages
        ]
        await asyncio.gather(*waiting)
