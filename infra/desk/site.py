"""What all requests of the desk share, and how one of them becomes a page."""

import asyncio
import logging
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import cache, lru_cache, partial
from hashlib import sha256
from importlib import resources
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from babel.dates import format_date
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from infra.desk.hall_events import LivePages
from infra.desk.languages import locale
from infra.desk.navigation import page_links, with_pages
from infra.machine.scratch import sweep_scratch
from infra.operations.accounts.audit import AuditLog
from infra.operations.accounts.audit_texts import detail_text
from infra.operations.appeals.appeal_register import AppealRegister
from infra.operations.appeals.appeals import Registers
from infra.operations.class_hours.doubt_texts import doubt_text
from infra.operations.class_hours.frame_pictures import FramePictures
from infra.operations.class_hours.hour_register import HourRegister
from infra.operations.class_hours.labels import reason_text
from infra.operations.class_hours.live_halls import LiveHalls
from infra.operations.class_hours.looks import LookFinder
from infra.operations.class_hours.site_calendar import SiteCalendar
from infra.operations.people.photo_job import sweep_photos
from infra.operations.reference.waiting_loads import sweep_loads
from infra.operations.site.away_texts import told_of
from infra.operations.terms.deadlines import last_day
from schemas.errors import NaulError, UnavailableError
from schemas.settings import Settings
from schemas.translations import LANGUAGES, say, translations
from sinks.rows import FIRST_DAY, LAST_DAY

__all__ = ["Desk", "day_asked", "desk_of", "inside", "macros", "page", "told_in_words"]

log = logging.getLogger(__name__)


T = TypeVar("T")

DAYS = 2048
"""Days that are kept as they are written: a term's, in each style. A page of a term names some hundreds."""

REFRESH = 2.0
"""Seconds until a timetable or roster that was loaded is on the pages, at most."""


class Desk:
    """One desk: its site, and what it keeps warm.

    clock: the time as the desk takes it. boot: tells this process from those before it.
    """

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Read timetable and rosters.

        Raises:
            UnavailableError: the broker does not answer.
        """
        self.settings = settings
        self.clock = clock
        self.pages = LivePages(f"{clock().timestamp():.0f}")
        self.calendar = SiteCalendar(settings)
        self.live = LiveHalls(settings, self._changed, self._let_go)
        self.audit = AuditLog(settings)
        self.register = HourRegister(settings)
        self.appeals = AppealRegister(settings)
        self.looks = LookFinder(settings)
        self.frames = FramePictures(settings)
        self.warm = threading.Event()
        """What is kept in memory was read: no first page waits for it."""
        self.drawn: list[Callable[[], None]] = []
        """What lets go of pages as they were drawn, with names of students."""
        self._erased = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._kept: dict[str, Any] = {}
        self._making = threading.Lock()
        self._stop = threading.Event()
        self._reader = threading.Thread(target=self._read, name="calendar", daemon=True)

    def start(self) -> None:
        """Begin to follow the halls. Called on the event loop that serves."""
        self._loop = asyncio.get_running_loop()
        self._reader.start()
        self.live.start()

    def close(self) -> None:
        """End."""
        self._loop = None
        self._stop.set()
        self.pages.close()
        self.live.close()
        self._reader.join()
        kept = [each for each in self._kept.values() if hasattr(each, "close")]
        for each in (*kept, self.calendar, self.audit, self.register, self.appeals, self.looks, self.frames):
            each.close()

    def kept(self, name: str, make: Callable[["Desk"], T]) -> T:
        """Return what a page keeps warm, made when it is first asked for."""
        with self._making:
            if name not in self._kept:
                self._kept[name] = make(self)
            found: T = self._kept[name]
            return found

    @property
    def registers(self) -> Registers:
        """Class hours with their marks, and what students contest."""
        return Registers(self.register, self.appeals)

    @property
    def today(self) -> date:
        """The date in the site's zone."""
        return self.clock().astimezone(self.settings.zone).date()

    def catch_up(self) -> None:
        """Know at once what was just loaded; while Kafka is away the next reading does."""
        with suppress(UnavailableError):
            self.calendar.refresh()

    def _changed(self, halls: Collection[str]) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.pages.changed, halls)

    def _let_go(self) -> None:
        """Keep nothing of what was drawn before somebody was erased; once more when the rosters were read, too."""
        self._erased.set()
        for each in self.drawn:
            each()

    def _read(self) -> None:
        sweep_scratch(self.settings.home)
        sweep_loads(self.settings)
        sweep_photos(self.settings)
        with suppress(UnavailableError):  # whoever asks then reads it
            self.register.warm()
            self.appeals.now()
        self.warm.set()
        while not self._stop.wait(REFRESH):
            erased = self._erased.is_set()
            try:
                self.calendar.refresh()
                self.appeals.now()
                if erased:
                    self.register.warm()
                    self._let_go()
                    self._erased.clear()
            except UnavailableError as error:  # the live halls say so on the pages
                log.info("timetable and rosters are from before: %s", error)


