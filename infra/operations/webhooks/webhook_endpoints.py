"""Who is told of what: addresses with a secret each, in the file of the desk, which nobody else can read."""

import base64
import secrets
import sqlite3
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from infra.operations.accounts.api_scopes import sections_of
from infra.operations.accounts.desk_database import from_stamp, reading, stamp, writing
from infra.operations.accounts.manage_accounts import Manager
from infra.operations.class_hours.happenings import HAPPENINGS, Happening
from schemas.errors import RefusedError
from schemas.settings import Settings
from schemas.texts import cleaned, nearest
from schemas.translations import Text
from sinks.reports import Table

__all__ = [
    "GivenUpWebhook",
    "NewWebhook",
    "WebhookEndpoint",
    "add_webhook",
    "enable_webhook",
    "given_up_webhooks",
    "remove_webhook",
    "waiting_for",
    "webhook_of",
    "webhook_table",
    "webhooks",
    "webhooks_in",
]

LONGEST = 500
"""Characters of an address."""


class WebhookEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An address that is told. events: of which types. sections: None: of all. named: names stand beside ids.

    disabled: why nothing is sent there any more; empty: it is.
    """

    number: int
    url: str
    secret: str
    events: frozenset[str]
    sections: frozenset[str] | None
    named: bool
    created: datetime
    disabled: str = ""

    def __repr__(self) -> str:
        return f"WebhookEndpoint({self.url!r}, secret hidden)"

    def wants(self, it: Happening, recorded: datetime) -> bool:
        """Whether it is told of a happening. recorded: when Kafka got it; what was before the endpoint is not told."""
        reached = self.sections is None or it.section in self.sections
        return not self.disabled and it.type in self.events and reached and recorded >= self.created


class NewWebhook(NamedTuple):
    """One that is wanted. events: names of types."""

    url: str
    events: Collection[str]
    sections: Collection[str] = ()
    named: bool = False


class GivenUpWebhook(NamedTuple):
    """An address that was given up. why: what it answered last. waiting: messages that are kept for it."""

    url: str
    why: str
    waiting: int


def add_webhook(settings: Settings, new: NewWebhook, by: Manager, now: datetime) -> WebhookEndpoint:
    """Add an address, with a secret of its own; on record before it holds.

    Raises:
        RefusedError: it is no address of the web, is there already, or an event is none.
        UnavailableError: it could not be put on record, or the file of the desk cannot be written. Nothing was done.
    """
    host = _host(new.url)
    for each in new.events:
        if each not in HAPPENINGS:
            near = nearest(each, HAPPENINGS)
            hint = Text("; did you mean {near}?", near=near) if near else ""
            raise RefusedError(
                Text("{text!r} is no event{hint}", text=each, hint=hint),
                Text("There are {names}.", names=", ".join(HAPPENINGS)),
            )
    sections = sections_of(new.sections)
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    kept = "" if sections is None else msgspec.json.encode(sorted(sections)).decode()
    with writing(settings) as database:
        if database.execute("SELECT 1 FROM webhooks WHERE url = ?", (new.url,)).fetchone():
            raise RefusedError(Text("{url} is told already", url=new.url), "Remove it first: `naul webhook remove`.")
        values = (new.url, secret, ",".join(sorted({*new.events})), kept, new.named, stamp(now))
        database.execute(
            "INSERT INTO webhooks (url, secret, events, sections, named, created) VALUES (?, ?, ?, ?, ?, ?)", values
        )
        by.tell(now, f"webhook to {host}")
        return _one(database, new.url)


def remove_webhook(settings: Settings, url: str, by: Manager, now: datetime) -> WebhookEndpoint:
    """Tell an address nothing more, and return what it was; what waits for it is gone.

    Raises:
        RefusedError: there is none such.
        UnavailableError: it is removed, and not on record; or the file of the desk cannot be written.
    """
    with writing(settings) as database:
        found = _one(database, url)
        database.execute("DELETE FROM webhooks WHERE id = ?", (found.number,))
    by.tell(now, f"no webhook to {_host(found.url)}")
    return found


def enable_webhook(settings: Settings, url: str, by: Manager, now: datetime) -> WebhookEndpoint:
    """Tell an address again that was given up, beginning with what waits for it.

    Raises:
        RefusedError: there is none such.
        UnavailableError: as ``add_webhook``.
    """
    with writing(settings) as database:
        found = _one(database, url)
        database.execute("UPDATE webhooks SET disabled = '' WHERE id = ?", (found.number,))
        database.execute("UPDATE deliveries SET due = 0, since = ? WHERE webhook = ?", (stamp(now), found.number))
        by.tell(now, f"webhook to {_host(found.url)}")
        return _one(database, url)


def webhooks(settings: Settings) -> tuple[WebhookEndpoint, ...]:
    """Return all, by address.

    Raises:
        UnavailableError: the file cannot be read now.
    """
    with reading(settings) as database:
        return webhooks_in(database)


def webhook_of(settings: Settings, url: str) -> WebhookEndpoint:
    """Return the one of an address.

    Raises:
        RefusedError: there is none such.
        UnavailableError: the file cannot be read now.
    """
    with reading(settings) as database:
        return _one(database, url)


def webhooks_in(database: sqlite3.Connection) -> tuple[WebhookEndpoint, ...]:
    """Return those of an open database."""
    columns = "id, url, secret, events, sections, named, created, disabled"
    return tuple(
        WebhookEndpoint(
            number=number,
            url=url,
            secret=secret,
            events=frozenset(events.split(",")),
            sections=frozenset(msgspec.json.decode(sections, type=list[str])) if sections else None,
            named=bool(named),
            created=from_stamp(created),
            disabled=disabled,
        )
        for number, url, secret, events, sections, named, created, disabled in database.execute(
            f"SELECT {columns} FROM webhooks ORDER BY url"  # noqa: S608  ours
        )
    )


def given_up_webhooks(settings: Settings) -> tuple[GivenUpWebhook, ...]:
    """Return those that are told nothing any more, until a person enables them.

    Raises:
        UnavailableError: the file cannot be read now.
    """
    return tuple(
        GivenUpWebhook(row["url"], row["given_up"], row["waiting"])
        for row in webhook_table(settings).dicts()
        if row["given_up"]
    )


def waiting_for(settings: Settings) -> dict[int, int]:
    """Return how many messages wait, by the number of the one they are for.

    Raises:
        UnavailableError: the file cannot be read now.
    """
    with reading(settings) as database:
        return _waiting(database)


def _waiting(database: sqlite3.Connection) -> dict[int, int]:
    return dict(database.execute("SELECT webhook, count(*) FROM deliveries GROUP BY webhook").fetchall())


def webhook_table(settings: Settings) -> Table:
    """Return the same as a table, with how much waits for each; nothing of a secret.

    Raises:
        UnavailableError: the file cannot be read now.
    """
    with reading(settings) as database:
        waiting = _waiting(database)
        rows = [
            (
                each.url,
                ", ".join(sorted(each.events)),
                ", ".join(sorted(each.sections or ())),
                each.named,
                each.created.astimezone(settings.zone),
                waiting.get(each.number, 0),
                each.disabled,
            )
            for each in webhooks_in(database)
        ]
    return Table(("url", "events", "sections", "names", "created", "waiting", "given_up"), rows)


def _one(database: sqlite3.Connection, url: str) -> WebhookEndpoint:
    known = {each.url: each for each in webhooks_in(database)}
    if url not in known:
        raise RefusedError(Text("{url} is not told anything", url=cleaned(url)), "`naul webhook list` shows who is.")
    return known[url]


def _host(url: str) -> str:
    """Return the host of an address.

    Raises:
        RefusedError: it is none of the web, or has a name and a password in it.
    """
    try:
        found = urlsplit(url)
        host, _ = found.hostname, found.port
    except ValueError:
        host = None
    plain = url.isascii() and url.isprintable() and " " not in url and "#" not in url and len(url) <= LONGEST
    if not host or not plain or found.scheme not in ("http", "https") or "@" in found.netloc:
        raise RefusedError(
            Text("{url!r} cannot be told anything", url=cleaned(url)), "Write it like https://example.ac.kr/hook."
        )
    return host
