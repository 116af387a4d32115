"""Who saw and did what: all of it for the registrar, and of his own record for a student. Nobody edits it."""

from datetime import timedelta
from itertools import islice

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.desk.site import day_asked, desk_of, page
from infra.desk.visitor import on_record
from infra.operations.accounts.access import may_read_audit
from infra.operations.accounts.audit import audit_table

__all__ = ["ROUTES"]

SHOWN = 7
"""Days that are shown unless others are asked for."""
MOST = 1000
"""Lines of one page; the dates ask for others."""


async def audit(request: Request) -> Response:
    """Show it, the latest first; that it was read is on record, too."""
    desk, person, asked = desk_of(request), request.state.visitor.person, request.query_params
    everything = may_read_audit(person)
    student = asked.get("student", "").strip() if everything else asked.get("student", person.student_id)
    if not may_read_audit(person, student):
        raise HTTPException(403)
    until = day_asked(request, "until", desk.today)
    since = day_asked(request, "since", until - timedelta(days=SHOWN - 1))
    account = asked.get("account", "").strip() if everything else ""
    values = {"student": student, "account": account, "from_date": f"{since}", "to_date": f"{until}"}
    await on_record(request, "audit_read", student=student)
    table = await run_in_threadpool(audit_table, desk.settings, values)
    lines = list(islice(table.dicts(), MOST))
    return page(
        request,
        "audit.html",
        lines=lines,
        more=len(table.rows) - len(lines),
        since=since,
        until=until,
        student=student,
        account=account,
        everything=everything,
    )


ROUTES = [Route("/audit", audit, methods=["GET"])]
