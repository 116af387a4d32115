"""Profiles of cameras: learned from the topic ``sightings``, kept in the topic ``profiles``."""

from contextlib import closing
from datetime import datetime
from typing import NamedTuple

from infra.operations.frames.read_sightings import observations
from schemas import cluster
from schemas.errors import RefusedError
from schemas.messages import Profile, decode, encode
from schemas.settings import Settings
from schemas.translations import Text
from streams.faces.profile import USUAL, Sight, learn, variant
from streams.faces.regions import plan, work

__all__ = ["ProfileSummary", "clear_profile", "current_profile", "learn_profile", "profiles"]


class ProfileSummary(NamedTuple):
    """A profile, the name that workers put behind the engine's, and what part of a frame's pixels is looked at.

    work: after scaling, 1 is all of them.
    """

    profile: Profile
    variant: str
    work: float


def learn_profile(settings: Settings, hall: str, camera: str, since: datetime | None = None) -> ProfileSummary:
    """Learn a profile from a camera's sightings, as far back as the topic keeps them, and let it hold from now on.

    Raises:
        RefusedError: they are too few.
        UnavailableError: the broker does not answer.
    """
    profile = learn(hall, camera, _sights(settings, hall, camera, since))
    cluster.send(settings, [(*_record(settings, hall, camera), encode(profile), None, None)])
    return _summary(profile)


def current_profile(settings: Settings, hall: str, camera: str) -> ProfileSummary:
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
            Text("camera {camera!r} of hall {hall!r} has no profile", camera=camera, hall=hall),
            "Learn one with `naul camera profile`, without --show.",
        )
    return _summary(found)


def profiles(settings: Settings) -> dict[tuple[str, str], ProfileSummary]:
    """Return the profiles that hold, by hall and camera.

    Raises:
        UnavailableError: the broker does not answer.
    """
    view: cluster.View[Profile] = cluster.View(settings, "profiles", lambda value: decode(value, Profile))
    with closing(view):
        view.catch_up()
    return {(each.hall, each.camera): _summary(each) for each in view.items.values()}


def clear_profile(settings: Settings, hall: str, camera: str) -> None:
    """Let no profile hold: every frame is looked at whole.

    Raises:
        UnavailableError: the broker did not take it.
    """
    cluster.send(settings, [(*_record(settings, hall, camera), None, None, None)])


def _summary(profile: Profile) -> ProfileSummary:
    regions = plan(profile, profile.width, profile.height, USUAL)
    return ProfileSummary(profile, variant(profile), work(regions, profile.width, profile.height))


def _sights(settings: Settings, hall: str, camera: str, since: datetime | None) -> list[Sight]:
    """Return what each frame of a camera showed; of a frame that was looked at twice, what was said last."""
    found: dict[datetime, Sight] = {}
    for seen in observations(settings, hall):
        if seen.camera == camera and (since is None or seen.captured_at >= since):
            found[seen.captured_at] = Sight(
                seen.captured_at, seen.width, seen.height, [face.box for face in seen.faces]
            )
    return list(found.values())


def _key(hall: str, camera: str) -> str:
    return f"{hall}|{camera}"


def _record(settings: Settings, hall: str, camera: str) -> tuple[str, bytes]:
    return settings.topic("profiles"), _key(hall, camera).encode()
