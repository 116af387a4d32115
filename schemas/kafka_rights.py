"""What each part of Naul may do at Kafka, and nothing else: the one table that grants, checks and pages are made of.

Kafka's rights are of topics and consumer groups, never of keys: a camera may write frames, of whatever hall.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

import msgspec

from schemas.settings import Settings
from schemas.topics import all_topics

__all__ = [
    "KINDS",
    "PARTS",
    "SEES_DISKS",
    "GrantKind",
    "PartRights",
    "Permission",
    "permissions_of",
    "permissions_of_part",
]

GrantKind: TypeAlias = Literal["camera", "worker", "desk", "engineer"]
KINDS: Final[tuple[GrantKind, ...]] = get_args(GrantKind)

Operation: TypeAlias = Literal["READ", "WRITE", "DESCRIBE", "DESCRIBE_CONFIGS", "ALL"]
"""As Kafka calls them. READ and WRITE each have DESCRIBE with them."""


class PartRights(msgspec.Struct, frozen=True, kw_only=True):
    """What a part does. Names of topics and groups are without the prefix of the site; ``*`` ends what only begins so.

    reads, writes: topics. looks_at: topics of which it asks where they begin and end.
    groups: it is a member of them, or commits for them. follows: groups of which it asks how far they are.
    """

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    looks_at: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()


class Permission(NamedTuple):
    """One operation on what is called so (``prefixed``: on everything whose name begins so)."""

    resource: Literal["topic", "group", "cluster"]
    name: str
    prefixed: bool
    operation: Operation

    def __str__(self) -> str:
        return f"{self.operation} {self.resource} {self.name}{'*' if self.prefixed else ''}"


_REFERENCE = ("timetable", "rosters", "enrollments", "profiles", "engines")
_CHANGELOG = "attend-facts-changelog"
_EVERYTHING = tuple(each.name for each in all_topics())

PARTS: Final[Mapping[str, PartRights]] = {
    # The clock is asked by writing an empty record: its acknowledgement says what time it is there.
    "camera": PartRights(writes=("frames", "clock")),
    "recognise": PartRights(reads=("frames", *_REFERENCE), writes=("sightings", "dead-letters"), groups=("recognise",)),
    "attend": PartRights(
        reads=("sightings", "marks", _CHANGELOG, *_REFERENCE),
        writes=("attendance", "presence", "sightings", "dead-letters", "clock", _CHANGELOG),
        looks_at=("frames",),
        groups=("attend",),
        follows=("recognise",),
    ),
    "sink": PartRights(
        reads=("attendance", "sightings", "audit"), writes=("dead-letters",), groups=("sink", "sink-migrations")
    ),
    # It has Kafka end segments of every topic that its user may write; one machine of a site may write them all.
    "housekeeping": PartRights(reads=("erasures",)),
    # How far each stage is behind, and how old the first record is that waits.
    "watchdog": PartRights(
        reads=("frames", "sightings", "marks", "attendance", "audit"), follows=("recognise", "attend", "sink")
    ),
    "webhooks": PartRights(reads=("presence", "attendance", "marks", "rosters"), groups=("webhooks-*",)),
    # Letters that are sent again go where they came from. What workers keep, and decide, is theirs.
    "desk": PartRights(
        reads=tuple(each for each in _EVERYTHING if each != _CHANGELOG),
        writes=tuple(each for each in _EVERYTHING if each not in (_CHANGELOG, "presence", "dead-letters")),
        groups=("dead-letters-retry",),
        follows=("*",),
    ),
}  # fmt: skip
"""By the word after ``naul worker``, and ``naul camera``."""

SEES_DISKS: Final = Permission("cluster", "kafka-cluster", False, "DESCRIBE")
"""Kafka tells how full its disks are to whom it tells of every topic, group and user, but of no record in them."""

_RUNS: Final[Mapping[GrantKind, tuple[str, ...]]] = {
    "camera": ("camera",),
    "worker": ("recognise", "attend", "sink", "housekeeping", "watchdog"),
    "desk": ("desk", "webhooks", "housekeeping", "watchdog"),
    "engineer": tuple(PARTS),
}
"""What somebody of each kind starts."""


def permissions_of_part(settings: Settings, part: str) -> frozenset[Permission]:
    """Return what a part of a site needs.

    Raises:
        KeyError: there is no such part.
    """
    does = PARTS[part]
    return frozenset(
        [
            *_each(settings, "topic", does.reads, "READ"),
            *_each(settings, "topic", does.writes, "WRITE"),
            *_each(settings, "topic", does.looks_at, "DESCRIBE"),
            *_each(settings, "group", does.groups, "READ"),
            *_each(settings, "group", does.follows, "DESCRIBE"),
        ]
    )


def permissions_of(settings: Settings, kind: GrantKind) -> frozenset[Permission]:
    """Return what somebody of a kind is granted on the topics and groups of a site, and on no other's."""
    if kind == "engineer":
        # He creates and alters topics, and sees how full the disks are.
        everything = [*_each(settings, "topic", ("*",), "ALL"), *_each(settings, "group", ("*",), "ALL")]
        return frozenset([*everything, SEES_DISKS])
    needed = frozenset[Permission]().union(*(permissions_of_part(settings, part) for part in _RUNS[kind]))
    if kind == "camera":
        return needed
    # `naul up` asks whether every topic is there, and as it should be.
    return needed | {
        *_each(settings, "topic", ("*",), "DESCRIBE"),
        *_each(settings, "topic", ("*",), "DESCRIBE_CONFIGS"),
    }


def _each(
    settings: Settings, resource: Literal["topic", "group"], names: Iterable[str], operation: Operation
) -> list[Permission]:
    # With the hyphen: the site `naul` must not reach what belongs to `naul2`.
    return [
        Permission(resource, f"{settings.prefix}-{name.removesuffix('*')}", name.endswith("*"), operation)
        for name in names
    ]
