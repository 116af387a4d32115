"""The facts of a class hour: what each analysed frame showed, and what people marked. Joining facts is union.

Union is commutative, associative and idempotent, so duplicates, late frames and replays in any order end alike. The
rank of a set is a number that grows whenever the set does.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias

import numpy as np
from numpy.typing import NDArray

from schemas.messages import Said

__all__ = ["AWAY", "Facts", "Key", "Marked", "Seen", "Visit", "visitors_of"]

Key: TypeAlias = tuple[str, float, str]
"""camera, captured_at, engine (without how the faces were found): what names an observation."""

_NEWER_ROSTER = 2**20
"""More than the enrolment versions of any roster add up to: an account by a newer roster counts for more."""


def _untold() -> NDArray[np.uint8]:
    return np.zeros(0, np.uint8)


class _Away:
    """Stands for numbers that are read again when they are needed; whoever takes it for them is told so."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("these numbers were let go: take those of `whole`")

    __getattr__ = __array__ = __len__ = __getitem__ = __iter__ = _refuse


AWAY: Final[Any] = _Away()


class Visit(NamedTuple):
    """A face, by its place in the frame, that may be a visitor's: whose, and its cosine to his template."""

    face: int
    student: str
    cosine: float


@dataclass(frozen=True, eq=False, repr=False)
class Seen:
    """What one analysed frame showed: n faces, m candidates, embeddings of d numbers. It never prints: no log has them.

    camera: as ``hall/camera``. captured_at: POSIX seconds. students: ids of the candidates, sorted. roster, reference:
    the version of the rosters, and the sum of the enrolment versions that were compared; the higher, the newer.
    width, height: of the frame, pixels.
    boxes: (n, 4), x1, y1, x2, y2 in pixels. scores: (n,). cosines: (n, m). looks: (n, d), the embeddings;
    a row of NaN where none was kept, d may be 0 if none was kept at all.
    digest: of the encoded message; decides between two accounts of one frame that are equally new.
    visitors: how many were compared. visits: the faces that may be a visitor's.
    picture: digest of the pixels, empty if not known. framed: the faces that are inside a rectangle.
    after_deleted: frames before this one were deleted unseen; it explains a gap and changes no verdict.
    detail, thumbnail: how well the frame could be seen (``streams.faces.frame_view``); empty if that is not told.
    again: reads it once more, where scores, cosines, looks, detail and thumbnail were let go (``AWAY``): of a running
    hour they would fill the memory, and most judgements do not ask for them.
    """

    camera: str
    captured_at: float
    engine: str
    students: tuple[str, ...]
    reference: int
    width: int
    height: int
    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    cosines: NDArray[np.float32]
    looks: NDArray[np.float32]
    digest: bytes
    roster: int = 0
    visitors: int = 0
    visits: tuple[Visit, ...] = ()
    picture: bytes = b""
    framed: tuple[int, ...] = ()
    after_deleted: bool = False
    detail: NDArray[np.uint8] = field(default_factory=_untold)
    thumbnail: NDArray[np.uint8] = field(default_factory=_untold)
    again: Callable[[], "Seen"] | None = None

    def slim(self, again: Callable[[], "Seen"]) -> "Seen":
        """Return it without what takes the most room. again: reads it once more."""
        return replace(self, scores=AWAY, cosines=AWAY, looks=AWAY, detail=AWAY, thumbnail=AWAY, again=again)

    def whole(self) -> "Seen":
        """Return it with all numbers."""
        return self.again() if self.again else self

    @property
    def key(self) -> Key:
        """Two observations of one key are accounts of the same frame."""
        return self.camera, self.captured_at, self.engine

    @property
    def rank(self) -> int:
        """What the observation adds to the version of its class hour."""
        return 1 + self.reference + self.roster * _NEWER_ROSTER

    @cached_property
    def places(self) -> NDArray[np.float64]:
        """Centre x, centre y and width of each face in widths of the frame, (n, 3): the same at every resolution."""
        x1, y1, x2, y2 = self.boxes.astype(np.float64).reshape(-1, 4).T
        return np.stack([(x1 + x2) / 2, (y1 + y2) / 2, np.maximum(x2 - x1, 1)], axis=1) / max(self.width, 1)

    @cached_property
    def has_look(self) -> NDArray[np.bool_]:
        """Whether the embedding of a face was kept, (n,)."""
        if not self.looks.shape[-1]:
            return np.zeros(len(self.boxes), bool)
        return np.asarray(np.isfinite(self.looks).all(axis=1), bool)

    def yields_to(self, other: "Seen") -> bool:
        """Whether another account of the same frame is to be kept instead of this one."""
        return (self.roster, self.reference, self.digest) < (other.roster, other.reference, other.digest)


