"""The part that keeps a machine's promises of erasure: ``naul worker housekeeping``, which ``naul up`` starts too.

It has Kafka begin segments, so that compaction reaches what was erased, deletes what this home keeps of people who were
erased on any machine, and rows of workers that went, and finishes a rotation of the key that was broken off. Killed at
any moment, it goes on.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from infra.machine.compaction import roll
from infra.machine.kafka.permissions import writable
from infra.operations.privacy.follow_erasures import follow_erasures
from schemas.errors import NaulError
from schemas.pulse import PULSE
from schemas.settings import Settings
from streams.faces.key_file import read_keys
from streams.runtime.row_folder import delete_unused, state_folder

__all__ = ["keep_promises", "run"]

log = logging.getLogger("naul")

LOOK_EVERY = timedelta(minutes=1)
"""How soon a machine hears of an erasure."""

WORKERS_START = timedelta(minutes=5)
"""Workers that start beside it say by then which folders of rows they use."""

LONGEST_TURN = 3600.0
"""Seconds after which this part is taken to be hung: sealing tens of thousands of templates anew takes minutes."""


def run(settings: Settings, *, on_ready: Callable[[], None]) -> None:
    """Work until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    keep_promises(settings, stop, on_ready=on_ready)


def keep_promises(settings: Settings, stop: threading.Event, *, on_ready: Callable[[], None] = lambda: None) -> None:
    """Work until told to stop. Whatever is away is waited for."""
    look_every = min(LOOK_EVERY, settings.retention.roll_every)
    since, rolled = time.monotonic(), float("-inf")
    PULSE.longest_turn = LONGEST_TURN
    on_ready()
    while not stop.is_set():
        PULSE.turned()
        try:
            if time.monotonic() - rolled >= settings.retention.roll_every.total_seconds():
                roll(settings)
                _go_on_sealing_anew(settings)
                rolled = time.monotonic()
            if time.monotonic() - since >= WORKERS_START.total_seconds():
                delete_unused(state_folder(settings.home).glob("*/*"), settings.erase_within / 2)
            followed = follow_erasures(settings)
            for each in followed.replays:
                log.info("gave up the replay %s: somebody was erased", each)
        except NaulError as error:
            log.warning("%s; trying again", error)
            PULSE.waits("kafka")
        else:
            PULSE.progressed()
        stop.wait(look_every.total_seconds())


def _go_on_sealing_anew(settings: Settings) -> None:
    """Finish a rotation that was broken off, and what was enrolled meanwhile by whoever still had the old key."""
    enrollments = settings.topic("enrollments")
    two_keys = settings.key_file.exists() and len(read_keys(settings.key_file).sealing) > 1
    if two_keys and enrollments in writable(settings, [enrollments]):  # else it is for a machine that enrols
        from infra.operations.privacy.rotate_key import reseal  # 100 MB: only who has something to seal pays for it

        if count := reseal(settings):
            log.info("sealed %d enrolments anew", count)
