"""What is to be done again: which frames, or which observations, belong to which class hour. Pure.

A part is what one worker does from its beginning to its end: ten minutes of a camera in a class hour. It remembers
nothing of any other part, so that it comes out the same whoever does it, when, and beside what.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple, TypeAlias

import msgspec

from schemas.errors import BadMessageError
from schemas.frames import FrameHeaders
from schemas.ids import base_engine
from schemas.messages import ClassHour, Forget, FrameRef, Moment
from schemas.runs import MissingFrames, Stretch
from schemas.unreadable import UNREADABLE

__all__ = ["FramePart", "Frames", "Plan", "Sightings", "Window", "gaps_of", "hours_of"]

HoursAt: TypeAlias = Callable[[str, datetime], Sequence[ClassHour]]
"""The class hours that run in a hall at a moment."""


Keys: TypeAlias = set[tuple[str, datetime]]
"""Camera, as ``hall/camera``, and capture time of frames."""

Places: TypeAlias = dict[tuple[str, datetime], tuple[int, int]]
"""Partition and offset of frames, by camera and capture time."""


BLOCK = 600
"""Seconds of a part. What is remembered of embedded faces never crosses such a border (``streams.faces.reuse``); what
is remembered where a profile holds (``streams.recognise.profile_selection``) may: its class hour is one part."""


class Window(NamedTuple):
    """Frames captured from ``since`` on and before ``until``. halls, sections: none means all."""

    since: datetime
    until: datetime
    halls: frozenset[str] = frozenset()
    sections: frozenset[str] = frozenset()

    def takes(self, hall: str, moment: datetime) -> bool:
        """Whether a frame belongs to it."""
        return self.since <= moment < self.until and (not self.halls or hall in self.halls)

    def meets(self, class_hour: str) -> bool:
        """Whether a class hour, by id, belongs to it by its section."""
        return not self.sections or class_hour.partition("|")[0] in self.sections


class FramePart(msgspec.Struct, frozen=True, kw_only=True):
    """Frames of a camera in a class hour: their offsets in one partition, in their order."""

    hour: str
    hall: str
    camera: str
    partition: int
    offsets: tuple[int, ...]

    @property
    def name(self) -> str:
        """The same for the same frames; it can be a file's."""
        return blake2b(msgspec.json.encode(self), digest_size=10).hexdigest()

    @property
    def stretch(self) -> Stretch:
        """Where they lie."""
        return min(self.offsets), max(self.offsets) + 1


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """parts: to be looked at, none where sightings are replayed. hours: ids of those to be judged.

    stretches: by hour, where its observations lie by partition, where sightings are replayed.
    forgotten: partition, offset and student of who asked to be forgotten after that.
    records: frames or observations in all. seconds: how long the class hours are that they show. unreadable: records
    that are neither. counts: of observations, by hour, where sightings are replayed.
    gaps: by hour, what live looked at and is gone.
    """

    parts: tuple[FramePart, ...] = ()
    hours: tuple[str, ...] = ()
    stretches: dict[str, dict[int, Stretch]] = {}
    forgotten: tuple[tuple[int, int, str], ...] = ()
    records: int = 0
    seconds: float = 0.0
    unreadable: int = 0
    counts: dict[str, int] = {}
    gaps: dict[str, MissingFrames] = {}

    def of(self, hour: str) -> "Plan":
        """Return what of it judging a class hour needs; a term's plan need not go to every worker for each hour."""
        return Plan(
            parts=tuple(each for each in self.parts if each.hour == hour),
            stretches={hour: self.stretches[hour]} if hour in self.stretches else {},
            forgotten=self.forgotten,
        )


