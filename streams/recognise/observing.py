"""From the faces of one frame to the observation that says who they may be."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from schemas.errors import BadMessageError
from schemas.frames import FrameHeaders
from schemas.messages import ClassHour, Face, FrameRef, Observation, Visitor
from streams.faces.calibration import Calibration
from streams.faces.engines import Found
from streams.faces.template_cipher import TemplateCipher, look_context
from streams.faces.templates import cosines
from streams.judgement.matching import against, candidate_faces, names
from streams.recognise.engine_runner import FrameFaces
from streams.recognise.nearest_visitor import nearest
from streams.reference.reference_data import NOBODY, Candidates
from streams.reference.visitors import NO_VISITORS, Visitors

__all__ = ["NOBODY_TO_COMPARE", "HourGallery", "check_clock", "observe"]


class HourGallery(NamedTuple):
    """Whom the faces of a frame are compared with.

    hour: the class hour that ran in the hall. candidates: its students, one to one. cipher: seals the looks of faces
    that may be a candidate's; not needed without candidates. visitors: who are compared beside them.
    roster: grows with every change of who may sit there.
    """

    hour: ClassHour | None
    candidates: Candidates
    cipher: TemplateCipher | None
    visitors: Visitors = NO_VISITORS
    roster: int = 0


NOBODY_TO_COMPARE = HourGallery(None, NOBODY, None)
"""Of a moment without a class hour."""


def check_clock(headers: FrameHeaders, appended_at: datetime, most: timedelta) -> None:
    """Refuse a frame whose time cannot be believed: a wrong clock must mark nobody, in no class hour.

    appended_at: by the broker's clock. most: how far the clocks may differ. A recording's times are of its own day; of
    them only those that have not come yet are refused.

    Raises:
        BadMessageError: it was captured in the future, or a live camera's clock is wrong either way.
    """
    camera = f"{headers.hall}/{headers.camera}"
    skew = headers.skew(appended_at)
    if headers.live and abs(skew) > most:
        raise BadMessageError(
            f"the clock of camera {camera} is {abs(skew).total_seconds():.0f} s "
            f"{'ahead of' if skew > timedelta(0) else 'behind'} the broker's",
            "Set the clock of the machine where `naul camera` runs (NTP).",
        )
    if headers.captured_at - appended_at > most:
        raise BadMessageError(
            f"frame of {camera} was captured at {headers.captured_at.isoformat()}, "
            f"{(headers.captured_at - appended_at).total_seconds():.0f} s after the broker received it",
            "Set the camera's clock (NTP), then send the frames again.",
        )


def observe(
    headers: FrameHeaders,
    frame: FrameRef,
    look: FrameFaces,
    gallery: HourGallery,
    *,
    engine: str,
    calibration: Calibration,
    picture: bytes = b"",
) -> Observation:
    """Return what a picture showed.

    look: the picture's size and faces, and how well it could be seen. engine: its id, and how faces were found.
    picture: digest of the pixels.
    """
    width, height, found, view = look
    faces = _faces(headers, found, gallery, calibration) if found else ()
    return Observation(
        hall=headers.hall,
        camera=headers.camera,
        captured_at=headers.captured_at,
        engine=engine,
        frame=frame,
        live=headers.live,
        width=width,
        height=height,
        class_hour=gallery.hour.id if gallery.hour else None,
        candidates=gallery.candidates.students,
        roster=gallery.roster,
        visitors=gallery.visitors.number,
        picture=picture,
        detail=view.detail.tobytes() if view else b"",
        thumbnail=view.thumbnail.tobytes() if view else b"",
        faces=faces,
    )


def _faces(
    headers: FrameHeaders,
    found: Sequence[Found],
    gallery: HourGallery,
    calibration: Calibration,
) -> tuple[Face, ...]:
    candidates, cipher, visitors = gallery.candidates, gallery.cipher, gallery.visitors
    plain = [Face(box=each.box, score=each.score, framed=each.framed) for each in found]
    if candidates is NOBODY or cipher is None:
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
            cosines=row.astype("<f2").tobytes(),
            student=candidates.students[name].student_id if name >= 0 else None,
            look=cipher.seal(each.embedding, context, half=True) if kept else None,
            visitor=visitor,
            framed=each.framed,
        )
        for each, row, name, kept, visitor in zip(found, alike, named.student, keep, met, strict=True)
    )
