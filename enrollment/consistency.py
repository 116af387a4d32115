"""What does not fit together across inputs: rosters, the timetable, and who is enrolled. Pure.

Each of these files may be right by itself; held against the others it shows what nobody would see before the first
class hour is wrong: a section written in two ways, ids that a spreadsheet changed, a roster without class hours.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Literal, NamedTuple

from enrollment.photo_names import shape
from schemas.messages import ClassHour
from schemas.rosters import Rosters
from schemas.texts import folded, nearest

__all__ = ["Loaded", "Mismatch", "meant", "mismatches"]

TOLD = 20
"""Ids on no roster for which it is said what may have been meant: nobody reads more, and looking takes its time."""

Kind = Literal["no_roster", "roster_later", "no_hours", "halls_alike", "ids_unknown", "not_enrolled", "ids_alike"]


class Loaded(NamedTuple):
    """What a site was told. enrolled: ids of students whose face is known."""

    rosters: Rosters
    hours: Sequence[ClassHour]
    enrolled: Collection[str]


class Mismatch(NamedTuple):
    """One thing that does not fit.

    kind: ``no_roster``: a section of the timetable that has none, ``roster_later``: one with class hours before the
    date from which its first roster holds, ``no_hours``: a section with a roster and no class
    hour, ``ids_unknown``: enrolled ids that are on no roster, ``not_enrolled``: students of rosters whose face is not
    known, ``ids_alike``, ``halls_alike``: ids of rosters, or halls, that differ only in how they are written.
    names: the sections, ids or halls. of: of how many. near: for some of the names what may have been meant.
    """

    kind: Kind
    names: tuple[str, ...]
    of: int
    near: tuple[tuple[str, str], ...] = ()


def mismatches(loaded: Loaded) -> tuple[Mismatch, ...]:
    """Return what does not fit, the most harmful first. What was not loaded at all fits everything."""
    return tuple(
        each
        for each in (
            *_sections(loaded),
            _alike("halls_alike", {hall for each in loaded.hours for hall in each.halls}),
            _ids_unknown(loaded),
            _alike("ids_alike", loaded.rosters.students),
            _not_enrolled(loaded),
        )
        if each
    )


def meant(strange: Sequence[str], listed: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Return for ids that are on no roster which ones of a roster were probably meant.

    Two ids that merely look alike are other people's. But one of a form that none of them has, a digit
    short or a letter too many, has a slip in it.
    """
    forms = {shape(each) for each in listed}
    found = dict(_written_otherwise(strange, listed))
    for name in strange[:TOLD]:
        if name not in found and shape(name) not in forms and (near := nearest(name, listed)):
            found[name] = near
    return tuple((name, found[name]) for name in strange if name in found)


def _sections(loaded: Loaded) -> Iterable[Mismatch]:
    meeting = {each.section for each in loaded.hours}
    taking = {each for each in loaded.rosters.sections if any(one.students for one in loaded.rosters.history(each))}
    if meeting and (without := sorted(meeting - taking)):
        yield Mismatch("no_roster", tuple(without), len(meeting), _near(without, taking))
    early = {each.section for each in loaded.hours if not loaded.rosters.on(each.section, each.date).students} & taking
    if early:
        yield Mismatch("roster_later", tuple(sorted(early)), len(meeting))
    if meeting and (idle := sorted(taking - meeting)):
        yield Mismatch("no_hours", tuple(idle), len(taking), _near(idle, meeting))


def _ids_unknown(loaded: Loaded) -> Mismatch | None:
    taking = loaded.rosters.students
    strange = sorted(set(loaded.enrolled) - taking.keys())
    if not taking or not strange:
        return None
    return Mismatch("ids_unknown", tuple(strange), len(loaded.enrolled), meant(strange, taking))


def _not_enrolled(loaded: Loaded) -> Mismatch | None:
    taking = loaded.rosters.students
    missing = sorted(taking.keys() - set(loaded.enrolled))
    if not loaded.enrolled or not missing:
        return None
    strange = set(loaded.enrolled) - taking.keys()
    return Mismatch("not_enrolled", tuple(missing), len(taking), _written_otherwise(missing, strange))


def _alike(kind: Kind, names: Collection[str]) -> Mismatch | None:
    ways: dict[str, list[str]] = {}
    for name in sorted(names):
        ways.setdefault(folded(name), []).append(name)
    twice = [(each[0], each[1]) for each in ways.values() if len(each) > 1]
    return Mismatch(kind, tuple(one for one, _ in twice), len(names), tuple(twice)) if twice else None


def _near(names: Iterable[str], others: Collection[str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, near) for name in names if (near := nearest(name, others)))


def _written_otherwise(names: Iterable[str], others: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Return which ids are others' but for how they are written. Ids that merely look alike are other people's."""
    ways = {folded(each): each for each in sorted(others)}
    return tuple((name, ways[key]) for name in names if (key := folded(name)) in ways)