class Frames:
    """Takes the records of the topic ``frames`` in any order of partitions, each of these in its own."""

    def __init__(self, window: Window, hours_at: HoursAt, profile: Callable[[str, str], object]) -> None:
        """profile: what is known of where a camera's faces are, if anything."""
        self._window, self._hours_at, self._profile = window, hours_at, profile
        self._parts: dict[tuple[str, str, str, int, int], list[int]] = {}
        self._pictures: set[tuple[str, str, datetime, bytes]] = set()
        self.keys: dict[str, Keys] = {}
        """By class hour."""
        self.first: dict[str, datetime] = {}
        """When a hall was first heard of."""
        self.unreadable = 0

    def take(self, record: Any) -> None:
        """Take a frame. One that was sent again is looked at once."""
        try:
            head = FrameHeaders.unpack(record.headers)
        except BadMessageError:
            self.unreadable += 1  # of some moment that nobody knows: it was put aside by live, too
            return
        if not self._window.takes(head.hall, head.captured_at):
            return
        self.first[head.hall] = min(self.first.get(head.hall, head.captured_at), head.captured_at)
        hours = [each for each in self._hours_at(head.hall, head.captured_at) if self._window.meets(each.id)]
        if not hours:
            return  # nothing is judged by it
        picture = blake2b(record.value or b"", digest_size=16).digest()
        if (once := (head.hall, head.camera, head.captured_at, picture)) in self._pictures:
            return
        self._pictures.add(once)
        block = 0 if self._profile(head.hall, head.camera) else int(head.captured_at.timestamp() // BLOCK)
        for hour in hours:
            self._parts.setdefault((hour.id, head.hall, head.camera, record.partition, block), []).append(record.offset)
            self.keys.setdefault(hour.id, set()).add((f"{head.hall}/{head.camera}", head.captured_at))

    def parts(self) -> tuple[FramePart, ...]:
        """Return them, the longest first: the last worker to finish then has little left."""
        parts = [
            FramePart(hour=hour, hall=hall, camera=camera, partition=partition, offsets=tuple(sorted(offsets)))
            for (hour, hall, camera, partition, _), offsets in self._parts.items()
        ]
        return tuple(sorted(parts, key=lambda each: (-len(each.offsets), each.hour, each.camera, each.offsets)))


class _Head(msgspec.Struct, tag_field="schema", tag="observation/2", frozen=True):
    """What of an observation the plan needs; the rest is not decoded."""

    hall: str
    camera: str
    captured_at: Moment
    engine: str
    frame: FrameRef
    class_hour: str | None


class _OldHead(_Head, tag="observation/1", frozen=True):
    """The same of an older version: none of these fields has changed since (``schemas.upcasters``)."""


class _Other(msgspec.Struct, tag_field="schema", tag="tick/1", frozen=True):
    """A tick."""


_HEADS: Any = msgspec.json.Decoder(_Head | _OldHead | _Other | Forget)


class Sightings:
    """Takes the records of the topic ``sightings`` in any order of partitions, each of these in its own."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self.keys: dict[tuple[str, str], Keys] = {}
        """Of what was looked at, by class hour and engine (its id)."""
        self.places: dict[str, Places] = {}
        """Of the frames that were looked at, by class hour; of one that was sent again the last."""
        self.first: dict[str, datetime] = {}
        self.stretches: dict[str, dict[int, Stretch]] = {}
        self.forgotten: list[tuple[int, int, str]] = []
        self.unreadable = 0

    def take(self, record: Any) -> None:
        """Take a sighting."""
        try:
            head = _HEADS.decode(record.value or b"")
        except UNREADABLE:
            self.unreadable += 1
            return
        if isinstance(head, Forget):
            self.forgotten.append((record.partition, record.offset, head.student_id))
        if not isinstance(head, _Head) or not self._window.takes(head.hall, head.captured_at):
            return
        self.first[head.hall] = min(self.first.get(head.hall, head.captured_at), head.captured_at)
        if head.class_hour is None or not self._window.meets(head.class_hour):
            return
        key = f"{head.hall}/{head.camera}", head.captured_at
        self.keys.setdefault((head.class_hour, base_engine(head.engine)), set()).add(key)
        self.places.setdefault(head.class_hour, {})[key] = head.frame.partition, head.frame.offset
        spans = self.stretches.setdefault(head.class_hour, {})
        start, end = spans.get(record.partition, (record.offset, record.offset + 1))
        spans[record.partition] = min(start, record.offset), max(end, record.offset + 1)

    def engines(self) -> dict[str, int]:
        """Return how many frames each engine (id) looked at."""
        found: dict[str, int] = {}
        for (_, engine), keys in self.keys.items():
            found[engine] = found.get(engine, 0) + len(keys)
        return found

    def by(self, engine: str) -> dict[str, Keys]:
        """Return the keys of what an engine looked at, by class hour."""
        return {hour: keys for (hour, each), keys in self.keys.items() if each == engine}


def hours_of(
    window: Window, hours_in: Callable[[str], Iterable[ClassHour]], first: dict[str, datetime], known: Iterable[str]
) -> tuple[str, ...]:
    """Return the ids of the class hours that a replay judges, sorted.

    All of the window in halls that were heard of, from then on: an hour without a frame is told as unobserved. first:
    when each hall was first heard of. known: hours of which there are frames or observations.
    """
    heard = {
        hour.id
        for hall, moment in first.items()
        for hour in hours_in(hall)
        if hour.starts_at < window.until and hour.ends_at > max(window.since, moment)
    }
    return tuple(sorted(filter(window.meets, heard | set(known))))


def gaps_of(
    looked_at: Mapping[str, Places], kept: Mapping[str, Keys], begins: Mapping[int, int]
) -> dict[str, MissingFrames]:
    """Return by class hour which frames live looked at that are not kept, where there are any.

    begins: the first offset that is left, by partition. What lay before it was deleted; what should lie behind it and
    does not was a frame of another topic of the same name.
    """
    gaps = {}
    for hour, places in sorted(looked_at.items()):
        gone = [place for key, place in places.items() if key not in kept.get(hour, set())]
        deleted = sum(offset < begins.get(partition, 0) for partition, offset in gone)
        if gone:
            gaps[hour] = MissingFrames(deleted=deleted, other_epoch=len(gone) - deleted)
    return gaps
