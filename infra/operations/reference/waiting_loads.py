"""A roster or timetable that was sent to the desk: it waits in the home until somebody has seen what it would change.

What is applied is what was shown, or nothing: the plan is made anew, and its digest must be the same.
"""

from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Literal, TypeAlias

import msgspec

from enrollment.input_files import InputFile
from enrollment.roster import RosterLoad
from infra.machine.waiting_files import drop, folder_of, new_folder, sweep
from infra.operations.reference.load_reference import (
    PlannedRosters,
    PlannedTimetable,
    apply_rosters,
    apply_timetable,
    plan_rosters,
    plan_timetable,
)
from schemas.errors import RefusedError
from schemas.messages import Moment
from schemas.settings import Settings

__all__ = [
    "ChangedMeanwhileError",
    "LoadKind",
    "WaitingLoad",
    "apply_load",
    "drop_load",
    "keep_load",
    "plan_load",
    "sweep_loads",
    "waiting_load",
]

LoadKind: TypeAlias = Literal["rosters", "timetable"]
Planned: TypeAlias = PlannedRosters | PlannedTimetable

_FOLDER, _ABOUT, _DATA = "loads", "load.json", "file"
_one_applies = Lock()


class WaitingLoad(msgspec.Struct, frozen=True, kw_only=True):
    """A file that waits. account: whose it is. by: as whom he loads. at: when it came. name: of the file.

    encoding, sheet, first, last: as of ``InputFile``. since: of rosters, from which date on they are to hold.
    """

    id: str
    account: str
    by: str
    kind: LoadKind
    at: Moment
    name: str
    encoding: str = ""
    sheet: str = ""
    first: date | None = None
    last: date | None = None
    since: date | None = None


class ChangedMeanwhileError(RefusedError):
    """The site is no longer as it was when the changes were shown: nothing was applied."""

    def __init__(self) -> None:
        super().__init__(
            "The site has changed since these changes were shown. Nothing was applied.",
            "Look at the changes as they are now, and apply these.",
        )


def sweep_loads(settings: Settings, *, all_of_them: bool = False) -> None:
    """Delete what has waited for too long, or all."""
    sweep(settings, _FOLDER, all_of_them=all_of_them)


def keep_load(settings: Settings, load: WaitingLoad, data: bytes) -> None:
    """Keep a file until somebody has seen what it would change; files that nobody came back to go."""
    sweep_loads(settings)
    folder = new_folder(settings, _FOLDER, load.id)
    _write(folder / _DATA, data)
    _write(folder / _ABOUT, msgspec.json.encode(load))


def waiting_load(settings: Settings, name: str, account: str) -> WaitingLoad | None:
    """Return a file that waits; None: it does not, or is somebody else's."""
    folder = folder_of(settings, _FOLDER, name)
    try:
        found = msgspec.json.decode((folder / _ABOUT).read_bytes(), type=WaitingLoad) if folder else None
    except FileNotFoundError:
        return None
    return found if found and found.account == account else None


def drop_load(settings: Settings, load: WaitingLoad) -> None:
    """Let a file go."""
    if folder := folder_of(settings, _FOLDER, load.id):
        drop(folder)


def plan_load(settings: Settings, load: WaitingLoad, now: datetime) -> tuple[Planned, str]:
    """Return what a file would change, and the digest of that. now: aware.

    Raises:
        RefusedError: something is wrong with it; the text lists everything.
        UnavailableError: the broker does not answer.
    """
    folder = folder_of(settings, _FOLDER, load.id)
    if folder is None:
        raise ChangedMeanwhileError
    file = InputFile((folder / _DATA).read_bytes(), load.name, load.encoding, load.sheet, load.first, load.last)
    if load.kind == "timetable":
        timetable = plan_timetable(settings, file, now)
        return timetable, sha256(msgspec.msgpack.encode(timetable.plan)).hexdigest()
    today = load.at.astimezone(settings.zone).date()
    rosters = plan_rosters(settings, file, RosterLoad(load.by, load.at, today, load.since))
    return rosters, sha256(msgspec.msgpack.encode(rosters.plan)).hexdigest()


def apply_load(settings: Settings, load: WaitingLoad, digest: str, now: datetime) -> Planned:
    """Do what a file would change, if that is what was shown; then the file goes.

    Raises:
        ChangedMeanwhileError: it is not.
        RefusedError: something is wrong with it by now.
        UnavailableError: the broker does not answer, or did not take it; the file stays.
    """
    with _one_applies:
        planned, found = plan_load(settings, load, now)
        if found != digest:
            raise ChangedMeanwhileError
        if isinstance(planned, PlannedTimetable):
            apply_timetable(settings, planned.plan)
        else:
            apply_rosters(settings, planned)
    drop_load(settings, load)
    return planned


def _write(file: Path, data: bytes) -> None:
    file.touch(mode=0o600)
    file.write_bytes(data)
