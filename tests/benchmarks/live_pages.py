"""How soon an event of the topics is on the open pages, and what these cost the one process that serves them.

    python -m tests.benchmarks.live_pages [--halls 20] [--students 200] [--pages 300] [--seconds 40]

Every hall has a frame every 5 s, which names three of four students, and is judged every 15 s, which tells a quarter of
its rows. The events are written by the benchmark; attend and recognise do not run. Times are from just before an event
is sent to Kafka until its tile stands in the page of one hall in Chromium (a MutationObserver; then the next frame that
the browser paints), and until a client that reads streams as a browser does has it. All of them read the clock of this
machine. First one page of each hall is open, then as many as are asked for, half of them in each language.
"""

import argparse
import asyncio
import re
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any, NamedTuple

import numpy as np
from playwright.sync_api import Page, expect, sync_playwright
from rich.console import Console
from rich.table import Table

from infra.desk.languages import LANGUAGES
from schemas.cluster import producer
from tests.benchmarks.desk_site import HALLS, STUDENTS, DeskSite, LiveHall, Shortage
from tests.benchmarks.worker import core_seconds, megabytes
from tests.tools.browser import chromium

__all__ = ["Streams", "tables"]

PAGES, SECONDS = 300, 40
BOUND = 1.0
FRAME_EVERY, JUDGED_EVERY, TOLD = 5.0, 15.0, 0.25
"""Seconds; and the part of the rows that a judgement tells (ADR 29)."""
MARKED_EVERY = 2.0
"""Seconds, of the hall that Chromium shows: somebody is marked there."""
SETTLE = 5.0
"""Seconds in which pages that were just opened get what they lack."""

MARK = re.compile(rb"by-(\d+)")
"""Stands in every tile that an event of the benchmark changed; the number is that of the judgement."""

OBSERVED = """() => {
  window.seen = {};
  window.painted = {};
  new MutationObserver((changes) => {
    const now = Date.now(), fresh = [];
    for (const change of changes)
      for (const node of change.addedNodes)
        for (const [, number] of (node.textContent || "").matchAll(/by-(\\d+)/g))
          if (!(number in window.seen)) { window.seen[number] = now; fresh.push(number); }
    requestAnimationFrame(() => setTimeout(() => {
      for (const number of fresh) window.painted[number] = Date.now();
    }));
  }).observe(document.querySelector("[data-stream]"), { childList: true, subtree: true });
}"""


class Told(NamedTuple):
    """A judgement that was sent: of which hall, and when, POSIX seconds."""

    hall: str
    at: float


