"""How soon after a frame is captured its names stand on the page: camera, Kafka, recognise, desk, a reader of it.

    python -m tests.benchmarks.capture [--halls 4] [--every 5] [--seconds 90]

Each hall has 40 students who all show their faces, 1920x1080, a camera of its own (the very function that `naul camera`
calls) and a page that is open; recognise, attend, sink and desk run as on a site. A frame is captured when its JPEG is
there. Its names are there when the stream of the page has brought the part that shows this frame with its names; what
it says becomes a verdict when the hour is judged next, which is not waited for. Every time is of this machine's clock.
"""

import argparse
import http.client
import re
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from html import unescape

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from enrollment.portrayals import record
from infra.machine.lag import Cluster
from producers.camera import send as send_frames
from producers.shots import WHOLE, Shot
from schemas.cluster import send
from schemas.errors import BadMessageError
from schemas.messages import Observation, Sighting, Student, decode
from schemas.settings import Settings
from streams.faces.engines import load_engine
from streams.faces.pictures import decode_jpeg
from streams.faces.template_cipher import TemplateCipher
from tests.benchmarks.desk_site import DeskSite, LiveHall, Shortage
from tests.benchmarks.worker import played

__all__ = ["tables"]

BOUND = 3.0
FEWEST = 20
"""Names in a frame of 40 faces, without which it does not count as there."""

CAPTURED = re.compile(r'data-at="([\d.]+)"')
NAMED = re.compile(r"<text ")


