"""What people ask of the store.

reports   attendance, departures, coverage: their columns are a contract
queries   the analytics, SQL files in ``schemas/queries``
table     what they return
render    that as text, CSV or JSON
"""

from sinks.reports.queries import ask, queries
from sinks.reports.reports import REPORTS, Filters, attendance, coverage, departures
from sinks.reports.table import Table

__all__ = ["REPORTS", "Filters", "Table", "ask", "attendance", "coverage", "departures", "queries"]
