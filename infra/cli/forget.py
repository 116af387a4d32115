"""``naul forget``: erase a person, and say what was erased and what goes by itself."""

import click

from enrollment.erasure import (
    Erasure,
    attendance_keys,
    erasure_of,
    forget_answers,
    forget_records,
    forget_replays,
    reference_records,
    retention,
)
from enrollment.loaded import enrollments, mark_batches, rosters
from infra.cli.shared.options import with_settings
from producers.marks import record
from schemas.cluster import send
from schemas.ids import student_id
from schemas.settings import Settings

__all__ = ["command"]


@click.command()
@click.argument("student")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_settings
def command(settings: Settings, student: str, *, yes: bool) -> None:
    """Erase STUDENT: templates, places in rosters, marks, attendance.

    It cannot be undone. What remains until its retention ends is said.

    \b
    Example:
      naul forget 201912345
    """  # noqa: D301
    student = student_id(student)
    erasure = erasure_of(student, enrollments(settings), rosters(settings).values(), mark_batches(settings).values())
    rows = attendance_keys(settings, student)
    if erasure.nothing and not rows:
        click.echo(f"Nothing is stored under {student}. The workers are told all the same.")
    elif not yes:
        click.confirm(f"Erase {student}: {_said(erasure)}, {len(rows)} attendance rows?", abort=True)
    # First what the workers look things up in, so that none of them finds the student again afterwards.
    send(settings, [*reference_records(settings, erasure), *(record(settings, each) for each in erasure.batches)])
    answers = forget_answers(settings.home, student)
    rows = attendance_keys(settings, student)
    send(settings, forget_records(settings, student, rows))
    replays = forget_replays(settings.home)
    others = f"{len(rows)} attendance rows, {answers} answers of unfinished roll calls"
    click.echo(f"Erased of {student}: {_said(erasure)}, {others}.")
    if replays:
        click.echo(
            f"Given up, and to be started anew: the replays {', '.join(replays)}. They had seen everybody's looks."
        )
    days = ", ".join(f"{topic} {kept.days} days" for topic, kept in retention().items())
    click.echo("The store follows as soon as the workers have caught up (`naul wait`).")
    click.echo(f"What a camera recorded goes by itself: {days} at most. Kafka's next compaction drops old copies.")


def _said(erasure: Erasure) -> str:
    return f"{erasure.templates} templates, {len(erasure.rosters)} rosters, {len(erasure.batches)} marks"
