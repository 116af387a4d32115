"""``naul people``: who is enrolled how well, who is there twice, who is hard to tell apart."""

from datetime import UTC, datetime
from pathlib import Path

import click

from infra.cli.shared.console import console, told_table
from infra.cli.shared.options import IdParam, PathParam, with_settings
from schemas.settings import Settings

__all__ = ["command"]


@click.group(epilog="Example: naul people check --report enrolment.csv")
def command() -> None:
    """Look at the people who are enrolled."""


@command.command()
@click.option("--report", type=PathParam(dir_okay=False, path_type=Path), help="A .csv or .json: every photo, in full.")
@with_settings
def check(settings: Settings, report: Path | None) -> None:
    """Say whose photos should be better, who is enrolled twice, and who of a roster is too alike to tell apart.

    It compares everybody with everybody. No photo is needed: what is known of them was kept when they were enrolled.

    \b
    Example:
      naul people check --report enrolment.csv
    """  # noqa: D301
    from infra.cli.shared.enrolment import print_check, report_format, write_enrolment_report
    from infra.operations.people_check import check_people
    from schemas.translations import say

    if report:
        report_format(report)
    found = check_people(settings, datetime.now(UTC))
    print_check(settings, found.check)
    if found.elsewhere:
        console.print(
            say(
                settings.language,
                "{count} people are enrolled for other engines only: enrol their photos again for {engine}.",
                count=found.elsewhere,
                engine=found.engine,
            )
        )
    if report:
        write_enrolment_report([found.check], report)


@command.command()
@click.argument("student", type=IdParam())
@with_settings
def show(settings: Settings, student: str) -> None:
    """Show how STUDENT was enrolled: every version, and what would make the photos better.

    \b
    Example:
      naul people show 201912345
    """  # noqa: D301
    from enrollment.advice import sentences
    from enrollment.history import history
    from infra.operations.enrolled_people import advice_for, enrollment_of

    enrollment = enrollment_of(settings, student)
    table = told_table(settings, "version", "enrolled", "photos", "engines", "by", "why", box=None, pad_edge=False)
    for each in history(enrollment):
        at = f"{each.enrolled_at.astimezone(settings.zone):%Y-%m-%d %H:%M}"
        table.add_row(str(each.version), at, str(each.photos), ", ".join(each.engines), each.by, each.why)
    console.print(table)
    for advice in advice_for(settings, enrollment, datetime.now(UTC)):
        for said in sentences(settings, advice):
            console.print(said)
