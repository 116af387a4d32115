"""An observation as a row of the table of facts: numbers in columns, all looks under one seal.

Who was compared is the same from frame to frame, and stands in a row of its own that others name by its digest.
"""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.messages import Candidate, Message, Observation
from streams.attend.facts import packed, unpacked
from streams.faces.frame_view import REGIONS, THUMBNAIL
from streams.faces.template_cipher import TemplateCipher, row_context
from streams.judgement.observations import AWAY, Seen, Visit

__all__ = ["ObservedRow", "Opener", "is_packed", "opened", "people_name", "row_of", "slim", "taken_out"]

Opener = Callable[[], TemplateCipher]

NOBODY: Final = -1


class ObservedRow(Message, frozen=True, kw_only=True, array_like=True, tag="observed/1"):
    """Row ``class hour|o|...`` of the table of facts, msgpack: an observation of n faces and m candidates.

    Fields are those of ``streams.judgement.observations.Seen``. people: digest of the candidates. Little-endian: boxes
    (n, 4) float32, scores (n,) and cosines (n, m) float16, names (n,) int16: whom the frame alone took each face for, a
    candidate's number or -1. looks: sealed for the row's key: n factors in float32, then (n, d) int8; empty if none was
    kept. New fields are added at the end, with a default.
    """

    hall: str
    camera: str
    captured_at: float
    engine: str
    people: bytes
    roster: int
    reference: int
    width: int
    height: int
    boxes: bytes
    scores: bytes
    cosines: bytes
    names: bytes
    looks: bytes
    visitors: int
    visits: tuple[tuple[int, str, float], ...]
    picture: bytes
    framed: tuple[int, ...]
    after_deleted: bool
    detail: bytes
    thumbnail: bytes
    digest: bytes


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(ObservedRow)


def is_packed(value: bytes) -> bool:
    """Whether a row is written like this; an older Naul kept messages as they came, in JSON."""
    return value[:1] != b"{"


def people_name(candidates: Sequence[Candidate]) -> bytes:
    """Return what names candidates, 8 bytes."""
    return blake2b(msgspec.json.encode(candidates), digest_size=8).digest()


def row_of(key: str, observation: Observation, seen: Seen, cipher: Opener) -> bytes:
    """Return the row of an observation. seen: what is judged of it; key: of the row."""
    place = {each.student_id: number for number, each in enumerate(observation.candidates)}
    names = [place.get(face.student or "", NOBODY) for face in observation.faces]
    row = ObservedRow(
        hall=observation.hall,
        camera=observation.camera,
        captured_at=seen.captured_at,
        engine=seen.engine,
        people=people_name(observation.candidates),
        roster=seen.roster,
        reference=seen.reference,
        width=seen.width,
        height=seen.height,
        boxes=seen.boxes.astype("<f4").tobytes(),
        scores=seen.scores.astype("<f2").tobytes(),
        cosines=b"".join(face.cosines for face in observation.faces),
        names=np.array(names, "<i2").tobytes(),
        looks=_sealed(key, seen.looks, cipher),
        visitors=seen.visitors,
        visits=seen.visits,
        picture=seen.picture,
        framed=seen.framed,
        after_deleted=seen.after_deleted,
        detail=seen.detail.tobytes(),
        thumbnail=seen.thumbnail.tobytes(),
        digest=seen.digest,
    )
    return _encoder.encode(row)


def _sealed(key: str, looks: NDArray[np.float32], cipher: Opener) -> bytes:
    if not np.isfinite(looks).any():
        return b""
    scale, numbers = packed(looks)
    return cipher().seal_bytes(scale.astype("<f4").tobytes() + numbers.tobytes(), row_context(key))


def _looks(key: str, row: ObservedRow, cipher: Opener) -> NDArray[np.float32]:
    count = len(row.boxes) // 16
    if not row.looks:
        return np.full((count, 0), np.nan, np.float32)
    plain = cipher().open_bytes(row.looks, row_context(key))
    scale, numbers = np.frombuffer(plain, "<f4", count), np.frombuffer(plain, np.int8, offset=4 * count)
    return unpacked(scale, numbers.reshape(count, -1))


def decoded(value: bytes) -> ObservedRow:
    """Read a row.

    Raises:
        msgspec.DecodeError: it is none.
    """
    return _decoder.decode(value)


def opened(key: str, value: bytes, students: tuple[str, ...], cipher: Opener) -> Seen:
    """Return what a row says, with all numbers. students: the candidates'.

    Raises:
        BadMessageError: the looks do not open.
        ValueError: it is damaged.
    """
    row = decoded(value)
    cosines = np.frombuffer(row.cosines, "<f2").astype(np.float32).reshape(len(row.boxes) // 16, len(students))
    return _seen(
        row,
        students,
        scores=np.frombuffer(row.scores, "<f2").astype(np.float32),
        cosines=cosines,
        looks=_looks(key, row, cipher),
        detail=np.frombuffer(row.detail, np.uint8).reshape(REGIONS if row.detail else 0),
        thumbnail=np.frombuffer(row.thumbnail, np.uint8).reshape(THUMBNAIL if row.thumbnail else 0),
    )


def slim(row: ObservedRow, students: tuple[str, ...], again: Callable[[], Seen]) -> Seen:
    """Return what a row says without what takes the most room; nothing is opened for it."""
    return _seen(
        row, students, scores=AWAY, cosines=AWAY, looks=AWAY, detail=AWAY, thumbnail=AWAY, again=again
    )  # fmt: skip


def _seen(row: ObservedRow, students: tuple[str, ...], **numbers: object) -> Seen:
    return Seen(
        camera=f"{row.hall}/{row.camera}",
        captured_at=row.captured_at,
        engine=row.engine,
        students=students,
        reference=row.reference,
        roster=row.roster,
        width=row.width,
        height=row.height,
        boxes=np.frombuffer(row.boxes, "<f4").reshape(-1, 4),
        digest=row.digest,
        visitors=row.visitors,
        visits=tuple(Visit(*each) for each in row.visits),
        picture=row.picture,
        framed=row.framed,
        after_deleted=row.after_deleted,
        **numbers,  # type: ignore[arg-type]
    )


def taken_out(
    key: str, value: bytes, student: str, before: Sequence[Candidate], after: Sequence[Candidate], cipher: Opener
) -> bytes:
    """Return a row without what it says of a student; itself where that is nothing.

    before, after: the candidates with him and without. Of a face that nobody was named for, the look may be his.
    """
    row = decoded(value)
    count, place = len(row.boxes) // 16, next((i for i, each in enumerate(before) if each.student_id == student), None)
    names = np.frombuffer(row.names, "<i2")
    cosines = np.frombuffer(row.cosines, "<f2").reshape(count, len(before))
    his = np.zeros(count, bool)
    for face, name, _ in row.visits:
        his[face] |= name == student and names[face] == NOBODY
    visits = tuple(each for each in row.visits if each[1] != student)
    if place is None:
        if visits == row.visits:
            return value
    else:
        his |= (names == place) | ((names == NOBODY) & (cosines.argmax(axis=1) == place))
        names = np.where(names == place, NOBODY, names - (names > place)).astype("<i2")
        cosines = np.delete(cosines, place, axis=1)
    looks = np.array(_looks(key, row, cipher))
    looks[his] = np.nan
    return _encoder.encode(
        msgspec.structs.replace(
            row,
            people=people_name(after),
            reference=sum(each.version for each in after),
            names=names.tobytes(),
            cosines=cosines.tobytes(),
            looks=_sealed(key, looks, cipher),
            visits=visits,
            digest=blake2b(row.digest, digest_size=32).digest(),
        )
    )