class Lectures:
    """Writes what is said of every hall, each at its turn, on a thread of its own."""

    numbers = count(1)
    """Of all judgements of this process: a page keeps those of before."""

    def __init__(self, site: DeskSite) -> None:
        self._site = site
        self.told: dict[int, Told] = {}
        """The judgements by their number."""
        self.late = 0.0
        """Seconds that something was sent after its time, at most."""

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let them run for as long as the block lasts."""
        stop = threading.Event()
        thread = threading.Thread(target=self._run, args=(stop,), name="lectures")
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _run(self, stop: threading.Event) -> None:
        halls, client = self._site.halls, producer(self._site.settings)
        due = [(n / len(halls) * FRAME_EVERY, FRAME_EVERY, self._frame, hall) for n, hall in enumerate(halls)]
        due += [(n / len(halls) * JUDGED_EVERY, JUDGED_EVERY, self._judge, hall) for n, hall in enumerate(halls)]
        due += [(MARKED_EVERY, MARKED_EVERY, self._mark, halls[0])]
        began = time.monotonic()
        while not stop.is_set():
            due.sort(key=lambda each: each[0])
            at, every, say, hall = due.pop(0)
            if stop.wait(max(0.0, at - (time.monotonic() - began))):
                break
            self.late = max(self.late, time.monotonic() - began - at)
            say(client, hall)
            due.append((at + every, every, say, hall))
        client.close(timeout=10)

    def _frame(self, client: Any, hall: LiveHall) -> None:
        topic, key, value, _, _ = hall.seen(datetime.now(UTC))
        client.send(topic, key=key, value=value)

    def _judge(self, client: Any, hall: LiveHall, share: float = TOLD) -> None:
        number = next(self.numbers)
        records = hall.judged(share, f"by-{number}")
        self.told[number] = Told(hall.hour.hall, time.time())
        for topic, key, value, _, _ in records:
            client.send(topic, key=key, value=value)

    def _mark(self, client: Any, hall: LiveHall) -> None:
        self._judge(client, hall, 1 / len(hall.students))


class Streams:
    """Open pages: each reads its stream as a browser does, on a thread of its own for all of them."""

    def __init__(self, site: DeskSite) -> None:
        self._site = site
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="streams", daemon=True)
        self._thread.start()
        self._tasks: list[asyncio.Task[None]] = []
        self.seen: dict[int, list[float]] = defaultdict(list)
        """When each judgement came, POSIX seconds, by its number: a time for each page that it came to."""
        self.opened = 0
        self.bytes = 0

    def open(self, pages: int) -> None:
        """Open pages until so many are open, the halls in turn; return when each has got its hall as it is."""
        more = range(len(self._tasks), pages)
        asyncio.run_coroutine_threadsafe(self._open(more), self._loop).result()
        while self.opened < pages:
            time.sleep(0.05)

    def close(self) -> None:
        """Close all of them."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _open(self, numbers: range) -> None:
        for number in numbers:
            hall = self._site.halls[number % len(self._site.halls)]
            language = [*LANGUAGES][number // len(self._site.halls) % len(LANGUAGES)]
            self._tasks.append(asyncio.create_task(self._follow(hall, language)))

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self, hall: LiveHall, language: str) -> None:
        port = self._site.settings.desk_port
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
        headers = self._site.headers | {"accept-language": language, "host": "127.0.0.1", "accept": "text/event-stream"}
        lines = [f"GET {hall.path}/events?order=name HTTP/1.0", *(f"{name}: {said}" for name, said in headers.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            assert b" 200 " in head.partition(b"\r\n")[0], head
            known: set[int] | None = None
            while True:
                event = await reader.readuntil(b"\r\n\r\n")
                now = time.time()
                self.bytes += len(event)
                if b"data:" not in event:
                    continue  # a ping
                found = {int(each) for each in MARK.findall(event)}
                if known is None:  # the hall as it was when the page was opened
                    known, self.opened = set(), self.opened + 1
                else:
                    for number in found - known:
                        self.seen[number].append(now)
                known |= found
        finally:
            writer.close()


class Round(NamedTuple):
    """What a time with open pages came to. delays: of judgements, by who waited for them, s. missing: never came."""

    delays: Mapping[str, list[float]]
    missing: int
    core: float
    memory: float
    bytes_a_second: float


def watched(site: DeskSite, streams: Streams, page: Page, desk: int, pages: int, seconds: float) -> Round:
    """Let the lectures run while pages are open, and return how it went."""
    streams.open(pages)
    lectures, hall = Lectures(site), site.halls[0]
    page.reload()
    page.evaluate(OBSERVED)
    expect(page.locator("#link:not(.lost):not(:empty)")).to_be_attached(timeout=60_000)  # it follows the stream
    streams.seen.clear()
    with lectures.running():
        page.wait_for_timeout(SETTLE * 1000)
        began, core, sent = time.monotonic(), core_seconds(desk), streams.bytes
        since = time.time()
        page.wait_for_timeout(seconds * 1000)
        took = time.monotonic() - began
        core, sent = core_seconds(desk) - core, streams.bytes - sent
    page.wait_for_timeout(3 * BOUND * 1000)
    counted = {number: each for number, each in lectures.told.items() if each.at >= since}
    of_halls = [hall.hour.hall for hall in site.halls]
    expected = {name: len(range(number, pages, len(of_halls))) for number, name in enumerate(of_halls)}
    came = {number: streams.seen.get(number, []) for number in counted}
    missing = sum(max(0, expected[each.hall] - len(came[number])) for number, each in counted.items())
    delays = {"a client of each stream": [at - each.at for number, each in counted.items() for at in came[number]]}
    for name, where in (("Chromium: in the page", "seen"), ("Chromium: painted", "painted")):
        shown = {int(number): at / 1000 for number, at in page.evaluate(f"window.{where}").items()}
        mine = {number: each.at for number, each in counted.items() if each.hall == hall.hour.hall}
        delays[name] = [shown[number] - at for number, at in mine.items() if number in shown]
        missing += len(mine) - len(delays[name])
    if lectures.late > 1:
        print(f"the machine does too much: something was told {lectures.late:.1f} s after its time")
    return Round(delays, missing, core / took, megabytes(desk), sent / took)


def tables(halls: int, students: int, pages: int, seconds: float) -> Iterator[Table]:
    """Yield how soon events came, and what the pages cost."""
    with ExitStack() as stack:
        site = DeskSite(stack, halls, students)
        site.start("sink")
        for hall in site.halls:
            site.tell([*hall.judged(1.0), hall.seen(datetime.now(UTC))])
        desk = site.start("desk").pid
        streams = Streams(site)
        stack.callback(streams.close)
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=chromium(), args=["--no-sandbox"]
        )
        stack.callback(browser.close)
        context = browser.new_context(locale="ko-KR", timezone_id="Asia/Seoul")
        context.add_cookies([{"name": "naul-session", "value": site.token, "url": site.address}])
        page = context.new_page()
        page.goto(site.address + site.halls[0].path)
        idle = megabytes(desk)
        shortage = Shortage()
        rounds = {each: watched(site, streams, page, desk, each, seconds) for each in (halls, pages)}
        waited = str(shortage)
    yield _delays(rounds, f"from an event to the page: {halls} halls of {students}; below {BOUND:g} s is the bound")
    yield _costs(rounds, idle, waited)


def _delays(rounds: Mapping[int, Round], title: str) -> Table:
    told = Table("open pages", "until", "times", "median, s", "95 %, s", "longest, s", "never came", title=title)
    for pages, found in rounds.items():
        for who, delays in found.delays.items():
            middle, most = np.percentile(delays, (50, 95)) if delays else (np.nan, np.nan)
            longest = max(delays, default=np.nan)
            bad = found.missing or longest >= BOUND
            told.add_row(
                str(pages), who, str(len(delays)), f"{middle:.2f}", f"{most:.2f}", f"{longest:.2f}",
                str(found.missing), style="red" if bad else "",
            )  # fmt: skip
    return told


def _costs(rounds: Mapping[int, Round], idle: float, waited: str) -> Table:
    title = f"the one process that serves them; {waited}"
    told = Table("open pages", "MB of the desk", "of a core", "kB/s sent", title=title)
    told.add_row("none", f"{idle:.0f}", "", "")
    for pages, found in rounds.items():
        told.add_row(str(pages), f"{found.memory:.0f}", f"{found.core:.0%}", f"{found.bytes_a_second / 1000:.0f}")
    return told


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--halls", type=int, default=HALLS)
    parser.add_argument("--students", type=int, default=STUDENTS, help="of a hall")
    parser.add_argument("--pages", type=int, default=PAGES)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="that each number of pages is watched")
    given = parser.parse_args()
    for table in tables(given.halls, given.students, given.pages, given.seconds):
        Console(width=110).print(table)


if __name__ == "__main__":
    main()
