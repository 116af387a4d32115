"""``naul forget``: erase a person, and say what was erased, what goes by itself and when, and what nobody can reach."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from infra.cli.shared.options import TextParam, by_option, with_settings
from schemas.settings import Settings

if TYPE_CHECKING:
    from enrollment.erasure import Erasure
    from infra.operations.forget import Forgotten

__all__ = ["command"]


@click.command()
@click.argument("student", type=TextParam())
@click.option("--yes", is_flag=True, help="Do not ask.")
@by_option("Who erases; kept on record.")
@with_settings
def command(settings: Settings, student: str, *, yes: bool, by: str) -> None:
    """Erase STUDENT: templates, places in rosters, marks, attendance.

    It cannot be undone. What goes by itself is said with the time, and what nobody but you can erase.

    \b
    Example:
      naul forget 201912345
    """  # noqa: D301
    from infra.operations.forget import forget, known_of

    known = known_of(settings, student)
    if known.nothing:
        click.echo(f"Nothing is stored under {student}. The workers are told all the same.")
    elif not yes:
        click.confirm(f"Erase {student}: {_said(known.erasure)}, {len(known.rows)} attendance rows?", abort=True)
    _tell(settings, forget(settings, known, by=by, now=lambda: datetime.now(UTC)))


def _tell(settings: Settings, done: Forgotten) -> None:
    from infra.operations.forget import OUT_OF_REACH

    others = f"{len(done.rows)} attendance rows, {done.answers} answers of unfinished roll calls"
    click.echo(f"Erased of {done.erasure.student_id}: {_said(done.erasure)}, {others}.")
    if done.accounts:
        click.echo(f"Removed, and signed out: {done.accounts} accounts of the desk.")
    if done.replays:
        names = ", ".join(done.replays)
        click.echo(f"Given up, and to be started anew: the replays {names}. They had seen everybody's looks.")
    if not done.settled:
        click.echo("Frames were still being looked at: once `naul wait` returns, run this command again.")
    if not done.audited:
        click.echo("On record is that you erased somebody, and not whom: the key of this site is not here.")
    click.echo("The store follows as soon as the workers have caught up (`naul wait`), its files a minute later.")
    click.echo("Copies in Kafka go by themselves while it runs, at the latest:")
    for name, at in sorted(done.gone_by.items(), key=lambda each: (each[1], each[0])):
        click.echo(f"  {at.astimezone(settings.zone):%Y-%m-%d %H:%M} {name}")
    click.echo("The audit says who looked at him by a digest, before and after: it names nobody who is a student.")
    click.echo("Out of reach, for you to erase:")
    for each in OUT_OF_REACH:
        click.echo(f"  {each}")


def _said(erasure: Erasure) -> str:
    return f"{erasure.templates} templates, {len(erasure.rosters)} rosters, {len(erasure.batches)} marks"
