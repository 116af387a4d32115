"""Which class hours meet in which hall, when, and which of them share it."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from schemas.messages import ClassHour

__all__ = ["HallTimetable"]


class HallTimetable:
    """All class hours of a site. It never changes; what was asked once is remembered."""

    def __init__(self, hours: Iterable[ClassHour] = ()) -> None:
        one_each = {hour.id: hour for hour in hours}.values()
        self._by_id = {hour.id: hour for hour in sorted(one_each, key=lambda each: (each.starts_at, each.section))}
        self._halls: dict[str, list[ClassHour]] = {}
        self._days: dict[tuple[str, date], list[ClassHour]] = {}
        self._companions: dict[str, list[ClassHour]] = {}
        for hour in self._by_id.values():
            for hall in hour.halls:
                self._halls.setdefault(hall, []).append(hour)
                self._days.setdefault((hall, hour.date), []).append(hour)

    @property
    def everything(self) -> Sequence[ClassHour]:
        """Every class hour, in the order of time."""
        return tuple(self._by_id.values())

    def hour(self, class_hour: str) -> ClassHour | None:
        """Return a class hour by its id."""
        return self._by_id.get(class_hour)

    def hours(self, hall: str) -> Sequence[ClassHour]:
        """Every class hour that meets in a hall, in the order of time."""
        return self._halls.get(hall, ())

    def hours_at(self, hall: str, moment: datetime) -> list[ClassHour]:
        """Return the class hours that run in a hall at a moment: one, or several where sections sit together."""
        return [hour for hour in self.hours(hall) if moment in hour]

    def companions(self, hour: ClassHour) -> list[ClassHour]:
        """Return a class hour and those of other sections that sit in its halls meanwhile, by section."""
        found = self._companions.get(hour.id)
        if found is None:
            days = [hour.date + timedelta(days=each) for each in (-1, 0, 1)]
            near = [each for hall in hour.halls for day in days for each in self._days.get((hall, day), ())]
            sharing = {each.id: each for each in near if each.overlaps(hour)} | {hour.id: hour}
            found = sorted(sharing.values(), key=lambda each: (each.section, each.starts_at))
            self._companions[hour.id] = found
        return found
