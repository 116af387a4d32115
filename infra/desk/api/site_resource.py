"""The site as a whole: its named queries, its audit, and how it is."""

from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from infra.desk.api.calls import ApiCall, DayAsked, Endpoint, NoQuery, StudentAsked, forbidden
from infra.desk.api.paging import ApiPage, PageQuery, row_page
from infra.desk.api.problems import not_found
from infra.operations.accounts.access import may_query, may_read_audit, may_read_health
from infra.operations.accounts.audit import audit_table
from infra.operations.accounts.audit_texts import detail_text
from infra.operations.site.ask_store import list_queries, query
from infra.operations.site.site_status import site_status
from schemas.messages import Moment
from sinks.reports import Table

__all__ = ["ENDPOINTS", "ApiAudited", "ApiCameraHealth", "ApiHealth", "ApiReport", "ApiStage", "ApiTable"]

AUDIT = "audit"
NAMES = "name"
"""A column that only the scope names:read shows."""
SHOWN = timedelta(days=6)


class ReportQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a report is about; each says which of these it takes. run: a replay; else live."""

    from_date: DayAsked | None = None
    to_date: DayAsked | None = None
    student: StudentAsked | None = None
    run: StudentAsked | None = None


class AuditQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which part of the audit. from, to: days, both included; else the last week. student, account: about, by it."""

    since: DayAsked | None = msgspec.field(default=None, name="from")
    until: DayAsked | None = msgspec.field(default=None, name="to")
    student: StudentAsked = ""
    account: StudentAsked = ""


class ApiReport(msgspec.Struct, frozen=True, kw_only=True):
    """A named query. parameters: that it takes. purpose: in your language."""

    report: str
    parameters: tuple[str, ...]
    purpose: str


class ApiTable(msgspec.Struct, frozen=True, kw_only=True):
    """An answer: each row has a cell a column: text, number, true or false, a date, a time, or null."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    next: str | None


class ApiAudited(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what. account, student_id: an id; of whom nobody knows ``?`` and eight digits. ok: not refused."""

    at: Moment
    account: str
    role: str
    action: str
    section: str
    class_hour: str
    student_id: str
    detail: str
    address: str
    ok: bool


class ApiStage(msgspec.Struct, frozen=True, kw_only=True):
    """A stage: how many records it is behind, and how many workers it has."""

    stage: str
    behind: int
    workers: int
    nearly_deleted: bool


class ApiCameraHealth(msgspec.Struct, frozen=True, kw_only=True):
    """A camera, when its last frame was captured, and how far the clock of its machine is ahead of the broker's."""

    hall: str
    camera: str
    last_frame_at: Moment
    clock_skew_seconds: float


class ApiHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How the site is. ready: every part takes work, and the broker answers. unready: parts that do not.

    unavailable: the broker does not answer; what it was not asked then is null or empty. dead_letters: that wait for a
    person.
    """

    ready: bool
    unready: tuple[str, ...]
    unavailable: bool
    live_engine: str | None
    stages: tuple[ApiStage, ...]
    cameras: tuple[ApiCameraHealth, ...]
    dead_letters: int | None


def reports(call: ApiCall) -> ApiPage[ApiReport]:
    """List the named queries; they are over all sections, so a token with sections has none."""
    call.require(may_query)
    found = [
        ApiReport(
            report=row["query"],
            parameters=tuple(filter(None, row["parameters"].split(", "))),
            purpose=row["purpose"],
        )
        for row in _queries(call).dicts()
        if row["query"] != AUDIT
    ]
    return row_page(found, call.query, call.list_name)


def _queries(call: ApiCall) -> Table:
    return list_queries(msgspec.structs.replace(call.desk.settings, language=call.language))


def report(call: ApiCall) -> ApiTable:
    """Answer a named query, for a registrar; `GET /reports` says which there are, and what each takes."""
    call.require(may_query)
    name, asked = call.path["report"], call.query
    if name == AUDIT or name not in {row["query"] for row in _queries(call).dicts()}:
        raise not_found()
    given = {
        each: str(value)
        for each in ("from_date", "to_date", "student", "run")
        if (value := getattr(asked, each)) is not None
    }
    call.on_record("export", student=asked.student or "")
    table = query(call.desk.settings, name, given)
    shown = [place for place, column in enumerate(table.columns) if call.named or column != NAMES]
    rows = [tuple(row[place] for place in shown) for row in table.rows]
    page = row_page(rows, asked, call.list_name)
    return ApiTable(columns=tuple(table.columns[place] for place in shown), rows=page.items, next=page.next)


def audit(call: ApiCall) -> ApiPage[ApiAudited]:
    """List who saw and did what, the latest first: all of it for a registrar, and of his own record for a student."""
    person, asked = call.person, call.query
    everything = may_read_audit(person)
    student = asked.student if everything else asked.student or person.student_id
    if not may_read_audit(person, student) or not call.holder.reaches_everything:
        raise forbidden()
    last: date = asked.until or call.desk.today
    first: date = asked.since or last - SHOWN
    values = {"student": student, "from_date": f"{first}", "to_date": f"{last}"}
    values |= {"account": asked.account} if everything else {}
    call.on_record("audit_read", student=student)
    table = audit_table(call.desk.settings, values)
    rows = [
        ApiAudited(
            **{name: _cell(row[name]) for name in ApiAudited.__struct_fields__ if name != "detail"},
            detail=detail_text(call.language, row["detail"]),
        )
        for row in table.dicts()
    ]
    return row_page(rows, asked, call.list_name)


def _cell(value: Any) -> Any:
    return value if isinstance(value, bool | datetime) else str(value)


def health(call: ApiCall) -> ApiHealth:
    """Say how the site is: what takes no work, how far each stage is behind, and the last frame of each camera."""
    call.require(may_read_health)
    found = site_status(call.desk.settings, call.now)
    return ApiHealth(
        ready=found.ready,
        unready=tuple(found.unready),
        unavailable=bool(found.unavailable),
        live_engine=found.live_engine,
        stages=tuple(
            ApiStage(stage=each.name, behind=each.behind, workers=each.workers, nearly_deleted=each.nearly_deleted)
            for each in found.stages
        ),
        cameras=tuple(
            ApiCameraHealth(
                hall=each.hall,
                camera=each.camera,
                last_frame_at=each.last_frame,
                clock_skew_seconds=each.clock_skew.total_seconds(),
            )
            for each in found.cameras
        ),
        dead_letters=found.dead_letters,
    )


ENDPOINTS = (
    Endpoint("GET", "/reports", "reports:read", reports, ApiPage[ApiReport], PageQuery),
    Endpoint("GET", "/reports/{report}", "reports:read", report, ApiTable, ReportQuery),
    Endpoint("GET", "/audit", "audit:read", audit, ApiPage[ApiAudited], AuditQuery),
    Endpoint("GET", "/health", "health:read", health, ApiHealth, NoQuery),
)