def desk_of(request: Request) -> Desk:
    """Return the desk that a request came to."""
    desk: Desk = request.app.state.desk
    return desk


def day_asked(request: Request, name: str, usual: date) -> date:
    """Return the day of the query of a request, or the nearest that a row can have; what is none is the usual one."""
    try:
        asked = date.fromisoformat(request.query_params.get(name, ""))
    except ValueError:
        return usual
    return min(max(asked, FIRST_DAY), LAST_DAY)


def inside(back: str) -> str:
    """Return a path of this desk; whatever leads elsewhere is the first page."""
    return back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/"


def page(request: Request, template: str, status: int = 200, **said: Any) -> HTMLResponse:
    """Answer a request with a page in its language."""
    known = {
        "language": request.state.language,
        "languages": LANGUAGES,
        "visitor": request.state.visitor,
        "path": request.url.path,
        "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "desk": desk_of(request),
        "page_links": page_links(request.state.visitor.person) if request.state.visitor else [],
    }
    desk, person = desk_of(request), request.state.visitor and request.state.visitor.person
    known["waiting"] = {"/appeals": len(desk.appeals.known.to_answer(person)) if person else 0}
    template_ = _environment(request.state.language, desk_of(request).settings.zone).get_template(template)
    return HTMLResponse(template_.render(known | said), status)


def told_in_words(request: Request, error: NaulError) -> tuple[str, str]:
    """Return what is wrong, and the remedy, in the language of a request; the log has the rest."""
    what, remedy = told_of(error)
    if what != error.message:
        log.warning("%s %s: %s", request.method, request.url.path, error)
    language = request.state.language
    return say(language, what), with_pages(language, say(language, remedy))


def macros(desk: Desk, language: str, template: str) -> Any:
    """Return the macros of a template, in a language: parts of a page, each by a call."""
    return _environment(language, desk.settings.zone).get_template(template).module


@cache
def _environment(language: str, zone: ZoneInfo) -> Environment:
    found = Environment(
        loader=PackageLoader("infra.desk"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]

    def clock(moment: datetime | None, pattern: str = "%H:%M") -> str:
        return f"{moment.astimezone(zone):{pattern}}" if moment else ""

    @lru_cache(maxsize=DAYS)
    def day(of: date, style: str = "full") -> str:
        return format_date(of, style, locale=locale(language))

    def day_of(moment: datetime) -> date:
        return moment.astimezone(zone).date()

    def share(part: float) -> str:
        return f"{part:.0%}"

    def amount(of: float) -> str:
        return f"{float(of):.1f}".removesuffix(".0")

    own = {"clock": clock, "day": day, "day_of": day_of, "share": share, "amount": amount, "last_day": last_day}
    found.filters |= own
    found.globals |= {
        "say": partial(say, language),
        "asset": _asset,
        "doubt": partial(doubt_text, language),
        "detail": partial(detail_text, language),
        "reason_text": partial(reason_text, language),
    }
    return found


@cache
def _asset(name: str) -> str:
    """Return the address of a file of ``static``; it changes when the file does."""
    content = resources.files("infra.desk").joinpath("static", name).read_bytes()
    return f"/static/{name}?{sha256(content).hexdigest()[:12]}"
