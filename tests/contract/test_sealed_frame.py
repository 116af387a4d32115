"""A sealed frame that a camera of some version sent is opened by every later one."""

from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfile

from schemas.frame_keys import read_frames_keys
from schemas.frame_seals import FrameOpener, FrameSealer, sealed_for
from schemas.frames import FrameHeaders

GOLDEN = Path(__file__).parents[1] / "golden" / "sealed-frame"
HEAD = FrameHeaders(
    hall="E101",
    camera="front",
    captured_at=datetime(2026, 3, 9, 0, 0, 10, 500_000, tzinfo=UTC),
    live=True,
    sequence=2,
)


def test_the_example_opens_and_what_is_sealed_today_has_its_shape(tmp_path: Path) -> None:
    private = tmp_path / "frames-key"
    copyfile(GOLDEN / "key", private)
    private.chmod(0o600)
    (key,) = read_frames_keys(private)
    sealed, jpeg = (GOLDEN / "frame.sealed").read_bytes(), (GOLDEN / "frame.jpg").read_bytes()
    assert sealed.startswith(b"NAULSEAL\x01" + key.id)
    assert sealed_for(sealed) == key.id.hex()
    opener = FrameOpener(private)
    assert opener.picture(HEAD, sealed) == jpeg
    today = FrameSealer(GOLDEN / "key.pub").seal(HEAD, jpeg)
    assert (len(today), today[:17]) == (len(sealed), sealed[:17])
    assert opener.picture(HEAD, today) == jpeg
