"""Whose the places are of which names do not say it: one who changed his seat, or who was there before he was known.

All looks of a tracklet together say who it is, not only those that won a name; nobody is at two places at once; and who
vanished in one place may have appeared in another.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from streams.judgement.identity import AT_ONCE, FEWEST_MINUTES, SINGLE, Evidence, Identification, Identity
from streams.judgement.matching import NOBODY
from streams.judgement.tracklets import FEWEST_FACES, Tracklet, is_at, tracklet_of, tracklets_of

__all__ = ["Association", "associate"]

ROUNDS = 4

HIS_SEAT = 2.0
"""Log odds that whoever sits at a student's seat just before or just after him, and is not surely known, is he."""

SUDDENLY = 0.1
"""How likely somebody sits elsewhere who was not seen for long, against one who just left his seat."""

HIS = 0.5
"""Whoever is here anyway was at a place if that is likelier than not: a wrong one hides that he left, a missed one says
so of somebody who sits there."""

FOUND = 0.5
"""Of the doubt that is allowed, so much is of those whom names had not found. Of the strangers in 22 halls the likest
had 0.83; of eleven such students six had 0.82 to 0.98."""

FEW = 1 / 3
"""A name that so many faces of a tracklet have is not chance."""

STEADY = 300.0
"""Seconds. Whoever sits somewhere for so long, and is not known, may be whom one misses."""


class Association(NamedTuple):
    """identities: with the places of who moved, and those found by their place alone. named: (F,), with their faces."""

    identities: list[Identity]
    named: NDArray[np.intp]


def associate(
    looks: Identification,
    identities: Sequence[Identity],
    named: NDArray[np.intp],
    *,
    accept: float,
    apart: float,
) -> Association:
    """Return who sits at the places of which names did not say it, and correct what names say against them.

    named: (F,), the student of each face. accept: the posterior from which a student is established. apart: seconds
    without a face that end a tracklet.
    """
    now = (
        _Associating(looks, tracklets_of(looks, apart), list(identities), named, apart).cleared().divided().completed()
    )
    doubt = (1 - accept) * FOUND * np.where(looks.gallery.photos < 2, SINGLE, 1)
    for _ in range(ROUNDS):
        free, gain = now.free, now.gains
        likely = np.exp(gain - np.logaddexp.reduce(np.pad(gain, ((0, 0), (0, 1))), axis=1, keepdims=True))
        rows, students = linear_sum_assignment(np.maximum(gain, 0), maximize=True)
        sure = likely[rows, students] >= np.where(now.established, HIS, 1 - doubt)[students]
        if not sure.any():
            break
        for row, student in zip(rows[sure], students[sure], strict=True):
            now = now.with_(free[row], int(student), float(likely[row, student]))
    steady = np.array([each.ends - each.starts >= STEADY for each in free], bool)
    maybe = likely[steady].max(axis=0, initial=0)
    return Association(
        [each._replace(maybe=float(p)) for each, p in zip(now.identities, maybe, strict=True)], now.named
    )