@dataclass(frozen=True)
class Marked:
    """What a person said about some students of the class hour at one time.

    at: POSIX seconds. kind: ``mark`` or ``rollcall``. verdicts: by student id.
    """

    id: str
    at: float
    by: str
    reason: str
    kind: str
    verdicts: Mapping[str, Said]

    @property
    def _order(self) -> tuple[Any, ...]:
        return self.at, self.by, self.reason, self.kind, sorted(self.verdicts.items())

    def yields_to(self, other: "Marked") -> bool:
        """Whether another batch of the same id is to be kept instead of this one."""
        return self._order < other._order


@dataclass(frozen=True, eq=False, repr=False)
class Facts:
    """A set of observations and marks. It never changes: adding to it returns another, itself if nothing is new."""

    seen: MappingProxyType[Key, Seen] = field(default_factory=lambda: MappingProxyType({}))
    marks: Mapping[str, Marked] = field(default_factory=lambda: MappingProxyType({}))

    def with_(self, seen: Seen) -> "Facts":
        """Return these facts and an observation."""
        if not self.lacks(seen):
            return self
        return Facts(MappingProxyType(self.seen | {seen.key: seen}), self.marks)

    def lacks(self, seen: Seen) -> bool:
        """Whether an observation says anything new."""
        known = self.seen.get(seen.key)
        return known is None or known.yields_to(seen)

    def union(self, frames: Iterable[Seen]) -> "Facts":
        """Return these facts and many observations."""
        found = dict(self.seen)
        for each in frames:
            known = found.get(each.key)
            if known is None or known.yields_to(each):
                found[each.key] = each
        return Facts(MappingProxyType(found), self.marks)

    def with_marks(self, marked: Marked) -> "Facts":
        """Return these facts and a batch of marks."""
        known = self.marks.get(marked.id)
        if known is not None and not known.yields_to(marked):
            return self
        return Facts(self.seen, MappingProxyType({**self.marks, marked.id: marked}))

    def join(self, other: "Facts") -> "Facts":
        """Return the union of two sets of facts."""
        facts = self
        for seen in other.seen.values():
            facts = facts.with_(seen)
        for marked in other.marks.values():
            facts = facts.with_marks(marked)
        return facts

    @cached_property
    def rank(self) -> int:
        """Grows when the set does; only a digest that decides between equals leaves it as it was."""
        return sum(each.rank for each in self.seen.values()) + len(self.marks)

    @cached_property
    def observations(self) -> tuple[Seen, ...]:
        """All observations in the order of time, then camera, then engine, however they came."""
        return tuple(sorted(self.seen.values(), key=lambda each: (each.captured_at, each.camera, each.engine)))

    @cached_property
    def visitors(self) -> frozenset[str]:
        """Who was named as a visitor in two frames or more."""
        return visitors_of(self.seen.values())

    @cached_property
    def last_marks(self) -> Mapping[str, Marked]:
        """The batch that holds for each student who was marked: the latest, of equal ones the greater id."""
        ordered = sorted(self.marks.values(), key=lambda each: (each.at, each.id))
        return {student: marked for marked in ordered for student in marked.verdicts}


def visitors_of(frames: Iterable[Seen]) -> frozenset[str]:
    """Return who was named as a visitor in two frames or more: what was said once is chance."""
    named = Counter(visit.student for seen in frames for visit in seen.visits)
    return frozenset(student for student, times in named.items() if times > 1)
