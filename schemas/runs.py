"""A replay's manifest: what it was made of, so that whoever doubts its rows can make them again."""

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from schemas.ids import LIVE
from schemas.messages import Moment
from schemas.settings import Policy

__all__ = ["RUN_NAME", "Inputs", "Kind", "Manifest", "MissingFrames", "Stretch"]

RUN_NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,59}")
"""The whole name of a run; a folder is called so, and none may be ``..``."""

Kind: TypeAlias = Literal["frames", "sightings"]

Stretch: TypeAlias = tuple[int, int]
"""The first offset, and the one after the last."""

Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """Hex digests of what a replay was told beside the frames; two replays of equal ones say the same.

    enrollments: versions and templates of everybody.
    """

    timetable: str
    rosters: str
    enrollments: str
    marks: str
    profiles: str


class MissingFrames(msgspec.Struct, frozen=True, kw_only=True):
    """Frames of a class hour that a replay could not judge by, though live looked at them, or might have.

    deleted: no longer kept. other_epoch: looked at in a topic of this name that was deleted since. unreadable: kept,
    and no picture.
    """

    deleted: Count = 0
    other_epoch: Count = 0
    unreadable: Count = 0

    @property
    def frames(self) -> int:
        """How many in all."""
        return self.deleted + self.other_epoch + self.unreadable


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A run beside ``live``. Stands in table ``runs_rows``, and with its work files while it is under way.

    kind: the topic that was read; why: a sentence, why that one. since, until: capture times, until is the first that
    does not belong. halls, sections: none means all. offsets: by partition of that topic.
    engine: its id. arithmetic: of its networks; device: that ran them. weights: SHA-256 by file. calibration: digest.
    policy: whole; policy_version: its short text. with_marks: whether what people marked wins.
    code: version of Naul, and a digest of what decides.
    finished_at: None while it is under way. frames: looked at, or read as observations.
    unreadable: records of which nobody can tell the class hour. gaps: by class hour, where there are any.
    seconds, core_seconds: of the clock, and of all workers' cores.
    result: hex digest over all attendance and coverage of the run, in order, without its name.
    """

    run: str
    kind: Kind
    why: str
    since: Moment
    until: Moment
    halls: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    offsets: Mapping[int, Stretch]
    engine: str
    arithmetic: str
    weights: Mapping[str, str]
    policy: Policy
    policy_version: str
    calibration: str
    inputs: Inputs
    with_marks: bool = True
    code: str
    workers: Annotated[int, msgspec.Meta(ge=1)]
    created_at: Moment
    finished_at: Moment | None = None
    frames: Count = 0
    unreadable: Count = 0
    gaps: Mapping[str, MissingFrames] = {}
    seconds: float = 0.0
    core_seconds: float = 0.0
    result: str = ""
    device: str = "cpu"

    def __post_init__(self) -> None:
        if not RUN_NAME.fullmatch(self.run) or self.run == LIVE:
            raise ValueError(f"no name of a replay: {self.run!r}")
        if self.until <= self.since:
            raise ValueError(f"a replay must end after it starts, got {self.since} to {self.until}")