class StillCamera:
    """A live source: pictures of a full hall in turn, none of which is like another to the last pixel."""

    live, name, total, shortfall = True, "still", None, WHOLE

    def __init__(self, jpegs: list[bytes], first: float, every: float, stop: threading.Event) -> None:
        """first: seconds until the first frame. every: between two."""
        self._pictures = [decode_jpeg(each) for each in jpegs]
        self._first, self._every, self._stop = first, every, stop
        self.captured: list[float] = []
        """When each frame was, POSIX seconds."""

    def moments(self) -> None:
        """Nobody knows."""

    def shots(self) -> Iterator[Shot]:
        """Yield a frame whenever it is due."""
        due = time.monotonic() + self._first
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            number = len(self.captured)
            picture = self._pictures[number % len(self._pictures)].copy()
            picture[:16, :16] = number * 7 % 256
            jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()
            now = datetime.now(UTC)
            now = now.replace(microsecond=now.microsecond // 1000 * 1000)  # as a frame's headers keep it
            self.captured.append(now.timestamp())
            yield Shot(now, jpeg, f"{number}.jpg")
            due += self._every


class OpenPage(threading.Thread):
    """Reads the stream of a hall's page, and keeps when each frame was there with its names."""

    def __init__(self, site: DeskSite, hall: LiveHall) -> None:
        super().__init__(name=hall.hour.hall, daemon=True)
        self._site, self._hall = site, hall
        self.shown: dict[float, float] = {}
        """When the names of a frame were there, by when it was captured, POSIX seconds."""

    def run(self) -> None:
        """Read until the desk ends."""
        connection = http.client.HTTPConnection("127.0.0.1", self._site.settings.desk_port, timeout=600)
        connection.request("GET", f"{self._hall.path}/events?order=name", headers=self._site.headers)
        response = connection.getresponse()
        event = list[str]()
        while line := response.readline().decode("utf-8"):
            if line.strip():
                event.append(line.removeprefix("data:"))
            elif event:
                self._read("".join(event), time.time())
                event.clear()

    def _read(self, html: str, now: float) -> None:
        found = CAPTURED.search(unescape(html))
        if found and len(NAMED.findall(html)) >= FEWEST:
            self.shown.setdefault(float(found[1]), now)


def looked(site: DeskSite, since: dict[object, int]) -> dict[tuple[str, float], float]:
    """Return when what was seen in a frame was told, POSIX seconds, by hall and when it was captured."""
    found = {}
    with Cluster(site.settings) as cluster:
        for each in cluster.read(since, cluster.ends(["sightings"])):  # type: ignore[arg-type]
            try:
                seen = decode(each.value, Sighting)
            except BadMessageError:
                continue
            if isinstance(seen, Observation):
                found[seen.hall, seen.captured_at.timestamp()] = each.timestamp / 1000
    return found


def prepared(stack: ExitStack, halls: int) -> tuple[DeskSite, list[bytes]]:
    """Return a site whose halls all have the same people, who are enrolled, and pictures of them."""
    site = DeskSite(stack, halls, 1)
    toml = site.settings.home / "naul.toml"
    toml.write_text(toml.read_text("utf-8") + "reuse_embeddings = false\n", "utf-8")  # its few pictures come again
    engine = load_engine(Settings().engine)
    engine.quicken(Settings().arithmetic)
    full = played(engine, TemplateCipher.open(site.settings.key_file))
    send(site.settings, [record(site.settings, each) for each in full.enrolled])
    for hall in site.halls:
        hall.students = [Student(student_id=each.student_id, name=each.name) for each in full.students]
        site.tell(hall.reference())
    for part in ("sink", "recognise", "attend", "desk"):
        site.start(part)
    return site, list(full.frames)


def tables(halls: int, every: float, seconds: float) -> Iterator[Table]:
    """Yield how soon names were there."""
    with ExitStack() as stack:
        site, jpegs = prepared(stack, halls)
        pages, stop = [OpenPage(site, hall) for hall in site.halls], threading.Event()
        for page in pages:
            page.start()
        with Cluster(site.settings) as cluster:
            since = cluster.ends(["sightings"])
        cameras = [StillCamera(jpegs, every * number / halls, every, stop) for number in range(halls)]
        threads = [
            threading.Thread(target=send_frames, args=(site.settings, camera, hall.hour.hall, "front"),
                             kwargs={"say": lambda text: None})
            for camera, hall in zip(cameras, site.halls, strict=True)
        ]  # fmt: skip
        shortage = Shortage()
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        waited = str(shortage)
        stop.set()
        for thread in threads:
            thread.join()
        time.sleep(3 * BOUND)
        seen = looked(site, since)  # type: ignore[arg-type]
        title = (
            f"{halls} halls of {len(site.halls[0].students)}, a frame every {every:g} s; below {BOUND:g} s is the bound"
        )
        yield _table(cameras, pages, site.halls, seen, title, waited)


def _table(
    cameras: list[StillCamera],
    pages: list[OpenPage],
    halls: list[LiveHall],
    seen: dict[tuple[str, float], float],
    title: str,
    waited: str,
) -> Table:
    until = dict[str, list[float]]({"what was seen in it is in Kafka": [], "its names are on the page": []})
    known, there = until.values()
    frames, missing = 0, 0
    for camera, page, hall in zip(cameras, pages, halls, strict=True):
        for captured in camera.captured[1:]:  # while the first one was looked at, libraries were loaded
            frames += 1
            if (told := seen.get((hall.hour.hall, captured))) is not None:
                known.append(told - captured)
            if (at := page.shown.get(captured)) is not None:
                there.append(at - captured)
    missing = frames - len(there)
    told = Table("from a frame's capture until", "frames", "median, s", "95 %, s", "longest, s", title=title)
    for what, delays in until.items():
        middle, most = np.percentile(delays, (50, 95)) if delays else (np.nan, np.nan)
        longest = max(delays, default=np.nan)
        told.add_row(
            what, f"{len(delays)} of {frames}", f"{middle:.2f}", f"{most:.2f}", f"{longest:.2f}",
            style="" if most < BOUND else "red",
        )  # fmt: skip
    told.caption = f"{missing} frames were not shown: a newer one had come. {waited}"
    return told


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--halls", type=int, default=4)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two frames of a hall")
    parser.add_argument("--seconds", type=float, default=90.0)
    given = parser.parse_args()
    for table in tables(given.halls, given.every, given.seconds):
        Console(width=110).print(table)


if __name__ == "__main__":
    main()
