"""``naul people``: who is enrolled how well, who is there twice, who is hard to tell apart."""

from datetime import UTC, datetime
from pathlib import Path

import click
from rich.table import Table

from enrollment.advice import advise, sentences
from enrollment.loaded import enrollments, rosters
from enrollment.templates import history
from enrollment.texts import say
from infra.cli.shared.console import console
from infra.cli.shared.options import with_settings
from infra.operations.enrolment_check import report_format, tell, write_report
from schemas.errors import RefusedError
from schemas.ids import student_id
from schemas.settings import Settings
from streams.faces.engines import load_engine
from streams.faces.template_cipher import TemplateCipher
from streams.reference.live_engine import live_engine

__all__ = ["command"]


@click.group(epilog="Example: naul people check --report enrolment.csv")
def command() -> None:
    """Look at the people who are enrolled."""


@command.command()
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="A .csv or .json: every photo, in full."
)
@with_settings
def check(settings: Settings, report: Path | None) -> None:
    """Say whose photos should be better, who is enrolled twice, and who of a roster is too alike to tell apart.

    It compares everybody with everybody. No photo is needed: what is known of them was kept when they were enrolled.

    \b
    Example:
      naul people check --report enrolment.csv
    """  # noqa: D301
    if report:
        report_format(report)
    people = enrollments(settings)
    if not people:
        raise RefusedError("nobody is enrolled", "Enrol people with `naul enroll PHOTOS --consent-on-file`.")
    engine = load_engine(live_engine(settings, datetime.now(UTC)), settings.home)
    everybody = {
        student: () for student in sorted(people) if engine.id in {each.engine for each in people[student].templates}
    }
    cipher = TemplateCipher.open(settings.key_file)
    full = tell(settings, (engine.id, engine.calibration), everybody, people, rosters(settings).values(), cipher)
    if elsewhere := len(people) - len(everybody):
        console.print(say(settings, "elsewhere", count=elsewhere, engine=engine.name))
    if report:
        write_report([full], report)


@command.command()
@click.argument("student")
@with_settings
def show(settings: Settings, student: str) -> None:
    """Show how STUDENT was enrolled: every version, and what would make the photos better.

    \b
    Example:
      naul people show 201912345
    """  # noqa: D301
    enrollment = enrollments(settings).get(student_id(student))
    if enrollment is None:
        raise RefusedError(f"{student} is not enrolled", "Enrol people with `naul enroll PHOTOS --consent-on-file`.")
    table = Table("version", "enrolled", "photos", "engines", "by", "why", box=None, pad_edge=False)
    for each in history(enrollment):
        at = f"{each.enrolled_at.astimezone(settings.zone):%Y-%m-%d %H:%M}"
        table.add_row(str(each.version), at, str(each.photos), ", ".join(each.engines), each.by, each.why)
    console.print(table)
    engine = load_engine(live_engine(settings, datetime.now(UTC)), settings.home)
    for template in enrollment.templates:
        if template.engine == engine.id:
            for said in sentences(settings, advise(student, template, engine.calibration)):
                console.print(said)
