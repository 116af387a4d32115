"""What opens a sealed frame, and all that does not: each refused by name, none taken for something else."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import BadMessageError, RefusedError
from schemas.frame_keys import new_frames_key, use_frames_key
from schemas.frame_seals import FrameOpener, FrameSealer, NoFramesKeyError, frame_sealer, sealed_for
from schemas.frames import FrameHeaders, sent_again
from schemas.settings import Settings

NINE = datetime(2026, 3, 9, tzinfo=UTC)
HEAD = FrameHeaders(hall="E101", camera="front", captured_at=NINE, live=True, sequence=7)
JPEG = b"\xff\xd8 a picture \xff\xd9"

words = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=20)
heads = st.builds(
    FrameHeaders,
    hall=words,
    camera=words,
    captured_at=st.datetimes(datetime(2020, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    live=st.booleans(),
    sequence=st.integers(0, 10**12),
)


def home(folder: Path, **changes: Any) -> Settings:
    """The settings of a home with a key pair."""
    settings = Settings(home=folder, kafka="kafka:9092", **changes)
    new_frames_key(settings.frames_key_file, settings.frames_public_key_file, lambda: NINE)
    return settings


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return home(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def sealer(site: Settings) -> FrameSealer:
    return FrameSealer(site.frames_public_key_file)


@pytest.fixture(scope="module")
def opener(site: Settings) -> FrameOpener:
    return FrameOpener(site.frames_key_file)


@given(head=heads, jpeg=st.binary(max_size=300))
def test_what_is_sealed_opens_as_the_frame_that_it_was_sealed_as(
    sealer: FrameSealer, opener: FrameOpener, head: FrameHeaders, jpeg: bytes
) -> None:
    sealed = sealer.seal(head, jpeg)
    assert sealed_for(sealed)
    assert len(sealed) == len(jpeg) + 65
    assert opener.picture(FrameHeaders.unpack(head.pack()), sealed) == jpeg
    assert sealer.seal(head, jpeg) != sealed, "nobody sees that two pictures are the same"


@pytest.mark.parametrize("value", [JPEG, b"", b"NAUL", b"no picture", b"\x89PNG"])
def test_what_is_not_sealed_is_what_it_is_and_needs_no_key(tmp_path: Path, value: bytes) -> None:
    assert FrameOpener(tmp_path / "no key").picture(HEAD, value) == value
    assert sealed_for(value) is None


@pytest.mark.parametrize(
    "change",
    [
        {"hall": "E102"}, {"camera": "back"}, {"captured_at": NINE + timedelta(hours=1)}, {"live": False},
        {"sequence": 8}, {"hall": "E101/front", "camera": ""}, {"captured_at": NINE + timedelta(microseconds=1)},
    ],
    ids=str,
)  # fmt: skip
def test_moved_to_another_place_or_hour_it_does_not_open(
    sealer: FrameSealer, opener: FrameOpener, change: dict[str, Any]
) -> None:
    with pytest.raises(BadMessageError, match="does not open: it is damaged, or was not sealed as a frame of"):
        opener.picture(msgspec.structs.replace(HEAD, **change), sealer.seal(HEAD, JPEG))


def test_sent_again_it_opens_for_when_it_was_sent_is_not_what_it_is(sealer: FrameSealer, opener: FrameOpener) -> None:
    first = msgspec.structs.replace(HEAD, sent_at=NINE + timedelta(seconds=1))
    sealed = sealer.seal(HEAD, JPEG)
    assert opener.picture(first, sealed) == JPEG
    again = FrameHeaders.unpack(sent_again(first.pack(), NINE, NINE + timedelta(days=1)))
    assert again.sent_at != first.sent_at
    assert opener.picture(again, sealed) == JPEG


@given(data=st.data())
def test_a_bit_that_was_turned_a_cut_and_more_behind_are_refused_by_name(
    sealer: FrameSealer, opener: FrameOpener, data: st.DataObject
) -> None:
    sealed = sealer.seal(HEAD, JPEG)
    at = data.draw(st.integers(8 * 8, 8 * len(sealed) - 1), "bit behind the magic")
    changed = bytearray(sealed)
    changed[at // 8] ^= 1 << at % 8
    cut = sealed[: data.draw(st.integers(8, len(sealed) - 1), "bytes that are left")]
    longer = sealed + data.draw(st.binary(min_size=1, max_size=9), "more")
    for value in (bytes(changed), cut, longer):
        with pytest.raises(BadMessageError, match="sealed"):
            opener.picture(HEAD, value)


def test_without_its_key_it_is_told_which_one_is_wanted_and_with_it_it_opens_at_once(
    sealer: FrameSealer, site: Settings, tmp_path: Path
) -> None:
    other = home(tmp_path)
    opener = FrameOpener(other.frames_key_file)
    sealed = sealer.seal(HEAD, JPEG)
    with pytest.raises(NoFramesKeyError, match=f"key {sealed_for(sealed)}, which is not here") as error:
        opener.picture(HEAD, sealed)
    assert "naul dead-letters retry" in error.value.remedy
    lines = site.frames_key_file.read_text("ascii").splitlines()[1:]
    other.frames_key_file.write_text("\n".join([other.frames_key_file.read_text("ascii"), *lines]), "ascii")
    assert opener.picture(HEAD, sealed) == JPEG
    other.frames_key_file.chmod(0o644)
    with pytest.raises(NoFramesKeyError, match="others may read this secret"):
        FrameOpener(other.frames_key_file).picture(HEAD, sealed)


def test_a_camera_takes_up_a_new_key_while_it_runs_and_the_old_one_still_opens(tmp_path: Path) -> None:
    settings = home(tmp_path)
    sealer, opener = FrameSealer(settings.frames_public_key_file), FrameOpener(settings.frames_key_file)
    before = sealer.seal(HEAD, JPEG)
    assert opener.picture(HEAD, before) == JPEG
    made = new_frames_key(settings.frames_key_file, settings.frames_public_key_file, lambda: NINE)
    assert sealed_for(sealer.seal(HEAD, JPEG)) == sealed_for(before), "workers elsewhere get it first"
    use_frames_key(settings.frames_key_file, settings.frames_public_key_file)
    after = sealer.seal(HEAD, JPEG)
    assert (sealed_for(after), sealed_for(before) == sealed_for(after)) == (made.id.hex(), False)
    assert opener.picture(HEAD, before) == opener.picture(HEAD, after) == JPEG
    settings.frames_public_key_file.write_text("half a", "ascii")
    assert sealed_for(sealer.seal(HEAD, JPEG)) == made.id.hex(), "what cannot be read changes nothing"


KEYED: Callable[..., Settings] = home


def keyless(folder: Path, **changes: Any) -> Settings:
    """The settings of a home without keys."""
    return Settings(home=folder, **{"kafka": "kafka:9092", **changes})


@pytest.mark.parametrize(
    ("made", "frames", "sealed"),
    [
        pytest.param(KEYED, "auto", True, id="a named cluster with a key"),
        pytest.param(KEYED, "sealed", True, id="as it is set"),
        pytest.param(KEYED, "plain", False, id="plain is plain"),
        pytest.param(keyless, "auto", False, id="a site of before goes on"),
        pytest.param(keyless, "plain", False, id="plain needs no key"),
        pytest.param(keyless, "sealed", None, id="what must be sealed is not sent otherwise"),
    ],
)
def test_whether_a_camera_seals(
    tmp_path: Path, made: Callable[..., Settings], frames: str, sealed: bool | None
) -> None:
    settings = made(tmp_path, frames=frames)
    if sealed is None:
        with pytest.raises(RefusedError, match=r"no public key.*\n.*`naul key frames new`"):
            frame_sealer(settings)
    else:
        assert (frame_sealer(settings) is not None) == sealed


def test_the_broker_of_this_machine_gets_pictures_as_they_are_unless_it_is_set(tmp_path: Path) -> None:
    settings = home(tmp_path)
    assert frame_sealer(msgspec.structs.replace(settings, kafka="")) is None
    assert frame_sealer(msgspec.structs.replace(settings, kafka="", frames="sealed"))
    settings.frames_public_key_file.write_text("no key", "ascii")
    with pytest.raises(RefusedError, match="this is not a public key for frames"):
        frame_sealer(settings)
