"""Profiles of cameras: learned from the topic ``sightings``, kept in the topic ``profiles``."""

from contextlib import closing
from datetime import datetime

from rich.table import Table

from infra.operations.read_sightings import observations
from schemas import cluster
from schemas.errors import RefusedError
from schemas.messages import Profile, decode, encode
from schemas.settings import Settings
from streams.faces.profile import USUAL, Sight, learn, variant
from streams.faces.regions import plan, work

__all__ = ["clear", "learned", "of", "publish", "table"]


def learned(settings: Settings, hall: str, camera: str, since: datetime | None = None) -> Profile:
    """Return the profile that a camera's sightings give, as far back as the topic keeps them.

    Raises:
        RefusedError: they are too few.
        UnavailableError: the broker does not answer.
    """
    return learn(hall, camera, _sights(settings, hall, camera, since))


def _sights(settings: Settings, hall: str, camera: str, since: datetime | None) -> list[Sight]:
    """Return what each frame of a camera showed; of a frame that was looked at twice, what was said last."""
    found: dict[datetime, Sight] = {}
    for seen in observations(settings, hall):
        if seen.camera == camera and (since is None or seen.captured_at >= since):
            found[seen.captured_at] = Sight(
                seen.captured_at, seen.width, seen.height, [face.box for face in seen.faces]
            )
    return list(found.values())


def of(settings: Settings, hall: str, camera: str) -> Profile:
    """Return the profile that holds.

    Raises:
        RefusedError: there is none.
        UnavailableError: the broker does not answer.
    """
    view: cluster.View[Profile] = cluster.View(settings, "profiles", lambda value: decode(value, Profile))
    with closing(view):
        view.catch_up()
    if (found := view.items.get(_key(hall, camera))) is None:
        raise RefusedError(
            f"camera {camera!r} of hall {hall!r} has no profile",
            "Learn one with `naul camera profile`, without --show.",
        )
    return found


def publish(settings: Settings, profile: Profile) -> None:
    """Let a profile hold from now on."""
    cluster.send(settings, [(*_record(settings, profile.hall, profile.camera), encode(profile), None, None)])


def clear(settings: Settings, hall: str, camera: str) -> None:
    """Let no profile hold."""
    cluster.send(settings, [(*_record(settings, hall, camera), None, None, None)])


def table(profile: Profile) -> Table:
    """Return a profile for a person to read, in pixels of the frames that it was learned from."""
    width, height = profile.width, profile.height
    regions = plan(profile, width, height, USUAL)
    found = Table(
        "from", "to", "faces, px wide", title=f"{profile.hall}/{profile.camera}, profile {variant(profile)}",
        caption=f"{profile.frames} frames of {width}x{height}, {profile.faces} faces, "
        f"{profile.since:%Y-%m-%d %H:%M} to {profile.until:%Y-%m-%d %H:%M} UTC\n"
        f"{work(regions, width, height):.0%} of a frame's pixels, after scaling; "
        f"every {profile.whole_every}th frame whole",
    )  # fmt: skip
    for band in profile.bands:
        found.add_row(
            f"{band.x1 * width:.0f}, {band.y1 * height:.0f}",
            f"{band.x2 * width:.0f}, {band.y2 * height:.0f}",
            f"{band.narrowest * width:.0f} to {band.widest * width:.0f}",
        )
    return found


def _key(hall: str, camera: str) -> str:
    return f"{hall}|{camera}"


def _record(settings: Settings, hall: str, camera: str) -> tuple[str, bytes]:
    return settings.topic("profiles"), _key(hall, camera).encode()
