"""Which halls a token may see now, and which class hours in them."""

from infra.desk.api.calls import ApiCall
from infra.desk.api.problems import not_found
from infra.operations.accounts.access import may_see_hall, may_see_hour
from schemas.messages import ClassHour

__all__ = ["hall_in_path", "halls_shown"]


def halls_shown(call: ApiCall) -> dict[str, list[ClassHour]]:
    """Return the halls that a token may see, each with the class hours that run in it, of which it may know."""
    calendar = call.desk.calendar.timetable
    found: dict[str, list[ClassHour]] = {}
    for hall in {hall for each in calendar.everything for hall in each.halls}:
        hours = [each for each in calendar.hours_at(hall, call.now) if call.holder.reaches(each.section)]
        if may_see_hall(call.person, hall, hours) and (hours or call.holder.reaches_everything):
            found[hall] = [each for each in hours if may_see_hour(call.person, each)]
    return found


def hall_in_path(call: ApiCall) -> tuple[str, list[ClassHour]]:
    """Return the hall that a path names, and its class hours.

    Raises:
        ProblemError: 404: there is none that this token may see.
    """
    hours = halls_shown(call).get(call.path["hall"])
    if hours is None:
        raise not_found()
    return call.path["hall"], hours
