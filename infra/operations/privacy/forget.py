"""Erase a person: at once what can be, through the topics what others keep, and say what goes by itself and when.

Each topic is read once; of attendance afterwards only what is new. Order matters. First what workers look things up in,
so that none of them finds the student again; then the rows; then the workers and the other machines are told.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from enrollment.erasure import (
    AttendanceKeys,
    Erasure,
    erased_record,
    erasure_of,
    forget_answers,
    forget_records,
    reference_records,
    student_digest,
)
from enrollment.loaded import appeals, enrolment_records, mark_batches, rosters
from infra.machine.lag import STAGES, Cluster
from infra.operations.accounts.accounts import forget_accounts
from infra.operations.people.enrolment_lock import enrolments_held
from infra.operations.privacy.follow_erasures import SKEW, follow_erasures
from infra.operations.privacy.given_up_replays import give_up
from producers.marks import record
from schemas.cluster import send
from schemas.errors import UnavailableError
from schemas.ids import student_id
from schemas.messages import Erased
from schemas.settings import Settings
from schemas.topics import all_topics
from schemas.translations import gettext_noop
from streams.faces.template_cipher import TemplateCipher

__all__ = ["OUT_OF_REACH", "Forgotten", "Known", "forget", "known_of"]

OUT_OF_REACH: Final = (
    gettext_noop("frames that `naul frames export` wrote, and what a camera or its recorder keeps itself"),
    gettext_noop("photographs from which people were enrolled: Naul left them where they are"),
    gettext_noop("backups of this home, of Kafka or of the store; the key file opens the templates in them"),
    gettext_noop(
        "reports, comparisons and plots that were printed, downloaded or written into files (--output, --report)"
    ),
    gettext_noop("CSV files of rosters and truths, and what others fetched from the topics or the store"),
)
"""What the command cannot erase: a person has to."""

IN_FLIGHT = 1000
"""Frames of a partition that workers may be looking at, at most, when a student is erased."""

PATIENCE = 60.0
"""Seconds to wait until these were looked at."""


class Known(NamedTuple):
    """What stands of a student. rows: the keys of attendance, of all runs. attendance: finds those that come yet."""

    erasure: Erasure
    rows: tuple[str, ...]
    attendance: AttendanceKeys

    @property
    def nothing(self) -> bool:
        """Whether nobody of this id is known."""
        return self.erasure.nothing and not self.rows


class Forgotten(NamedTuple):
    """What was erased. answers: of roll calls that are not yet sent. replays: those of this home that were given up.

    gone_by: when nothing is left in each topic at the latest, while Kafka runs. audited: whether the record of who
    erased whom has a digest of the student; without the key of this site it has none.
    settled: whether no frame was still being looked at for him. accounts: of this home's desk.
    """

    erasure: Erasure
    rows: tuple[str, ...]
    answers: int
    replays: list[str]
    gone_by: Mapping[str, datetime]
    audited: bool
    settled: bool
    accounts: int = 0


def known_of(settings: Settings, student: str) -> Known:
    """Return what would be erased of a student.

    Raises:
        RefusedError: this is no student's id.
        UnavailableError: the broker does not answer.
    """
    student = student_id(student)
    batches, asked = mark_batches(settings).values(), appeals(settings)
    erasure = erasure_of(student, enrolment_records(settings), rosters(settings).everything, batches, asked)
    attendance = AttendanceKeys(settings, student)
    return Known(erasure, attendance.catch_up(), attendance)


def forget(
    settings: Settings,
    known: Known,
    *,
    by: str,
    now: Callable[[], datetime],
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Forgotten:
    """Erase what is known of a student. Doing it again does no harm.

    Raises:
        UnavailableError: the broker or the store does not answer; part of it may be done. Do it again.
    """
    student = known.erasure.student_id
    batches = (record(settings, each) for each in known.erasure.batches)
    with enrolments_held(settings):
        send(settings, [*reference_records(settings, known.erasure), *batches])
    answers = forget_answers(settings.home, lambda each: each == student)
    accounts = forget_accounts(settings, lambda each: each == student)
    rows = known.attendance.catch_up()
    send(settings, forget_records(settings, student, rows))
    # Frames that were being looked at just now may still name the student, after what told the workers.
    settled = _in_flight_done(settings, clock, pause)
    send(settings, forget_records(settings, student, known.attendance.catch_up()))
    at = now()
    replays = give_up(settings, at + SKEW)  # here already, so that they are told whoever of this home hears of it first
    audited = settings.key_file.exists()
    digest = student_digest(TemplateCipher.open(settings.key_file), student) if audited else b""
    send(settings, [erased_record(settings, Erased(student=digest, by=by, at=at))])
    followed = follow_erasures(settings)
    gone_by = {each.name: at + each.gone_after(settings.retention) for each in all_topics() if each.personal}
    return Forgotten(
        known.erasure,
        rows,
        answers + followed.answers,
        replays + followed.replays,
        gone_by,
        audited=audited,
        settled=settled,
        accounts=accounts + followed.accounts,
    )


def _in_flight_done(settings: Settings, clock: Callable[[], float], pause: Callable[[float], None]) -> bool:
    """Wait until the frames that somebody may be looking at were looked at, and return whether they were."""
    recognise = STAGES[0]
    until = clock() + PATIENCE
    with Cluster(settings) as cluster:
        ends = cluster.ends(recognise.topics)
        committed = cluster.committed(recognise)
        ends = {each: min(end, committed.get(each, 0) + IN_FLIGHT) for each, end in ends.items()}
        while cluster.lag(recognise, ends):
            if clock() > until:
                return False
            try:
                if not cluster.members(recognise):
                    return True  # nobody looks; who starts reads the rosters first
            except UnavailableError:
                return True
            pause(0.2)
    return True
