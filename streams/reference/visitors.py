"""Everybody whose face the engine knows, as one matrix; the visitors of a class hour are those not on its roster."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.messages import Enrollment

__all__ = ["NO_VISITORS", "Everybody", "Opened", "Register", "Visitors"]

Opened = tuple[NDArray[np.float32], int]
"""A template, (d,), unit length, and how many photos are behind it."""


class Everybody(NamedTuple):
    """p people: first those of one photo, then those of several, each by id. It is never written to again.

    templates: (p, d) float32, unit length. photos: (p,). rows: by student id. single: how many are of one photo.
    """

    students: tuple[str, ...]
    templates: NDArray[np.float32]
    photos: NDArray[np.int64]
    rows: Mapping[str, int]
    single: int


class Visitors(NamedTuple):
    """Everybody but a roster: nothing is copied. roster: the rows of those who do not count."""

    everybody: Everybody
    roster: NDArray[np.intp]

    def __repr__(self) -> str:
        return f"Visitors({self.number})"

    @property
    def number(self) -> int:
        """How many there are."""
        return len(self.everybody.students) - len(self.roster)

    def known(self, students: Iterable[str]) -> dict[str, Opened]:
        """Return what is known of those who are visitors, by id."""
        everybody, roster = self.everybody, set(self.roster.tolist())
        rows = {name: row for name in sorted(students) if (row := everybody.rows.get(name)) is not None}
        return {
            name: (everybody.templates[row], int(everybody.photos[row]))
            for name, row in rows.items()
            if row not in roster
        }


NO_VISITORS = Visitors(Everybody((), np.zeros((0, 0), np.float32), np.zeros(0, np.int64), {}, 0), np.zeros(0, np.intp))


class Register:
    """Keeps everybody up to date: an enrolment that changed is opened again, the others are not."""

    def __init__(self, open_template: Callable[[Enrollment], Opened | None]) -> None:
        """open_template: what the engine knows of a person; None if nothing."""
        self._open = open_template
        self._taken: dict[str, Enrollment] = {}
        self.everybody = NO_VISITORS.everybody

    def catch_up(self, enrollments: Mapping[str, Enrollment]) -> None:
        """Take in what changed since the last time."""
        before, self._taken = self._taken, dict(enrollments)
        gone = before.keys() - self._taken.keys()
        changed = [name for name, each in self._taken.items() if before.get(name) is not each]
        if not gone and not changed:
            return
        old = self.everybody
        stay = {name: row for name, row in old.rows.items() if name not in gone}
        fresh: dict[str, Opened] = {}
        for name in changed:
            stay.pop(name, None)
            if opened := self._open(self._taken[name]):
                fresh[name] = opened
        self.everybody = _merged(old, stay, fresh)


def _merged(old: Everybody, stay: Mapping[str, int], fresh: Mapping[str, Opened]) -> Everybody:
    photos = {name: int(old.photos[row]) for name, row in stay.items()}
    photos.update((name, count) for name, (_, count) in fresh.items())
    students = tuple(sorted(photos, key=lambda name: (photos[name] > 1, name)))
    width = next((len(vector) for vector, _ in fresh.values()), old.templates.shape[1])
    templates = np.empty((len(students), width), np.float32)
    rows = {name: row for row, name in enumerate(students)}
    if stay:
        templates[[rows[name] for name in stay]] = old.templates[list(stay.values())]
    for name, (vector, _) in fresh.items():
        templates[rows[name]] = vector
    counts = np.array([photos[name] for name in students], np.int64)
    return Everybody(students, templates, counts, rows, int(np.sum(counts < 2)))
