"""How soon a student's own page is there, by HTTP, with a term of the whole university in the embedded store.

    python -m tests.benchmarks.own_pages [--sections 100] [--students 300]

5,000 students who take six sections each are 300 a section. The desk asks the sink over loopback, as everywhere.
"""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from statistics import median

from rich.console import Console
from rich.table import Table

from infra.operations.accounts.accounts import NewAccount, add_account
from infra.operations.accounts.desk_sessions import Origin, open_session
from schemas.messages import Roster, Student, Term, encode
from tests.benchmarks.desk_site import DeskSite, Shortage, path_of

__all__ = ["tables"]

BOUND = 0.2
TAKES = 6
"""Sections that the student takes."""
ASKED = 30
ME = Student(student_id=f"{0:09}", name="학생 000")


def prepare(site: DeskSite) -> None:
    """Put the student on rosters, load the term, and sign him in."""
    now = datetime.now(UTC)
    first = min(each.date for each in site.halls[0].past())
    term = Term(term="2026-1", first=first, last=now.date(), loaded_at=now)
    records = [(site.settings.topic("terms"), term.term.encode(), encode(term), None, None)]
    for hall in site.halls[1:TAKES]:
        roster = Roster(section=hall.hour.section, students=(*hall.students, ME))
        records.append((site.settings.topic("rosters"), roster.section.encode(), encode(roster), None, None))
    site.tell(records)  # type: ignore[arg-type]
    add_account(site.settings, NewAccount(name="me", roles=("student",), student_id=ME.student_id), now)
    site.token = open_session(site.settings, "me", Origin(), now).token


def tables(sections: int, students: int) -> Iterator[Table]:
    """Yield how long the pages took."""
    with ExitStack() as stack:
        site = DeskSite(stack, sections, students)
        site.fill()
        site.start("sink")
        prepare(site)
        site.start("desk")
        past = path_of(site.halls[0].past()[-1])
        pages = {"my attendance": "/me", "contest": f"{past}/appeal", "why": f"{past}/why?student={ME.student_id}",
                 "today": "/", "all that is kept": "/me/record"}  # fmt: skip
        told = Table(
            "page", "first, s", "median, s", "longest, s",
            title=f"a student's pages: {sections} sections of {students}, 15 weeks; bound {BOUND} s",
        )  # fmt: skip
        shortage = Shortage()
        for name, path in pages.items():
            answers = [site.get(path) for _ in range(ASKED)]
            assert {each.status for each in answers} == {200}, name
            took = [each.seconds for each in answers]
            told.add_row(name, f"{took[0]:.3f}", f"{median(took[1:]):.3f}", f"{max(took[1:]):.3f}")
        told.caption = str(shortage)
    yield told


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sections", type=int, default=100)
    parser.add_argument("--students", type=int, default=300)
    given = parser.parse_args()
    for table in tables(given.sections, given.students):
        Console(width=110).print(table)


if __name__ == "__main__":
    main()
