"""The users of a server may what they need, and no more: asked of an engine that holds them to it."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.operations.site.store_grants import store_grants
from schemas.errors import RefusedError
from schemas.settings import Settings
from sinks.store.grants import granted, read_tables

WRITER = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sinks.store.grants import granted
from tests.tools.embedded_as import embedded_as
folder = Path(sys.argv[1])
embedded_as(folder, granted("naul", reading=False))
from schemas.settings import Settings
from sinks.batch import Batch, write
from sinks.store import open_store
from sinks.store.erasure import erase, erase_run, forget
from tests.benchmarks.paper_term import fill_term, paper_term
settings = Settings(home=folder / "home", keep_stored_sightings=timedelta(days=3660))
with open_store(settings) as store:
    fill_term(store, paper_term(2, 1, 1, 12, 6))
    seen = ("run", "hall", "captured_at", "student_id")
    store.insert("sightings_rows", seen, [("r", "E1", datetime(2026, 3, 2, tzinfo=UTC), "202600001")])
    erase(store, [("live", "EA0000-1|2026-03-02|1", "202600001")])
    forget(store, ["202600001"])
    erase_run(store, "r")
    for statement in ("CREATE USER x", "DROP TABLE system.columns", "CREATE TABLE default.t (x UInt8) ENGINE = Memory",
                      "DROP DATABASE naul"):
        try:
            store.execute(statement)
        except Exception as error:
            assert "ACCESS_DENIED" in str(error), error
        else:
            raise AssertionError(statement)
open_store(Settings(home=folder / "home")).close()  # without the time to live: it is taken off
"""

READER = """
import sys
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo
from sinks.store.grants import granted
from tests.tools.embedded_as import embedded_as
folder = Path(sys.argv[1])
embedded_as(folder, granted("naul", reading=True))
from schemas.messages import TermRule
from schemas.settings import Settings
from sinks.hall_rows import rows_of_halls
from sinks.hour_rows import rows_of_hour, seats_seen, versions_of
from sinks.own_rows import kept_rows, own_rows
from sinks.reports.queries import ask, queries
from sinks.reports.reports import REPORTS, Filters
from sinks.row_pages import RowsAsked, attendance_page, coverage_page, departure_page
from sinks.store.embedded import EmbeddedStore
from sinks.store.opening import store_directory
from sinks.term_reports import decided_hours, hour_tallies, slips, student_rows, verdict_rows
from sinks.term_rows import term_rows
from sinks.what_if_rows import changed_verdicts, verdict_counts
from tests.benchmarks.paper_term import paper_term
zone, him, days = ZoneInfo("Asia/Seoul"), "202600003", (date(2026, 1, 1), date(2026, 12, 31))
term = paper_term(2, 1, 1, 12, 6)
hour, sections = next(iter(term.hours.values()))[0], [*term.hours]
store = EmbeddedStore(store_directory(Settings(home=folder / "home")), "naul")
for name, query in queries().items():
    ask(store, zone, name, {each: him for each in ("student", "account") if each in query.parameters})
for report in REPORTS.values():
    report(store, zone, Filters()), report(store, zone, Filters(student=him, section=sections[0]))
for page in (attendance_page, departure_page, coverage_page):
    page(store, RowsAsked(*days), 9)
attendance_page(store, RowsAsked(*days, student=him), 9)
[*rows_of_halls(store)], rows_of_hour(store, hour.id), seats_seen(store, hour), versions_of(store, hour, him)
own_rows(store, him, sections, *days), kept_rows(store, him)
decided_hours(store, *days, None), slips(store, *days, None)
assert hour_tallies(store, *days, None) and [*verdict_rows(store, *days, None)]
student_rows(store, him, *days, None), term_rows(store, sections, *days, TermRule())
term_rows(store, sections, *days, TermRule(), run="r"), changed_verdicts(store, "r", sections, *days, 9)
verdict_counts(store, "r", sections, *days)
for statement in ("INSERT INTO attendance_rows (run) VALUES ('x')", "ALTER TABLE attendance_rows DELETE WHERE 1",
                  "TRUNCATE TABLE audit_rows", "DROP TABLE attendance", "CREATE TABLE t (x UInt8) ENGINE = Memory"):
    try:
        store.execute(statement)
    except Exception as error:
        assert "ACCESS_DENIED" in str(error), error
    else:
        raise AssertionError(statement)
"""


def test_the_writer_and_the_reader_of_a_store_may_what_they_need_and_no_more(tmp_path: Path) -> None:
    for script in (WRITER, READER):
        line = [sys.executable, "-c", script, str(tmp_path)]
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=300)
        assert not done.returncode, done.stderr[-2000:]


def test_they_are_printed_for_the_operator_of_a_server(tmp_path: Path) -> None:
    site = Settings(home=tmp_path, prefix="busan", store="clickhouse://kim@a:9000,b", store_reader="desk")
    printed = store_grants(site)
    assert sum(each.startswith("CREATE USER") for each in printed) == 2
    assert f"{granted('busan', reading=False)[0]} TO `kim`;" in printed
    assert all(f"GRANT SELECT ON busan.{name} TO `desk`;" in printed for name in read_tables())
    with pytest.raises(RefusedError, match="embedded"):
        store_grants(Settings(home=tmp_path))
