"""Calling the roll: the names are fetched once, and all answers come back as one message."""

from datetime import UTC, datetime
from typing import Any, get_args
from urllib.parse import urlencode
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from infra.desk.class_hour import PATH, hour_of
from infra.desk.hall_board import board
from infra.desk.in_time import may_now, require_now
from infra.desk.site import desk_of, page
from infra.desk.visitor import all_on_record, by_of, check_form, form_id
from infra.operations.class_hours.class_hour_now import see_class_hour
from infra.operations.class_hours.hour_register import standing
from infra.operations.class_hours.roll_answers import RollCallAnswers, send_answers, stays
from infra.operations.terms.deadlines import call_roll_now, correct_now
from schemas.messages import ClassHour, Verdict

__all__ = ["ROUTES"]

VERDICTS: tuple[Verdict, ...] = ("present", "late", "absent")
ANSWER, SEEN = "v.", "s."
"""Before a student's id, in the name of a field: his answer, and which mark stood when his name was shown."""


def _hour(request: Request) -> ClassHour:
    hour = hour_of(request)
    require_now(request, hour, call_roll_now)
    return hour


async def roll_call(request: Request) -> Response:
    """Show who is to be called: everybody, or whoever is missing or in doubt: not seen, left, or to be decided."""
    desk, hour = desk_of(request), _hour(request)
    roster = desk.calendar.roster(hour).students
    seen = await run_in_threadpool(
        see_class_hour, desk.settings, desk.live, hour, lambda now: board(now, [hour], {hour.id: roster})
    )
    there = {each.student_id for each in seen.tiles if each.state in ("present", "late") and not each.decide}
    missing = [each for each in roster if each.student_id not in there]
    marks = standing(await run_in_threadpool(desk.register.marks, hour.id))
    shown = RollCallAnswers(
        hour, "", by_of(request), desk.clock(), {}, {each: mark.batch for each, mark in marks.items()},
        corrects=may_now(request, hour, correct_now),
    )  # fmt: skip
    who = "missing" if request.query_params.get("who") == "missing" else "all"
    return page(
        request,
        "roll_call.html",
        hour=hour,
        who=who,
        students=sorted(missing if who == "missing" else roster, key=lambda each: (each.name, each.student_id)),
        everybody=len(roster),
        missing=len(missing),
        marks={each: mark for each, mark in marks.items() if mark.stands},
        stay={each for each, mark in marks.items() if stays(mark, shown)},
        batch=uuid4().hex,
        at=desk.clock().isoformat(),
    )


async def answered(request: Request) -> Response:
    """Take all answers, and go to the class hour when Kafka has them."""
    desk, hour, fields = desk_of(request), _hour(request), await check_form(request)
    verdicts: dict[str, Any] = {
        name.removeprefix(ANSWER): value for name, value in fields.items() if name.startswith(ANSWER) and value
    }
    try:
        at = min(datetime.fromisoformat(fields.get("at", "")).astimezone(UTC), desk.clock())
    except (ValueError, OverflowError) as error:
        raise HTTPException(400) from error
    if not verdicts.keys() <= {each.student_id for each in desk.calendar.roster(hour).students}:
        raise HTTPException(400)
    if not set(verdicts.values()) <= set(get_args(Verdict)):
        raise HTTPException(400)
    batch = form_id(fields)
    await all_on_record(request, "roll_call", hour, verdicts)
    seen = {name.removeprefix(SEEN): value for name, value in fields.items() if name.startswith(SEEN)}
    corrects = may_now(request, hour, correct_now)
    answers = RollCallAnswers(hour, batch, by_of(request), at, verdicts, seen, corrects=corrects)
    sent = await run_in_threadpool(send_answers, desk.settings, desk.register, answers)
    done = urlencode({"answers": sent.answers, **({"left": len(sent.left)} if sent.left else {})})
    return RedirectResponse(f"{request.url.path.removesuffix('/roll-call')}?{done}", 303)


ROUTES = [
    Route(f"{PATH}/roll-call", roll_call, methods=["GET"]),
    Route(f"{PATH}/roll-call", answered, methods=["POST"]),
]
