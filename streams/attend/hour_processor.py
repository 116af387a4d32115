"""Judges the class hours that are due and tells what came out; what is told can always be taken back."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import NamedTuple

from schemas.errors import NaulError
from schemas.messages import (
    Attendance,
    ClassHour,
    Coverage,
    Forget,
    MarkBatch,
    Message,
    Sighting,
    Student,
    Tick,
    encode,
)
from schemas.metrics import HALL_COVERAGE, JUDGING, ROWS_TOLD
from schemas.retry import retry_until_available
from schemas.settings import Settings
from streams.attend import outgoing
from streams.attend.fact_store import FactStore
from streams.attend.facts import marked, seen
from streams.attend.hall_locks import HallLocks
from streams.attend.hour_judgement import Case, case, decide, rows
from streams.attend.hour_schedule import HourSchedule
from streams.attend.outgoing import News
from streams.faces.calibration import Calibration, calibration_of
from streams.judgement.judge import HourJudgement
from streams.reference.reference_data import Reference
from streams.runtime.changelog import AcknowledgedTable
from streams.runtime.faust_app import App

__all__ = ["HourProcessor", "Received"]

log = logging.getLogger(__name__)

Outgoing = tuple[str, str, Message | None]
"""topic, key, and a message; None erases."""


class Received(NamedTuple):
    """When the broker received a message, in which partition, and which hall keeps the facts that it is about."""

    at: datetime
    partition: int
    hall: str


class HourProcessor:
    """Takes messages, those of a hall one at a time, keeps the facts in the app's table, and sends what follows."""

    def __init__(self, settings: Settings, app: App, table: AcknowledgedTable) -> None:
        self._settings = settings
        self._calibrations: dict[str, Calibration] = {}
        self._missing: dict[str, str] = {}  # engine without calibration -> what was said of it
        self._table = table
        self._partitions: int = app.conf.topic_partitions
        self._topics = {name: app.raw_topic(settings.topic(name)) for name in ("presence", "attendance", "sightings")}
        self._reference = Reference(settings)
        self._schedule: HourSchedule | None = None
        self._halls = HallLocks()
        self._reading = asyncio.Lock()  # halls are under way while the reference moves on

    @property
    def schedule(self) -> HourSchedule:
        """The schedule of the partitions that are this worker's now."""
        if self._schedule is None:
            engine_of = self._reference.engine_of
            fact_store = FactStore(self._table, engine_of, partial(seen, cipher=lambda: self._reference.cipher), marked)
            self._schedule = HourSchedule(self._settings, self._reference, fact_store, self._partitions)
        return self._schedule

    def reassigned(self) -> None:
        """Partitions came or went: what was read from the table is read again."""
        self._schedule = None

    async def take(self, message: Sighting | MarkBatch, value: bytes, arrival: Received) -> None:
        """Take a message and its bytes, and tell what follows; on return the broker has it all.

        Raises:
            BadMessageError: it says what cannot be.
            CorruptStateError: a row of the table cannot be read; the message is not to blame.
        """
        if isinstance(message, Forget):
            async with self._halls.all_halls():
                await self._forget(message.student_id, arrival.partition)
        else:
            async with self._halls.hall(arrival.hall):
                await self._take(message, value, arrival)
        await self._table.acknowledged()

    async def tick(self, halls: dict[str, datetime]) -> None:
        """Tell halls of the time, through the log."""
        await self._send(("sightings", hall, Tick(hall=hall, at=at)) for hall, at in halls.items())

    async def _take(self, message: Sighting | MarkBatch, value: bytes, arrival: Received) -> None:
        async with self._reading:
            await retry_until_available(self._reference.catch_up)
            behind = self._halls.is_waited_for(arrival.hall)
            due = self._cases(self.schedule.take(message, value, arrival.at, behind=behind))
        for each in due:
            await self._judge(each)

    async def _forget(self, student: str, partition: int) -> None:
        async with self._reading:
            await retry_until_available(self._reference.catch_up)
            hours, changed = self.schedule.forget(student, partition)
            left = self.schedule.forget_rows(student, partition)
            due = self._cases(changed)
        await self._erase(student, hours)
        for name, others in left.items():
            hour = self._reference.hour(name)
            await self._send(self._rows(self._as_told(hour, others) if hour else others))
        for each in due:
            await self._judge(each)

    def _cases(self, hours: Iterable[ClassHour]) -> list[Case]:
        return [case(self._reference, hour, self.schedule.fact_store.facts(hour.id)) for hour in hours]

    async def _judge(self, it: Case) -> None:
        hour, schedule = it.hour, self.schedule
        fact_store, closed = schedule.fact_store, schedule.is_closed(hour)
        if schedule.is_forgotten(hour) and not it.facts.seen:  # also while a recording of another hour comes in
            await self._tell_again(it)
            return
        calibration = self._calibration(it)
        if calibration is None:
            return
        memory = fact_store.record(hour.id).memory
        with JUDGING.time():
            judged = await asyncio.to_thread(
                decide, it, self._settings.policy, calibration, closed=closed, memory=memory
            )
        judged = replace(judged, version=judged.version + fact_store.erased(hour.id))
        await self._tell(it, judged, final=closed)
        schedule.judged(hour, it.roster, it.roster_version)
        if judged.repeated:
            log.warning(
                "%s: %d frames repeat an earlier picture: a frozen camera or a recording", hour.id, judged.repeated
            )
        end = ", closed" if closed else ""
        log.info("%s: %d frames by %s, version %d%s", hour.id, judged.frames, it.engine, judged.version, end)

    def _calibration(self, it: Case) -> Calibration | None:
        """Return that of the hour's engine, read once; None: it is not here, and the hour waits for a later tick."""
        if it.engine not in self._calibrations:
            try:
                self._calibrations[it.engine] = calibration_of(it.engine, self._settings.home)
            except NaulError as error:
                if self._missing.get(it.engine) != error.message:
                    log.warning("%s waits for its judgement, its facts are kept: %s", it.hour.id, error)
                self._missing[it.engine] = error.message
                return None
        return self._calibrations[it.engine]

    async def _tell(self, it: Case, judged: HourJudgement, *, final: bool) -> None:
        fact_store, hour = self.schedule.fact_store, it.hour
        provenance = outgoing.Provenance(self._settings.run, hour, it.engine, self._settings.policy)
        record = fact_store.record(hour.id)
        told, coverage = rows(provenance, judged, it, final=final)
        said, now = fact_store.said(hour.id), outgoing.presence(provenance, judged)
        changes = outgoing.changes(said, now, judged.version)
        noted = fact_store.told(hour.id)
        gone = self._gone(it, noted)
        everybody = (*it.roster, *gone)
        before = {each.student_id: each for each in fact_store.rows(hour.id)} if gone else {}
        left = outgoing.last_said(provenance, outgoing.Absentees(gone, judged.version, final), before, it.facts)
        news = [*told, *self._as_told(hour, left)]
        if not final:
            news = record.news.of(news, record.newest)
        # On record before it is said: whoever takes over after a crash can still take it back.
        if changes:
            fact_store.say(hour.id, said | now)
        if everybody != noted:
            fact_store.tell(hour.id, everybody)
        if everybody != noted or changes:
            await self._table.acknowledged()
        await self._send([
            *self._rows(news),
            ("attendance", f"{provenance.run}|{hour.id}", coverage),
            *(("presence", hour.id, each) for each in changes),
        ])  # fmt: skip
        _note(coverage)
        record.news.told(news, record.newest)
        if changes:
            fact_store.say(hour.id, now)
        if final:
            fact_store.keep_rows(hour.id, [*told, *left])

    async def _tell_again(self, it: Case) -> None:
        """Tell a class hour whose facts are gone: marks that came since, and who is on its roster now."""
        fact_store, hour = self.schedule.fact_store, it.hour
        rows, then = fact_store.rows(hour.id), fact_store.closed[hour.id].roster
        newer = 0 if then is None else it.roster_version - then
        if newer:
            provenance = outgoing.Provenance(self._settings.run, hour, it.engine, self._settings.policy)
            rows = outgoing.retold(provenance, rows, self._reference.roster(hour), newer)
        marked = {each.student_id: each for each in outgoing.remarked(rows, it.facts)}
        rows = [marked.get(each.student_id, each) for each in rows]
        await self._send(self._rows(self._as_told(hour, rows if newer else marked.values())))
        if newer or marked:
            fact_store.keep_rows(hour.id, rows)
        if newer:
            fact_store.keep_roster(hour.id, it.roster_version)
        fact_store.record(hour.id).changed = False

    def _gone(self, it: Case, told: Sequence[Student]) -> list[Student]:
        """Return who has a row of a class hour and is no longer on its roster. told: who has one, if that is noted."""
        taking = {each.student_id for each in it.roster}
        told = told or [
            Student(student_id=each.student_id, name=each.name) for each in self.schedule.fact_store.rows(it.hour.id)
        ]
        return [each for each in told if each.student_id not in taking]

    def _as_told(self, hour: ClassHour, rows: Iterable[Attendance]) -> list[Attendance]:
        return outgoing.as_told(rows, self._reference.roster(hour), self._settings.zone)

    def _rows(self, told: Iterable[Attendance]) -> list[Outgoing]:
        return [("attendance", f"{row.run}|{row.class_hour}|{row.student_id}", row) for row in told]

    async def _erase(self, student: str, hours: Iterable[str]) -> None:
        fact_store = self.schedule.fact_store
        for hour in hours:
            said = fact_store.said(hour)
            fact_store.say(hour, {name: each for name, each in said.items() if each.student_id != student})
            fact_store.record(hour).news = News()  # what is told of the others then is no news to whoever has it
            await self._send([("attendance", f"{self._settings.run}|{hour}|{student}", None)])

    async def _send(self, messages: Iterable[Outgoing]) -> None:
        waiting = []
        for name, key, message in messages:
            waiting.append(await self._topics[name].send(key=key.encode(), value=message and encode(message)))
            if name == "attendance":
                ROWS_TOLD.inc()
        await asyncio.gather(*waiting)


def _note(coverage: Coverage) -> None:
    whole = (coverage.ends_at - coverage.starts_at).total_seconds()
    state = "closed" if coverage.final else "running"
    HALL_COVERAGE.labels(coverage.hall, state).set(coverage.seconds_covered / whole)
