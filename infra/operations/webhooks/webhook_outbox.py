"""What is to be sent to whom, in the file of the desk until it is taken: whoever is killed has lost nothing."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec

from infra.operations.accounts.desk_database import database_file, reading, scrub, stamp, writing
from infra.operations.class_hours.happenings import Happening
from infra.operations.webhooks.webhook_endpoints import WebhookEndpoint, webhooks_in
from schemas.settings import Settings

__all__ = ["GIVE_UP", "WaitingWebhook", "body_of", "due_now", "enqueue", "forget_deliveries", "note", "pause"]

GIVE_UP: Final = timedelta(days=3)
"""After so long the address is given up; a person enables it again."""

FIRST, LONGEST = timedelta(seconds=5), timedelta(hours=6)

ROUND: Final = 20
"""Messages of one address that are sent before others have their turn."""

Names = Callable[[str], str]
"""Returns what a student (an id) is called."""


class WaitingWebhook(NamedTuple):
    """A message for an address. id: ``webhook-id``. tries: that failed. since: when it was sent first, or is."""

    endpoint: WebhookEndpoint
    id: str
    body: str
    tries: int
    since: int


def pause(tries: int) -> timedelta:
    """Return how long is waited after so many tries that failed, from 1. Pure: whoever sends adds some chance."""
    return min(FIRST * int(4 ** min(tries - 1, 10)), LONGEST)


def body_of(it: Happening, names: Names | None) -> str:
    """Return the message that tells a happening. names: None: ids alone."""
    data: dict[str, Any] = msgspec.to_builtins(it)
    del data["type"], data["id"]
    if names and it.student_id:
        data["name"] = names(it.student_id)
    for each in data["marks"] if names else ():
        each["name"] = names(each["student_id"]) if names else ""
    told = {"type": it.type, "timestamp": data["at"], "data": data}
    return msgspec.json.encode(told).decode()


def enqueue(settings: Settings, happened: Iterable[tuple[Happening, datetime]], names: Names) -> int:
    """Keep what is to be told, and return how many messages that are; all of it or nothing. What waits stays as it is.

    happened: each with when Kafka got it.

    Raises:
        UnavailableError: the file cannot be written now.
    """
    with reading(settings) as database:
        wanted = [
            (each, it, recorded)
            for it, recorded in happened
            for each in webhooks_in(database)
            if each.wants(it, recorded)
        ]
    rows = [
        (
            each.number,
            it.id,
            body_of(it, names if each.named else None),
            msgspec.json.encode(_students(it)).decode(),
            stamp(recorded),
        )
        for each, it, recorded in wanted
    ]
    if rows:
        with writing(settings) as database:
            there = {number for (number,) in database.execute("SELECT id FROM webhooks")}
            database.executemany(
                "INSERT OR IGNORE INTO deliveries (webhook, id, body, students, since, due) VALUES (?, ?, ?, ?, ?, 0)",
                [row for row in rows if row[0] in there],
            )
    return len(rows)


def due_now(settings: Settings, now: datetime) -> Mapping[int, list[WaitingWebhook]]:
    """Return what is to be sent now, by endpoint; of each some, those that wait longest first.

    Raises:
        UnavailableError: the file cannot be read now.
    """
    asked = "SELECT id, body, tries, since FROM deliveries WHERE webhook = ? AND due <= ? ORDER BY since, id LIMIT ?"
    with reading(settings) as database:
        return {
            each.number: [
                WaitingWebhook(each, *row)
                for row in database.execute(asked, (each.number, stamp(now), ROUND)).fetchall()
            ]
            for each in webhooks_in(database)
            if not each.disabled
        }


def note(
    settings: Settings, sent: Collection[WaitingWebhook], failed: WaitingWebhook | None, why: str, due: datetime
) -> None:
    """Let go of what was taken, and keep what was not until ``due``. why: of what failed; 410 ends it at once.

    Raises:
        UnavailableError: the file cannot be written now; what was taken is sent again.
    """
    with writing(settings) as database:
        database.executemany(
            "DELETE FROM deliveries WHERE webhook = ? AND id = ?", [(each.endpoint.number, each.id) for each in sent]
        )
        if failed is None:
            return
        database.execute(
            "UPDATE deliveries SET tries = tries + 1, due = ? WHERE webhook = ? AND id = ?",
            (stamp(due), failed.endpoint.number, failed.id),
        )
        if why == "410" or stamp(due) - failed.since > GIVE_UP // timedelta(microseconds=1):
            database.execute("UPDATE webhooks SET disabled = ? WHERE id = ?", (why, failed.endpoint.number))


def forget_deliveries(settings: Settings, erased: Callable[[str], bool]) -> int:
    """Let go of messages about students who were erased, and return how many that were."""
    if not database_file(settings).exists():
        return 0
    with writing(settings) as database:
        rows = database.execute("SELECT webhook, id, students FROM deliveries").fetchall()
        gone = [(hook, name) for hook, name, students in rows if any(map(erased, msgspec.json.decode(students)))]
        database.executemany("DELETE FROM deliveries WHERE webhook = ? AND id = ?", gone)
    if gone:
        scrub(settings)
    return len(gone)


def _students(it: Happening) -> list[str]:
    return [*filter(None, [it.student_id]), *(each.student_id for each in it.marks)]
