"""Faces of a student in a class hour, cut out of the frames that Kafka still keeps: what a person decides by.

The frames are found by what was seen in them. A class hour may be hundreds of megabytes of that, so it is not read
whole: in some places, spread over it, and where frames are known to have named him.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final, NamedTuple

import numpy as np
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from infra.operations.class_hours.frame_pictures import Box, FramePictures, cropped
from producers.jpeg import encode
from schemas.cluster import consumer, kafka_away
from schemas.errors import BadMessageError, UnavailableError
from schemas.messages import ClassHour, FrameRef, Moment, Observation, Sighting, decode
from schemas.partitions import once_of
from schemas.settings import Settings
from schemas.translations import Text
from sinks.hour_rows import moments_named, rows_of_hour
from sinks.store import open_for_reading
from streams.faces.pictures import decode_jpeg

__all__ = ["FaceLook", "FaceSight", "LookFinder", "LooksFound", "best", "looks_of", "meant", "sight_of"]

PLACES, REACH = 24, 12
"""In so many places of a class hour so many records are read: of the few halls of a partition each is among them."""

RECORDING_PLACES = 64
"""Where a recording came in, nobody knows: it is looked for in so many places first."""

HALVINGS = 12
"""How often the stretch is halved in which a frame is looked for: of 50,000 records ten come to be read."""

LATE: Final = timedelta(minutes=10)
"""By so much later than it was taken a live frame may have been looked at."""

MAY_BE_HIS: Final = frozenset({"like_him", "too_alike"})
"""Doubts that a person decides by faces which no frame named; so he does wherever it is likely that he was there."""

PATIENCE_MS = 10_000
_FETCH = 2**20


class FaceSight(NamedTuple):
    """A face that may be a student's, and where its frame is. others: the other faces of the frame.

    named: the frame alone took it for his. cosine: how much it is like him; of the faces of a frame the highest.
    """

    frame: FrameRef
    hall: str
    camera: str
    captured_at: Moment
    box: Box
    others: tuple[Box, ...]
    named: bool
    cosine: float


class FaceLook(NamedTuple):
    """A face of a student, or one that may be his, as a JPEG: his alone, other faces near it are blurred."""

    hall: str
    camera: str
    captured_at: Moment
    named: bool
    cosine: float
    jpeg: bytes

    def __repr__(self) -> str:
        return f"FaceLook({self.hall}/{self.camera}, {self.captured_at}, {len(self.jpeg)} bytes)"


class LooksFound(NamedTuple):
    """The faces in the order of time. gone: of how many more the frames are kept no longer."""

    looks: tuple[FaceLook, ...]
    gone: int


class LookFinder:
    """Reads what was seen in a class hour, with one warm connection. For any thread; they take turns."""

    def __init__(self, settings: Settings) -> None:
        """Connect when first asked."""
        self._settings = settings
        self._client: KafkaConsumer | None = None
        self._lock = Lock()

    def observations(self, hour: ClassHour, moments: Iterable[datetime] = ()) -> list[Observation]:
        """Return what some frames of a class hour showed, spread over it, in the order of time.

        moments: when frames were taken that should be among them.

        Raises:
            UnavailableError: the broker does not answer.
        """
        found: dict[int, Observation] = {}
        with self._lock:
            try:
                for place in self._places(hour):
                    if not found:
                        found = self._found(place, hour, sorted(moments))
            except KafkaError as error:
                raise kafka_away(self._settings, error, "Try again.") from error
        return sorted(found.values(), key=lambda each: (each.captured_at, each.camera, each.engine))

    def close(self) -> None:
        """Let the connection go."""
        with self._lock, suppress(KafkaError):
            if self._client is not None:
                self._client.close()
            self._client = None

    @property
    def _kafka(self) -> KafkaConsumer:
        if self._client is None:
            self._client = consumer(self._settings, max_partition_fetch_bytes=_FETCH, max_poll_records=REACH)
        return self._client

    def _places(self, hour: ClassHour) -> list[TopicPartition]:
        """Return where observations of a hall are; and where they were, if its partition is younger than the hour."""
        name = self._settings.topic("sightings")
        own, *once = [
            TopicPartition(name, each) for each in once_of(hour.hall, len(self._kafka.partitions_for_topic(name)) or 1)
        ]
        begins = self._kafka.beginning_offsets([own], timeout_ms=PATIENCE_MS)[own]
        end = self._kafka.end_offsets([own], timeout_ms=PATIENCE_MS)[own]
        younger = not begins and self._offset(own, hour.ends_at, end) == 0
        return [own, *once] if younger else [own]

    def _found(self, place: TopicPartition, hour: ClassHour, moments: Sequence[datetime]) -> dict[int, Observation]:
        end = self._kafka.end_offsets([place], timeout_ms=PATIENCE_MS)[place]
        first = self._offset(place, hour.starts_at - self._settings.clock_skew, end)
        last = self._offset(place, hour.ends_at + LATE, end)
        found: dict[int, Observation] = {}
        if first < last:  # something came in while it was held
            known = {self._offset(place, each, end) for each in moments}
            found = self._read(place, hour, _spread(first, last, PLACES) | known, end)
        if not found:
            found = self._read(place, hour, _spread(first, end, RECORDING_PLACES), end)
            if found and end - first > RECORDING_PLACES * REACH:
                step = (end - first) // RECORDING_PLACES
                low, high = max(first, min(found) - step), min(end, max(found) + step)
                found |= self._read(place, hour, _spread(low, high, PLACES), end)
        for each in moments:
            self._approach(place, hour, each, found, end)
        return found

    def _approach(
        self, place: TopicPartition, hour: ClassHour, moment: datetime, found: dict[int, Observation], end: int
    ) -> None:
        """Add the frame of a moment to what was found: in a recording, its frames come in the order of their times."""
        most = end  # no further on there is anything of the class hour
        for _ in range(HALVINGS):
            if not found or any(each.captured_at == moment for each in found.values()):
                return
            before = max((at for at, each in found.items() if each.captured_at < moment), default=-1)
            after = min((at for at, each in found.items() if at > before and each.captured_at > moment), default=most)
            start = max(before + 1, (before + after - REACH) // 2)
            more = self._read(place, hour, {start}, after) if start < after else {}
            if more.keys() - found.keys():
                found |= more
            elif start > before + 1 and after == most:
                most = start
            else:
                return

    def _offset(self, place: TopicPartition, moment: datetime, end: int) -> int:
        """Return the first record that came in at a moment or later."""
        milliseconds = max(0, int(moment.timestamp() * 1000))
        found = self._kafka.offsets_for_times({place: milliseconds}, timeout_ms=PATIENCE_MS).get(place)
        return found.offset if found else end

    def _read(self, place: TopicPartition, hour: ClassHour, starts: Iterable[int], end: int) -> dict[int, Observation]:
        """Return the observations of a class hour that are in reach of some offsets, by offset."""
        found: dict[int, Observation] = {}
        done = 0
        for start in sorted(starts):
            until = min(start + REACH, end)
            for record in self._records(place, max(start, done), until):
                with suppress(BadMessageError):  # the stages put it aside
                    seen: Sighting = decode(record.value, Sighting)
                    if isinstance(seen, Observation) and seen.class_hour == hour.id:
                        found[record.offset] = seen
            done = max(done, until)
        return found

    def _records(self, place: TopicPartition, start: int, until: int) -> Iterator[Any]:
        if start >= until:
            return
        self._kafka.assign([place])
        self._kafka.seek(place, start)
        while self._kafka.position(place, timeout_ms=PATIENCE_MS) < until:
            records = self._kafka.poll(timeout_ms=PATIENCE_MS).get(place)
            if not records:
                raise UnavailableError(
                    Text("no record of {topic} within {seconds:g} s", topic=place.topic, seconds=PATIENCE_MS / 1000),
                    "Try again.",
                )
            yield from (each for each in records if each.offset < until and each.value is not None)


def looks_of(
    settings: Settings, finder: LookFinder, pictures: FramePictures, hour: ClassHour, student: str, count: int = 6
) -> LooksFound:
    """Return the best faces of a student (an id) in a class hour, at most so many, spread over it.

    They are those that frames took for his; where none did, those that may be his, if he may have been there at all.
    Whoever else was there is not shown.

    Raises:
        UnavailableError: the broker does not answer.
    """
    moments: list[datetime] = []
    maybe = False
    with suppress(UnavailableError), open_for_reading(settings) as store:  # without it the rarest faces are missed
        moments = moments_named(store, hour, student)
        rows, _ = rows_of_hour(store, hour.id)
        mine = [each for each in rows if each.student_id == student]
        maybe = any(MAY_BE_HIS & {*each.doubts} or (each.p or 0) >= settings.policy.review for each in mine)
    few = [moments[each] for each in _spread(0, len(moments), count, reach=1)]
    seen = finder.observations(hour, few)
    sights = [sight for each in seen if (sight := sight_of(each, student))]
    looks: list[FaceLook] = []
    gone = 0
    for each in best(meant(sights, maybe=maybe), hour, count):
        look = _look(pictures, each)
        looks, gone = ([*looks, look], gone) if look else (looks, gone + 1)
    return LooksFound(tuple(looks), gone)


def sight_of(seen: Observation, student: str) -> FaceSight | None:
    """Return the face of a frame that was taken for a student, else the one without a name that is likest to him.

    None: there is no face that is likelier his than another student's, or he was not compared.
    """
    column = next((place for place, each in enumerate(seen.candidates) if each.student_id == student), None)
    likes: dict[int, float] = {}
    for place, face in enumerate(seen.faces):
        cosines = np.frombuffer(face.cosines, "<f2")
        if column is not None and len(cosines) == len(seen.candidates):
            nearest = face.student is None and int(cosines.argmax()) == column
            if face.student == student or nearest:
                likes[place] = float(cosines[column])
    if not likes:
        return None
    here = max(likes, key=lambda each: (seen.faces[each].student == student, likes[each]))
    others = tuple(face.box for place, face in enumerate(seen.faces) if place != here)
    return FaceSight(
        frame=seen.frame,
        hall=seen.hall,
        camera=seen.camera,
        captured_at=seen.captured_at,
        box=seen.faces[here].box,
        others=others,
        named=seen.faces[here].student == student,
        cosine=round(likes[here], 4),
    )


def meant(sights: Iterable[FaceSight], *, maybe: bool) -> list[FaceSight]:
    """Return which faces are shown as his: those that frames named; where none did, those that may be his.

    maybe: the class hour as a whole says that he may have been there. Else they are somebody's who came instead: every
    stranger is more like one of the section than like the others.
    """
    found = list(sights)
    return [each for each in found if each.named] or (found if maybe else [])


def best(sights: Iterable[FaceSight], hour: ClassHour, count: int) -> list[FaceSight]:
    """Return at most so many, in the order of time: the best of each part of the class hour, then the best others.

    Better is what a frame named, then what is more like him.
    """
    ordered = sorted(sights, key=lambda each: (not each.named, -each.cosine, each.captured_at, each.camera))
    part = (hour.ends_at - hour.starts_at) / max(count, 1)
    first: dict[int, FaceSight] = {}
    for each in ordered:
        first.setdefault((each.captured_at - hour.starts_at) // part, each)
    chosen = [*sorted(first.values(), key=ordered.index), *(each for each in ordered if each not in first.values())]
    return sorted(chosen[:count], key=lambda each: (each.captured_at, each.camera))


def _look(pictures: FramePictures, sight: FaceSight) -> FaceLook | None:
    """Return a face, cut out; None if its frame is gone, or another one stands there by now."""
    found = pictures.frame(sight.frame)
    if found is None or not found.headers.names(sight.hall, sight.camera, sight.captured_at):
        return None
    try:
        cut = cropped(decode_jpeg(found.jpeg), sight.box, sight.others)
    except BadMessageError:
        return None
    if cut is None:
        return None
    return FaceLook(sight.hall, sight.camera, sight.captured_at, sight.named, sight.cosine, encode(cut))


def _spread(first: int, last: int, count: int, reach: int = REACH) -> set[int]:
    """Return so many offsets from first up to but without last, evenly; all that are needed to read it whole if few."""
    if last - first <= count * reach:
        return {*range(first, last, reach)}
    return {first + (last - first) * each // count for each in range(count)}
