"""``naul people``: who is enrolled how well, who is there twice, who is hard to tell apart."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from infra.cli.shared.console import console, told_table
from infra.cli.shared.options import IdParam, PathParam, with_settings
from schemas.messages import EnrollmentVersion
from schemas.settings import Settings
from schemas.translations import say

__all__ = ["command"]


@click.group(epilog="Example: naul people check --report enrolment.csv")
def command() -> None:
    """Look at the people who are enrolled."""


@command.command()
@click.option(
    "--report",
    type=PathParam(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A .csv or .json: every photo, in full.",
)
@with_settings
def check(settings: Settings, report: Path | None) -> None:
    """Say whose photos should be better, who is enrolled twice, and who of a roster is too alike to tell apart.

    It compares everybody with everybody. No photo is needed: what is known of them was kept when they were enrolled.

    \b
    Example:
      naul people check --report enrolment.csv
    """  # noqa: D301
    from infra.cli.shared.enrolment import print_check, report_format, write_enrolment_report
    from infra.operations.people.people_check import check_people

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
    from infra.operations.people.enrolled_people import advice_for, enrollment_of

    enrollment = enrollment_of(settings, student)
    table = told_table(settings, "version", "enrolled", "photos", "engines", "by", "why", box=None, pad_edge=False)
    earlier: list[EnrollmentVersion] = []
    for each in history(enrollment):
        at = f"{each.enrolled_at.astimezone(settings.zone):%Y-%m-%d %H:%M}"
        why = each.why or _what_it_did(settings, each, earlier)
        table.add_row(str(each.version), at, str(each.photos), ", ".join(each.engines), each.by, why)
        earlier.append(each)
    console.print(table)
    for advice in advice_for(settings, enrollment, datetime.now(UTC)):
        for said in sentences(settings, advice):
            console.print(said)


def _what_it_did(settings: Settings, version: EnrollmentVersion, earlier: Sequence[EnrollmentVersion]) -> str:
    """Say which photos a version replaced: the latest ones that one of its engines had; nothing of the first."""
    last = next((each for each in reversed(earlier) if {*each.engines} & {*version.engines}), None)
    if last is None:
        return say(settings.language, "for another engine") if earlier else ""
    return say(
        settings.language,
        "{now} photos replace {before} of version {version}",
        now=version.photos,
        before=last.photos,
        version=last.version,
    )
