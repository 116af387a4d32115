"""Halls as they are now."""

from datetime import datetime
from typing import Any

import msgspec

from infra.desk.api.calls import ApiCall, Endpoint
from infra.desk.api.hall_stream import EventsQuery, HallSnapshot, stream_events
from infra.desk.api.paging import ApiPage, PageQuery, paged
from infra.desk.api.shown_halls import hall_in_path, halls_shown
from infra.desk.hall_board import board
from schemas.messages import ClassHour, Moment

__all__ = ["ENDPOINTS", "ApiCamera", "ApiHall"]


class ApiCamera(msgspec.Struct, frozen=True, kw_only=True):
    """What the last frame of a camera showed. age_seconds: since it was captured. unknown: faces that nobody knows."""

    camera: str
    last_frame_at: Moment
    age_seconds: float
    live: bool
    faces: int
    unknown: int


class ApiHall(msgspec.Struct, frozen=True, kw_only=True):
    """A hall now. class_hours: ids of those that run, of which this token may know.

    here: there, and not gone, of students. to_decide: whom a person should decide. These three are of the class hours
    above. cameras: one that shows nothing new is older every time. not_followed_since: nothing comes since then.
    """

    hall: str
    class_hours: tuple[str, ...]
    here: int
    students: int
    to_decide: int
    cameras: tuple[ApiCamera, ...]
    not_followed_since: Moment | None


def _hall(call: ApiCall, hall: str, hours: list[ClassHour]) -> ApiHall:
    live = call.desk.live
    taking = {each.id: call.desk.calendar.roster(each).students for each in hours}

    def read(now: Any) -> tuple[Any, Any]:
        return board(now, hours, taking).totals, dict(now.frames)

    totals, frames = live.look(hall, read)
    return ApiHall(
        hall=hall,
        class_hours=tuple(each.id for each in hours),
        here=totals.here,
        students=totals.students,
        to_decide=totals.decide,
        cameras=tuple(
            ApiCamera(
                camera=name,
                last_frame_at=seen.captured_at,
                age_seconds=round(_age(call.now, seen.captured_at), 1),
                live=seen.live,
                faces=len(seen.faces),
                unknown=sum(face.student is None for face in seen.faces),
            )
            for name, seen in sorted(frames.items())
        ),
        not_followed_since=live.trouble[0] if live.trouble else None,
    )


def _age(now: datetime, then: datetime) -> float:
    return max(0.0, (now - then).total_seconds())


def list_halls(call: ApiCall) -> ApiPage[ApiHall]:
    """List the halls as they are now, by name.

    A hall is there if the timetable has it, and the owner of the token may see it at this moment: who teaches, while
    his class hour runs there; a registrar and an engineer always.
    """
    shown = halls_shown(call)
    page = paged(shown, call.query, call.list_name, lambda hall: (hall,), tuple[str])
    return ApiPage(items=tuple(_hall(call, hall, shown[hall]) for hall in page.items), next=page.next)


def one_hall(call: ApiCall) -> ApiHall:
    """Show one hall as it is now."""
    return _hall(call, *hall_in_path(call))


ENDPOINTS = (
    Endpoint("GET", "/halls", "halls:read", list_halls, ApiPage[ApiHall], PageQuery),
    Endpoint("GET", "/halls/{hall}", "halls:read", one_hall, ApiHall),
    Endpoint("GET", "/halls/{hall}/events", "attendance:read", stream_events, HallSnapshot, EventsQuery, stream=True),
)
