"""Judges the class hours that are due and tells what came out; what is told can always be taken back."""

import asyncio
import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from time import monotonic as here_now
from typing import NamedTuple

from schemas.errors import NaulError, UnavailableError
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
from streams.attend.hall_locks import HallLocks
from streams.attend.hour_judgement import Case, case, decide, rows
from streams.attend.hour_schedule import HourSchedule
from streams.attend.outgoing import News
from streams.faces.calibration import Calibration, calibration_of
from streams.judgement.judge import HourJudgement
from streams.reference.reference_data import Reference
from streams.runtime.changelog import KeptTable
from streams.runtime.faust_app import App

__all__ = ["HourProcessor", "Received", "here_now"]

log = logging.getLogger(__name__)

Outgoing = tuple[str, str, Message | None]
"""topic, key, and a message; None erases."""


class Received(NamedTuple):
    """When the broker received a message, in which partition, and which hall keeps the facts that it is about.

    here: when this process had it, by the monotonic clock of ``here_now``.
    """

    at: datetime
    partition: int
    hall: str
    here: float


class HourProcessor:
    """Takes messages, those of a hall one at a time, keeps the facts in the app's table, and sends what follows."""

    def __init__(self, settings: Settings, app: App, table: KeptTable, reference: Reference) -> None:
        self._settings = settings
        self._calibrations: dict[str, Calibration] = {}
        self._missing: dict[str, str] = {}  # engine without calibration -> what was said of it
        self._table = table
        self._topics = {name: app.raw_topic(settings.topic(name)) for name in ("presence", "attendance", "sightings")}
        self._reference = reference
        self._caught_up = float("-inf")  # when the reference was asked last
        self._schedules: dict[int, HourSchedule] = {}
        self._halls = HallLocks()
        self._reading = asyncio.Lock()  # halls are under way while the reference moves on
        self._judging = asyncio.Semaphore(os.cpu_count() or 1)  # each reads all of an hour

    def schedule(self, partition: int) -> HourSchedule:
        """Return the schedule of a partition that is this worker's now."""
        if partition not in self._schedules:
            reference = self._reference
            fact_store = FactStore(self._table.of(partition), reference.engine_of, lambda: reference.cipher)
            self._schedules[partition] = HourSchedule(self._settings, reference, fact_store)
        return self._schedules[partition]

    def reassigned(self) -> None:
        """Partitions came or went: what was read from the table is read again."""
        self._schedules.clear()

    async def take(self, message: Sighting | MarkBatch, value: bytes, arrival: Received) -> None:
        """Take a message and its bytes, and tell what follows; on return the broker has it all.

        Raises:
            BadMessageError: it says what cannot be.
            CorruptStateError: a row of the table cannot be read; the message is not to blame.
        """
        if isinstance(message, Forget):
            async with self._halls.all_halls():
                await self._forget(message.student_id, arrival)
        else:
            async with self._halls.hall(arrival.hall):
                await self._take(message, value, arrival)
        await self._table.acknowledged()

    async def tick(self, halls: dict[str, datetime]) -> None:
        """Tell halls of the time, through the log."""
        await self._send(("sightings", hall, Tick(hall=hall, at=at)) for hall, at in halls.items())

    async def _catch_up(self, arrival: Received) -> None:
        """Know all that was said before a message was: nobody is asked twice for messages that came together."""
        if self._caught_up <= arrival.here:
            asked = here_now()
            try:
                await asyncio.to_thread(self._reference.catch_up)
            except UnavailableError:
                await retry_until_available(self._reference.catch_up)
            self._caught_up = asked

    async def _take(self, message: Sighting | MarkBatch, value: bytes, arrival: Received) -> None:
        async with self._reading:
            behind, schedule = self._halls.is_waited_for(arrival.hall), self.schedule(arrival.partition)
            if not schedule.only_adds(message):
                await self._catch_up(arrival)
            due = schedule.take(message, value, arrival.at, behind=behind)
            if due:
                await self._catch_up(arrival)
            cases = self._cases(schedule, schedule.as_of_now(due))
        for each in cases:
            await self._judge(schedule, each)

    async def _forget(self, student: str, arrival: Received) -> None:
        async with self._reading:
            await self._catch_up(arrival)
            schedule = self.schedule(arrival.partition)
            hours, changed = schedule.forget(student)
            left = schedule.forget_rows(student)
            due = self._cases(schedule, changed)
        await self._erase(schedule.fact_store, student, hours)
        for name, others in left.items():
            hour = self._reference.hour(name)
            await self._send(self._rows(self._as_told(hour, others) if hour else others))
        for each in due:
            await self._judge(schedule, each)

    def _cases(self, schedule: HourSchedule, hours: Iterable[ClassHour]) -> list[Case]:
        return [case(self._reference, hour, schedule.fact_store.facts(hour.id)) for hour in hours]

    async def _judge(self, schedule: HourSchedule, it: Case) -> None:
        hour, fact_store = it.hour, schedule.fact_store
        closed = schedule.is_closed(hour)
        if schedule.is_forgotten(hour) and not it.facts.seen:  # also while a recording of another hour comes in
            await self._tell_again(fact_store, it)
            return
        calibration = self._calibration(it)
        if calibration is None:
            return
        async with self._judging:
            memory = fact_store.record(hour.id).memory
            with JUDGING.time():
                judged = await asyncio.to_thread(
                    decide, it, self._settings.policy, calibration, closed=closed, memory=memory
                )
        judged = replace(judged, version=judged.version + fact_store.erased(hour.id))
        await self._tell(fact_store, it, judged, final=closed)
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

    async def _tell(self, fact_store: FactStore, it: Case, judged: HourJudgement, *, final: bool) -> None:
        hour = it.hour
        provenance = outgoing.Provenance(self._settings.run, hour, it.engine, self._settings.policy)
        record, kept = fact_store.record(hour.id), fact_store.rows(hour.id)
        told, coverage = rows(provenance, judged, it, final=final)
        said, now = fact_store.said(hour.id), outgoing.presence(provenance, judged)
        changes = outgoing.changes(said, now, judged.version)
        noted = fact_store.told(hour.id)
        gone = _gone(it, noted, kept)
        everybody = (*it.roster, *gone)
        before = {each.student_id: each for each in kept} if gone else {}
        left = outgoing.last_said(provenance, outgoing.Absentees(gone, judged.version, final), before, it.facts)
        news = [*told, *self._as_told(hour, left)]
        closed = fact_store.closed(hour.id)
        if not final:
            news = record.news.of(news)
            fact_store.keep_roster(hour.id, None)
        elif closed and closed.roster == it.roster_version:
            news = outgoing.unlike(news, self._as_told(hour, kept))
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
        record.news.told(news)
        if changes:
            fact_store.say(hour.id, now)
        if final:
            fact_store.keep_rows(hour.id, _as_they_stand([*told, *left], news, kept))

    async def _tell_again(self, fact_store: FactStore, it: Case) -> None:
        """Tell a class hour whose facts are gone: marks that came since, and who is on its roster now."""
        hour = it.hour
        rows, closed = fact_store.rows(hour.id), fact_store.closed(hour.id)
        newer = 0 if closed is None or closed.roster is None else it.roster_version - closed.roster
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

    def _as_told(self, hour: ClassHour, rows: Iterable[Attendance]) -> list[Attendance]:
        return outgoing.as_told(rows, self._reference.roster(hour), self._settings.zone)

    def _rows(self, told: Iterable[Attendance]) -> list[Outgoing]:
        return [("attendance", f"{row.run}|{row.class_hour}|{row.student_id}", row) for row in told]

    async def _erase(self, fact_store: FactStore, student: str, hours: Iterable[str]) -> None:
        for hour in hours:
            said = fact_store.said(hour)
            left = {name: each for name, each in said.items() if each.student_id != student}
            if left != said:
                fact_store.say(hour, left)
            fact_store.record(hour).news = News()  # what is told of the others then is no news to whoever has it
            await self._send([("attendance", f"{self._settings.run}|{hour}|{student}", None)])

    async def _send(self, messages: Iterable[Outgoing]) -> None:
        waiting = []
        for name, key, message in messages:
            waiting.append(await self._topics[name].send(key=key.encode(), value=message and encode(message)))
            if name == "attendance":
                ROWS_TOLD.inc()
        await asyncio.gather(*waiting)


def _gone(it: Case, noted: Sequence[Student], kept: Iterable[Attendance]) -> list[Student]:
    """Return who has a row of a class hour and is no longer on its roster. noted: who has one, if that is noted."""
    taking = {each.student_id for each in it.roster}
    told = noted or [Student(student_id=each.student_id, name=each.name) for each in kept]
    return [each for each in told if each.student_id not in taking]


def _as_they_stand(
    rows: Iterable[Attendance], news: Iterable[Attendance], before: Iterable[Attendance]
) -> list[Attendance]:
    """Return rows with the versions that were told: of those that were no news, the ones of before."""
    sent = {each.student_id for each in news}
    known = {each.student_id: each for each in before}
    return [row if row.student_id in sent else known[row.student_id] for row in rows]


def _note(coverage: Coverage) -> None:
    whole = (coverage.ends_at - coverage.starts_at).total_seconds()
    state = "closed" if coverage.final else "running"
    HALL_COVERAGE.labels(coverage.hall, state).set(coverage.seconds_covered / whole)
