"""The part that tells other systems what happens: ``naul worker webhooks``, which ``naul up`` starts too.

A record becomes messages in the file of the desk before its offset is committed, and a message leaves the file when it
was taken. So whatever is killed, and whenever, everything is sent at least once, and the same always with the same id.
"""

import logging
import random
import signal
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from kafka.errors import AuthorizationError, KafkaError

from enrollment.loaded import rosters
from infra.operations.class_hours.happenings import TOPICS, Happening, happening_of
from infra.operations.webhooks.webhook_outbox import WaitingWebhook, due_now, enqueue, note, pause
from infra.operations.webhooks.webhook_sender import send_webhook
from schemas.cluster import consumer, forbidden, session_ms
from schemas.errors import BadMessageError, UnavailableError
from schemas.messages import Attendance, Coverage, MarkBatch, Presence, decode
from schemas.metrics import RECONNECTS, WEBHOOKS
from schemas.pulse import PULSE
from schemas.settings import Settings

__all__ = ["GROUP", "deliver", "run", "send_due"]

log = logging.getLogger("naul")

GROUP = "webhooks"
POLL_MS = 500
AGAIN = 1.0
"""Seconds until a broker that was away is asked again."""
SIDE_BY_SIDE = 4
"""Addresses that are told at once: one that is slow holds up no other for longer than its round."""


def run(settings: Settings, *, on_ready: Callable[[], None]) -> None:
    """Work until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    deliver(settings, stop, on_ready=on_ready)


def deliver(settings: Settings, stop: threading.Event, *, on_ready: Callable[[], None] = lambda: None) -> None:
    """Work until told to stop. Whatever is away is waited for."""
    on_ready()
    while not stop.is_set():
        try:
            _follow(settings, stop)
        except AuthorizationError as error:
            raise forbidden(settings, error) from error  # who starts it again is told what is missing
        except (UnavailableError, KafkaError) as error:
            log.warning("%s; trying again", error)
            RECONNECTS.labels("kafka").inc()
            PULSE.waits("kafka")
            stop.wait(AGAIN)


def _follow(settings: Settings, stop: threading.Event) -> None:
    # A group for each machine, for each has endpoints of its own; a stable member, so that a restart is no rebalance.
    group = settings.group(f"{GROUP}-{settings.slot}")
    options = {"group_instance_id": group, "session_timeout_ms": session_ms(settings), "max_poll_records": 500}
    with closing(consumer(settings, group, **options)) as client:
        client.subscribe([settings.topic(each) for each in TOPICS])
        while not stop.is_set():
            records = [each for found in client.poll(timeout_ms=POLL_MS).values() for each in found]
            PULSE.turned()
            PULSE.reached()
            PULSE.holds(frozenset((each.topic, each.partition) for each in client.assignment()))
            if records:
                enqueue(settings, _happened(records), _Names(settings))
                client.commit()
                PULSE.progressed()
            send_due(settings, datetime.now(UTC), stop)


def send_due(settings: Settings, now: datetime, stop: threading.Event) -> None:
    """Send what is due, of each address until one message is not taken.

    Raises:
        UnavailableError: the file of the desk cannot be read or written now.
    """
    waiting = [each for each in due_now(settings, now).values() if each]
    if waiting:
        with ThreadPoolExecutor(SIDE_BY_SIDE, "webhooks") as pool:
            list(pool.map(lambda each: _round(settings, each, now, stop), waiting))


def _round(settings: Settings, messages: list[WaitingWebhook], now: datetime, stop: threading.Event) -> None:
    sent = list[WaitingWebhook]()
    failed, why, due = None, "", now
    for each in messages:
        if stop.is_set():
            break
        why = send_webhook(settings, each, datetime.now(UTC))
        WEBHOOKS.labels("refused" if why else "taken").inc()
        PULSE.turned()
        if why:
            log.info("%s did not take %s: %s", each.endpoint.url, each.id, why)
            failed, due = each, now + pause(each.tries + 1) * random.uniform(1, 1.2)  # noqa: S311  not a secret
            break
        sent.append(each)
    note(settings, sent, failed, why, due)


class _Names:
    """What students are called; read when it is first asked for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: dict[str, str] | None = None

    def __call__(self, student: str) -> str:
        if self._known is None:
            self._known = {each.student_id: each.name for each in rosters(self._settings).students.values()}
        return self._known.get(student, "")


def _happened(records: Iterable[Any]) -> Iterable[tuple[Happening, datetime]]:
    for record in records:
        if record.value is None:
            continue
        try:
            found = happening_of(decode(record.value, Attendance | Coverage | Presence | MarkBatch))
        except BadMessageError:  # the stages put it aside
            continue
        if found:
            yield found, datetime.fromtimestamp(record.timestamp / 1000, UTC)
