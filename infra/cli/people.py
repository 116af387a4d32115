"""``naul people``: who is enrolled how well, who is there twice, who is hard to tell apart."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from infra.cli.shared.console import console, told_table
from infra.cli.shared.options import IdParam, PathParam, by_option, with_settings
from schemas.messages import EnrollmentVersion
from schemas.settings import Settings
from schemas.translations import say

__all__ = ["command"]


@click.group(epilog="Example: naul people check --report enrolment.csv")
def command() -> None:
    """Look at the people who are enrolled, and put consent on record."""


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


@command.command()
@click.argument("student", type=IdParam())
@click.option("--given", "given", flag_value=True, default=None, help="You hold the written consent.")
@click.option("--taken-back", "given", flag_value=False, help="Erase the templates; attendance stays.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@by_option("Who puts it on record.")
@with_settings
def consent(settings: Settings, student: str, *, given: bool | None, yes: bool, by: str) -> None:
    """Say whether STUDENT's consent for a face template is on record; put it there, or that it was taken back.

    \b
    Example:
      naul people consent 201912345 --given
    """  # noqa: D301
    from infra.operations.people.record_consent import consent_on_record, say_consent

    tell = partial(say, settings.language)
    if given is False and not yes:
        click.confirm(tell("Erase the face templates of {student}?", student=student), abort=True)
    if given is not None:
        say_consent(settings, student, given=given, by=by, now=datetime.now(UTC))
    found = consent_on_record(settings, student)
    if found is None:
        click.echo(tell("No consent of {student} was ever on record.", student=student))
        return
    at = f"{found.at.astimezone(settings.zone):%Y-%m-%d %H:%M}"
    if found.given:
        click.echo(tell("Consent of {student} is on record since {at}, by {by}.", student=student, at=at, by=found.by))
    else:
        click.echo(
            tell(
                "{student} took consent back on {at}, by {by}; no template is left.",
                student=student,
                at=at,
                by=found.by,
            )
        )


def _what_it_did(settings: Settings, version: EnrollmentVersion, earlier: Sequence[EnrollmentVersion]) -> str:
    """Say which photos a version replaced: the latest ones that one of its engines had; nothing of the first."""
    if version.consent is not None:
        return say(settings.language, "consent given" if version.consent else "consent taken back")
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
