"""How soon the store answers after a year of 30,000 students, while rows are written; and with the tables of before.

    python -m tests.benchmarks.store_year [--sections 2500] [--weeks 15] [--rounds 20]

A year of ``paper_year`` in the embedded store, twice: in today's tables, and in those of migration 0014 with the
queries of then. Everything is asked over all dates, as a query is that was given none. Answers are compared before
anything is written. Then today's tables are asked again and again while as many rows come as the halls of a campus
send. Nothing goes over the network.
"""

import argparse
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from schemas.errors import StoreAwayError
from schemas.ids import LIVE
from schemas.messages import ClassHour, TermRule
from sinks.hall_rows import rows_of_halls
from sinks.hour_rows import frames_named, rows_of_hour, seats_seen, versions_of
from sinks.own_rows import kept_rows, own_rows
from sinks.reports.queries import DEFAULTS, queries
from sinks.reports.reports import Filters, attendance, coverage, departures
from sinks.rows import FIRST_DAY, LAST_DAY, AttendanceRow, SightingRow
from sinks.store import Result, Store
from sinks.store.embedded import EmbeddedStore
from sinks.store.migrations import known, migrate
from sinks.store.port import Parameters
from sinks.term_reports import decided_hours, hour_tallies, slips, student_rows
from sinks.term_rows import term_rows
from tests.benchmarks.desk_site import Shortage
from tests.benchmarks.paper_year import PaperYear, fill_year

__all__ = ["OLDER_QUERIES", "of_newer", "of_older", "older_tables", "tables"]

BOUND, BOUND_STUDENT = 1.0, 0.1
"""Seconds, of 95 of 100: of whatever is asked, and of what is of one student."""
LAST_TABLES = "0015"
"""The first migration that came after what is compared with."""
OLDER_QUERIES = Path(__file__).parent / "queries-0014"
"""Queries as they were for those tables, where they were written anew since."""
ZONE, DAYS = ZoneInfo("Asia/Seoul"), (FIRST_DAY, LAST_DAY)
MEMORY = 3 * 2**30
"""Bytes that filling may take."""
VERDICTS, FACES = 125, 1000
"""Rows a second that are written: 125 halls judged every 15 s with a quarter told, 40 faces of each every 5 s."""

TABLES = ("attendance_rows", "student_rows", "verdict_versions", "sightings_rows", "coverage_rows")
_OF_TABLE = "FROM system.parts WHERE active AND database = currentDatabase() AND table = %(table)s"
COUNTED, SIZED = f"SELECT count() {_OF_TABLE}", f"SELECT sum(bytes_on_disk) / 1e6 {_OF_TABLE}"

Ask = Callable[[], Any]


