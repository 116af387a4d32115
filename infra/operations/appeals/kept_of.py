"""All that is kept of a student, as one file that he may take away: each part with what it means.

No template and no picture is in it, and nothing of anybody else but the names of those who taught, marked and answered.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import msgspec

from infra.operations.accounts.accounts import Account, accounts
from infra.operations.accounts.audit import audit_table
from infra.operations.accounts.desk_sessions import sessions
from infra.operations.appeals.appeals import Registers
from infra.operations.class_hours.site_calendar import SiteCalendar
from schemas.messages import Enrollment, EnrollmentTemplate
from schemas.settings import Settings
from schemas.translations import Texts, gettext_noop, say
from sinks.own_rows import kept_rows
from sinks.store import open_for_reading

__all__ = ["kept_of"]

_MEANING: Final[Texts] = {
    "account": "Accounts of the desk that are yours. A password is kept as a hash alone, which is not shown.",
    "sessions": "Where you are signed in: since when, last seen when, from which address and browser.",
    "rosters": "Lists of sections on which you stand: from which day on, when and by whom it was loaded.",
    "enrolment": "How your face is enrolled: when, whether consent is on file, by which engines, how many photos, and "
    "what each was worth. The photos are not kept. The template is kept encrypted, and is in no file.",
    "attendance": "What you count as in each class hour, in every run; a run other than live is a replay. "
    "Times are UTC, seconds are of the class hour.",
    "versions": "What was said of you before, each thing once, as it was first said.",
    "faces": "In how many frames a face was taken for yours by that frame alone, by class hour and camera.",
    "marks": "What people marked of you: who, when, why.",
    "appeals": "What you contested or asked beforehand, and what was answered.",
    "audit": "Who looked at your record or changed it, and what you did yourself. Addresses of others are left out.",
}
_NOT_HERE: Final = (
    gettext_noop(
        "Frames of the cameras are kept for a short time. Nobody can be found in them by name, so they are not here."
    ),
    gettext_noop(
        "What somebody who may have it printed or downloaded is no longer within the system; that he did is on record."
    ),
)


def kept_of(
    settings: Settings, calendar: SiteCalendar, registers: Registers, student: str, now: datetime, language: str
) -> bytes:
    """Return what is kept of a student (an id) as JSON: ``parts``, each with ``meaning`` and ``rows``. now: aware.

    Raises:
        RefusedError: the key by which the audit names students is not here.
        UnavailableError: the broker or the store does not answer: nothing is left out in silence.
    """
    own = [each for each in accounts(settings) if each.student_id == student]
    with open_for_reading(settings) as store:
        stored = kept_rows(store, student)
    rows: dict[str, list[Any]] = {
        "account": [_account(each) for each in own],
        "sessions": [
            {"since": one.created, "seen": one.seen, "address": one.origin.address, "browser": one.origin.browser}
            for each in own
            for one in sessions(settings, now, each.name)
        ],
        "rosters": _rosters(calendar, student),
        "enrolment": _enrolment(registers.hours.enrollment(student)),
        **stored,
        "marks": [
            {"class_hour": hour, "verdict": each.verdict, "by": each.by, "at": each.at, "kind": each.kind,
             "reason": each.reason, "confirmed": each.confirmed, "in_bulk": each.in_bulk}
            for hour, each in registers.hours.marks_of(student)
        ],
        "appeals": [
            said for each in registers.appeals.now().by_student.get(student, ())
            for said in (each.asked, each.answer, each.withdrawn) if said
        ],
        "audit": list(_audited(settings, student, own)),
    }  # fmt: skip
    told = {
        "student_id": student,
        "made_at": now,
        "parts": {name: {"meaning": say(language, meaning), "rows": rows[name]} for name, meaning in _MEANING.items()},
        "not_in_this_file": [say(language, each) for each in _NOT_HERE],
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2)


def _account(it: Account) -> dict[str, Any]:
    return {
        "name": it.name, "person": it.person, "student_id": it.student_id, "roles": sorted(it.roles),
        "disabled": it.disabled, "has_password": it.has_password, "openid": it.openid, "created": it.created,
    }  # fmt: skip


def _rosters(calendar: SiteCalendar, student: str) -> list[dict[str, Any]]:
    return [
        {"section": each.section, "since": each.since, "version": each.version, "loaded_at": each.loaded_at,
         "by": each.by, "name": one.name}
        for each in calendar.rosters.everything
        for one in each.students if one.student_id == student
    ]  # fmt: skip


def _enrolment(it: Enrollment | None) -> list[dict[str, Any]]:
    if it is None:
        return []

    def templates(of: Iterable[EnrollmentTemplate]) -> list[dict[str, Any]]:
        return [{"engine": each.engine, "photos": each.photos, "qualities": each.qualities} for each in of]

    return [{
        "version": it.version, "enrolled_at": it.enrolled_at, "consent_on_file": it.consent_on_file,
        "templates": templates(it.templates), "replaced_templates": templates(it.previous), "history": it.history,
    }]  # fmt: skip


def _audited(settings: Settings, student: str, own: Iterable[Account]) -> Iterable[dict[str, Any]]:
    """Yield what the audit has about him, and what he did, each once."""
    asked = [{"student": student}, *({"account": each.name} for each in own)]
    names, seen = {student, *(each.name for each in own)}, set[tuple[Any, ...]]()
    for values in asked:
        table = audit_table(settings, values)
        for row, cells in zip(table.rows, table.dicts(), strict=True):
            if row in seen:
                continue
            seen.add(row)
            if cells["account"] not in names:
                del cells["address"]
            yield cells
