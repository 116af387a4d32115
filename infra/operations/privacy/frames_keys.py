"""The key pairs of a site's frames: which there are, which of them cameras use, and which can go."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from infra.machine.lag import Cluster
from schemas.errors import RefusedError
from schemas.frame_keys import (
    drop_frames_keys,
    new_frames_key,
    public_id,
    read_frames_keys,
    read_public_frames_key,
    use_frames_key,
)
from schemas.frame_seals import sealed_for
from schemas.settings import Settings
from schemas.topics import topic
from schemas.translations import Text

__all__ = ["FramesKeyUse", "frames_key_uses", "make_frames_key", "retire_frames_keys", "seal_for_newest"]

LOOK_BACK = 100
"""Frames of each partition in which it is looked for keys that cameras still seal for."""


class FramesKeyUse(NamedTuple):
    """A key pair. seals: its public part is what this home hands to cameras.

    used_at: when the last of the latest frames came that was sealed for it. retire_from: when nothing that was sealed
    for it is left in the topics, unless a camera goes on; None of the newest, and of the one that seals.
    """

    id: str
    made_at: datetime
    seals: bool
    used_at: datetime | None
    retire_from: datetime | None


def make_frames_key(settings: Settings, *, now: Callable[[], datetime]) -> str:
    """Make a key pair, and return its id; older ones still open what they sealed, and seal until this one is used.

    Raises:
        RefusedError: what is here is no key.
    """
    return new_frames_key(settings.frames_key_file, settings.frames_public_key_file, now).id.hex()


def seal_for_newest(settings: Settings) -> str:
    """Let cameras seal for the newest key pair, and return its id.

    Raises:
        RefusedError: there is none.
    """
    return use_frames_key(settings.frames_key_file, settings.frames_public_key_file).id.hex()


def frames_key_uses(settings: Settings) -> list[FramesKeyUse]:
    """Return the key pairs of this home, the newest first.

    Raises:
        RefusedError: what is here is no key.
        UnavailableError: the broker does not answer.
    """
    keys, used, public = read_frames_keys(settings.frames_key_file), _used(settings), settings.frames_public_key_file
    sealing = public_id(read_public_frames_key(public)) if public.exists() else b""
    retention = settings.retention
    gone = topic("frames").gone_after(retention) + topic("dead-letters").gone_after(retention)
    uses = []
    for place, key in enumerate(keys):
        used_at = used.get(key.id.hex())
        old = place and key.id != sealing
        until = max(filter(None, (keys[place - 1].made_at, used_at))) + gone if old else None
        uses.append(FramesKeyUse(key.id.hex(), key.made_at, key.id == sealing, used_at, until))
    return uses


def retire_frames_keys(settings: Settings, *, now: datetime) -> list[str]:
    """Remove the private keys for which nothing in the topics is sealed any more, and return their ids.

    Raises:
        RefusedError: there is none; it says from when on there will be.
        UnavailableError: the broker does not answer.
    """
    old = [each for each in frames_key_uses(settings) if each.retire_from]
    gone = [each.id for each in old if each.retire_from and each.retire_from <= now]
    if not gone:
        if not old:
            raise RefusedError("there is no older key for frames", "Make another one with `naul key frames new`.")
        first = min(each.retire_from for each in old if each.retire_from)
        raise RefusedError(
            "no key can go yet",
            Text("Frames that it sealed are kept until {when:%Y-%m-%d %H:%M}.", when=first.astimezone(settings.zone)),
        )
    drop_frames_keys(settings.frames_key_file, {bytes.fromhex(each) for each in gone})
    return gone


def _used(settings: Settings) -> dict[str, datetime]:
    """Return by key when the last of the latest frames came."""
    used: dict[str, datetime] = {}
    with Cluster(settings) as cluster:
        for record in cluster.last("frames", LOOK_BACK):
            if key := sealed_for(record.value or b""):
                came_at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
                used[key] = max(used.get(key, came_at), came_at)
    return used
