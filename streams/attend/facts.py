"""From messages to facts: an observation, or a batch of marks, as the judgement takes it."""

from collections.abc import Callable, Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from schemas.errors import BadMessageError
from schemas.ids import base_engine
from schemas.messages import MarkBatch, Observation
from streams.faces.frame_view import REGIONS, THUMBNAIL
from streams.faces.template_cipher import TemplateCipher, look_context
from streams.judgement.observations import Marked, Seen, Visit

__all__ = ["marked", "packed", "seen", "unpacked"]


def seen(observation: Observation, value: bytes, *, cipher: Callable[[], TemplateCipher]) -> Seen:
    """Return an observation as the arrays that are judged: looks in 8 bits, which changes no verdict (ADR 46).

    value: the message's bytes, whose digest decides between two accounts of the same frame.
    cipher: opens the looks; asked for only if there are any.
    """
    faces = observation.faces
    context = look_context(observation.hall, observation.camera, observation.captured_at)
    looks = [cipher().open_sealed(face.look, context) if face.look else None for face in faces]
    return Seen(
        camera=f"{observation.hall}/{observation.camera}",
        captured_at=observation.captured_at.timestamp(),
        engine=base_engine(observation.engine),
        students=tuple(each.student_id for each in observation.candidates),
        reference=sum(each.version for each in observation.candidates),
        roster=observation.roster,
        width=observation.width,
        height=observation.height,
        boxes=np.array([face.box for face in faces], np.float32).reshape(-1, 4),
        scores=np.array([face.score for face in faces], np.float32),
        cosines=_cosines(observation),
        looks=unpacked(*packed(_looks(looks))),
        digest=sha256(value).digest(),
        visitors=observation.visitors,
        visits=tuple(
            Visit(place, face.visitor.student_id, face.visitor.cosine)
            for place, face in enumerate(faces)
            if face.visitor
        ),
        picture=observation.picture,
        framed=tuple(place for place, face in enumerate(faces) if face.framed),
        after_deleted=observation.after_deleted,
        detail=_grid(observation, observation.detail, REGIONS),
        thumbnail=_grid(observation, observation.thumbnail, THUMBNAIL),
    )


def packed(looks: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Return what each row of looks, (n, d), is to be multiplied by, (n,), and the looks as numbers of 8 bits.

    A factor has 16 bits of its own: its products are exact, and packing again what was unpacked changes nothing.
    """
    largest = np.abs(looks).max(axis=1, initial=0).astype(np.float32) / np.float32(127)
    scale = ((largest.view(np.uint32) + np.uint32(0xFF)) & np.uint32(0xFFFFFF00)).view(np.float32)
    return scale, np.nan_to_num(np.rint(looks / np.where(scale > 0, scale, 1)[:, None])).astype(np.int8)


def unpacked(scale: NDArray[np.float32], looks: NDArray[np.int8]) -> NDArray[np.float32]:
    """Return the looks that ``packed`` took; a scale that is no number stands for a look that was not kept."""
    return looks * scale[:, None]


def marked(batch: MarkBatch) -> Marked:
    """Return a batch of marks as it is judged."""
    return Marked(
        id=batch.id,
        at=batch.at.timestamp(),
        by=batch.by,
        reason=batch.reason,
        kind=batch.kind,
        verdicts={mark.student_id: mark.verdict for mark in batch.marks},
    )


def _grid(observation: Observation, values: bytes, shape: tuple[int, int]) -> NDArray[np.uint8]:
    if values and len(values) != shape[0] * shape[1]:
        raise BadMessageError(f"observation of {observation.hall}: {len(values)} values are no picture of {shape}")
    return np.frombuffer(values, np.uint8).reshape(shape if values else 0)


def _cosines(observation: Observation) -> NDArray[np.float32]:
    shape = (len(observation.faces), len(observation.candidates))
    try:
        flat = np.frombuffer(b"".join(face.cosines for face in observation.faces), "<f2")
        alike = flat.astype(np.float32).reshape(shape)
    except ValueError as error:
        raise BadMessageError(f"observation of {observation.hall}: cosines do not fit {shape}: {error}") from error
    if not np.isfinite(alike).all():
        raise BadMessageError(f"observation of {observation.hall}: a cosine is not a number")
    return alike


def _looks(looks: Sequence[NDArray[np.float32] | None]) -> NDArray[np.float32]:
    dimension = next((len(each) for each in looks if each is not None), 0)
    missing = np.full(dimension, np.nan, np.float32)
    return np.array([missing if each is None else each for each in looks], np.float32).reshape(len(looks), dimension)
