"""The analytics: SQL files in ``schemas/queries``, each with its purpose and parameters in its first lines.

-- What it tells, in one sentence or more.
-- Parameters: run, from_date, to_date
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schemas.errors import RefusedError
from schemas.ids import LIVE
from schemas.texts import written_plainly
from schemas.translations import Text
from sinks.reports.table import Table, in_zone
from sinks.rows import FIRST_DAY, LAST_DAY
from sinks.store.port import Store, Value

__all__ = ["Query", "ask", "queries"]


class Query(NamedTuple):
    """One file. name: its name. parameters: what it takes, in the order of the file."""

    name: str
    purpose: str
    parameters: tuple[str, ...]
    sql: str


DEFAULTS: Mapping[str, Value] = {"run": LIVE, "from_date": FIRST_DAY, "to_date": LAST_DAY}
"""What holds for parameters that are not given. ``zone`` is the site's."""


@cache
def queries() -> Mapping[str, Query]:
    """Return all queries by name."""
    files = resources.files("schemas").joinpath("queries").iterdir()
    read = (_read(file.name.removesuffix(".sql"), file.read_text("utf-8")) for file in files)
    return {query.name: query for query in sorted(read)}


def ask(store: Store, zone: ZoneInfo, name: str, given: Mapping[str, str] | None = None) -> Table:
    """Return the answer of a query.

    given: parameters by name, as text; dates as 2026-11-23.

    Raises:
        RefusedError: no such query, a parameter is missing, unknown or no date.
        UnavailableError: the store does not answer.
    """
    if name not in queries():
        raise RefusedError(
            Text("there is no query {name!r}", name=name), Text("There are {names}.", names=", ".join(queries()))
        )
    query = queries()[name]
    values: dict[str, Value] = {"zone": zone.key, **DEFAULTS}
    for parameter, text in (given or {}).items():
        if parameter not in query.parameters:
            raise RefusedError(
                Text("{name} has no parameter {parameter!r}", name=name, parameter=parameter),
                Text("It has {names}.", names=", ".join(query.parameters)),
            )
        values[parameter] = _value(parameter, text)
    return in_zone(store.query(query.sql, values), zone)


def _value(parameter: str, text: str) -> Value:
    text = written_plainly(text)  # as in ``Filters``
    if not parameter.endswith("_date"):
        return text
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise RefusedError(
            Text("{parameter} must be a date, got {text!r}", parameter=parameter, text=text),
            "Write it like 2026-11-23.",
        ) from error


def _read(name: str, sql: str) -> Query:
    head = [line.removeprefix("--").strip() for line in re.findall(r"\A(?:--.*\n)+", sql)[0].splitlines()]
    listed = next(line for line in head if line.startswith("Parameters:"))
    purpose = " ".join(line for line in head if line is not listed)
    return Query(name, purpose, tuple(re.findall(r"\w+", listed.removeprefix("Parameters:"))), sql)
