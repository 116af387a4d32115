"""Pictures of frames that Kafka still keeps, for whoever may see them: whole, or one face. Nothing is stored.

Who is not meant is blurred: a face becomes the averages of a few cells, from which nothing of it can be had again.
"""

from collections.abc import Collection, Iterable
from contextlib import suppress
from threading import Lock
from typing import Any, Final, NamedTuple, TypeAlias

import cv2
import numpy as np
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, OffsetOutOfRangeError

from producers.jpeg import Image, encode
from schemas.cluster import consumer, kafka_away
from schemas.errors import BadMessageError, UnavailableError
from schemas.frame_seals import FrameOpener, NoFramesKeyError
from schemas.frames import FrameHeaders
from schemas.messages import FrameRef, Observation
from schemas.settings import Settings
from schemas.translations import Text
from streams.faces.pictures import decode_jpeg

__all__ = ["Box", "FramePictures", "PictureOfFrame", "blurred", "cropped", "frame_picture", "strangers"]

Box: TypeAlias = tuple[float, float, float, float]
"""x1, y1, x2, y2 in pixels of the frame, upright."""

CELLS: Final = 6
"""Averages that are left of a face that is blurred, across and down."""

GROWN, MARGIN = 0.3, 0.6
"""By how much of its width and height a box is made larger on each side, to be blurred, and to be cut out."""

LEAST_SIDE = 192
"""Pixels of the longer side of a face that is cut out: a smaller one is made larger."""

PATIENCE_MS = 10_000


class PictureOfFrame(NamedTuple):
    """A JPEG, and what is known of the frame."""

    headers: FrameHeaders
    jpeg: bytes

    def __repr__(self) -> str:
        return f"PictureOfFrame({self.headers.hall}/{self.headers.camera}, {len(self.jpeg)} bytes)"


class FramePictures:
    """Reads single frames by their place in Kafka, with one warm connection. For any thread; they take turns."""

    def __init__(self, settings: Settings) -> None:
        """Connect when first asked."""
        self._settings = settings
        self._topic = settings.topic("frames")
        self._opener = FrameOpener(settings.frames_key_file)
        self._client: KafkaConsumer | None = None
        self._lock = Lock()

    def frame(self, ref: FrameRef) -> PictureOfFrame | None:
        """Return a frame; None if it is gone, or never was: frames go with their retention.

        Raises:
            UnavailableError: the broker does not answer, or the key that opens the frame is not here.
        """
        place = TopicPartition(ref.topic, ref.partition)
        with self._lock:
            try:
                record = self._record(place, ref.offset) if ref.topic == self._topic else None
            except KafkaError as error:
                raise kafka_away(self._settings, error, "Try again.") from error
        if record is None:
            return None
        try:
            head = FrameHeaders.unpack(record.headers)
            return PictureOfFrame(head, self._opener.picture(head, record.value))
        except NoFramesKeyError as error:
            raise UnavailableError(
                Text("this machine has no key that opens the picture"),
                "Copy frames-key of a machine that runs workers into the home of this one.",
            ) from error
        except BadMessageError:
            return None

    def close(self) -> None:
        """Let the connection go."""
        with self._lock, suppress(KafkaError):
            if self._client is not None:
                self._client.close()
            self._client = None

    def _record(self, place: TopicPartition, offset: int) -> Any:
        if self._client is None:
            # Of an offset that is gone, anything but "none" would give another frame, or wait for the next one.
            # A fetch brings one record at least, so that one byte is exactly one.
            self._client = consumer(
                self._settings, auto_offset_reset="none", max_partition_fetch_bytes=1, fetch_max_bytes=1
            )
        if place.partition not in (self._client.partitions_for_topic(place.topic) or ()):
            return None
        first = self._client.beginning_offsets([place], timeout_ms=PATIENCE_MS)[place]
        if not first <= offset < self._client.end_offsets([place], timeout_ms=PATIENCE_MS)[place]:
            return None
        self._client.assign([place])
        self._client.seek(place, offset)
        try:
            records = self._client.poll(timeout_ms=PATIENCE_MS, max_records=1).get(place, [])
        except OffsetOutOfRangeError:  # it went just now
            return None
        return next((each for each in records if each.offset == offset and each.value), None)


def frame_picture(pictures: FramePictures, seen: Observation, shown: Collection[str]) -> PictureOfFrame | None:
    """Return the frame of an observation, with everybody blurred who was taken for none of these students, by id.

    None: it is gone, cannot be read, or another one stands in its place, as in a site that was restored.

    Raises:
        UnavailableError: the broker does not answer.
    """
    found = pictures.frame(seen.frame)
    if found is None or not found.headers.names(seen.hall, seen.camera, seen.captured_at):
        return None
    try:
        return found._replace(jpeg=encode(blurred(decode_jpeg(found.jpeg), strangers(seen, shown))))
    except BadMessageError:
        return None


def strangers(observation: Observation, shown: Collection[str]) -> tuple[Box, ...]:
    """Return the boxes of the faces that were taken for none of these students, by id."""
    return tuple(each.box for each in observation.faces if each.student not in shown)


def blurred(image: Image, boxes: Iterable[Box]) -> Image:
    """Return a picture whose faces in these boxes nobody can know: of each, a few averages are left."""
    done = image.copy()
    for box in boxes:
        across, down = _within(image, box, GROWN)
        patch = done[down, across]
        if patch.size:
            height, width = patch.shape[:2]
            cells = cv2.resize(patch, (min(CELLS, width), min(CELLS, height)), interpolation=cv2.INTER_AREA)
            flat = cv2.resize(cells, (width, height), interpolation=cv2.INTER_NEAREST)
            # What is blurred now are averages: the edges of cells go, and nothing of the face comes back.
            done[down, across] = cv2.GaussianBlur(flat, (0, 0), max(width, height) / CELLS / 2)
    return done


def cropped(image: Image, box: Box, others: Iterable[Box]) -> Image | None:
    """Return one face with what is round it, the other faces there blurred; None if the box is not in the picture."""
    alone = blurred(image, others)
    across, down = _within(image, box, 0)
    alone[down, across] = image[down, across]  # boxes may overlap
    across, down = _within(image, box, MARGIN)
    cut = alone[down, across]
    if not cut.size:
        return None
    scale = LEAST_SIDE / max(cut.shape[:2])
    size = (max(1, round(cut.shape[1] * scale)), max(1, round(cut.shape[0] * scale)))
    return cut if scale <= 1 else np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def _within(image: Image, box: Box, grown: float) -> tuple[slice, slice]:
    """Return the columns and rows of a box that was made larger, as far as they are in the picture."""
    x1, y1, x2, y2 = box
    wide, high = grown * (x2 - x1), grown * (y2 - y1)
    height, width = image.shape[:2]
    left, right = (int(np.clip(each, 0, width)) for each in (np.floor(x1 - wide), np.ceil(x2 + wide)))
    top, bottom = (int(np.clip(each, 0, height)) for each in (np.floor(y1 - high), np.ceil(y2 + high)))
    return slice(left, right), slice(top, bottom)
