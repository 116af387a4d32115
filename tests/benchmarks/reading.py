"""What the sink stores a second while pages are read, against what it stores alone, in the same run.

    python -m tests.benchmarks.reading [--rows 40000] [--rounds 2]

The rows wait in Kafka when the sink starts. Pages are asked for at a desk, which asks the sink over loopback: today,
a week of the term, the page and the evidence of a class hour that is over; or as the registrar the reports of the term,
and all of its rows as a file. Whoever is silent asks the sink itself for much and does not take the answer, and one of
them asks what has no end. A core-second is of the sink.
"""

import argparse
import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from statistics import mean
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from infra.operations.accounts.accounts import NewAccount, add_account
from infra.operations.accounts.desk_sessions import Origin, open_session
from schemas.errors import NaulError
from schemas.messages import Term, encode
from schemas.settings import Settings
from sinks.store.loopback import Address, read_address
from sinks.store.remote import RemoteStore
from tests.benchmarks.desk_site import HALLS, STUDENTS, DeskSite, Shortage, end, path_of
from tests.benchmarks.worker import core_seconds

__all__ = ["tables"]

PEOPLE, PAUSE = 20, 2.0
"""Who look at pages, and the seconds between two pages of one of them."""
EAGER = 8
"""Who ask again at once."""
SILENT = 4

MUCH = b"SELECT repeat('x', 100) FROM numbers(1000000)"
ENDLESS = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) % 3 = 1"


TERM = "2026-1"
FILE, FIELDS = "/reports/file", {"term": TERM, "kind": "attendance", "format": "xlsx"}


class Spent(NamedTuple):
    """Seconds until all rows were stored, by the clock and of a core. pages: how long each took that was read, s."""

    wall: float
    core: float
    pages: list[float]


