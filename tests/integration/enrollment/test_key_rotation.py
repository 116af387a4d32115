"""Another key for a site: sealed anew, killed at any moment, with people enrolled and erased meanwhile."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import pytest

from enrollment.loaded import enrollments
from enrollment.portrayals import record
from enrollment.resealing import seals_of
from infra.operations.privacy import rotate_key
from infra.operations.privacy.forget import forget, known_of
from infra.operations.privacy.key_uses import key_uses, looks_gone_after
from infra.operations.privacy.rotate_key import reseal, retire, rotate
from schemas.cluster import consumer, end_offsets, read, send
from schemas.errors import RefusedError
from schemas.messages import Enrollment, EnrollmentTemplate
from schemas.settings import Settings
from streams.faces.key_file import add_key, read_keys
from streams.faces.template_cipher import TemplateCipher, template_context
from streams.reference.reference_data import Reference
from streams.replay.inputs import inputs_of

AT = datetime(2026, 11, 23, tzinfo=UTC)
VECTOR = np.linspace(-1, 1, 128, dtype=np.float32)


def now() -> datetime:
    return AT


def enrolled(site: Settings, student: str, cipher: TemplateCipher | None = None) -> Enrollment:
    cipher = cipher or TemplateCipher.create(site.key_file)
    sealed = cipher.seal(VECTOR, template_context(student, "e"))
    mine = EnrollmentTemplate(engine="e", photos=2, sealed=sealed)
    return Enrollment(student_id=student, version=1, enrolled_at=AT, consent_on_file=True, templates=(mine,))


def enrol(site: Settings, count: int) -> list[str]:
    names = [f"2020{n:05}" for n in range(count)]
    cipher = TemplateCipher.create(site.key_file)
    send(site, [record(site, enrolled(site, each, cipher)) for each in names])
    return names


def keys_in_use(site: Settings) -> set[bytes | None]:
    return {seal for each in enrollments(site).values() for seal in seals_of(each)}


def all_open(site: Settings, names: list[str]) -> bool:
    cipher, found = TemplateCipher.open(site.key_file), enrollments(site)
    return sorted(found) == names and all(
        np.array_equal(cipher.open_sealed(each.templates[0].sealed, template_context(name, "e")), VECTOR)
        for name, each in found.items()
    )


def test_a_rotation_seals_everything_anew_and_replays_under_way_do_not_mind(site: Settings) -> None:
    names, told = enrol(site, 120), list[tuple[int, int]]()
    [old] = read_keys(site.key_file).sealing
    before = inputs_of(site)
    done = rotate(site, now=now, report=lambda *how_far: told.append(how_far))
    assert (done.made, done.resealed, done.closed) == (True, 120, [])
    assert told[-1] == (120, 120)
    assert bytes.fromhex(done.key) != old.id
    assert keys_in_use(site) == {bytes.fromhex(done.key)}
    assert all_open(site, names)
    assert inputs_of(site) == before


def test_a_worker_that_runs_takes_up_the_new_key(site: Settings) -> None:
    enrol(site, 3)
    with closing(Reference(site)) as reference:
        reference.catch_up()
        cipher = reference.cipher
        rotate(site, now=now)
        reference.catch_up()
        assert reference.cipher is cipher
        (sealed,) = {each.templates[0].sealed for each in enrollments(site).values() if each.student_id == "202000001"}
        np.testing.assert_array_equal(cipher.open_sealed(sealed, template_context("202000001", "e")), VECTOR)
        assert cipher.seals_with == read_keys(site.key_file).sealing[0].id


def test_killed_again_and_again_it_ends_with_everything_under_one_new_key(site: Settings, run: Any) -> None:
    names = enrol(site, 1500)
    [old] = read_keys(site.key_file).sealing
    killed = 0
    for wait in (0.0, 0.05, 0.2, 0.5):
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.cli.main", "key", "rotate", "--home", str(site.home)],
            stdout=subprocess.DEVNULL,
        )
        while process.poll() is None and len(read_keys(site.key_file).sealing) == 1:
            time.sleep(0.005)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        assert all_open(site, names), "both keys open meanwhile"
    assert killed
    result = run("key", "rotate")
    assert result.exception is None, result.exception
    fresh, *others = read_keys(site.key_file).sealing
    assert others[-1].id == old.id
    assert keys_in_use(site) == {fresh.id}
    assert all_open(site, names)
    assert not list(site.home.glob("key.*"))


def test_an_earlier_rotation_is_gone_on_with_rather_than_a_third_key_made(site: Settings) -> None:
    enrol(site, 2)
    fresh = add_key(site.key_file, now).sealing[0]  # and killed right after
    done = rotate(site, now=now)
    assert (done.made, done.key, done.resealed) == (False, fresh.id.hex(), 2)
    assert len(read_keys(site.key_file).sealing) == 2
    assert rotate(site, now=now).made


@pytest.mark.parametrize("what", ["erased", "enrolled again"])
def test_what_another_machine_wrote_meanwhile_stands_in_the_end(
    site: Settings, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    enrol(site, 3)
    name, cipher = "202000001", TemplateCipher.create(site.key_file)
    again = msgspec.structs.replace(enrolled(site, name, cipher), version=2)
    theirs = (site.topic("enrollments"), name.encode(), None, None, None) if what == "erased" else record(site, again)
    add_key(site.key_file, now)
    first = [True]

    def interrupted(settings: Settings, records: Any) -> int:
        if first.pop() if first else False:
            send(settings, [theirs])  # between our reading and our writing
        return send(settings, records)

    monkeypatch.setattr(rotate_key, "send", interrupted)
    reseal(site)
    found = enrollments(site).get(name)
    assert (found.version if found else None) == (None if what == "erased" else 2)
    assert keys_in_use(site) == {read_keys(site.key_file).sealing[0].id}


def test_somebody_who_is_erased_while_everything_is_sealed_anew_stays_erased(site: Settings) -> None:
    names, erased = enrol(site, 200), set[str]()

    def erase(done: int, _: int) -> None:
        for place in (done - 1, done + 1):  # sealed anew already, and not yet
            erased.add(names[place % 200])
            forget(site, known_of(site, names[place % 200]), by="lee", now=lambda: datetime.now(UTC))

    rotate(site, now=now, report=erase)
    assert len(erased) > 4
    assert set(enrollments(site)) == set(names) - erased


def test_an_old_key_goes_when_nothing_is_sealed_by_it_and_no_look_is_left(site: Settings) -> None:
    enrol(site, 2)
    [old] = read_keys(site.key_file).sealing
    with pytest.raises(RefusedError, match="only the key that seals"):
        retire(site, now=AT)
    add_key(site.key_file, now)
    late = AT + looks_gone_after(site)
    with pytest.raises(RefusedError, match="naul key rotate"):
        retire(site, now=late)
    reseal(site)
    assert [(each.templates, each.seals, each.retire_from) for each in key_uses(site)] == [
        (2, True, None), (0, False, late),
    ]  # fmt: skip
    with pytest.raises(RefusedError, match="Looks that it sealed are kept until"):
        retire(site, now=late - timedelta(seconds=1))
    assert retire(site, now=late) == [old.id.hex()]
    assert all_open(site, ["202000000", "202000001"])


def test_the_command_lists_what_each_key_sealed(site: Settings, run: Callable[..., Any]) -> None:
    enrol(site, 2)
    assert run("key", "rotate").exception is None
    fresh, old = (each.id.hex() for each in read_keys(site.key_file).sealing)
    listed = run("key", "list").output
    assert fresh in listed
    assert old in listed
    assert isinstance(run("key", "retire").exception, RefusedError)
    with closing(consumer(site)) as client:
        ends = end_offsets(client, site.topic("enrollments"))
        assert len(list(read(site, client, dict.fromkeys(ends, 0), ends))) == 4
