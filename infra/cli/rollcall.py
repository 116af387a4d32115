"""``naul rollcall``: names one after the other, everything sent as one message at the end."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from enrollment.class_hours import describe
from enrollment.rollcall import read_answer
from infra.cli.shared.options import DayParam, NameParam, with_settings
from producers.login import mark_author
from schemas.settings import Settings
from schemas.translations import say

if TYPE_CHECKING:
    from infra.operations.class_hours.mark_students import OpenRollCall
    from schemas.messages import Student

__all__ = ["command"]


@click.command()
@click.argument("section", type=NameParam())
@click.option("--date", "day", type=DayParam(), help="Else today.")
@click.option("--period", type=int, help="Else the class hour that runs now, or the last one that has begun.")
@with_settings
def command(settings: Settings, section: str, day: datetime | None, period: int | None) -> int:
    """Call the roll of SECTION in the terminal.

    The class list is fetched once; all answers are sent as one message at the end. Nothing is lost if it is
    interrupted: run the same command to go on. The marks are by your account of this machine, and of Kafka.

    \b
    Example:
      naul rollcall EA0017-1
      naul rollcall EA0017-1 --date 2026-11-23 --period 2
    """  # noqa: D301
    from infra.operations.class_hours.mark_students import HourRequest, open_roll_call, send_roll_call

    tell = partial(say, settings.language)
    request = HourRequest(section, day.date() if day else None, period)
    opened = open_roll_call(settings, request, mark_author(settings), datetime.now(UTC))
    count = len(opened.roster.students)
    click.echo(
        tell(
            "Roll call of {section}, {hour}: {count} students. y present, n absent, l late, b back, q stop.",
            section=section,
            hour=describe(opened.hour, settings.zone, settings.language),
            count=count,
        )
    )
    if opened.resumed:
        click.echo(tell("Going on after {done} of {count} answers.", done=len(opened.call.answers), count=count))
    try:
        while student := opened.next_student:
            opened = _ask(settings, opened, student)
    except click.Abort:
        click.echo()
        click.echo(
            tell(
                "Stopped. {done} of {count} answers are kept; run the same command to go on.",
                done=len(opened.call.answers),
                count=count,
            )
        )
        return 1
    counts = send_roll_call(settings, opened)
    click.echo(
        tell(
            "Sent as one message: {present} present, {late} late, {absent} absent.",
            present=counts["present"],
            late=counts["late"],
            absent=counts["absent"],
        )
    )
    return 0


def _ask(settings: Settings, opened: OpenRollCall, student: Student) -> OpenRollCall:
    """Ask for a student until there is an answer; q, Ctrl-C and a closed input abort."""
    from infra.operations.class_hours.mark_students import answer_roll_call, step_back

    students = opened.roster.students
    question = say(
        settings.language,
        "{at:>3}/{count}  {student}  {name}: present? [Y/n/l(ate)/b(ack)/q]",
        at=students.index(student) + 1,
        count=len(students),
        student=student.student_id,
        name=student.name,
    )
    while True:
        match read_answer(click.prompt(question, default="", show_default=False, prompt_suffix=" ")):
            case None:
                click.echo(say(settings.language, "Answer y, n, l, b or q."))
            case "quit":
                raise click.Abort
            case "back":
                return step_back(opened)
            case verdict:
                return answer_roll_call(opened, student.student_id, verdict, datetime.now(UTC))