@dataclass(frozen=True, eq=False)
class _Associating:
    """Who is where as far as it is known. named: (F,), the student of each face."""

    looks: Identification
    tracklets: Sequence[Tracklet]
    identities: Sequence[Identity]
    named: NDArray[np.intp]
    apart: float

    @cached_property
    def established(self) -> NDArray[np.bool_]:
        return np.array([each.established for each in self.identities], bool)

    @cached_property
    def odds(self) -> float:
        """Of one of the roster against nobody, log."""
        return self.looks.odds(self.identities)

    @cached_property
    def claims(self) -> NDArray[np.intp]:
        """How many faces of each tracklet have the name of each established student, (S, M)."""
        claims = np.zeros((len(self.tracklets), len(self.identities) + 1), np.intp)
        for row, tracklet in zip(claims, self.tracklets, strict=True):
            np.add.at(row, self.named[tracklet.place.faces], 1)
        return np.where(self.established, claims[:, :-1], 0)

    @cached_property
    def seen(self) -> list[NDArray[np.float64]]:
        """When each established student was seen, M times (k,), sorted."""
        hall = self.looks.hall
        return [
            np.unique(hall.elapsed[hall.frame[self.named == student]]) if sure else np.zeros(0)
            for student, sure in enumerate(self.established)
        ]

    def cleared(self) -> "_Associating":
        """Return it without names that few faces of a tracklet have, and that all its looks together contradict."""
        named = self.named.copy()
        for tracklet, claims in zip(self.tracklets, self.claims, strict=True):
            likelier = max(tracklet.found.others, tracklet.found.llr[claims.argmax()]) if claims.any() else 0
            few = (claims > 0) & (claims < FEW * len(tracklet.frames)) & (tracklet.found.llr < likelier)
            for student in np.flatnonzero(few):
                those = np.flatnonzero(self.named[tracklet.place.faces] == student)
                at_edge = those[0] == 0 or those[-1] == len(tracklet.frames) - 1
                if len(those) < 2 or np.ptp(those) >= len(those) or not at_edge:  # else he sat there before or after
                    named[tracklet.place.faces[those]] = NOBODY
        return replace(self, named=named)

    def divided(self) -> "_Associating":
        """Return it with what a tracklet was before it had the name that most faces there have, and after, for itself.

        It may have been he, or somebody else whom the looks do not tell from him at once.
        """
        tracklets: list[Tracklet] = []
        for tracklet, claims in zip(self.tracklets, self.claims, strict=True):
            faces = tracklet.place.faces
            his = np.flatnonzero(claims.any() & (self.named[faces] == claims.argmax()))
            ends = [his[0], his[-1] + 1] if len(his) else []
            edges = [edge for edge in ends if FEWEST_FACES <= edge <= len(faces) - FEWEST_FACES]
            parts = [tracklet_of(self.looks, part) for part in np.split(faces, edges)] if edges else [tracklet]
            tracklets += [part for part in parts if part]
        return replace(self, tracklets=tracklets)

    def completed(self) -> "_Associating":
        """Return it with whole tracklets given to whoever has the most names there, if all looks agree."""
        now = self
        for tracklet, claims in zip(self.tracklets, self.claims, strict=True):
            student = int(claims.argmax()) if claims.any() else NOBODY
            if student != NOBODY and tracklet.found.llr[student] - tracklet.found.others + HIS_SEAT > 0:
                mine = np.setdiff1d(np.flatnonzero(now.named == student), tracklet.place.faces)
                frames = np.unique(self.looks.hall.frame[mine])
                elsewhere = np.ptp(np.searchsorted(frames, (tracklet.frames[0], tracklet.frames[-1] + 1)))
                if elsewhere <= AT_ONCE * len(tracklet.frames):
                    now = now.with_(tracklet, student, self.identities[student].p)
        return now

    @cached_property
    def free(self) -> list[Tracklet]:
        """Those of whom nothing is known yet."""
        return [
            tracklet
            for tracklet, claims in zip(self.tracklets, self.claims, strict=True)
            if not claims.any() and tracklet.found.minutes >= FEWEST_MINUTES
        ]

    @cached_property
    def gains(self) -> NDArray[np.float64]:
        """Log odds of each student against nobody at each free tracklet, (S, M); minus infinity if he is elsewhere."""
        gains = [
            self._before(each) + np.where(self.established, each.found.llr - each.found.others, all_.llr - all_.others)
            for each, all_ in zip(self.free, self._together, strict=True)
        ]
        return np.array(gains).reshape(len(self.free), len(self.identities))

    @property
    def _together(self) -> Iterator[Evidence]:
        """What all free tracklets at the place of each say: nobody must be found by the part that is most like him."""
        for tracklet in self.free:
            there = [each.place for each in self.free if is_at(each.place, [tracklet.place])]
            found = self.looks.evidence(there) if len(there) > 1 else None
            yield found or tracklet.found

    def _before(self, tracklet: Tracklet) -> NDArray[np.float64]:
        """Return the log odds before the looks: who is here and away from his seat then sits somewhere."""
        rest = sum(each.starts <= tracklet.ends and each.ends >= tracklet.starts for each in self.free)
        odds = np.full(len(self.identities), self.odds)
        for student in np.flatnonzero(self.established).tolist():
            seen = self.seen[student]
            start, end = np.searchsorted(seen, (tracklet.starts, tracklet.ends))
            before = start > 0 and tracklet.starts - seen[start - 1] < self.apart
            after = end < len(seen) and seen[end] - tracklet.ends < self.apart
            if end - start > AT_ONCE * len(tracklet.frames):
                odds[student] = -np.inf
            elif (before or after) and is_at(tracklet.place, self.identities[student].places):
                odds[student] = HIS_SEAT * (int(before) + int(after))
            else:
                odds[student] = np.log((1 if before or after else SUDDENLY) / rest)
        return odds

    def with_(self, tracklet: Tracklet, student: int, p: float) -> "_Associating":
        """Return it with a student at a tracklet, but for faces of others, and those not compared with him.

        Where else he was named in those frames, it was not he. p: of whoever was not established before.
        """
        was, named, identities = self.identities[student], self.named.copy(), list(self.identities)
        places = was.places if is_at(tracklet.place, was.places) else [*was.places, tracklet.place]
        identities[student] = (
            was._replace(places=places)
            if was.established
            else Identity(p, tracklet.found.minutes, [tracklet.place], established=True)
        )
        faces = tracklet.place.faces
        others = np.append(self.established, [False])[named[faces]] & (named[faces] != student)
        frame = self.looks.hall.frame
        mine = faces[~others & self.looks.hall.compared[frame[faces], student]]
        there = np.zeros(len(self.looks.hall.times), bool)
        there[frame[mine]] = True
        named[there[frame] & (named == student)] = NOBODY
        named[mine] = student
        return replace(self, identities=identities, named=named)
