"""``naul forget``: erase a person, and say what was erased, what goes by itself and when, and what nobody can reach."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from infra.cli.shared.options import IdParam, by_option, with_settings
from schemas.settings import Settings
from schemas.translations import say

if TYPE_CHECKING:
    from enrollment.erasure import Erasure
    from infra.operations.privacy.forget import Forgotten

__all__ = ["command"]


@click.command()
@click.argument("student", type=IdParam())
@click.option("--yes", is_flag=True, help="Do not ask.")
@by_option("Who erases; kept on record.")
@with_settings
def command(settings: Settings, student: str, *, yes: bool, by: str) -> None:
    """Erase STUDENT: templates, places in rosters, marks, appeals, attendance.

    It cannot be undone. What goes by itself is said with the time, and what nobody but you can erase.

    \b
    Example:
      naul forget 201912345
    """  # noqa: D301
    from infra.operations.privacy.forget import forget, known_of

    known = known_of(settings, student)
    if known.nothing:
        click.echo(
            say(
                settings.language,
                "Nothing is stored under {student}. The workers are told all the same.",
                student=student,
            )
        )
    elif not yes:
        click.confirm(
            say(
                settings.language,
                "Erase {student}: {said}, {count} attendance rows?",
                student=student,
                said=_said(settings, known.erasure),
                count=len(known.rows),
            ),
            abort=True,
        )
    _tell(settings, forget(settings, known, by=by, now=lambda: datetime.now(UTC)))


def _tell(settings: Settings, done: Forgotten) -> None:
    from infra.operations.privacy.forget import OUT_OF_REACH

    tell = partial(say, settings.language)
    others = tell(
        "{rows} attendance rows, {answers} answers of unfinished roll calls", rows=len(done.rows), answers=done.answers
    )
    click.echo(
        tell(
            "Erased of {student_id}: {said}, {others}.",
            student_id=done.erasure.student_id,
            said=_said(settings, done.erasure),
            others=others,
        )
    )
    if done.accounts:
        click.echo(tell("Removed, and signed out: {accounts} accounts of the desk.", accounts=done.accounts))
    if done.replays:
        names = ", ".join(done.replays)
        click.echo(
            tell("Given up, and to be started anew: the replays {names}. They had seen everybody's looks.", names=names)
        )
    if not done.settled:
        click.echo(tell("Frames were still being looked at: once `naul wait` returns, run this command again."))
    if not done.audited:
        click.echo(tell("On record is that you erased somebody, and not whom: the key of this site is not here."))
    click.echo(tell("The store follows as soon as the workers have caught up (`naul wait`), its files a minute later."))
    click.echo(tell("Copies in Kafka go by themselves while it runs, at the latest:"))
    for name, at in sorted(done.gone_by.items(), key=lambda each: (each[1], each[0])):
        click.echo(f"  {at.astimezone(settings.zone):%Y-%m-%d %H:%M} {name}")
    click.echo(
        tell("The audit says who looked at him by a digest, before and after: it names nobody who is a student.")
    )
    click.echo(tell("Out of reach, for you to erase:"))
    for each in OUT_OF_REACH:
        click.echo(f"  {tell(each)}")


def _said(settings: Settings, erasure: Erasure) -> str:
    return say(
        settings.language,
        "{templates} templates, {rosters} rosters, {marks} marks, {appeals} messages of appeals",
        templates=erasure.templates,
        appeals=len(erasure.appeals),
        rosters=len(erasure.rosters),
        marks=len(erasure.batches),
    )
