"""A site with a desk for the benchmarks: a real broker, parts as processes, halls whose class hour runs now.

What attend and recognise would say of these halls the benchmarks say themselves, as often and as much as they do.
"""

import http.client
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import urlencode

from msgspec.structs import replace

from infra.machine.child import bound_to_parent
from infra.machine.lag import STAGES, Cluster
from infra.machine.readiness import ready_pid
from infra.machine.topic_creation import create_topics
from infra.operations.accounts.accounts import NewAccount, add_account
from infra.operations.accounts.desk_sessions import Origin, csrf_token, open_session
from schemas.cluster import Record, send
from schemas.messages import (
    Attendance,
    ClassHour,
    Coverage,
    Face,
    HallDay,
    Message,
    Observation,
    Roster,
    Student,
    decode,
    encode,
)
from schemas.settings import Settings
from streams.faces.key_file import create_keys
from tests.benchmarks.doors import fill
from tests.benchmarks.runs import MONDAY
from tests.conftest import Broker
from tests.examples import example
from tests.tools.ports import free_row
from tests.tools.teaching import give_sections

__all__ = ["HALLS", "STUDENTS", "WEEKS", "Answer", "DeskSite", "LiveHall", "Shortage", "end", "path_of"]

HALLS, STUDENTS = 20, 200
WEEKS, HOURS_A_WEEK = 15, 3
"""Of the term that has gone by."""
RAN = timedelta(minutes=10)
"""How long the class hours have run when a benchmark begins."""


class Shortage:
    """For how much of a time some process waited for a core: on a quiet machine all would be quicker."""

    def __init__(self) -> None:
        self._began, self._waited = time.monotonic(), self._total()

    def __str__(self) -> str:
        """Return what a table says of it."""
        share = (self._total() - self._waited) / (time.monotonic() - self._began)
        return f"somebody waited for a core in {share:.0%} of the time"

    @staticmethod
    def _total() -> float:
        """Return the seconds since the machine started, as Linux counts them; 0 where it does not."""
        file = Path("/proc/pressure/cpu")
        return int(file.read_text("ascii").split()[4].removeprefix("total=")) / 1e6 if file.exists() else 0.0


def path_of(hour: ClassHour) -> str:
    """Return where the page of a class hour is."""
    return f"/hours/{hour.section}/{hour.date}/{hour.period}"


class Answer(NamedTuple):
    """What a page answered. seconds: from the request to its last byte. bytes: of its body."""

    status: int
    html: str
    seconds: float
    bytes: int


