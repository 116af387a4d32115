"""How long pages and exports of a whole term take, against reading all of its rows, in the same run.

    python -m tests.benchmarks.term_pages [--sections 100] [--weeks 15] [--hours 3] [--students 5000] [--rounds 20]

The store is the embedded one behind its sink; pages are asked for at the desk as the registrar, and exports, too. The
peer is the plain SELECT of every row of the term through the same sink: nothing that reads each row can be quicker, and
whoever counts in a spreadsheet begins there.
"""

import argparse
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import NamedTuple
from urllib.parse import urlencode

from rich.console import Console
from rich.table import Table

from infra.operations.accounts.accounts import NewAccount, add_account
from infra.operations.accounts.desk_sessions import Origin, open_session
from schemas.messages import HallDay, Roster, Term, TermRule, encode
from sinks.store import open_for_reading, open_store
from sinks.term_reports import verdict_rows
from tests.benchmarks.desk_site import DeskSite, Shortage
from tests.benchmarks.paper_term import MONDAY, PaperTerm, fill_term, paper_term

__all__ = ["TermSite", "tables"]

NAME = "2026-1"
BOUND, BOUND_STUDENT, BOUND_EXPORT = 1.0, 0.2, 10.0
"""Seconds."""


class TermSite:
    """A site that holds a term, with its sink and its desk; the registrar has signed in."""

    def __init__(self, stack: ExitStack, paper: PaperTerm) -> None:
        """stack: ends what was started."""
        self.site, self.paper = DeskSite(stack, 0), paper
        settings, now = self.site.settings, datetime.now(UTC)
        self.days = MONDAY, max(each.date for hours in paper.hours.values() for each in hours)
        self.site.tell(list(self._reference(now)))
        with open_store(settings) as store:
            self.rows = fill_term(store, paper)
        add_account(settings, NewAccount(name="office", roles=("registrar",)), now)
        self.site.token = open_session(settings, "office", Origin(), now).token
        self.site.start("sink")
        self.site.start("desk")

    def _reference(self, now: datetime) -> Iterator[tuple[str, bytes, bytes, None, None]]:
        settings = self.site.settings
        for section, students in self.paper.students.items():
            roster = Roster(section=section, students=tuple(students))
            yield settings.topic("rosters"), section.encode(), encode(roster), None, None
        days: dict[tuple[str, object], list[object]] = {}
        for hours in self.paper.hours.values():
            for hour in hours:
                days.setdefault((hour.hall, hour.date), []).append(hour)
        for (hall, day), those in days.items():
            message = HallDay(hall=hall, date=day, hours=tuple(those))  # type: ignore[arg-type]
            yield settings.topic("timetable"), f"{hall}|{day}".encode(), encode(message), None, None
        faculties = {"EA": "전자공학부", "CS": "컴퓨터학부", "ME": "기계공학부"}
        term = Term(
            term=NAME, first=self.days[0], last=self.days[1] + timedelta(days=3), rule=TermRule(), faculties=faculties,
            loaded_at=now, by="office",
        )  # fmt: skip
        yield settings.topic("terms"), NAME.encode(), encode(term), None, None


class Page(NamedTuple):
    name: str
    path: str
    bound: float


def pages(site: TermSite) -> list[Page]:
    """Return what is asked for. The pages of a student are of many students, one after another."""
    asked = {"term": NAME}
    section = next(iter(site.paper.hours))
    student = site.paper.students[section][0].student_id
    return [
        *(Page(f"rates by {by}", f"/reports?{urlencode(asked | {'by': by})}", BOUND) for by in ("section", "hall")),
        Page("who slips away", f"/reports/slipping?{urlencode(asked)}", BOUND),
        Page("near the limit", f"/reports/standing?{urlencode(asked)}", BOUND),
        Page("near the limit, page 30", f"/reports/standing?{urlencode(asked | {'page': '30'})}", BOUND),
        Page("one student", f"/reports/student?{urlencode(asked | {'student': student})}", BOUND_STUDENT),
        Page("students by name", f"/reports/student?{urlencode(asked | {'q': '김나얼'})}", BOUND),
    ]


EXPORTS = (
    {"kind": "attendance", "format": "csv"},
    {"kind": "attendance", "format": "xlsx"},
    {"kind": "moodle", "format": "zip"},
    {"kind": "canvas", "format": "csv"},
    {"kind": "standing", "format": "xlsx"},
)


def peer(site: TermSite) -> float:
    """Return how long the plain SELECT of all rows takes, through the same sink."""
    began = time.perf_counter()
    with open_for_reading(site.site.settings) as store:
        assert sum(1 for _ in verdict_rows(store, *site.days, None)) == site.rows
    return time.perf_counter() - began


def tables(sections: int, weeks: int, hours: int, students: int, rounds: int) -> Iterator[Table]:
    """Yield how long pages and exports took."""
    paper = paper_term(sections, weeks, hours, students, min(55, students))
    with ExitStack() as stack:
        site = TermSite(stack, paper)
        shortage = Shortage()
        all_rows = [peer(site) for _ in range(3)]
        base = median(all_rows)
        title = f"{sections} sections x {weeks} weeks x {hours} hours, {students:,} students, {site.rows:,} rows"
        told = Table("page", "kB", "median, s", "p95, s", "bound, s", "of all rows read", title=title)
        for each in pages(site):
            took = sorted(_got(site, each.path) for _ in range(rounds))
            p95 = took[max(-(-19 * len(took) // 20) - 1, 0)]
            size = site.site.get(each.path).bytes / 1000
            told.add_row(
                each.name, f"{size:.0f}", f"{median(took):.3f}", f"{p95:.3f}", f"{each.bound}",
                f"{median(took) / base:.3f}", style="red" if p95 >= each.bound else "",
            )  # fmt: skip
        told.caption = f"all rows read: {base:.2f} s; {shortage}"
        yield told
        shortage = Shortage()
        files = Table("export", "format", "MB", "longest of 3, s", "bound, s", "of all rows read", title=title)
        for wish in EXPORTS:
            spent = [site.site.post("/reports/file", term=NAME, **wish) for _ in range(3)]
            assert {each.status for each in spent} == {200}, wish
            longest = max(each.seconds for each in spent)
            files.add_row(
                wish["kind"], wish["format"], f"{spent[0].bytes / 1e6:.1f}", f"{longest:.1f}", f"{BOUND_EXPORT:.0f}",
                f"{longest / base:.1f}", style="red" if longest >= BOUND_EXPORT else "",
            )  # fmt: skip
        files.caption = str(shortage)
        yield files


def _got(site: TermSite, path: str) -> float:
    answer = site.site.get(path)
    assert answer.status == 200, (path, answer.status)
    return answer.seconds


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sections", type=int, default=100)
    parser.add_argument("--weeks", type=int, default=15)
    parser.add_argument("--hours", type=int, default=3, help="a week, of a section")
    parser.add_argument("--students", type=int, default=5000, help="of the university; 55 are in a section")
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    for table in tables(given.sections, given.weeks, given.hours, given.students, given.rounds):
        Console(width=110).print(table)


if __name__ == "__main__":
    main()
