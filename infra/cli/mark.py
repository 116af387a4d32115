"""``naul mark``: a person says what a student was; it wins over the camera."""

from datetime import UTC, datetime
from typing import Any, get_args

import click

from enrollment.class_hours import describe
from infra.cli.shared.options import DayParam, IdParam, NameParam, TextParam, with_settings
from infra.operations.class_hours.labels import word
from producers.login import mark_author
from schemas.messages import AS_JUDGED, Verdict
from schemas.settings import Settings
from schemas.translations import Text, say

__all__ = ["command"]


@click.command(context_settings={"allow_extra_args": True})
@click.argument("student", type=IdParam())
@click.option("--section", type=NameParam(), required=True, help="The course section, like EA0017-1.")
@click.option("--date", "day", type=DayParam(), help="Else today.")
@click.option("--period", type=int, help="Else the class hour that runs now, or the last one that has begun.")
@click.option("--verdict", type=click.Choice(get_args(Verdict)), help="Else present.")
@click.option("--take-back", is_flag=True, help="Whatever was marked: what the camera judged holds again.")
@click.option("--reason", type=TextParam(empty=True), default="", help="Kept with the mark.")
@with_settings
def command(
    settings: Settings,
    section: str,
    day: datetime | None,
    period: int | None,
    verdict: Verdict | None,
    take_back: bool,
    **mark: Any,
) -> None:
    """Mark STUDENT in a class hour by hand.

    A mark wins over the camera and survives every replay; when and why are kept, and who: your account of this
    machine, and of Kafka. With --take-back the student is
    as the camera judged again, whoever had marked him.

    \b
    Example:
      naul mark 201912345 --section EA0017-1
      naul mark 201912345 --section EA0017-1 --date 2026-11-23 --period 2 --verdict late --reason "train"
      naul mark 201912345 --section EA0017-1 --take-back --reason "was another student"
    """  # noqa: D301
    from infra.operations.class_hours.mark_students import HourRequest, MarkRequest, mark_student

    if more := " ".join(click.get_current_context().args):
        meant = next((each for each in get_args(Verdict) if more in (each, word("ko", each))), "late")
        raise click.UsageError(
            Text(
                "Got an unexpected {more!r}: a verdict is written --verdict {meant}, a reason --reason TEXT.",
                more=more,
                meant=meant,
            )
        )
    if take_back and verdict:
        raise click.UsageError("--take-back gives no verdict of its own: leave out --verdict.")
    said = AS_JUDGED if take_back else verdict or "present"
    hour = HourRequest(section, day.date() if day else None, period)
    request = MarkRequest(hour, verdict=said, by=mark_author(settings), **mark)
    found = mark_student(settings, request, datetime.now(UTC))
    click.echo(
        say(
            settings.language,
            "{name} ({student}): what was marked in {hour} is taken back; it is as the camera judged again."
            if take_back
            else "{name} ({student}) is marked {verdict} in {hour}.",
            name=found.student.name,
            student=found.student.student_id,
            hour=describe(found.hour, settings.zone, settings.language),
            verdict=word(settings.language, request.verdict),
        )
    )
