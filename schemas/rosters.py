"""Which roster holds on which date."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import date

from schemas.messages import Roster, Student

__all__ = ["NO_ROSTER", "Rosters", "roster_key"]

NO_ROSTER = Roster(section="", students=(), version=0)
"""Of a section for which none was loaded, or none that holds on that date."""


class Rosters:
    """The rosters of a site: of each section those that were loaded, each from a date on. It never changes."""

    def __init__(self, loaded: Iterable[Roster] = ()) -> None:
        self._loaded: dict[str, list[Roster]] = {}
        for roster in sorted(loaded, key=_since):
            self._loaded.setdefault(roster.section, []).append(roster)

    @property
    def sections(self) -> tuple[str, ...]:
        """The sections that have one, sorted."""
        return tuple(sorted(self._loaded))

    @property
    def everything(self) -> tuple[Roster, ...]:
        """All that were loaded and still hold for some time, by section and date."""
        return tuple(roster for section in self.sections for roster in self._loaded[section])

    @property
    def students(self) -> Mapping[str, Student]:
        """Whoever is on any of them, by id, with the name that was loaded last."""
        ordered = sorted(self.everything, key=_since)
        return {student.student_id: student for roster in ordered for student in roster.students}

    def history(self, section: str) -> tuple[Roster, ...]:
        """Return the rosters of a section in the order of the dates from which they hold."""
        return tuple(self._loaded.get(section, ()))

    def on(self, section: str, day: date) -> Roster:
        """Return the roster that holds on a date; ``NO_ROSTER`` if there is none, or the first holds from later on."""
        known = self._loaded.get(section, [])
        place = bisect_right(known, day, key=_since)
        return known[place - 1] if place else NO_ROSTER


def roster_key(roster: Roster) -> str:
    """Return the key under which a roster stands in its topic."""
    return roster.section if roster.since is None else f"{roster.section}|{roster.since.isoformat()}"


def _since(roster: Roster) -> date:
    return roster.since or date.min
