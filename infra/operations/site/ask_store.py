"""What the store knows, as tables: the three reports, and the answers of the analytics."""

from collections.abc import Mapping

from schemas.settings import Settings
from schemas.translations import say
from sinks.reports import REPORTS, Filters, Table, ask, queries
from sinks.store import open_for_reading

__all__ = ["list_queries", "query", "report"]

AUDIT = "audit"
"""The one of the analytics that names students by more than the store knows."""


def report(settings: Settings, name: str, filters: Filters) -> Table:
    """Return the report of a name (``attendance``, ``departures`` or ``coverage``), its times in the site's zone.

    Raises:
        UnavailableError: the store does not answer.
    """
    with open_for_reading(settings) as store:
        return REPORTS[name](store, settings.zone, filters)


def query(settings: Settings, name: str, values: Mapping[str, str]) -> Table:
    """Return the answer of one of the analytics. values: parameters by name, as text; dates as 2026-11-23.

    Raises:
        RefusedError: no such query, a parameter is missing, unknown or no date; or as ``audit_table``.
        UnavailableError: the store does not answer.
    """
    if name == AUDIT:
        from infra.operations.accounts.audit import (
            audit_table,
        )  # it needs the key of the site, and what reads it takes long

        return audit_table(settings, values)
    with open_for_reading(settings) as store:
        return ask(store, settings.zone, name, values)


def list_queries(settings: Settings) -> Table:
    """Return the analytics that there are, with their parameters and their purpose in the site's language."""
    listed = [
        (each.name, ", ".join(each.parameters), say(settings.language, each.purpose)) for each in queries().values()
    ]
    return Table(("query", "parameters", "purpose"), listed)