class LiveHall:
    """A hall with a class hour that runs, and what would be said of it."""

    def __init__(self, number: int, students: int, now: datetime, settings: Settings) -> None:
        starts_at = (now - RAN).replace(second=0, microsecond=0)
        self.hour = ClassHour(
            section=f"EA{number:04}-1", hall=f"E{number:04}", date=starts_at.astimezone(settings.zone).date(),
            period=1, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=50),
        )  # fmt: skip
        self.students = [
            Student(student_id=f"{number:05}{each:04}", name=f"학생 {each:03}") for each in range(students)
        ]
        self._number, self._settings, self._chance, self._version = number, settings, Random(number), 0
        known = {"section": self.hour.section, "hall": self.hour.hall, "date": self.hour.date, "period": 1}
        self._known = known | {"class_hour": self.hour.id, "final": False}
        self._row = decode(example("attendance"), Attendance)
        self._coverage = decode(example("coverage"), Coverage)
        self._seen = decode(example("observation"), Observation)

    @property
    def path(self) -> str:
        """Where its page is."""
        return path_of(self.hour)

    def past(self) -> list[ClassHour]:
        """Return its class hours of the term that has gone by."""
        days = [MONDAY + timedelta(weeks=week, days=day) for week, day in product(range(WEEKS), range(HOURS_A_WEEK))]
        began = [datetime(each.year, each.month, each.day, self._number % 9, tzinfo=UTC) for each in days]
        return [
            replace(self.hour, date=day, starts_at=at, ends_at=at + timedelta(minutes=50))
            for day, at in zip(days, began, strict=True)
        ]

    def reference(self) -> Iterator[Record]:
        """Yield who takes the class hour, and when and where it is."""
        roster = Roster(section=self.hour.section, students=tuple(self.students))
        yield self._settings.topic("rosters"), self.hour.section.encode(), encode(roster), None, None
        for hour in (self.hour, *self.past()):
            day = HallDay(hall=hour.hall, date=hour.date, hours=(hour,))
            yield self._settings.topic("timetable"), f"{day.hall}|{day.date}".encode(), encode(day), None, None

    def judged(self, share: float, said_by: str = "camera") -> list[Record]:
        """Return what a judgement of the hour tells: its coverage, and the rows of a part of the students.

        said_by: stands in the tiles of these rows, and nowhere else on the page.
        """
        self._version += 1
        covered = replace(
            self._coverage, **self._known, gaps=(), version=self._version, frames=self._version,
            starts_at=self.hour.starts_at, ends_at=self.hour.ends_at,
        )  # fmt: skip
        count = round(share * len(self.students))
        rows = [self._judged(each, said_by) for each in self._chance.sample(self.students, count)]
        return [*map(self._record, rows), self._record(covered)]

    def seen(self, at: datetime) -> Record:
        """Return what recognise says of a frame of now in which three of four students are named."""
        seen = self._chance.sample(self.students, len(self.students) * 3 // 4)
        faces = tuple(
            Face(box=(40 * (each % 40), 60 * (each // 40), 40 * (each % 40) + 30, 60 * (each // 40) + 36), score=0.9,
                 student=student.student_id)
            for each, student in enumerate(seen)
        )  # fmt: skip
        return self._record(
            replace(
                self._seen, hall=self.hour.hall, class_hour=self.hour.id, captured_at=at, live=True,
                width=1920, height=1080, candidates=(), faces=faces,
            )
        )  # fmt: skip

    def _judged(self, student: Student, said_by: str) -> Attendance:
        late = self._chance.random() < 0.2
        left = self.hour.starts_at + timedelta(minutes=8) if self._chance.random() < 0.1 else None
        return replace(
            self._row, **self._known, student_id=student.student_id, name=student.name, source=said_by,
            verdict="late" if late else "present", arrived_at=self.hour.starts_at + timedelta(minutes=3 if late else 0),
            departed_at=left, absences=(), review=False, version=self._version, judged=None,
        )  # fmt: skip

    def _record(self, message: Message) -> Record:
        match message:
            case Attendance():
                key = f"live|{message.class_hour}|{message.student_id}"
            case Coverage():
                key = f"live|{message.class_hour}"
            case _:
                return self._settings.topic("sightings"), self.hour.hall.encode(), encode(message), None, None
        return self._settings.topic("attendance"), key.encode(), encode(message), None, None


class DeskSite:
    """A site whose parts are started one by one; a professor who teaches all of its sections."""

    def __init__(self, stack: ExitStack, halls: int = HALLS, students: int = STUDENTS) -> None:
        """stack: ends what was started."""
        folder = Path(stack.enter_context(TemporaryDirectory()))
        broker = Broker(folder / "broker")
        broker.start()
        stack.callback(broker.stop)
        home = folder / "home"
        home.mkdir()
        prefix, port = f"b{secrets.token_hex(4)}", free_row(1)
        self.settings = Settings(home=home, kafka=broker.settings.bootstrap, prefix=prefix, desk_port=port)
        known = {"kafka": self.settings.kafka, "prefix": prefix}
        lines = [f'{name} = "{value}"\n' for name, value in known.items()]
        (home / "naul.toml").write_text("".join([*lines, f"desk_port = {port}\n"]), "utf-8")
        create_topics(self.settings)
        create_keys(self.settings.key_file, lambda: datetime.now(UTC))
        self._stack = stack
        now = datetime.now(UTC)
        self.halls = [LiveHall(number, students, now, self.settings) for number in range(halls)]
        self.tell(each for hall in self.halls for each in hall.reference())
        self.token = self._professor([hall.hour.section for hall in self.halls], now)

    def fill(self) -> None:
        """Store what was said of the term that has gone by; nobody else has the store yet."""
        fill(self.settings, len(self.halls), WEEKS, HOURS_A_WEEK, len(self.halls[0].students))

    def tell(self, records: Iterator[Record] | list[Record]) -> None:
        """Put records into the topics."""
        send(self.settings, records)

    def start(self, part: str, program: tuple[str, ...] = ("-m", "infra.cli.main")) -> subprocess.Popen[bytes]:
        """Start a part, and return its process when it is ready. program: how Python is given the command."""
        line = [sys.executable, *program, "worker", part, "--home", str(self.settings.home)]
        log = self.settings.home / f"{part}.log"
        with log.open("ab") as written:
            process = subprocess.Popen(bound_to_parent(line), stdout=written, stderr=written)
        self._stack.callback(end, process)
        name = part if part == "desk" else f"{part}-{self.settings.slot}"
        while ready_pid(self.settings, name) != process.pid:
            if process.poll() is not None:
                raise RuntimeError(f"{part} ended:\n{log.read_text('utf-8')}")
            time.sleep(0.02)
        return process

    def stored(self) -> None:
        """Return when the sink has stored what is in the topics."""
        with Cluster(self.settings) as cluster:
            while cluster.lag(STAGES[-1]):
                time.sleep(0.05)

    @property
    def address(self) -> str:
        """Of the desk, as a browser is given it."""
        return f"http://127.0.0.1:{self.settings.desk_port}"

    @property
    def headers(self) -> dict[str, str]:
        """What a browser of the professor sends."""
        return {"cookie": f"naul-session={self.token}", "accept": "text/html", "accept-language": "ko"}

    def get(self, path: str, *, nobody: bool = False) -> Answer:
        """Ask for a page, whole. nobody: as somebody who is not signed in."""
        connection = http.client.HTTPConnection("127.0.0.1", self.settings.desk_port, timeout=60)
        began = time.perf_counter()
        try:
            connection.request("GET", path, headers={"accept": "text/html"} if nobody else self.headers)
            response = connection.getresponse()
            body = response.read()
            return Answer(response.status, body.decode("utf-8"), time.perf_counter() - began, len(body))
        finally:
            connection.close()

    def post(self, path: str, **fields: str) -> Answer:
        """Send a form, and return what came, whole; a file is no HTML, and its bytes are not told."""
        connection = http.client.HTTPConnection("127.0.0.1", self.settings.desk_port, timeout=120)
        headers = self.headers | {"content-type": "application/x-www-form-urlencoded"}
        began = time.perf_counter()
        try:
            connection.request("POST", path, urlencode({"csrf": csrf_token(self.token), **fields}), headers)
            response = connection.getresponse()
            body = response.read()
            return Answer(response.status, "", time.perf_counter() - began, len(body))
        finally:
            connection.close()

    @contextmanager
    def seen_by(self, token: str) -> Iterator[None]:
        """Ask as another one for a while."""
        mine, self.token = self.token, token
        try:
            yield
        finally:
            self.token = mine

    def _professor(self, sections: list[str], now: datetime) -> str:
        add_account(self.settings, NewAccount(name="kim", roles=("professor",)), now)
        give_sections(self.settings, "kim", "professor", *sections)
        return open_session(self.settings, "kim", Origin(), now).token


def end(process: subprocess.Popen[bytes]) -> None:
    """Have a part end, and wait for it."""
    process.terminate()
    process.wait()
