"""An export that a command asks for: from topics and store as they are, on record before."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from enrollment.loaded import class_hours, terms
from infra.operations.accounts.access import DeskUser
from infra.operations.accounts.audit import AuditEvent, record
from infra.operations.reports.export_term import ExportedFile, ExportSource, ExportWish, export
from infra.operations.reports.report_period import ReportPeriod, period_asked
from infra.operations.reports.term_numbers import KeptNumbers
from schemas.settings import Settings

__all__ = ["DaysAsked", "export_from_site"]


class DaysAsked(NamedTuple):
    """What it is to be about: a term by name, or days; nothing: the term of today."""

    term: str = ""
    first: date | None = None
    last: date | None = None


def export_from_site(
    settings: Settings,
    days: DaysAsked,
    wish: Callable[[ReportPeriod], ExportWish],
    file: Path,
    *,
    by_whom: str,
    now: datetime,
) -> ExportedFile:
    """Write what is wished of some days into a file. by_whom: stands in the audit. now: aware.

    Raises:
        RefusedError: as ``export`` and ``period_asked``.
        UnavailableError: Kafka or the store does not answer; nothing was taken away.
    """
    period = period_asked(terms(settings), now.astimezone(settings.zone).date(), *days)
    wished = wish(period)
    record(
        settings,
        AuditEvent(
            at=now,
            action="export",
            user=DeskUser(account=by_whom),
            role="console",
            student_id=wished.student,
            detail=wished.told,
        ),
    )
    source = ExportSource(settings, class_hours(settings), KeptNumbers(settings), settings.language, now)
    return export(source, wished, file)
