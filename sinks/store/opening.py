"""Opens the store that the settings name: to own it, or only to read."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.errors import StoreAwayError
from schemas.settings import Settings
from schemas.translations import Text
from sinks.store.embedded import EmbeddedStore, InUseError
from sinks.store.loopback import read_address
from sinks.store.migrations import migrate
from sinks.store.old_parts import drop_old_parts_soon, forget_old_statements
from sinks.store.port import MIGRATES_WITHIN, Store
from sinks.store.remote import RemoteStore
from sinks.store.time_to_live import keep_for

if TYPE_CHECKING:
    from sinks.store.server import ServerStore

__all__ = ["is_there", "open_for_reading", "open_store", "store_directory"]

PATIENCE = 10.0
"""Seconds to wait for an owner that is starting or ending; it takes one or two."""


def store_directory(settings: Settings) -> Path:
    """Return the directory of the embedded store."""
    return settings.home / "store"


def is_there(settings: Settings) -> bool:
    """Whether anything was ever stored; a server is taken to be there."""
    return settings.store != "embedded" or store_directory(settings).is_dir()


def open_store(settings: Settings, lock: Callable[[], AbstractContextManager[None]] = nullcontext) -> Store:
    """Open the store for writing, with its tables as this version knows them.

    lock: held while tables of a server are made or changed; others may open it at the same time.

    Raises:
        UnavailableError: the server does not answer, or another process owns the directory.
        RefusedError: it was written by a newer version.
    """
    if settings.store != "embedded":
        return _migrated_server(settings, lock)
    store = EmbeddedStore(store_directory(settings), settings.prefix)
    try:
        _bring_up(store, settings, alone=True)
    except BaseException:
        store.close()
        raise
    return store


def open_for_reading(
    settings: Settings, *, clock: Callable[[], float] = time.monotonic, wait: Callable[[float], None] = time.sleep
) -> Store:
    """Open the store for questions: the server, or the sink that owns the directory, or else the directory itself.

    Raises:
        UnavailableError: nothing has been stored yet, or its owner does not answer.
    """
    if not is_there(settings):
        raise StoreAwayError(
            Text("nothing has been stored in {home} yet", home=settings.home),
            "Start with `naul up`, or name another --home.",
        )
    if settings.store != "embedded":
        from sinks.store.server import ServerStore  # as below

        return ServerStore(settings, reading=True)
    until = clock() + PATIENCE
    while True:
        address = read_address(settings)
        if address is not None:
            remote = RemoteStore(address)
            if remote.alive():  # else it ended without a word: the file is a leftover
                return remote
        try:
            return open_store(settings)
        except InUseError:
            if clock() > until:
                raise
            wait(0.1)


def _bring_up(
    store: Store, settings: Settings, lock: Callable[[], AbstractContextManager[None]] = nullcontext, *, alone: bool
) -> None:
    migrate(store, lock=lock)
    if drop_old_parts_soon(store, alone=alone):
        forget_old_statements(store)
    keep_for(store, settings.keep_stored_sightings)


def _migrated_server(settings: Settings, lock: Callable[[], AbstractContextManager[None]]) -> ServerStore:
    # Its driver takes an eighth of a second: only who has a server pays.
    from sinks.store.server import ServerStore

    if settings.store_replicated:
        from sinks.store.replicas import bring_up

        return ServerStore(settings, bring_up=partial(bring_up, settings, lock))
    with ServerStore(settings, answers_within=MIGRATES_WITHIN) as patient:
        patient.create_database()
        _bring_up(patient, settings, lock, alone=False)
    return ServerStore(settings)
