"""What a machine keeps in files of somebody who was erased, perhaps on another machine, is deleted when it hears of it.

Every erasure stands in the topic ``erasures``. Each home notes up to where it has carried them out.
"""

import logging
import os
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from kafka import TopicPartition

from enrollment.erasure import forget_answers, student_digest
from infra.operations.accounts.accounts import forget_accounts
from infra.operations.people.photo_job import forget_photos
from infra.operations.privacy.given_up_replays import clear, give_up
from infra.operations.reference.waiting_loads import sweep_loads
from infra.operations.webhooks.webhook_outbox import forget_deliveries
from schemas.cluster import consumer, end_offsets, read
from schemas.errors import BadMessageError
from schemas.messages import Erased, decode
from schemas.settings import Settings
from schemas.topics import ROLL
from streams.faces.template_cipher import TemplateCipher

__all__ = ["SKEW", "Followed", "follow_erasures"]

log = logging.getLogger(__name__)

SKEW = timedelta(minutes=5)
"""Clocks of two machines may differ by so much: a replay begun so soon after an erasure is given up as well."""


class Followed(NamedTuple):
    """What was deleted here. replays: names of those that were given up. answers: of roll calls not yet sent.

    accounts: of the desk.
    """

    replays: list[str]
    answers: int
    accounts: int = 0


def follow_erasures(settings: Settings) -> Followed:
    """Carry out the erasures that this home has not heard of yet.

    Raises:
        UnavailableError: the broker or the store does not answer, or the desk is being read; calling again goes on.
        RefusedError: the key, the answers of a roll call, or the accounts of the desk cannot be read.
    """
    file = settings.home / "run" / "erasures"
    place = TopicPartition(settings.topic("erasures"), 0)
    with closing(consumer(settings)) as client:
        end = end_offsets(client, place.topic).get(place, 0)
        start = min(_read(file), end)
        erased = [found for each in read(settings, client, {place: start}, {place: end}) if (found := _erased(each))]
    followed = Followed([], 0)
    if erased:
        is_erased = _is_erased(settings, erased)
        sweep_loads(settings, all_of_them=True)  # rosters and photos that wait may name him
        forget_photos(settings)
        forget_deliveries(settings, is_erased)
        answers, accounts = forget_answers(settings.home, is_erased), forget_accounts(settings, is_erased)
        followed = Followed(give_up(settings, max(each.at for each in erased) + SKEW), answers, accounts)
    clear(settings)
    if end != start:
        _write(file, end)
    return followed


def _erased(record: Any) -> Erased | None:
    if record.key == ROLL or record.value is None:
        return None
    try:
        return decode(record.value, Erased)
    except BadMessageError as error:
        log.error("%s@%s: %s; it is passed over", record.topic, record.offset, error.message)
        return None


def _is_erased(settings: Settings, erased: Iterable[Erased]) -> Callable[[str], bool]:
    """Return what says of a student's id whether it was erased. Who cannot tell takes it for erased."""
    digests = {each.student for each in erased}
    if b"" in digests or not settings.key_file.exists():
        return lambda _: True
    cipher = TemplateCipher.open(settings.key_file)
    return lambda student: student_digest(cipher, student) in digests


def _read(file: Path) -> int:
    with suppress(OSError, ValueError):
        return int(file.read_text("ascii"))
    return 0


def _write(file: Path, offset: int) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.write_text(str(offset), "ascii")
    draft.replace(file)
