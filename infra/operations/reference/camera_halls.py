"""Halls and their cameras: how old the last frame is, what is wrong, what comes next."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

from infra.operations.class_hours.live_halls import LiveHalls
from infra.operations.frames.camera_profiles import profiles
from schemas.errors import UnavailableError
from schemas.messages import ClassHour
from schemas.settings import Settings

__all__ = ["CameraLine", "CameraState", "HallLine", "hall_lines"]

AWAY = timedelta(minutes=1)
"""Without a frame, while a class hour runs: cameras send one every few seconds."""

CameraState: TypeAlias = Literal["sends", "away", "unseen", "rests"]


class CameraLine(NamedTuple):
    """A camera. captured_at: of its last frame. live: whether it is no recording. faces: how many that frame showed.

    state: ``sends``; ``away``: a class hour runs and no frame came for a minute; ``unseen``: frames come and nothing
    can be seen on them, why has the reason; ``rests``: no class hour runs. work: what part of a frame's pixels its
    profile has looked at; None: it has none.
    """

    camera: str
    captured_at: datetime
    live: bool
    faces: int
    state: CameraState
    why: str
    work: float | None


class HallLine(NamedTuple):
    """A hall. running, coming: the class hours that run in it, and the next one."""

    hall: str
    cameras: tuple[CameraLine, ...]
    running: tuple[ClassHour, ...]
    coming: ClassHour | None


def hall_lines(
    settings: Settings, live: LiveHalls, hours: Iterable[ClassHour], now: datetime
) -> tuple[list[HallLine], bool]:
    """Return the halls that the timetable knows or a camera sends from, and whether the profiles are known.

    now: aware.
    """
    try:
        known, complete = profiles(settings), True
    except UnavailableError:
        known, complete = {}, False
    meetings: dict[str, list[ClassHour]] = {}
    for hour in hours:
        for hall in hour.halls:
            meetings.setdefault(hall, []).append(hour)
    for hall in {hall for hall, _ in known} | set(live.halls):
        meetings.setdefault(hall, [])
    lines = []
    for hall, those in sorted(meetings.items()):
        running = tuple(each for each in those if now in each)
        coming = min((each for each in those if each.starts_at > now), key=lambda each: each.starts_at, default=None)
        frames, unseen = live.look(hall, lambda it: (dict(it.frames), it.unseen))
        cameras = []
        for name, seen in sorted(frames.items()):
            last = unseen[-1] if unseen and unseen[-1].ends_at >= seen.captured_at - AWAY else None
            state: CameraState = "rests"
            if running:
                state = "away" if now - seen.captured_at > AWAY else "unseen" if last and last.reason else "sends"
            profile = known.get((hall, name))
            work = profile.work if profile else None
            why = last.reason if last and state == "unseen" else ""
            cameras.append(CameraLine(name, seen.captured_at, seen.live, len(seen.faces), state, why, work))
        lines.append(HallLine(hall, tuple(cameras), running, coming))
    return lines, complete
