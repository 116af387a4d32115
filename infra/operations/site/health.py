"""How a site is, for pages: asked every few seconds however many look, and what it was before a part went away."""

import re
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from infra.operations.dead_letters.dead_letter_queue import RefusedMessage, waiting_letters
from infra.operations.dead_letters.letter_reasons import in_the_bytes, told_reason
from infra.operations.site.site_status import FramesOfLate, SiteStatus, site_status
from infra.operations.webhooks.webhook_endpoints import GivenUpWebhook, given_up_webhooks
from schemas.dead_letters import ORIGINAL
from schemas.errors import NaulError, UnavailableError
from schemas.settings import Settings

__all__ = ["HealthWatch", "SiteHealth", "WaitingLetter"]

FRESH: Final = timedelta(seconds=5)
"""How old an answer may be: whoever looks sooner is shown the same one."""
SHOWN: Final = 50
"""Letters that are told one by one, the newest."""

_LONG_NUMBER = re.compile(r"\b\d{5,}\b")


class WaitingLetter(NamedTuple):
    """A dead letter without its content. again: it is refused for what it is, so it would be refused again.

    reason: in English, as it was written. taken_at: when a frame was captured.
    """

    offset: int
    refused_at: datetime
    stage: str
    hall: str
    camera: str
    taken_at: datetime | None
    reason: str
    again: bool

    def told(self, settings: Settings, language: str) -> str:
        """Return the reason in a language."""
        return told_reason(msgspec.structs.replace(settings, language=language), self.reason).partition("\n")[0]


class SiteHealth(NamedTuple):
    """A site as it is, and as it was.

    at: when ``now`` was asked. before, before_at: the last answer in which Kafka took part, which is ``now`` unless it
    is away; None: it never answered. letters: of that time, the newest last; more: older ones that wait, too.
    given_up: addresses of other systems that are told nothing any more.
    """

    now: SiteStatus
    at: datetime
    before: SiteStatus | None
    before_at: datetime | None
    letters: tuple[WaitingLetter, ...] = ()
    more: int = 0
    given_up: tuple[GivenUpWebhook, ...] = ()


class HealthWatch:
    """Asks for whoever looks. Any number of threads may."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._settings, self._clock = settings, clock
        self._lock = threading.Lock()
        self._known: SiteHealth | None = None
        self._of_late = FramesOfLate()

    def look(self, *, anew: bool = False) -> SiteHealth:
        """Return how the site is. A part that is away is in the answer. anew: something was changed just now."""
        with self._lock:
            now = self._clock()
            if self._known is None or anew or now - self._known.at >= FRESH:
                self._known = self._ask(now)._replace(given_up=self._given_up())
            return self._known

    def _ask(self, now: datetime) -> SiteHealth:
        status, known = site_status(self._settings, now, self._of_late), self._known
        if not status.unavailable:
            try:
                letters = [_without_content(each) for each in waiting_letters(self._settings)]
            except UnavailableError as error:
                status = msgspec.structs.replace(status, unavailable=error.message)
            else:
                return SiteHealth(status, now, status, now, tuple(letters[-SHOWN:]), max(0, len(letters) - SHOWN))
        if known is None:
            return SiteHealth(status, now, None, None)
        return known._replace(now=status, at=now)

    def _given_up(self) -> tuple[GivenUpWebhook, ...]:
        with suppress(NaulError):  # the file is being written, or is none; what was known stays
            return given_up_webhooks(self._settings)
        return self._known.given_up if self._known else ()


def _without_content(letter: RefusedMessage) -> WaitingLetter:
    """Leave out content and key: of marks and enrolments they name students."""
    hall, camera = (letter.text(f"{ORIGINAL}{name}") for name in ("hall", "camera"))
    reason = letter.reason if camera else _LONG_NUMBER.sub("…", letter.reason)
    taken_at = letter.taken_at()
    again = in_the_bytes(letter.reason)
    return WaitingLetter(letter.offset, letter.refused_at, letter.stage, hall, camera, taken_at, reason, again)
