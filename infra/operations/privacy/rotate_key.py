"""Another key for a site: it seals at once, what others sealed is sealed anew, and they go when nothing needs them.

Killed at any moment, it goes on when it is asked again: the key file is replaced whole, a template is read and sealed
anew under one message, and both keys open meanwhile.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any, NamedTuple

from enrollment.loaded import enrollments
from enrollment.portrayals import record
from enrollment.resealing import resealed, seals_of
from infra.operations.people.enrolment_lock import enrolments_held
from infra.operations.privacy.key_uses import KeyUse, key_uses
from schemas.cluster import Record, View, consumer, end_offsets, read, send
from schemas.errors import RefusedError
from schemas.messages import Enrollment, decode
from schemas.settings import Settings
from streams.faces.key_file import add_key, create_keys, drop_keys, read_keys
from streams.faces.template_cipher import TemplateCipher

__all__ = ["OnReseal", "Rotated", "first_key", "reseal", "retire", "rotate"]

OnReseal = Callable[[int, int], None]
"""Is told how many enrolments are sealed anew, of how many."""

BATCH = 50
"""Enrolments that are sealed anew together."""


class Rotated(NamedTuple):
    """key: the id of the one that seals. made: whether it is new, or an earlier rotation was gone on with.

    resealed: enrolments. closed: students of whom a template opens with no key that is here.
    """

    key: str
    made: bool
    resealed: int
    closed: Sequence[str]


def first_key(settings: Settings, *, now: Callable[[], datetime]) -> tuple[str, bool]:
    """Make the key of a site unless its home has one; return the id of the one that seals, and whether it is new.

    Raises:
        RefusedError: what is there is no key, or the file cannot be written.
    """
    made = not settings.key_file.exists()
    return create_keys(settings.key_file, now).sealing[0].id.hex(), made


def rotate(settings: Settings, *, now: Callable[[], datetime], report: OnReseal = lambda done, total: None) -> Rotated:
    """Make another key and seal every enrolment anew; an earlier rotation that was broken off is gone on with instead.

    Raises:
        RefusedError: there is no key here.
        UnavailableError: the broker does not answer; asked again, it goes on.
    """
    keys = read_keys(settings.key_file)
    current = keys.sealing[0].id
    cipher, stood = TemplateCipher.open(settings.key_file), enrollments(settings).values()
    broken_off = len(keys.sealing) > 1 and any(resealed(each, cipher) for each in stood)
    if not broken_off:
        current = add_key(settings.key_file, now).sealing[0].id
    done = reseal(settings, report)
    closed = sorted(each.student_id for each in enrollments(settings).values() if _waits(each, current))
    return Rotated(current.hex(), made=not broken_off, resealed=done, closed=closed)


def reseal(settings: Settings, report: OnReseal = lambda done, total: None) -> int:
    """Seal every enrolment anew that another key sealed than the one that seals now, and return how many that were.

    Raises:
        RefusedError: there is no key here.
        UnavailableError: the broker does not answer; asked again, it goes on.
    """
    cipher = TemplateCipher.open(settings.key_file)
    done = 0
    everybody: View[Enrollment] = View(settings, "enrollments", lambda value: decode(value, Enrollment))
    with closing(everybody) as view:
        view.catch_up()
        waiting = sorted(name for name, each in view.items.items() if _waits(each, cipher.seals_with))
        for start in range(0, len(waiting), BATCH):
            names = waiting[start : start + BATCH]
            with enrolments_held(settings):
                done += _reseal(settings, cipher, view, names)
            report(done, len(waiting))
    return done


def retire(settings: Settings, *, now: datetime) -> list[str]:
    """Remove the keys by which nothing is sealed any more, and return their ids.

    Raises:
        RefusedError: there is none; it says from when on there will be.
        UnavailableError: the broker does not answer.
    """
    old = [each for each in key_uses(settings) if not each.seals]
    gone = [each.id for each in old if not each.templates and each.retire_from and each.retire_from <= now]
    if not gone:
        raise RefusedError("no key can go yet" if old else "there is only the key that seals", _remedy(settings, old))
    drop_keys(settings.key_file, {bytes.fromhex(each) for each in gone})
    return gone


def _remedy(settings: Settings, old: Sequence[KeyUse]) -> str:
    if not old:
        return "Make another one with `naul key rotate`."
    if any(each.templates for each in old):
        return "Templates are sealed by it: go on with `naul key rotate`; see `naul key list`."
    first = min(each.retire_from for each in old if each.retire_from)
    return f"Looks that it sealed are kept until {first.astimezone(settings.zone):%Y-%m-%d %H:%M}."


def _waits(enrollment: Enrollment, current: bytes) -> bool:
    return any(seal != current for seal in seals_of(enrollment))


def _reseal(settings: Settings, cipher: TemplateCipher, view: View[Enrollment], names: Sequence[str]) -> int:
    """Seal some enrolments anew, and return how many there were.

    On another machine somebody may enrol or erase one of them just then. What came between our reading and our writing
    is written once more, for it would have been lost.
    """
    with closing(consumer(settings)) as client:
        before = end_offsets(client, settings.topic("enrollments"))
        view.catch_up()
        read_from = {name: view.items.get(name) for name in names}
        mine = {name: found for name, each in read_from.items() if each and (found := resealed(each, cipher))}
        send(settings, [record(settings, each) for each in mine.values()])
        records = list(read(settings, client, before, end_offsets(client, settings.topic("enrollments"))))
    again = [each for name, own in mine.items() if (each := _lost(settings, cipher, records, name, own, read_from))]
    if again:
        send(settings, again)
    return len(mine)


def _lost(
    settings: Settings,
    cipher: TemplateCipher,
    records: Sequence[Any],
    name: str,
    own: Enrollment,
    read_from: Mapping[str, Enrollment | None],
) -> Record | None:
    """Return what is to be written again of a student: what somebody else wrote after we read and before we wrote."""
    values = [each.value for each in records if each.key == name.encode()]
    before_own = values[: values.index(record(settings, own)[2])]
    if not before_own:
        return None
    if before_own[-1] is None:
        return settings.topic("enrollments"), name.encode(), None, None, None
    theirs: Enrollment = decode(before_own[-1], Enrollment)
    return None if theirs == read_from[name] else record(settings, resealed(theirs, cipher) or theirs)
