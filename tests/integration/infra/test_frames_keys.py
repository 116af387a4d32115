"""Key pairs for frames of a site: made, used, and retired when nothing that was sealed for them is left."""

from datetime import UTC, datetime, timedelta

import pytest

from infra.machine.doctor import frames_finding
from infra.operations.privacy.frames_keys import frames_key_uses, make_frames_key, retire_frames_keys, seal_for_newest
from infra.operations.reference.site_consistency import unopened
from infra.operations.site.site_status import site_status
from schemas.cluster import send
from schemas.errors import RefusedError
from schemas.frame_seals import FrameSealer
from schemas.frames import FrameHeaders
from schemas.settings import Settings
from schemas.topics import topic


def test_a_key_goes_when_no_frame_that_was_sealed_for_it_is_left(site: Settings) -> None:
    now = datetime.now(UTC)
    assert "no public key" in frames_finding(site).text
    assert "naul key frames new" in frames_finding(site).remedy
    with pytest.raises(RefusedError, match="there is no older key for frames"):
        retire_frames_keys(site, now=now)
    first = make_frames_key(site, now=lambda: now - timedelta(days=365))
    head = FrameHeaders(hall="E101", camera="front", captured_at=now, live=True, sequence=1)
    sealed = FrameSealer(site.frames_public_key_file).seal(head, b"\xff\xd8")
    second = make_frames_key(site, now=lambda: now - timedelta(days=300))
    assert [(each.seals, each.retire_from) for each in frames_key_uses(site)] == [(False, None), (True, None)]
    assert seal_for_newest(site) == second
    send(site, [(site.topic("frames"), head.key, sealed, None, head.pack())])  # a camera that was told late
    assert (frames_finding(site).text, frames_finding(site).remedy) == (
        f"sealed for {second}; keys here that open sealed ones: 2",
        "",
    )
    assert [each.sealed for each in site_status(site, now).cameras] == [True]

    newest, old = frames_key_uses(site)
    assert ([newest.id, old.id], newest.seals, newest.retire_from) == ([second, first], True, None)
    gone = topic("frames").gone_after(site.retention) + topic("dead-letters").gone_after(site.retention)
    assert old.used_at
    assert old.retire_from == old.used_at + gone
    with pytest.raises(RefusedError, match="no key can go yet"):
        retire_frames_keys(site, now=old.used_at + gone - timedelta(seconds=1))
    assert retire_frames_keys(site, now=old.used_at + gone) == [first]
    assert [each.id for each in frames_key_uses(site)] == [second]


def test_what_cannot_be_opened_here_and_what_is_not_sealed_is_told_by_camera() -> None:
    settings = Settings()

    class Sent:
        """A record of the topic."""

        def __init__(self, camera: str, value: bytes) -> None:
            at = datetime(2026, 3, 9, tzinfo=UTC)
            self.headers = FrameHeaders(hall="E101", camera=camera, captured_at=at, live=True, sequence=1).pack()
            self.value = value

    sealed = b"NAULSEAL\1" + bytes(8)
    sent = [Sent("back", b"\xff\xd8"), Sent("front", b"\xff\xd8"), Sent("front", sealed)]
    assert unopened(settings, sent, ()) == [
        "The last frame of E101/front is sealed for the key 0000000000000000, which is not here: copy frames-key of a "
        "machine that has it into this home, or frames-key.pub of this home to the camera."
    ]
    (told,) = unopened(settings, sent, {"00" * 8})
    assert told.startswith("The last frame of E101/back is not sealed, though there is a key for frames")
