"""What is sealed opens with the same key for the same context, and not otherwise."""

import base64
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from schemas.errors import BadMessageError, RefusedError
from streams.faces.key_file import add_key, drop_keys, read_keys
from streams.faces.template_cipher import TemplateCipher, look_context, sealed_by, template_context

CONTEXT = template_context("201912345", "centerface-dlib@1-530a2c1e")
VECTOR = np.linspace(-1.5, 1.5, 128, dtype=np.float32)


@pytest.fixture
def cipher(tmp_path: Path) -> TemplateCipher:
    return TemplateCipher.create(tmp_path / "key")


def test_a_template_opens_as_it_was_sealed(cipher: TemplateCipher) -> None:
    opened = cipher.open_sealed(cipher.seal(VECTOR, CONTEXT), CONTEXT)
    assert opened.dtype == np.float32
    np.testing.assert_array_equal(opened, VECTOR)


def test_a_look_takes_half_the_room_and_keeps_three_digits(cipher: TemplateCipher) -> None:
    whole, half = cipher.seal(VECTOR, CONTEXT), cipher.seal(VECTOR, CONTEXT, half=True)
    assert (len(whole), len(half)) == (33 + 512, 33 + 256)
    np.testing.assert_allclose(cipher.open_sealed(half, CONTEXT), VECTOR, rtol=1e-3)


def test_the_same_vector_sealed_twice_gives_different_bytes(cipher: TemplateCipher) -> None:
    assert cipher.seal(VECTOR, CONTEXT) != cipher.seal(VECTOR, CONTEXT)


@pytest.mark.parametrize("at", [0, 1, 12, 13, 100, -1])
def test_a_changed_byte_is_noticed_wherever_it_is(cipher: TemplateCipher, at: int) -> None:
    sealed = bytearray(cipher.seal(VECTOR, CONTEXT))
    sealed[at] ^= 3
    with pytest.raises(BadMessageError):
        cipher.open_sealed(bytes(sealed), CONTEXT)


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x02" + bytes(27), b"\x07" + bytes(100)])
def test_bytes_that_were_never_sealed_are_refused(cipher: TemplateCipher, sealed: bytes) -> None:
    with pytest.raises(BadMessageError, match="not a sealed embedding"):
        cipher.open_sealed(sealed, CONTEXT)


@pytest.mark.parametrize(
    "other",
    [template_context("201912346", "centerface-dlib@1-530a2c1e"), template_context("201912345", "another@1"), b""],
)
def test_it_does_not_open_in_another_context(cipher: TemplateCipher, other: bytes) -> None:
    with pytest.raises(BadMessageError, match="another context"):
        cipher.open_sealed(cipher.seal(VECTOR, CONTEXT), other)


def test_it_does_not_open_with_another_key(cipher: TemplateCipher, tmp_path: Path) -> None:
    with pytest.raises(BadMessageError, match="another key"):
        TemplateCipher.create(tmp_path / "other").open_sealed(cipher.seal(VECTOR, CONTEXT), CONTEXT)


def test_a_key_is_for_its_owner_alone_and_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "home" / "key"
    first = TemplateCipher.create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for again in (TemplateCipher.create(path), TemplateCipher.open(path)):
        np.testing.assert_array_equal(again.open_sealed(first.seal(VECTOR, CONTEXT), CONTEXT), VECTOR)
    assert [each.name for each in path.parent.iterdir()] == ["key"]


def test_processes_that_make_a_key_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        ciphers = list(pool.map(TemplateCipher.create, [tmp_path / "key"] * 16))
    for cipher in ciphers:
        np.testing.assert_array_equal(cipher.open_sealed(ciphers[0].seal(VECTOR, CONTEXT), CONTEXT), VECTOR)


def test_a_missing_key_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=r"there is no key here\n  `naul enroll` makes one"):
        TemplateCipher.open(tmp_path / "key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o700, 0o666])
def test_a_key_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    TemplateCipher.create(tmp_path / "key")
    (tmp_path / "key").chmod(mode)
    with pytest.raises(RefusedError, match=r"others may use this key.*\n  Run: chmod 600"):
        TemplateCipher.open(tmp_path / "key")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"naul-key/1 tooshort",
        b"naul-key/1 AAAA",
        b"naul-key/2 " + b"A" * 43 + b"=",
        b"\xff\xfe\x00",
        b"-----BEGIN KEY-----",
    ],
)
def test_a_file_without_a_key_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    for way in (TemplateCipher.open, TemplateCipher.create):
        with pytest.raises(RefusedError, match="key"):
            way(path)
    assert path.read_bytes() == content


def test_a_vault_never_shows_its_key(tmp_path: Path) -> None:
    cipher = TemplateCipher.create(tmp_path / "key")
    keys = read_keys(tmp_path / "key")
    secrets = [word for word in (tmp_path / "key").read_text().split() if len(word) == 44]
    assert len(secrets) == 2
    for secret in secrets:
        assert secret not in f"{cipher!r} {keys!r} {keys.sealing!r}"
    assert repr(cipher) == "TemplateCipher(key hidden)"


def test_a_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes, got 16"):
        TemplateCipher(os.urandom(16))


def test_the_context_of_a_look_is_the_same_moment_in_any_zone() -> None:
    seoul = datetime(2026, 11, 23, 9, 0, 5, 250, tzinfo=timezone(timedelta(hours=9)))
    assert look_context("E101", "front", seoul) == look_context("E101", "front", seoul.astimezone(UTC))
    assert look_context("E101", "front", seoul) != look_context("E101", "front", seoul + timedelta(microseconds=1))