class Readers:
    """People who look at pages, each on a thread."""

    def __init__(self, site: DeskSite, paths: list[str], people: int, pause: float) -> None:
        """paths: of the pages, in the order in which each of them asks; whoever asks for a ``FILE`` sends a form."""
        self._site, self._paths, self._people, self._pause = site, paths, people, pause
        self._stop = threading.Event()
        self.took: list[float] = []

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Let them read as long as the block lasts."""
        threads = [threading.Thread(target=self._read, args=(number,)) for number in range(self._people)]
        for each in threads:
            each.start()
        try:
            yield
        finally:
            self._stop.set()
            for each in threads:
                each.join()

    def _read(self, number: int) -> None:
        self._stop.wait(self._pause * number / self._people)
        for path in islice(cycle(self._paths), 7 * number, None):
            if self._stop.is_set():
                return
            answer = self._site.post(path, **FIELDS) if path == FILE else self._site.get(path)
            assert answer.status == 200, (path, answer)
            self.took.append(answer.seconds)
            self._stop.wait(self._pause)


@contextmanager
def silent(settings: Settings) -> Iterator[None]:
    """Have some ask for much and take nothing, and one ask what has no end."""
    address = read_address(settings)
    assert address
    asked = [_asked(address) for _ in range(SILENT)]
    thread = threading.Thread(target=_endless, args=(address,), daemon=True)
    thread.start()
    yield
    for each in asked:
        each.close()


def _asked(address: Address) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection(address.host, address.port)
    connection.request("POST", "/", MUCH, {"Authorization": f"Bearer {address.token}"})
    return connection


def _endless(address: Address) -> None:
    try:
        RemoteStore(address).query(ENDLESS)
    except NaulError:
        return  # it was given up, or the sink ended


def stored(site: DeskSite, rows: int, meanwhile: Callable[[], ExitStack]) -> tuple[float, float]:
    """Store so many rows; return the seconds by the clock and of a core. meanwhile: begins what else is done."""
    sent = 0
    for hall in cycle(site.halls):
        records = hall.judged(1.0)
        site.tell(records)
        if (sent := sent + len(records)) >= rows:
            break
    sink = site.start("sink")
    with meanwhile():
        began, core = time.perf_counter(), core_seconds(sink.pid)
        site.stored()
        took, core = time.perf_counter() - began, core_seconds(sink.pid) - core
    end(sink)
    return took, core


def of_class_hours(site: DeskSite) -> list[str]:
    """Return where a professor looks."""
    past = [hour for hall in site.halls for hour in hall.past()[-3:]]
    return [
        each for hour in past
        for each in ("/", f"/?day={hour.date}", path_of(hour), f"{path_of(hour)}/why?student={0:09}")
    ]  # fmt: skip


def of_the_term(site: DeskSite) -> list[str]:
    """Return where the registrar looks."""
    pages = ("?by=section&", "?by=hall&", "/slipping?", "/standing?", "/student?student={}&")
    return [
        f"/reports{page.format(hall.students[0].student_id)}term={TERM}" for hall in site.halls for page in pages
    ]  # fmt: skip


def registrar(site: DeskSite) -> str:
    """Load the term, and return the session of somebody who reads all of it."""
    now = datetime.now(UTC)
    days = [hour.date for hour in site.halls[0].past()]
    term = Term(term=TERM, first=min(days), last=max(days) + timedelta(days=3), loaded_at=now)
    site.tell([(site.settings.topic("terms"), term.term.encode(), encode(term), None, None)])
    add_account(site.settings, NewAccount(name="office", roles=("registrar",)), now)
    return open_session(site.settings, "office", Origin(), now).token


def round_of(site: DeskSite, rows: int, who: str, office: str) -> Spent:
    """Store rows while somebody reads. office: the session of the registrar."""
    readers = {
        "people": lambda: Readers(site, of_class_hours(site), PEOPLE, PAUSE),
        "eager": lambda: Readers(site, of_class_hours(site), EAGER, 0.0),
        "term": lambda: Readers(site, of_the_term(site), PEOPLE, PAUSE),
        "export": lambda: Readers(site, [FILE], 1, 0.0),
    }.get(who, lambda: None)()

    def meanwhile() -> ExitStack:
        stack = ExitStack()
        if readers:
            if who in ("term", "export"):
                stack.enter_context(site.seen_by(office))
            stack.enter_context(readers.reading())
        elif who == "silent":
            stack.enter_context(silent(site.settings))
        return stack

    wall, core = stored(site, rows, meanwhile)
    return Spent(wall, core, readers.took if readers else [])


def tables(rows: int, rounds: int) -> Iterator[Table]:
    """Yield what was stored a second."""
    names = {
        "alone": "nobody",
        "people": f"{PEOPLE} people, a page each every {PAUSE:g} s",
        "eager": f"{EAGER} who ask again at once",
        "term": f"{PEOPLE} people, a report of the term each every {PAUSE:g} s",
        "export": "one who takes all rows of the term as XLSX, again and again",
        "silent": f"{SILENT} who take no answer, one without an end",
    }
    with ExitStack() as stack:
        site = DeskSite(stack, HALLS, STUDENTS)
        site.fill()
        end(site.start("sink"))
        office = registrar(site)
        site.start("desk")
        shortage = Shortage()
        spent = [{who: round_of(site, rows, who, office) for who in names} for _ in range(rounds)]
        told = Table(
            "who reads", "rows/s", "of alone", "rows a core-second", "of alone", "pages/s", "longest page, s",
            title=f"{rows:,} rows from Kafka to the embedded store", caption=str(shortage),
        )  # fmt: skip
    alone = [each["alone"] for each in spent]
    for who, name in names.items():
        these = [each[who] for each in spent]
        wall, core = (mean(getattr(each, field) for each in these) for field in ("wall", "core"))
        by_clock, by_core = mean(each.wall for each in alone) / wall, mean(each.core for each in alone) / core
        pages = [took for each in these for took in each.pages]
        told.add_row(
            name, f"{rows / wall:,.0f}", f"{by_clock:.2f}", f"{rows / core:,.0f}", f"{by_core:.2f}",
            f"{len(pages) / sum(each.wall for each in these):.1f}" if pages else "",
            f"{max(pages):.2f}" if pages else "",
        )  # fmt: skip
    yield told


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=40_000, help="that are stored each time")
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    for table in tables(given.rows, given.rounds):
        Console(width=110).print(table)


if __name__ == "__main__":
    main()
