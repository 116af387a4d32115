"""How soon the desk is there: its start after a term, and its first pages, whole by HTTP and painted in a browser.

    python -m tests.benchmarks.first_pages [--halls 20] [--students 200] [--rounds 5]

Every hall has a class hour that runs and a term behind it, of which the store holds each row. Cold by HTTP is the first
time that a desk which just started is asked for a page; cold in a browser is a profile with nothing in its cache.
"""

import argparse
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from statistics import median
from typing import NamedTuple

from playwright.sync_api import Browser, BrowserContext, sync_playwright
from rich.console import Console
from rich.table import Table

from tests.benchmarks.desk_site import HALLS, STUDENTS, DeskSite, Shortage, end, path_of
from tests.benchmarks.worker import core_seconds
from tests.tools.browser import chromium

__all__ = ["tables"]

BOUND = 0.5
ASKED = 20
"""Times that a warm page is asked for by HTTP."""
STARTS = 3

PAINTED = """() => {
  const [went] = performance.getEntriesByType("navigation");
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  return went.loadEventEnd && paint ? [went.domContentLoadedEventEnd / 1000, paint.startTime / 1000] : null;
}"""


class Visible(NamedTuple):
    """Seconds from the click until a page was read in, and until something of it was painted."""

    read: float
    painted: float


def started(site: DeskSite) -> tuple[float, float, dict[str, float]]:
    """Start the desk and end it; return until it listened, until it knew every hall, and its first pages, all s."""
    began = time.perf_counter()
    desk = site.start("desk")
    listens = time.perf_counter() - began
    first = {name: site.get(path, nobody=name == "sign-in").seconds for name, path in pages(site).items()}
    for hall in site.halls:
        while 'class="tile coming' in site.get(hall.path).html:  # somebody of whom it knows nothing yet
            time.sleep(0.02)
    knows = time.perf_counter() - began
    end(desk)
    return listens, knows, first


def pages(site: DeskSite) -> dict[str, str]:
    """Return the pages by what they are."""
    hall = site.halls[0]
    past = path_of(hall.past()[-1])
    return {
        "sign-in": "/sign-in",
        "today": "/",
        "a week of the term": f"/?day={hall.past()[-1].date}",
        "hall, live": hall.path,
        "hall, over": past,
        "why": f"{past}/why?student={0:09}",
    }


def visible(context: BrowserContext, address: str) -> Visible:
    """Return how soon a page is there in a browser."""
    page = context.new_page()
    page.goto(address)
    while (found := page.evaluate(PAINTED)) is None:  # waiting for a function of the page would need eval
        page.wait_for_timeout(20)
    page.close()
    return Visible(*found)


def in_browser(site: DeskSite, browser: Browser, path: str, rounds: int, *, nobody: bool) -> tuple[Visible, Visible]:
    """Return the medians of a page with an empty cache, and with one that has what it needs."""
    cold, warm = [], []
    for _ in range(rounds):
        context = browser.new_context(locale="ko-KR", timezone_id="Asia/Seoul")
        if not nobody:
            context.add_cookies([{"name": "naul-session", "value": site.token, "url": site.address}])
        cold.append(visible(context, site.address + path))
        warm.append(visible(context, site.address + path))
        context.close()
    return tuple(Visible(*map(median, zip(*each, strict=True))) for each in (cold, warm))  # type: ignore[return-value]


def tables(halls: int, students: int, rounds: int) -> Iterator[Table]:
    """Yield how long the start and the pages took."""
    with ExitStack() as stack:
        site = DeskSite(stack, halls, students)
        site.fill()
        site.start("sink")
        now = datetime.now(UTC)
        for hall in site.halls:
            site.tell([*hall.judged(1.0), hall.seen(now)])
        site.stored()
        begun = [started(site) for _ in range(STARTS)]
        told = Table(
            "until", "median, s", "longest, s", title=f"the desk starts: {halls} halls of {students}, after a term"
        )
        for what, each in (("it listens", 0), ("it knows every hall", 1)):
            spent = [one[each] for one in begun]
            told.add_row(what, f"{median(spent):.2f}", f"{max(spent):.2f}")
        yield told
        desk = site.start("desk").pid
        yield _pages(site, desk, stack, {name: [each[2][name] for each in begun] for name in pages(site)}, rounds)


def _pages(site: DeskSite, desk: int, stack: ExitStack, first: dict[str, list[float]], rounds: int) -> Table:
    told = Table(
        "page", "kB", "of a core\nof the desk", "HTTP, just started\nlongest of 3", "HTTP, warm\nmedian / longest",
        "read in the browser\nempty cache / filled", "painted\nempty cache / filled",
        title=f"first pages, seconds; below {BOUND} is the bound",
    )  # fmt: skip
    shortage = Shortage()
    browser = stack.enter_context(sync_playwright()).chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
    stack.callback(browser.close)
    for name, path in pages(site).items():
        nobody = name == "sign-in"
        core = core_seconds(desk)
        answers = [site.get(path, nobody=nobody) for _ in range(ASKED)]
        core = (core_seconds(desk) - core) / ASKED
        assert {each.status for each in answers} == {200}, (name, answers[0].html)
        took = [each.seconds for each in answers]
        cold, warm = in_browser(site, browser, path, rounds, nobody=nobody)
        slow = max(*first[name], *took, *cold, *warm) >= BOUND
        told.add_row(
            name, f"{answers[0].bytes / 1000:.0f}", f"{core:.3f}", f"{max(first[name]):.2f}",
            f"{median(took):.2f} / {max(took):.2f}", f"{cold.read:.2f} / {warm.read:.2f}",
            f"{cold.painted:.2f} / {warm.painted:.2f}", style="red" if slow else "",
        )  # fmt: skip
    told.caption = str(shortage)
    return told


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--halls", type=int, default=HALLS)
    parser.add_argument("--students", type=int, default=STUDENTS, help="of a hall")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    for table in tables(given.halls, given.students, given.rounds):
        Console(width=110).print(table)


if __name__ == "__main__":
    main()
