"""``naul forget``: erase a person, and say what was erased and what goes by itself."""

import time
from contextlib import closing

import click

from enrollment.erasure import (
    Erasure,
    Rows,
    erasure_of,
    forget_answers,
    forget_records,
    reference_records,
    retention,
)
from enrollment.reference import enrollments, mark_batches, rosters
from infra.cli.common import with_settings
from producers.marks import record
from schemas.cluster import send
from schemas.ids import student_id
from schemas.settings import Settings

__all__ = ["command"]


@click.command()
@click.argument("student")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--wait", type=float, default=20, show_default=True, help="Seconds to wait for the workers.")
@with_settings
def command(settings: Settings, student: str, *, yes: bool, wait: float) -> None:
    """Erase STUDENT: templates, places in rosters, marks, attendance.

    It cannot be undone. What remains until its retention ends is said.

    \b
    Example:
      naul forget 201912345
    """  # noqa: D301
    student = student_id(student)
    erasure = erasure_of(student, enrollments(settings), rosters(settings).values(), mark_batches(settings).values())
    with closing(Rows(settings, student)) as rows:
        before = rows.left()
        if erasure.nothing and not before:
            click.echo(f"Nothing is stored under {student}. The workers are told all the same.")
        elif not yes:
            click.confirm(f"Erase {student}: {_said(erasure)}, {before} attendance rows?", abort=True)
        # First what the workers look things up in, so that none of them finds the student again afterwards.
        marks = [record(settings, each) for each in erasure.batches]
        send(settings, [*reference_records(settings, erasure), *marks])
        answers = forget_answers(settings.home, student)
        send(settings, forget_records(settings, student))
        click.echo(f"Erased of {student}: {_said(erasure)}, {answers} answers of unfinished roll calls.")
        left = _wait(rows, wait) if before else 0
    click.echo(f"Erased by the workers: {before - left} of {before} attendance rows.")
    if left:
        click.echo(f"{left} are erased as soon as the workers have caught up; run this again to see.")
    days = ", ".join(f"{topic} {kept.days} days" for topic, kept in retention().items())
    click.echo(f"What a camera recorded goes by itself: {days} at most. Kafka's next compaction drops old copies.")


def _said(erasure: Erasure) -> str:
    return f"{erasure.templates} templates, {len(erasure.rosters)} rosters, {len(erasure.batches)} marks"


def _wait(rows: Rows, seconds: float) -> int:
    until = time.monotonic() + seconds
    while (left := rows.left()) and time.monotonic() < until:
        time.sleep(0.3)
    return left
