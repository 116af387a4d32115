"""A desk that serves: real Kafka, real sink, real pages in a real browser. What attend would say, the test says."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
import uvicorn
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, expect, sync_playwright

from infra.desk.app import build
from infra.desk.site import Desk
from infra.operations.accounts.accounts import NewAccount, add_account
from infra.operations.accounts.desk_sessions import create_link
from schemas.cluster import send
from schemas.messages import Attendance, ClassHour, Coverage, HallDay, Observation, Roster, Student, decode, encode
from schemas.settings import Settings
from sinks.store.loopback import Address, address_file
from streams.faces.key_file import create_keys
from tests.conftest import Broker, make_site
from tests.examples import example
from tests.integration.sinks.conftest import Site, sink_in_a_thread
from tests.tools.browser import chromium
from tests.tools.ports import free_row
from tests.tools.teaching import give_sections

NINE = datetime(2026, 3, 9, tzinfo=UTC)
HOUR = ClassHour(
    section="EA0017-1",
    hall="E101",
    date=date(2026, 3, 9),
    period=1,
    starts_at=NINE,
    ends_at=NINE + timedelta(minutes=50),
)
OTHERS = replace(HOUR, section="CS2001-2", hall="B12")
STUDENTS = tuple(
    Student(student_id=f"2019{number:05}", name=name)
    for number, name in enumerate(["김나얼", "이하나", "박둘", "최민서", "<img src=x onerror=alert(1)>"], 1)
)


class ServedDesk:
    """A desk on a port, whose clock the test sets."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.site = Site(settings)
        self.now = NINE + timedelta(minutes=10)
        self.desk = Desk(settings, lambda: self.now)
        config = uvicorn.Config(build(self.desk), port=settings.desk_port, log_config=None, timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="desk")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.desk_port}"

    @property
    def hour(self) -> str:
        """Where the page of the class hour is."""
        return f"{self.url}/hours/{HOUR.section}/{HOUR.date}/{HOUR.period}"

    def start(self) -> None:
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.02)
        assert self.desk.live.wait_until_read(30)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    def tell(self, *messages: Any) -> None:
        self.site.tell(*messages)

    def stored(self) -> None:
        """Return when the sink has stored what was told."""
        self.site.caught_up()

    def account(self, name: str, *roles: str, teaches: tuple[str, ...] = (), student: str = "") -> None:
        add_account(self.settings, NewAccount(name=name, roles=roles, student_id=student), self.now)
        give_sections(self.settings, name, "professor" if "professor" in roles else "assistant", *teaches)

    def link(self, name: str) -> str:
        return f"{self.url}/sign-in?once={create_link(self.settings, name, self.now)}"


def row(student: int, verdict: str = "present", **said: Any) -> Attendance:
    """What attend says of the n-th student."""
    who = STUDENTS[student]
    usual: dict[str, Any] = {
        "arrived_at": NINE if verdict in ("present", "late", "left_early") else None, "departed_at": None,
        "absences": (), "review": False, "reason": "", "doubts": (), "source": "camera", "final": False,
        "judged": None,
    }  # fmt: skip
    told = decode(example("attendance"), Attendance)
    return replace(told, student_id=who.student_id, name=who.name, verdict=verdict, **(usual | said))


def coverage(**said: Any) -> Coverage:
    usual: dict[str, Any] = {"gaps": (), "final": False, "ends_at": HOUR.ends_at, "starts_at": HOUR.starts_at}
    return replace(decode(example("coverage"), Coverage), **(usual | said))


def observation(**said: Any) -> Observation:
    usual: dict[str, Any] = {"hall": "E101", "class_hour": HOUR.id, "captured_at": NINE + timedelta(minutes=9)}
    return replace(decode(example("observation"), Observation), **(usual | said))


