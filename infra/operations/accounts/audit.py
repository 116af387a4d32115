"""The audit: every look at a person's record, correction, export and sign-in is an event, on record before it is done.

Students stand in it as keyed digests alone, of those it is about and of those who act. So a person who is forgotten is
in it no more than before, nothing of it is ever rewritten, and who holds the key still finds what was done with a
certain id. Ids are shown for those who are known to the site.
"""

import threading
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID, uuid4

import msgspec
from kafka import KafkaProducer
from kafka.errors import KafkaError

from enrollment.erasure import student_digest
from enrollment.loaded import enrollments, rosters
from infra.operations.accounts.access import NOBODY, DeskUser
from infra.operations.accounts.accounts import accounts, known_account
from schemas.cluster import producer
from schemas.errors import RefusedError, UnavailableError
from schemas.messages import AuditAction, Audited, AuditRole, encode
from schemas.settings import Settings
from schemas.texts import cleaned, written_plainly
from schemas.translations import Text
from sinks.reports import Table, ask
from sinks.store import open_for_reading
from streams.faces.template_cipher import TemplateCipher

__all__ = ["AuditEvent", "AuditLog", "audit_table", "record"]

_QUERY: Final = "audit"
"""Its analytics (``schemas/queries``); the parameter ``student`` is an id for people, and a digest for the store."""

PATIENCE_MS = 10_000
"""How long Kafka may take to acknowledge an event, before what was to be done is refused."""

_LONGEST = 200
_ROLES: Final[tuple[AuditRole, ...]] = ("kiosk", "engineer", "registrar", "professor", "assistant", "student")
_STUDENT = "student|"


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody does something, or is refused it.

    user: who. role: in which role; empty: the strongest that he has. section, class_hour: of the record.
    student_id: whom it is about. detail: a few words, nothing of a user: no name and no reason that somebody gave.
    address: of the client. ok: False is a refusal. id: the same event sent twice is one row.
    """

    at: datetime
    action: AuditAction
    user: DeskUser = NOBODY
    role: AuditRole = ""
    section: str = ""
    class_hour: str = ""
    student_id: str = ""
    detail: str = ""
    address: str = ""
    ok: bool = True
    id: UUID = msgspec.field(default_factory=uuid4)


class AuditLog:
    """Sends events over one connection; any number of threads may use it at once. Close it after use."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: KafkaProducer | None = None
        self._one_opens = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def record(self, event: AuditEvent) -> None:
        """Send an event, and return when every replica has it. Whoever it is about must not be shown before that.

        Raises:
            UnavailableError, RefusedError: as ``record_all``.
        """
        self.record_all([event])

    def record_all(self, events: Iterable[AuditEvent]) -> None:
        """Send events together, and return when every replica has all of them.

        Raises:
            UnavailableError: not all are on record; what was to be done must not be done. An event may still come.
            RefusedError: one is about a student, and the key of the site is not here.
        """
        messages = [_message(self._settings, each) for each in events]
        topic = self._settings.topic("audit")
        try:
            client = self._open()
            sent = [client.send(topic, key=each.account.encode(), value=encode(each)) for each in messages]
            for each in sent:
                each.get(timeout=PATIENCE_MS / 1000 + 1)
        except KafkaError as error:
            self.close()
            raise UnavailableError(
                Text(
                    "Kafka at {bootstrap} did not take the record of this: {error}",
                    bootstrap=self._settings.bootstrap,
                    error=error,
                ),
                "Nothing is shown or done that is not on record; try again.",
            ) from error

    def _open(self) -> KafkaProducer:
        with self._one_opens:
            if self._client is None:
                times = {"request_timeout_ms": PATIENCE_MS - 1000, "delivery_timeout_ms": PATIENCE_MS}
                self._client = producer(self._settings, linger_ms=0, max_block_ms=PATIENCE_MS, **times)
            return self._client

    def close(self) -> None:
        """Let the connection go."""
        with self._one_opens:
            client, self._client = self._client, None
        if client:
            client.close(timeout=1)


