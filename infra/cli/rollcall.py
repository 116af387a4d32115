"""``naul rollcall``: names one after the other, everything sent as one message at the end."""

from collections import Counter
from datetime import UTC, datetime
from uuid import uuid4

import click

from enrollment.class_hours import choose, describe, roster_of
from enrollment.loaded import class_hours, rosters
from enrollment.rollcall import RollCall, back, complete, file_of, keep, next_student, read_answer, resume
from enrollment.texts import say
from infra.cli.shared.options import with_settings
from producers.marks import login_name, mark_batch, send_marks
from schemas.messages import Roster
from schemas.settings import Settings

__all__ = ["command"]


@click.command()
@click.argument("section")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Else today.")
@click.option("--period", type=int, help="Else the class hour that runs now, or the last one that has begun.")
@click.option("--by", default=login_name, show_default="your login name", help="Who calls; kept with the marks.")
@with_settings
def command(settings: Settings, section: str, day: datetime | None, period: int | None, by: str) -> int:
    """Call the roll of SECTION in the terminal.

    The class list is fetched once; all answers are sent as one message at the end. Nothing is lost if it is
    interrupted: run the same command to go on.

    \b
    Example:
      naul rollcall EA0017-1
      naul rollcall EA0017-1 --date 2026-11-23 --period 2 --by "Prof. Kim"
    """  # noqa: D301
    now = datetime.now(UTC)
    roster = roster_of(section, rosters(settings))
    hour = choose(
        class_hours(settings), section, now=now, zone=settings.zone, day=day.date() if day else None, period=period
    )
    file = file_of(settings.home, hour.id)
    count = len(roster.students)
    click.echo(say(settings, "begin", section=section, hour=describe(hour, settings.zone), count=count))
    call = resume(file)
    if call:
        click.echo(say(settings, "resume", done=len(call.answers), count=count))
    call = call or RollCall(id=uuid4().hex, class_hour=hour.id, by=by, at=now, answers={})
    try:
        while next_student(call, roster):
            call = _ask(settings, call, roster)
            keep(file, call)
    except click.Abort:
        click.echo()
        click.echo(say(settings, "kept", done=len(call.answers), count=count))
        return 1
    verdicts = complete(call, roster)
    send_marks(settings, mark_batch(hour, verdicts, batch_id=call.id, kind="rollcall", by=call.by, at=call.at))
    file.unlink(missing_ok=True)
    counts = Counter(verdicts.values())
    click.echo(say(settings, "sent", present=counts["present"], late=counts["late"], absent=counts["absent"]))
    return 0


def _ask(settings: Settings, call: RollCall, roster: Roster) -> RollCall:
    """Ask for the next student until there is an answer; q, Ctrl-C and a closed input abort."""
    student = next_student(call, roster)
    if student is None:
        return call
    question = say(
        settings,
        "ask",
        at=roster.students.index(student) + 1,
        count=len(roster.students),
        student=student.student_id,
        name=student.name,
    )
    while True:
        match read_answer(click.prompt(question, default="", show_default=False, prompt_suffix=" ")):
            case None:
                click.echo(say(settings, "again"))
            case "quit":
                raise click.Abort
            case "back":
                return back(call, roster)
            case verdict:
                return call.answered(student.student_id, verdict, datetime.now(UTC))