def write_home(settings: Settings) -> None:
    """Have the home say what its own processes are told; another desk of it listens elsewhere."""
    said = {"kafka": f'"{settings.kafka}"', "prefix": f'"{settings.prefix}"'}
    said |= {"recognise_threads": settings.recognise_threads, "desk_port": free_row(1)}
    text = "".join(f"{name} = {value}\n" for name, value in said.items() if value)
    (settings.home / "naul.toml").write_text(text, "utf-8")


@contextmanager
def served_desk(site: Settings) -> Iterator[ServedDesk]:
    """Two class hours, of which professor kim has one and lee the other; a registrar, a student, an engineer."""
    settings = replace(site, desk_port=free_row(1))
    write_home(settings)
    create_keys(settings.key_file, lambda: NINE)
    for hour, students in ((HOUR, STUDENTS), (OTHERS, STUDENTS[:2])):
        day = HallDay(hall=hour.hall, date=hour.date, hours=(hour,))
        roster = Roster(section=hour.section, students=students)
        send(
            settings,
            [
                (settings.topic("timetable"), f"{hour.hall}|{hour.date}".encode(), encode(day), None, None),
                (settings.topic("rosters"), hour.section.encode(), encode(roster), None, None),
            ],
        )
    with sink_in_a_thread(settings):
        served = ServedDesk(settings)
        served.account("kim", "professor", teaches=(HOUR.section,))
        served.account("lee", "professor", teaches=(OTHERS.section,))
        served.account("park", "assistant", teaches=(HOUR.section,))
        served.account("office", "registrar")
        served.account("tech", "engineer")
        served.account("naeol", "student", student=STUDENTS[0].student_id)
        served.start()
        try:
            yield served
        finally:
            served.stop()


@pytest.fixture
def desk(site: Settings) -> Iterator[ServedDesk]:
    """One of the test's own."""
    with served_desk(site) as served:
        yield served


@pytest.fixture(scope="module")
def shared_desk(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedDesk]:
    """One for all tests of a file, which change nothing in it that another one looks at."""
    with served_desk(make_site(broker, tmp_path_factory.mktemp("shared") / "home")) as served:
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of a file: while it is open no event loop can be run in this thread."""
    with sync_playwright() as tools:
        expect.set_options(timeout=60_000)  # of a machine that does much else; a test that passes waits for nothing
        opened = tools.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield opened
        opened.close()


SignedIn = Callable[..., Page]


@pytest.fixture
def signed_in(desk: ServedDesk, browser: Browser) -> Iterator[SignedIn]:
    """Opens a page for somebody, in a browser of his own; what goes wrong in its script fails the test."""
    with opener(desk, browser) as enter:
        yield enter


@contextmanager
def opener(desk: ServedDesk, browser: Browser) -> Iterator[SignedIn]:
    """Do what ``signed_in`` does, with a desk that is given."""
    wrong = list[str]()

    @contextmanager
    def errors(page: Page) -> Iterator[None]:
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(f"a dialog: {dialog.message}"))
        yield

    contexts = []

    def enter(name: str, **options: Any) -> Page:
        context = browser.new_context(**({"locale": "en-GB", "timezone_id": "Asia/Seoul"} | options))
        contexts.append(context)
        context.set_default_timeout(120_000)
        page = context.new_page()
        with errors(page):
            page.goto(desk.link(name))
            page.get_by_role("main").get_by_role("button").click()
        return page

    yield enter
    for each in contexts:
        each.close()
    assert wrong == []


@contextmanager
def store_away(settings: Settings, port: int = 9) -> Iterator[None]:
    """The store is said to be at another port: at 9 nobody listens."""
    file = address_file(settings)
    there = file.read_bytes()
    file.write_bytes(msgspec.json.encode(replace(msgspec.json.decode(there, type=Address), port=port)))
    try:
        yield
    finally:
        file.write_bytes(there)


@contextmanager
def store_silent(settings: Settings) -> Iterator[None]:
    """The store takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent, store_away(settings, silent.getsockname()[1]):
        yield