def record(settings: Settings, event: AuditEvent) -> None:
    """Send one event, and return when every replica has it. Who sends many keeps an ``AuditLog``.

    Raises:
        UnavailableError, RefusedError: as ``AuditLog.record``.
    """
    with AuditLog(settings) as log:
        log.record(event)


def audit_table(settings: Settings, values: Mapping[str, str]) -> Table:
    """Return what was done, the latest first.

    values: by name, as text, what to show alone: ``account``, ``student`` (an id), ``from_date``, ``to_date``. An
    account of a student, and whom a row is about, are shown as the id; as ``?`` and a part of the digest if the site no
    longer knows anybody of it.

    Raises:
        RefusedError: no such parameter, or no date; or a student is asked for, and the key of the site is not here.
        UnavailableError: the store does not answer.
    """
    values = {"account": "", "student": "", **values}
    if student := written_plainly(values["student"]):
        values["student"] = _digest(settings, student).hex()
    if account := written_plainly(values["account"]):
        found = known_account(settings, account)
        values["account"] = _actor(settings, found.name, found.student_id) if found else account
    with open_for_reading(settings) as store:
        table = ask(store, settings.zone, _QUERY, values)
    return _named(settings, table, student)


def _named(settings: Settings, table: Table, asked: str) -> Table:
    """Put ids where digests are."""
    account, student, ok = (table.columns.index(each) for each in ("account", "student", "ok"))
    met = {row[student] for row in table.rows} | {
        row[account].removeprefix(_STUDENT) for row in table.rows if row[account].startswith(_STUDENT)
    }
    ids = {_digest(settings, each).hex(): each for each in {*_known(settings), asked} if each} if met - {""} else {}

    def shown(digest: str) -> str:
        return ids.get(digest, f"?{digest[:8]}" if digest else "")

    rows = []
    for row in table.rows:
        cells: list[Any] = list(row)
        cells[student], cells[ok] = shown(row[student]), bool(row[ok])
        if row[account].startswith(_STUDENT):
            cells[account] = shown(row[account].removeprefix(_STUDENT))
        rows.append(tuple(cells))
    columns = tuple("student_id" if each == "student" else each for each in table.columns)
    return Table(columns, rows)


def _known(settings: Settings) -> Iterable[str]:
    """Yield the ids of students of this site. While Kafka is away: of those who have an account."""
    found = {each.student_id for each in accounts(settings)}
    try:
        return found | rosters(settings).students.keys() | enrollments(settings).keys()
    except UnavailableError:
        return found


def _message(settings: Settings, event: AuditEvent) -> Audited:
    user, student = event.user, event.student_id
    detail = cleaned(event.detail)
    for named in filter(None, (student, user.student_id)):
        detail = detail.replace(named, "*")
    return Audited(
        id=event.id,
        at=event.at,
        account=_actor(settings, user.account, user.student_id),
        role=event.role or next((each for each in _ROLES if each in user.roles), ""),
        action=event.action,
        section=event.section,
        class_hour=event.class_hour,
        student=_digest(settings, student) if student else b"",
        detail=detail[:_LONGEST],
        address=cleaned(event.address)[:_LONGEST],
        ok=event.ok,
    )


def _actor(settings: Settings, account: str, student: str) -> str:
    """Return what stands for an account; that of a student is often called like the student."""
    return f"{_STUDENT}{_digest(settings, student).hex()}" if student else account


def _digest(settings: Settings, student: str) -> bytes:
    """Return the digest of a student id. A site without a key gets one here, as by its first enrolment.

    Raises:
        RefusedError: people were enrolled, and their key is elsewhere.
    """
    if not settings.key_file.exists():
        if enrollments(settings):
            raise RefusedError(
                Text(
                    "{key_file}: there is no key here, and the audit names students by it", key_file=settings.key_file
                ),
                "Copy the key of the machine where people were enrolled.",
            )
        TemplateCipher.create(settings.key_file)
    return student_digest(TemplateCipher.open(settings.key_file), student)
