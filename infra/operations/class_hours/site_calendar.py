"""Timetable, rosters and terms as they were read last, for a process that is asked again and again."""

from datetime import date
from threading import Lock

from schemas.cluster import View
from schemas.messages import ClassHour, HallDay, Roster, Term, decode
from schemas.rosters import Rosters
from schemas.settings import Settings
from streams.reference.hall_timetable import HallTimetable

__all__ = ["SiteCalendar"]


class SiteCalendar:
    """Which class hours there are, who takes them, and in which terms. For any thread; who reads takes turns."""

    def __init__(self, settings: Settings) -> None:
        """Read them.

        Raises:
            UnavailableError: the broker does not answer.
        """
        self._reading = Lock()
        self.timetable, self.rosters = HallTimetable(), Rosters()
        self._days: View[HallDay] = View(settings, "timetable", lambda value: decode(value, HallDay))
        self._lists: View[Roster] = View(settings, "rosters", lambda value: decode(value, Roster))
        self.terms: tuple[Term, ...] = ()
        self._terms: View[Term] = View(settings, "terms", lambda value: decode(value, Term))
        self.refresh()

    def refresh(self) -> None:
        """Read what is new.

        Raises:
            UnavailableError: the broker does not answer; what was read before still stands.
        """
        with self._reading:
            if self._days.catch_up():
                self.timetable = HallTimetable(hour for day in self._days.items.values() for hour in day.hours)
            if self._lists.catch_up():
                self.rosters = Rosters(self._lists.items.values())
            if self._terms.catch_up():
                self.terms = tuple(self._terms.items.values())

    def close(self) -> None:
        """Let the broker go."""
        self._days.close()
        self._lists.close()
        self._terms.close()

    def hour(self, class_hour: str) -> ClassHour | None:
        """Return a class hour by its id."""
        return self.timetable.hour(class_hour)

    def roster(self, hour: ClassHour) -> Roster:
        """Return the roster that a class hour has on its date."""
        return self.rosters.on(hour.section, hour.date)

    def between(self, first: date, last: date) -> list[ClassHour]:
        """Return the class hours of some days, the last included, in the order of time."""
        return [each for each in self.timetable.everything if first <= each.date <= last]