def test_contexts_with_parts_shifted_between_them_differ() -> None:
    assert template_context("a", "bc") != template_context("ab", "c")


def test_a_digest_is_the_same_for_the_same_data_and_another_for_another_key(tmp_path: Path) -> None:
    one, other = TemplateCipher.create(tmp_path / "one"), TemplateCipher.create(tmp_path / "other")
    assert one.digest(b"photo") == TemplateCipher.open(tmp_path / "one").digest(b"photo")
    assert len({one.digest(b"photo"), one.digest(b"other photo"), other.digest(b"photo")}) == 3


NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
BEFORE_IDS = {
    False: "02000102030405060708090a0bd679fb9525be07a4616c1fe76f1bb99a9be25980bead9b636099401fbc8d557c",
    True: "01000102030405060708090a0bd6c52e9fdb21ad264c238b5d861dca398e1215c1add7bcd9",
}
"""``linspace(-1, 1, 4)`` as it was sealed before keys had ids, for CONTEXT with the key ``k`` * 32; half or not."""


@pytest.fixture
def old_home(tmp_path: Path) -> Path:
    """A key file of before keys had ids."""
    path = tmp_path / "key"
    path.write_text(f"naul-key/1 {base64.b64encode(b'k' * 32).decode()}\n", "ascii")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("half", [False, True])
def test_what_was_sealed_before_keys_had_ids_is_still_opened_also_after_a_rotation(old_home: Path, half: bool) -> None:
    sealed = bytes.fromhex(BEFORE_IDS[half])
    assert sealed_by(sealed) is None
    expected = np.linspace(-1, 1, 4, dtype=np.float32)
    for _ in range(2):
        np.testing.assert_allclose(TemplateCipher.open(old_home).open_sealed(sealed, CONTEXT), expected, rtol=1e-3)
        add_key(old_home, lambda: NOW)


def test_a_digest_goes_on_matching_after_a_rotation_and_after_the_old_key_is_gone(old_home: Path) -> None:
    before = bytes.fromhex("4a85380a15477dc1c0d13c9d52dcc075bee55d2974278153f1bedfc03a40a6fa")
    [old] = read_keys(old_home).sealing
    assert TemplateCipher.open(old_home).digest(b"photo") == before
    add_key(old_home, lambda: NOW)
    assert TemplateCipher.open(old_home).digest(b"photo") == before
    drop_keys(old_home, {old.id})
    assert TemplateCipher.open(old_home).digest(b"photo") == before


def test_a_new_key_seals_at_once_and_old_seals_open_meanwhile(tmp_path: Path) -> None:
    cipher = TemplateCipher.create(tmp_path / "key")
    before = cipher.seal(VECTOR, CONTEXT)
    fresh, old = add_key(tmp_path / "key", lambda: NOW).sealing
    after = cipher.seal(VECTOR, CONTEXT)
    assert (sealed_by(before), sealed_by(after), cipher.seals_with) == (old.id, fresh.id, fresh.id)
    for sealed in (before, after):
        np.testing.assert_array_equal(cipher.open_sealed(sealed, CONTEXT), VECTOR)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_a_process_takes_up_a_key_that_another_one_made(tmp_path: Path) -> None:
    cipher, other = (TemplateCipher.create(tmp_path / "key") for _ in range(2))
    cipher.seal(VECTOR, CONTEXT)
    add_key(tmp_path / "key", lambda: NOW)
    np.testing.assert_array_equal(cipher.open_sealed(other.seal(VECTOR, CONTEXT), CONTEXT), VECTOR)


def test_a_key_file_that_is_damaged_while_somebody_works_changes_nothing_for_him(tmp_path: Path) -> None:
    cipher = TemplateCipher.create(tmp_path / "key")
    sealed = cipher.seal(VECTOR, CONTEXT)
    (tmp_path / "key").write_text("damaged")
    np.testing.assert_array_equal(cipher.open_sealed(sealed, CONTEXT), VECTOR)
    assert sealed_by(cipher.seal(VECTOR, CONTEXT)) == sealed_by(sealed)


def test_what_a_dropped_key_sealed_opens_no_more_and_the_one_that_seals_is_never_dropped(tmp_path: Path) -> None:
    cipher = TemplateCipher.create(tmp_path / "key")
    sealed = cipher.seal(VECTOR, CONTEXT)
    ids = {each.id for each in add_key(tmp_path / "key", lambda: NOW).sealing}
    [left] = drop_keys(tmp_path / "key", ids).sealing
    assert left.id == cipher.seals_with
    with pytest.raises(BadMessageError, match="another key"):
        cipher.open_sealed(sealed, CONTEXT)


def test_when_a_key_was_made_is_kept(tmp_path: Path) -> None:
    TemplateCipher.create(tmp_path / "key")
    assert add_key(tmp_path / "key", lambda: NOW).sealing[0].made_at == NOW
    assert read_keys(tmp_path / "key").sealing[0].made_at == NOW


def test_what_a_killed_process_left_half_done_is_removed(tmp_path: Path) -> None:
    TemplateCipher.create(tmp_path / "key")
    (tmp_path / "key.123-abcdef01").write_text("naul-key/2")
    add_key(tmp_path / "key", lambda: NOW)
    assert [each.name for each in tmp_path.iterdir()] == ["key"]


def test_keys_that_are_made_at_once_are_all_kept(tmp_path: Path) -> None:
    TemplateCipher.create(tmp_path / "key")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: add_key(tmp_path / "key", lambda: NOW), range(8)))
    assert len(read_keys(tmp_path / "key").sealing) == 9
