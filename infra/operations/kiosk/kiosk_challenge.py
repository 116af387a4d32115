"""Turning the head when asked: a check against a picture that is held up before a kiosk.

The side is drawn by chance and asked for by the server; a series of looks (``kiosk_looks``) answers.
It passes if one face that never left the picture looked into the camera, and then turned to that side clearly, by way
of what lies between, so that its nose showed its depth (``streams.faces.head_turn``). What that stops and what not was
measured: docs/adr/0030-kiosk.md. A film of the person passes at every second try.
"""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple, get_args

import msgspec
import numpy as np

from infra.operations.kiosk.kiosk_looks import KioskFace, KioskLook
from schemas.messages import Moment
from streams.faces.calibration import Calibration
from streams.faces.head_turn import head_turn, nose_offset
from streams.faces.templates import cosines
from streams.faces.unfit_pictures import Unfit
from streams.faces.values import Floats

__all__ = [
    "EXPIRES",
    "SIDES",
    "Challenge",
    "Side",
    "TimedLook",
    "TurnState",
    "issue",
    "judge_turn",
    "looks_ahead",
    "same_face",
]

Side = Literal["left", "right"]
"""Of the person who is asked."""

SIDES: Final[tuple[Side, ...]] = get_args(Side)

EXPIRES = timedelta(seconds=20)

LONGEST_GAP = timedelta(seconds=1)
"""Between two looks: within more time one picture can be put in the place of another."""

FRONTAL = 0.12
"""How far the nose is beside the middle, in distances of the eyes, of who looks into the camera: 13 degrees."""

CLEAR = 0.3
"""How far the nose moves when a head is turned clearly: about 35 degrees."""

BEGUN = 0.06
"""From here up to a clear turn a head is on its way, and is seen there once, at least."""

DEPTH = 0.3
"""Least depth of the nose. Of heads it is 0.3 to 0.6, of a plane 0 to 0.15, of a bent picture in between."""

ALIKE = 1.0
"""How like the turned face is to the frontal one, at least, in units of the calibration."""

OVERLAP = 0.2
"""Of two boxes, one look after the other: their common area by that of both."""

FRAMED_LOOKS, FRAMED_SHARE = 3, 0.25
"""In so many looks, and this part of them, the face is inside a rectangle: then it is a picture."""


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is asked to do, once. The server keeps it and the looks, and forgets both after its answer."""

    id: str
    side: Side
    issued_at: Moment


class TimedLook(NamedTuple):
    """A look, and when its picture came in (aware)."""

    at: datetime
    look: KioskLook


class TurnState(NamedTuple):
    """How far somebody is.

    state: ``look`` into the camera; ``turn`` to the side; ``further``: he is on his way; ``passed``; ``failed``.
    reason: why it failed, or why he is not seen. face: (d,), raw, of the look into the camera, once he passed: the
    photo must show the same (``same_face``).
    """

    state: Literal["look", "turn", "further", "passed", "failed"]
    reason: Unfit | None = None
    face: Floats | None = None


def issue(now: datetime, choose: Callable[[Sequence[Side]], Side] = secrets.choice) -> Challenge:
    """Return a challenge that nobody can foresee, unless ``choose`` can be. now: aware."""
    return Challenge(id=secrets.token_urlsafe(16), side=choose(SIDES), issued_at=now)


def looks_ahead(face: KioskFace) -> bool:
    """Whether somebody looks into the camera."""
    return abs(nose_offset(face.landmarks)) <= FRONTAL


def judge_turn(challenge: Challenge, looks: Sequence[TimedLook], now: datetime, calibration: Calibration) -> TurnState:
    """Return what the looks since a challenge, in the order of time, come to. now: aware."""
    ends = challenge.issued_at + EXPIRES
    within = [each for each in looks if challenge.issued_at <= each.at <= ends]
    series: list[KioskLook] = []
    state = TurnState("look")
    for before, each in zip([None, *within], within, strict=False):
        seen = each.look
        if seen.face is None:
            series, state = [], TurnState("look", seen.reason)
            continue
        if before is None or before.look.face is None or not _goes_on(before.at, before.look.face, each.at, seen.face):
            series = []
        series.append(seen)
        state = _judged(challenge, series, calibration)
        if state.state in ("passed", "failed"):
            return state
    return TurnState("failed", Unfit("expired", {})) if now > ends else state


def same_face(one: Floats, other: Floats, calibration: Calibration) -> bool:
    """Whether two raw embeddings, (d,), taken within a minute may be one person's."""
    cosine = cosines(one[None], other[None])[0, 0]
    return bool((cosine - calibration.center) / calibration.spread >= ALIKE)


def _judged(challenge: Challenge, series: Sequence[KioskLook], calibration: Calibration) -> TurnState:
    """Return what the looks at one face come to, the last of them being new."""
    faces = [each.face for each in series if each.face]
    offsets = [nose_offset(each.landmarks) for each in faces]
    frontal = [at for at, each in enumerate(series) if not each.reason and each.face and looks_ahead(each.face)]
    if sum(each.framed for each in faces) >= max(FRAMED_LOOKS, FRAMED_SHARE * len(faces)):
        return TurnState("failed", Unfit("picture", {}))
    if not frontal:
        return TurnState("look", series[-1].reason)
    start = min(frontal, key=lambda at: abs(offsets[at]))
    front, last = faces[start], faces[-1]
    turn = head_turn(front.landmarks, last.landmarks)
    wanted = turn.shift if challenge.side == "left" else -turn.shift
    if wanted <= -CLEAR:
        return TurnState("failed", Unfit("wrong_side", {}))
    on_the_way = any(BEGUN <= abs(each - offsets[start]) < CLEAR for each in offsets[start:-1])
    if wanted < CLEAR or turn.depth < DEPTH or not on_the_way:
        return TurnState("turn" if wanted < BEGUN else "further")
    if not same_face(front.embedding, last.embedding, calibration):
        return TurnState("failed", Unfit("other_face", {}))
    return TurnState("passed", face=front.embedding)


def _goes_on(was: datetime, before: KioskFace, now: datetime, after: KioskFace) -> bool:
    """Whether two faces are at about the same place, with little time in between."""
    one, other = np.array(before.box), np.array(after.box)
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    common = float(np.prod(np.maximum(sides, 0)))
    both = float(np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2])) - common
    return now - was <= LONGEST_GAP and common >= OVERLAP * both
