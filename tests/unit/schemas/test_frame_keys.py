"""Files of key pairs: whose they are, what they hold, and that no older key is lost."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schemas.errors import RefusedError
from schemas.frame_keys import (
    drop_frames_keys,
    new_frames_key,
    public_id,
    read_frames_keys,
    read_public_frames_key,
    use_frames_key,
)

NINE = datetime(2026, 3, 9, tzinfo=UTC)


def test_the_newest_seals_all_open_and_the_private_part_is_its_owners_alone(tmp_path: Path) -> None:
    private, public = tmp_path / "home" / "frames-key", tmp_path / "home" / "frames-key.pub"
    assert read_frames_keys(private) == ()
    private.parent.mkdir()
    with pytest.raises(RefusedError, match="there is no key for frames here"):
        use_frames_key(private, public)
    made = [new_frames_key(private, public, lambda day=day: NINE + timedelta(days=day)) for day in range(3)]
    kept = read_frames_keys(private)
    assert [(each.id, each.made_at) for each in kept] == [(each.id, each.made_at) for each in reversed(made)]
    assert public_id(read_public_frames_key(public)) == made[0].id, "those who open frames get a later one first"
    assert use_frames_key(private, public).id == made[-1].id == public_id(read_public_frames_key(public))
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert stat.S_IMODE(public.stat().st_mode) == 0o600
    assert sorted(each.name for each in private.parent.iterdir()) == ["frames-key", "frames-key.pub"]
    drop_frames_keys(private, {made[0].id, made[2].id})
    assert [each.id for each in read_frames_keys(private)] == [made[2].id, made[1].id], "never the newest"
    assert made[1].line not in repr(made[1])


@pytest.mark.parametrize("text", ["naul-key/2\n", "naul-frames-key/1\nkey AAAA 2026-03-09T00:00:00+00:00", "key"])
def test_what_is_no_key_is_refused_and_not_replaced(tmp_path: Path, text: str) -> None:
    private, public = tmp_path / "frames-key", tmp_path / "frames-key.pub"
    private.touch(mode=0o600)
    private.write_text(text, "ascii")
    for ask in (lambda: read_frames_keys(private), lambda: new_frames_key(private, public, lambda: NINE)):
        with pytest.raises(RefusedError, match="this is not a key for frames"):
            ask()
    assert private.read_text("ascii") == text
    public.write_text("naul-frames-public-key/1 AAAA", "ascii")
    with pytest.raises(RefusedError, match=r"not a public key for frames \(3 bytes\)"):
        read_public_frames_key(public)
