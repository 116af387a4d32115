"""What is sealed opens with the same key for the same context, and not otherwise."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from schemas.errors import BadMessageError, RefusedError
from streams.faces.template_cipher import TemplateCipher, look_context, template_context

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
    assert (len(whole), len(half)) == (29 + 512, 29 + 256)
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
    secret = (tmp_path / "key").read_text().split()[1]
    assert secret not in repr(cipher)
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
