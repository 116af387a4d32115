"""``naul enroll``: photos of people who agreed become encrypted templates."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from enrollment.loaded import enrollments, rosters
from enrollment.photos import find_photos
from enrollment.pool import EnrolmentPool
from enrollment.templates import Portrayal, record, renewed
from infra.cli.shared.console import console
from infra.cli.shared.options import with_settings
from infra.operations.enrolment_check import report_format, tell, write_report
from producers.marks import login_name
from schemas.cluster import send
from schemas.errors import RefusedError
from schemas.messages import Enrollment
from schemas.settings import Settings
from sinks.reports import Table
from streams.faces.engines import engine_names
from streams.faces.template_cipher import TemplateCipher
from streams.reference.live_engine import live_engines

__all__ = ["command"]

BATCH = 50
"""People that are sent together: an interruption costs at most these."""

CONSENT = (
    "Templates of faces are biometric data: the law (in Korea the Personal Information Protection Act, article 23) "
    "wants each person's separate consent before they are made."
)

NO_LEARNING = (
    "Naul does not learn faces from what cameras see. A sighting is a guess: a template made of a wrong one would take "
    "somebody else for the student from then on, a little more every day, and nobody would notice. Nor has anybody "
    "agreed to be enrolled by walking past a camera."
)


def _refuse_learning(_context: click.Context, _option: click.Parameter, asked: bool) -> None:
    if asked:
        raise RefusedError(NO_LEARNING, "Take a photo of the person and run: naul enroll PHOTOS --consent-on-file")


@click.command()
@click.argument("photos", type=click.Path(path_type=Path))
@click.option("--consent-on-file", is_flag=True, help="You hold the written consent of everybody in PHOTOS.")
@click.option("--engine", "engines", multiple=True, metavar="NAME", help="Else the live one; may be repeated.")
@click.option("--all-engines", is_flag=True, help="Make templates for every engine of `naul engine list`.")
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="A .csv or .json: every photo, in full."
)
@click.option("--by", default=login_name, show_default="your login name", help="Who enrols; kept with the version.")
@click.option("--why", default="", metavar="TEXT", help="Why, if people are enrolled again; kept with the version.")
@click.option(
    "--from-sightings",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_refuse_learning,
    help="Refused: nobody is enrolled from what cameras saw.",
)
@with_settings
def command(
    settings: Settings,
    photos: Path,
    *,
    consent_on_file: bool,
    engines: tuple[str, ...],
    all_engines: bool,
    report: Path | None,
    by: str,
    why: str,
) -> int:
    """Enrol the people whose photos are in the folder PHOTOS.

    It holds <student id>/*.jpg or .png, <student id>.jpg, or <student id>_anything.jpg. Three photos of a person, from
    the front, are best. Photos are only looked at; what is kept is an encrypted template. Enrolling the same photos
    again changes nothing, and a run that was interrupted is gone on with by starting it again.

    \b
    Examples:
      naul enroll photos --consent-on-file
      naul enroll photos --consent-on-file --report enrolment.csv --why "new student cards"
    """  # noqa: D301
    if not consent_on_file:
        raise RefusedError(CONSENT, "Add --consent-on-file when you hold the consent of everybody in the folder.")
    if report:
        report_format(report)  # refused now rather than after an hour
    found = find_photos(photos)
    for other in found.ignored:
        _say(f"{other.path}: passed over, {other.why}")
    everybody = enrollments(settings)
    cipher = TemplateCipher.create(settings.key_file)
    now = datetime.now(UTC)
    names = engine_names(settings.home) if all_engines else engines or live_engines(settings, now)
    studio = EnrolmentPool(tuple(dict.fromkeys(names)), settings.home, settings.key_file)
    troubled: list[Portrayal] = []
    waiting: list[Enrollment] = []
    changed = 0
    with closing(studio), _progress(sum(map(len, found.people.values()))) as progress:
        for student, portrayals in studio.portrayals(found.people, dict(everybody)):
            for each in portrayals:
                _report(each, several=len(studio.engines) > 1)
                if each.refused:
                    troubled.append(each)
            stood = everybody.get(student)
            enrollment = renewed(portrayals, stood, cipher, now, by=by, why=why)
            if enrollment:
                everybody[student] = enrollment
                waiting.append(enrollment)
                changed += stood is None or enrollment.version > stood.version
            if len(waiting) >= BATCH:
                _send(settings, waiting)
            progress(len(found.people[student]))
    _send(settings, waiting)
    known_rosters = list(rosters(settings).values())
    reports: list[Table] = []
    without: set[str] = set()
    for engine in studio.engines:
        mine = [each for each in troubled if each.engine == engine.id]
        refused = {path for each in mine for path in each.refused}
        taken = {
            student: [path.name for path in paths if path not in refused] for student, paths in found.people.items()
        }
        told = (engine.id, engine.calibration)
        reports.append(tell(settings, told, taken, everybody, known_rosters, cipher, mine))
        without.update(student for student, names in taken.items() if not names)
    if report:
        write_report(reports, report)
    _say(
        f"Enrolled {changed}, unchanged {len(found.people) - changed - len(without)}, "
        f"without a usable photo {len(without)}."
    )
    if without:
        _say(f"Take new photos of: {', '.join(sorted(without))}")
    return 1 if without else 0


def _send(settings: Settings, waiting: list[Enrollment]) -> None:
    if waiting:
        send(settings, [record(settings, each) for each in waiting])
        waiting.clear()


def _report(portrayal: Portrayal, *, several: bool) -> None:
    by = f" ({portrayal.engine})" if several else ""
    if not (portrayal.taken or portrayal.refused):
        _say(f"{portrayal.student_id}: the folder holds no photo{by}")
    said = dict.fromkeys(portrayal.taken, "taken") | {
        path: f"refused, {why}" for path, why in portrayal.refused.items()
    }
    for path in sorted(said):
        _say(f"{path}: {said[path]}{by}")


def _say(text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar with counts and rate where there is a terminal; elsewhere the report lines are enough."""
    columns = (
        TextColumn("enrolling"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=total, rate="")

        def advance(photos: int) -> None:
            bar.advance(task, photos)
            bar.update(task, rate=f"{bar.tasks[task].speed or 0:.1f} photos/s")

        yield advance
