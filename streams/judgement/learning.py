"""What a class hour has told so far: learnt anew each minute while it runs, and later frames are read with that.

Who sits where, how faces score in this hall and what its cameras usually show take all frames together to say; whether
those who are known are seen does not. So a running hour can be judged often. Both are functions of the facts alone: how
far it was learnt, the latest frame says.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.judgement import held_up
from streams.judgement.hall import Hall
from streams.judgement.held_up import Pictures
from streams.judgement.identity import Identity
from streams.judgement.observations import Seen, visitors_of
from streams.judgement.recognition import Recognition, Sought, follow, recognise
from streams.judgement.visibility import HallVisibility, sight

__all__ = ["Memory", "Recognised", "settled", "told_by"]

EVERY = 60.0
"""Seconds."""

AFTER = 15.0
"""Seconds of a minute after which it is learnt: whoever was looked at in two minutes is established, so somebody who
came in the last one is then."""


class Recognised(NamedTuple):
    """What T frames told of M students. named: (F,), the student of each face.

    still: (M,), whether an established student never moved, as a picture does.
    """

    hall: Hall
    sighted: HallVisibility
    identities: Sequence[Identity]
    named: NDArray[np.intp]
    still: Sequence[bool]


class Learnt(NamedTuple):
    """What frames told that all of them together had to say."""

    hall: Hall
    sighted: HallVisibility
    recognition: Recognition
    still: Sequence[bool]


class Memory:
    """The last that was learnt of a running hour, so that it is not learnt again. It may be thrown away at any time."""

    def __init__(self) -> None:
        self._last: tuple[tuple[Any, ...], Learnt] | None = None
        self.pictures: dict[str, Pictures] = {}

    def learnt(self, frames: Sequence[Seen], cameras: Sequence[str], sought: Sought) -> Learnt:
        """Return what frames tell. cameras: of the whole hour, sorted."""
        # A frame is compared by identity: the same facts are the same objects from one judgement to the next.
        key = (tuple(frames), tuple(cameras), _told_apart(sought))
        if self._last is None or self._last[0] != key:
            self._last = key, _learn(frames, cameras, sought)
        return self._last[1]


def settled(frames: Sequence[Seen]) -> int:
    """Return how many frames, in the order of time, a running hour is learnt from."""
    if not frames:
        return 0
    newest = frames[-1].captured_at
    since = newest - (newest - AFTER) % EVERY
    return int(np.searchsorted([each.captured_at for each in frames], since))


def told_by(frames: Sequence[Seen], sought: Sought, first: int, memory: Memory) -> Recognised:
    """Return what frames, in the order of time, tell of an hour. first: so many are learnt from."""
    cameras = sorted({each.camera for each in frames})
    before, later = frames[:first], frames[first:]
    # One who is named for the second time just now would have all of it learnt anew.
    met = visitors_of(before) if later else {each.student_id for each in sought.visitors}
    those = sought._replace(visitors=[each for each in sought.visitors if each.student_id in met])
    learnt = memory.learnt(before, cameras, those)
    known = learnt.recognition
    later = [each.whole() for each in later]
    after = sight(later, learnt.sighted.cameras)
    sighted = HallVisibility(
        np.concatenate([learnt.sighted.visible, after.visible]), learnt.sighted.blindness + after.blindness
    )
    new = Hall.of(later, sought.students, after.moved, cameras)
    named = np.concatenate([known.named, follow(new, sought, known)])
    return Recognised(learnt.hall.then(new), sighted, known.identities, named, learnt.still)


def _learn(frames: Sequence[Seen], cameras: Sequence[str], sought: Sought) -> Learnt:
    whole = [each.whole() for each in frames]
    sighted = sight(whole)
    hall = Hall.of(whole, sought.students, sighted.moved, cameras)
    found = recognise(hall, sought)
    established = [each.places if each.established else [] for each in found.identities]
    shift = held_up.shake(hall, [place for places in established for place in places])
    still = [held_up.never_moved(hall, places, shift) for places in established]
    return Learnt(hall.slim(frames), sighted.slim(), found, still)


def _told_apart(sought: Sought) -> tuple[Any, ...]:
    """Return what tells those who are sought from others: their templates are new arrays for every judgement."""
    people = ((*sought.known,), (*sought.visitors,))
    return (
        *([(each.student_id, each.photos, np.asarray(each.template).tobytes()) for each in some] for some in people),
        sought.policy,
        sought.calibration,
    )
