"""A sighting's way out and in: from the faces of one picture to the message, from the message to what is judged."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from schemas.errors import BadMessageError
from schemas.frames import FrameHeaders
from schemas.messages import ClassHour, Face, FrameRef, MarkBatch, Observation, Visitor
from streams.eyes import Look
from streams.faces.calibration import Calibration
from streams.faces.engines import Found
from streams.faces.templates import cosines
from streams.faces.values import base_engine
from streams.faces.vault import Vault, look_context
from streams.judgement.matching import against, candidate_faces, names
from streams.judgement.observations import Marked, Seen, Visit
from streams.reference import NOBODY, Candidates
from streams.visitors import NO_VISITORS, Visitors, nearest

__all__ = ["check_clock", "marked", "observe", "seen"]


def check_clock(headers: FrameHeaders, appended_at: datetime, ahead: timedelta) -> None:
    """Refuse a frame from the future: a wrong clock must mark nobody.

    Raises:
        BadMessageError: the capture time is further ahead of the broker's clock than allowed.
    """
    if headers.captured_at - appended_at > ahead:
        raise BadMessageError(
            f"frame of {headers.hall}/{headers.camera} was captured at {headers.captured_at.isoformat()}, "
            f"{(headers.captured_at - appended_at).total_seconds():.0f} s after the broker received it",
            "Set the camera's clock (NTP), then send the frames again.",
        )


def observe(
    headers: FrameHeaders,
    frame: FrameRef,
    look: Look,
    *,
    engine: str,
    calibration: Calibration,
    hour: ClassHour | None,
    candidates: Candidates,
    vault: Vault | None,
    visitors: Visitors = NO_VISITORS,
    picture: bytes = b"",
) -> Observation:
    """Return what a picture showed.

    look: the picture's size and faces. hour: the one that ran in the hall; its candidates are compared, one to one.
    vault: seals the looks of faces that may be a candidate's; not needed without candidates.
    visitors: of the hour, who are compared beside them. picture: digest of the pixels.
    """
    width, height, found = look
    faces = _faces(headers, found, candidates, visitors, calibration, vault) if found else ()
    return Observation(
        hall=headers.hall,
        camera=headers.camera,
        captured_at=headers.captured_at,
        engine=engine,
        frame=frame,
        live=headers.live,
        width=width,
        height=height,
        class_hour=hour.id if hour else None,
        candidates=candidates.students,
        visitors=visitors.number,
        picture=picture,
        faces=faces,
    )


def _faces(
    headers: FrameHeaders,
    found: Sequence[Found],
    candidates: Candidates,
    visitors: Visitors,
    calibration: Calibration,
    vault: Vault | None,
) -> tuple[Face, ...]:
    plain = [Face(box=each.box, score=each.score, quality=each.quality, framed=each.framed) for each in found]
    if candidates is NOBODY or vault is None:
        return tuple(plain)
    embeddings = np.stack([each.embedding for each in found])
    alike = cosines(embeddings, candidates.templates)
    stray = nearest(embeddings, visitors, calibration)
    others = against(stray.llr[:, None], visitors.number)
    center, spread = calibration.center, calibration.spread
    named = names(alike, candidates.photos, calibration, center=center, spread=spread, others=others)
    keep = candidate_faces(named.llr)
    context = look_context(headers.hall, headers.camera, headers.captured_at)
    met = [
        Visitor(student_id=visitors.everybody.students[row], cosine=round(float(cosine), 4)) if likely else None
        for row, cosine, _, likely in zip(*stray, strict=True)
    ]
    return tuple(
        Face(
            box=each.box,
            score=each.score,
            quality=each.quality,
            cosines=row.astype("<f2").tobytes(),
            student=candidates.students[name].student_id if name >= 0 else None,
            look=vault.seal(each.embedding, context, half=True) if kept else None,
            visitor=visitor,
            framed=each.framed,
        )
        for each, row, name, kept, visitor in zip(found, alike, named.student, keep, met, strict=True)
    )


def seen(observation: Observation, value: bytes, *, vault: Callable[[], Vault]) -> Seen:
    """Return an observation as the arrays that are judged.

    value: the message's bytes, whose digest decides between two accounts of the same frame.
    vault: opens the looks; asked for only if there are any.
    """
    faces = observation.faces
    context = look_context(observation.hall, observation.camera, observation.captured_at)
    looks = [vault().open_sealed(face.look, context) if face.look else None for face in faces]
    return Seen(
        camera=observation.camera,
        captured_at=observation.captured_at.timestamp(),
        engine=base_engine(observation.engine),
        students=tuple(each.student_id for each in observation.candidates),
        reference=sum(each.version for each in observation.candidates),
        width=observation.width,
        height=observation.height,
        boxes=np.array([face.box for face in faces], np.float32).reshape(-1, 4),
        scores=np.array([face.score for face in faces], np.float32),
        quality=np.array([face.quality for face in faces], np.float32),
        cosines=_cosines(observation),
        looks=_looks(looks),
        digest=sha256(value).digest(),
        visitors=observation.visitors,
        visits=tuple(
            Visit(place, face.visitor.student_id, face.visitor.cosine)
            for place, face in enumerate(faces)
            if face.visitor
        ),
        picture=observation.picture,
        framed=tuple(place for place, face in enumerate(faces) if face.framed),
    )


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