class OlderStore:
    """Asks the tables of before: what is kept by student now was looked up among everybody's rows."""

    NAMES = (("_by_student", ""), ("student_rows", "attendance_rows"))

    def __init__(self, store: Store) -> None:
        self._store = store

    def query(self, sql: str, parameters: Parameters | None = None) -> Result:
        """Answer a SELECT."""
        for now, then in self.NAMES:
            sql = sql.replace(now, then)
        return self._store.query(sql, parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def older_tables(store: Store) -> None:
    """Make the tables of before."""
    migrate(store, [each for each in known() if each.name < LAST_TABLES])


def texts_of(folder: Path | None) -> Mapping[str, str]:
    """Return the queries by name, those that a folder has in its words."""
    found = {name: each.sql for name, each in queries().items()}
    older = {file.stem: file.read_text("utf-8") for file in folder.glob("*.sql")} if folder else {}
    return {name: older.get(name, sql) for name, sql in found.items()}


def asked(store: Store, folder: Path | None = None) -> Iterator[tuple[str, float, Ask]]:
    """Yield what is asked: its name, within how many seconds, and how. folder: of queries as they were once."""
    him, day, hour = _somebody(store)
    sections = [each for (each,) in store.query("SELECT DISTINCT section FROM coverage ORDER BY section").rows]
    given = {**DEFAULTS, "zone": ZONE.key, "student": "", "account": ""}
    for name, sql in texts_of(folder).items():
        bound = BOUND_STUDENT if name == "student_trend" else BOUND
        asks = given | {"student": him} if name == "student_trend" else given
        yield f"query {name}", bound, lambda sql=sql, asks=asks: store.query(sql, asks).rows  # type: ignore[misc]
    reports: Sequence[tuple[str, float, Ask]] = (
        ("report attendance of a section", BOUND, lambda: attendance(store, ZONE, Filters(section=hour.section)).rows),
        ("report attendance of a day in a hall", BOUND,
         lambda: attendance(store, ZONE, Filters(date=day, hall=hour.hall)).rows),
        ("report coverage of a hall", BOUND, lambda: coverage(store, ZONE, Filters(hall=hour.hall)).rows),
        ("report departures of a section", BOUND, lambda: departures(store, ZONE, Filters(section=hour.section)).rows),
        ("class hours added up", BOUND, lambda: hour_tallies(store, *DAYS, None)),
        ("class hours of ten sections added up", BOUND, lambda: hour_tallies(store, *DAYS, sections[:10])),
        ("who slips away", BOUND, lambda: slips(store, *DAYS, None)),
        ("decided hours", BOUND, lambda: sorted(decided_hours(store, *DAYS, None).items())),
        ("who slips away in ten sections", BOUND, lambda: slips(store, *DAYS, sections[:10])),
        ("decided hours of ten sections", BOUND, lambda: sorted(decided_hours(store, *DAYS, sections[:10]).items())),
        ("what absence costs in ten sections", BOUND, lambda: term_rows(store, sections[:10], *DAYS, TermRule())),
        ("every hall now", BOUND, lambda: sorted(map(repr, rows_of_halls(store)))),
        ("rows of a class hour", BOUND_STUDENT, lambda: rows_of_hour(store, hour.id)),
        ("seats of a class hour", BOUND, lambda: sorted(seats_seen(store, hour))),
    )  # fmt: skip
    yield from reports
    takes = "SELECT DISTINCT section FROM attendance_by_student WHERE student_id = %(him)s"
    his = [section for (section,) in store.query(takes, {"him": him}).rows]
    own: Sequence[tuple[str, Ask]] = (
        ("report attendance", lambda: attendance(store, ZONE, Filters(student=him)).rows),
        ("report departures", lambda: departures(store, ZONE, Filters(student=him)).rows),
        ("report coverage", lambda: coverage(store, ZONE, Filters(student=him)).rows),
        ("his page", lambda: sorted(own_rows(store, him, his, *DAYS).items())),
        ("his page for others", lambda: student_rows(store, him, *DAYS, None)),
        ("what his absence costs", lambda: term_rows(store, his, *DAYS, TermRule(), him)),
        ("why: versions", lambda: versions_of(store, hour, him)),
        ("why: frames", lambda: frames_named(store, hour, him)),
    )  # fmt: skip
    for name, ask in own:
        yield f"of a student: {name}", BOUND_STUDENT, ask
    yield "all that is kept of a student", BOUND, lambda: _kept(store, him)


def _kept(store: Store, him: str) -> dict[str, object]:
    """Return what is kept of somebody, but for columns that there were not, or are no longer."""
    found = kept_rows(store, him)
    return {name: [each.get("verdict", each.get("faces")) for each in rows] for name, rows in found.items()}


def _somebody(store: Store) -> tuple[str, date, ClassHour]:
    """Return a student, a day, and a class hour of that day that has faces of him."""
    [(him, section, day, period, hall)] = store.query(
        "SELECT student_id, section, date, period, hall FROM sightings_rows WHERE student_id != '' "
        "ORDER BY date DESC, section, captured_at, face LIMIT 1"
    ).rows
    [(starts_at, ends_at)] = store.query(
        "SELECT starts_at, ends_at FROM coverage "
        "WHERE section = %(section)s AND date = %(day)s AND period = %(period)s",
        {"section": section, "day": day, "period": period},
    ).rows
    hour = ClassHour(section=section, hall=hall, date=day, period=period, starts_at=starts_at, ends_at=ends_at)
    return him, day, hour


class Writing:
    """Rows come as from a campus, once a second, until told to stop."""

    def __init__(self, store: Store) -> None:
        self._store, self._stop = store, threading.Event()
        self._row, self._face = _examples(store)
        self.took: list[float] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """Write for as long as the block lasts."""
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _run(self) -> None:
        due = time.monotonic()
        for second in range(10**6):
            due += 1
            if self._stop.wait(max(0.0, due - time.monotonic())):
                return
            began = time.perf_counter()
            at = datetime.now(UTC).replace(microsecond=0)
            verdicts = [
                self._row._replace(student_id=f"3{each:08}", version=second, hall=f"E{each % 125:03}")
                for each in range(second % 15 * VERDICTS, (second % 15 + 1) * VERDICTS)
            ]
            faces = [
                self._face._replace(hall=f"E{each // 40:03}", captured_at=at, face=each % 40) for each in range(FACES)
            ]
            self._store.insert("attendance_rows", AttendanceRow._fields, verdicts)
            self._store.insert("sightings_rows", SightingRow._fields, faces)
            self.took.append(time.perf_counter() - began)


def _examples(store: Store) -> tuple[AttendanceRow, SightingRow]:
    """Return a verdict of a class hour to come, and a face of it."""
    later = {"date": date(2027, 3, 2), "section": "EA9999-1", "run": LIVE}
    verdict = store.query(f"SELECT {', '.join(AttendanceRow._fields)} FROM attendance_rows LIMIT 1").rows[0]  # noqa: S608  ours
    face = store.query(f"SELECT {', '.join(SightingRow._fields)} FROM sightings_rows LIMIT 1").rows[0]  # noqa: S608  ours
    return AttendanceRow._make(verdict)._replace(**later), SightingRow._make(face)._replace(**later)  # type: ignore[arg-type]


def filled(store: EmbeddedStore, year: PaperYear) -> tuple[float, Mapping[str, float]]:
    """Fill a store, and return how long that took and the megabytes of each table once all of it is merged."""
    began = time.perf_counter()
    store.execute(f"SET max_memory_usage = {MEMORY}")
    fill_year(store, year)
    took = time.perf_counter() - began
    sizes = {}
    for name in TABLES:
        if store.query(COUNTED, {"table": name}).rows[0][0]:
            store.execute(f"OPTIMIZE TABLE {name} FINAL")
            [(sizes[name],)] = store.query(SIZED, {"table": name}).rows
    return took, sizes


class Took(NamedTuple):
    """How long an answer took, by the clock and of a core, s; its rows, and a digest of them. None: it was given up."""

    seconds: float
    core: float
    rows: int | None
    digest: int | None


class Asked(NamedTuple):
    """One thing: with the tables of before, with those of now while nobody writes, and while somebody does."""

    bound: float
    before: Took
    alone: Took
    meanwhile: list[float]


def timed(ask: Ask) -> Took:
    """Ask once."""
    began, core = time.perf_counter(), time.process_time()
    try:
        answer = ask()
    except StoreAwayError:
        return Took(time.perf_counter() - began, time.process_time() - core, None, None)
    took = time.perf_counter() - began, time.process_time() - core
    return Took(*took, len(answer) if hasattr(answer, "__len__") else 1, hash(repr(answer)))


def of_older(store: Store) -> dict[str, Took]:
    """Return what the tables of before answer, at best of two."""
    older = OlderStore(store)
    return {name: min(timed(ask), timed(ask)) for name, _, ask in asked(older, OLDER_QUERIES)}


def of_newer(store: Store, before: Mapping[str, Took], rounds: int) -> dict[str, Asked]:
    """Ask the tables of now.

    Raises:
        ValueError: something is answered otherwise than before.
    """
    asks, found = {name: (bound, ask) for name, bound, ask in asked(store)}, dict[str, Asked]()
    for name, (bound, ask) in asks.items():
        alone = min(timed(ask), timed(ask))
        if before[name].digest not in (alone.digest, None):
            raise ValueError(f"{name} is answered otherwise than before")
        found[name] = Asked(bound, before[name], alone, [])
    with Writing(store).running():
        for _ in range(rounds):
            for name, (_, ask) in asks.items():
                found[name].meanwhile.append(timed(ask).seconds)
    return found


def tables(year: PaperYear, rounds: int) -> Iterator[Table]:
    """Yield what the tables take, and how long answers do."""
    shortage = Shortage()
    with TemporaryDirectory(prefix="naul-bench-") as folder:
        with EmbeddedStore(Path(folder) / "older", "naul") as store:
            older_tables(store)
            disk = {"before": filled(store, year)}
            before = of_older(store)
        with EmbeddedStore(Path(folder) / "newer", "naul") as store:
            migrate(store)
            disk["now"] = filled(store, year)
            yield _disk(disk, store)
            yield _answers(of_newer(store, before, rounds), str(shortage))


def _disk(disk: Mapping[str, tuple[float, Mapping[str, float]]], store: Store) -> Table:
    [(verdicts,)] = store.query("SELECT count() FROM attendance_rows").rows
    [(faces,)] = store.query("SELECT count() FROM sightings_rows").rows
    told = Table("table", *(f"{each}, MB" for each in disk), title=f"{verdicts:,} verdicts, {faces:,} faces, merged")
    for name in disk["now"][1]:
        told.add_row(name, *(f"{sizes[name]:.0f}" if name in sizes else "" for _, sizes in disk.values()))
    told.caption = "; ".join(f"made {name} in {took:.0f} s" for name, (took, _) in disk.items())
    return told


def _answers(found: Mapping[str, Asked], waited: str) -> Table:
    title = f"answers over all dates; p95 while {VERDICTS} verdicts and {FACES} faces a second are written"
    told = Table(
        "asked", "rows", "before, s", "now, s", "before, core-s", "now, core-s", "p95, s", "bound, s", title=title,
        caption=waited,
    )  # fmt: skip
    for name, each in found.items():
        p95 = sorted(each.meanwhile)[max(-(-19 * len(each.meanwhile) // 20) - 1, 0)]
        before = f"{each.before.seconds:.3f}" if each.before.rows is not None else "given up"
        told.add_row(
            name, f"{each.alone.rows:,}", before, f"{each.alone.seconds:.3f}", f"{each.before.core:.3f}",
            f"{each.alone.core:.3f}", f"{p95:.3f}", f"{each.bound:g}", style="red" if p95 > each.bound else "",
        )  # fmt: skip
    return told


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sections", type=int, default=2500, help="of a semester; 60 students are in a section")
    parser.add_argument("--weeks", type=int, default=15, help="of a semester")
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    for table in tables(PaperYear(sections=given.sections, weeks=given.weeks), given.rounds):
        Console(width=120).print(table)


if __name__ == "__main__":
    main()
