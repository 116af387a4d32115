"""``naul enroll``: photos of people who agreed become encrypted templates."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from infra.cli.shared.console import console, print_line
from infra.cli.shared.options import NameParam, PathParam, TextParam, by_option, with_settings
from schemas.errors import RefusedError
from schemas.settings import Settings
from schemas.translations import say

if TYPE_CHECKING:
    from enrollment.photos import FoundPhotos
    from enrollment.portrayals import Portrayal
    from enrollment.replacing import Replaced

__all__ = ["command"]


@click.command()
@click.argument("photos", type=PathParam(path_type=Path))
@click.option("--consent-on-file", is_flag=True, help="You hold the written consent of everybody in PHOTOS.")
@click.option("--engine", "engines", type=NameParam(), multiple=True, help="Else the live one; may be repeated.")
@click.option("--all-engines", is_flag=True, help="Make templates for every engine of `naul engine list`.")
@click.option(
    "--report",
    type=PathParam(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A .csv or .json: every photo, in full; with --dry-run, whose it is.",
)
@by_option("Who enrols; kept with the version.")
@click.option(
    "--why",
    type=TextParam(empty=True),
    default="",
    metavar="TEXT",
    help="Why, if people are enrolled again; kept with the version.",
)
@click.option(
    "--yes", is_flag=True, help="Do not ask before enrolled photos are replaced by fewer, or by another face."
)
@click.option("--dry-run", is_flag=True, help="Only say whose photos PHOTOS holds, by their names.")
@with_settings
def command(settings: Settings, *, report: Path | None, dry_run: bool, yes: bool, **options: Any) -> int:
    """Enrol the people whose photos are in the folder PHOTOS.

    It holds <student id>/*.jpg, <student id>.jpg, or <student id>_anything.jpg, and folders of classes may hold these:
    the rosters that are loaded say what is an id. Photos are JPEG, PNG, HEIC, AVIF, WebP, BMP or TIFF. Three of a
    person, from the front, are best. They are only looked at; what is kept is an encrypted template. Enrolling the same
    photos again changes nothing, and a run that was interrupted is gone on with by starting it again. Other photos of a
    person replace those that are enrolled, so keep all of them in one folder; where they are fewer, or of another face,
    that is shown and asked for. Nobody is enrolled from what cameras saw: a sighting is a guess.

    \b
    Examples:
      naul enroll photos --dry-run
      naul enroll photos --consent-on-file
      naul enroll photos --consent-on-file --report enrolment.csv --why "new student cards"
    """  # noqa: D301
    from infra.cli.shared.enrolment import (
        print_check,
        print_strays,
        print_todo,
        report_format,
        write_enrolment_report,
    )
    from infra.operations.people.enroll_people import EnrollRequest, enroll_people

    tell = partial(say, settings.language)
    if report:
        report_format(report)  # refused now rather than after an hour
    if dry_run:
        return _dry_run(settings, options["photos"], report)
    if not options["consent_on_file"]:
        raise RefusedError(
            tell(
                "Templates of faces are biometric data: the law (in Korea the Personal Information "
                "Protection Act, article 23) wants each person's separate consent before they are "
                "made."
            ),
            tell("Add --consent-on-file when you hold the consent of everybody in the folder."),
        )
    request = EnrollRequest(**options)
    with _Progress(settings, yes=yes) as progress:
        result = enroll_people(settings, request, progress, datetime.now(UTC))
    for check in result.checks:
        print_check(settings, check)
    if report:
        write_enrolment_report(result.checks, report)
    print_strays(settings, result.strays)
    print_line(
        tell(
            "Enrolled {enrolled}, replaced {replaced}, unchanged {unchanged}, without a usable photo {without}.",
            enrolled=result.enrolled,
            replaced=result.replaced,
            unchanged=result.unchanged,
            without=len(result.without),
        )
    )
    print_todo(settings, result.without)
    if result.kept:
        print_line(tell("Left as they are: {people}.", people=", ".join(result.kept)))
    return 1 if result.refused or result.without or result.kept else 0


def _dry_run(settings: Settings, photos: Path, report: Path | None) -> int:
    """Say whose photos a folder holds, and whose enrolled ones they would replace."""
    from infra.cli.shared.enrolment import print_found, print_people, print_replaced, write_names_report
    from infra.operations.people.enroll_people import nobody_in, photos_in, replaced_in

    found = photos_in(settings, photos)
    print_found(settings, found)
    print_people(settings, found)
    if report:
        write_names_report(settings, found, report)
    if not found.people:
        raise nobody_in(found)
    would = replaced_in(settings, found)
    print_replaced(settings, would)
    print_line(say(settings.language, "Nothing was looked at or enrolled (--dry-run)."))
    without = found.pictured < len(found.people)
    return 1 if would or without or any(each.meant for each in found.ignored) else 0


class _Progress:
    """A line a photo, and a bar with counts and rate where there is a terminal."""

    def __init__(self, settings: Settings, *, yes: bool) -> None:
        self._settings = settings
        self._yes = yes
        self._bar = Progress(
            TextColumn(say(settings.language, "enrolling")),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None
        self._several = False

    def __enter__(self) -> _Progress:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._bar.stop()

    def understood(self, found: FoundPhotos) -> None:
        from infra.cli.shared.enrolment import print_found

        print_found(self._settings, found)

    def begin(self, photos: int, engines: int) -> None:
        self._several = engines > 1
        self._bar.start()
        self._task = self._bar.add_task("", total=photos, rate="")

    def portrayed(self, portrayal: Portrayal) -> None:
        by = f" ({portrayal.engine})" if self._several else ""
        if not (portrayal.taken or portrayal.refused):
            print_line(
                say(
                    self._settings.language,
                    "{student}: the folder holds no photo{by}",
                    student=portrayal.student_id,
                    by=by,
                )
            )
        for path in sorted({*portrayal.taken, *portrayal.refused}):
            if unfit := portrayal.refused.get(path):
                why = unfit.said(self._settings.language)
                print_line(say(self._settings.language, "{path}: refused, {why}{by}", path=path, why=why, by=by))
            else:
                print_line(say(self._settings.language, "{path}: taken{by}", path=path, by=by))

    def written(self, students: Sequence[str]) -> None:
        """Say nothing: the last line counts them."""

    def overtaken(self, student: str) -> None:
        print_line(
            say(
                self._settings.language,
                "{student}: left as it is: somebody changed or erased it meanwhile; enrol again if that is right",
                student=student,
            )
        )

    def unplaced(self, student: str) -> None:
        print_line(
            say(
                self._settings.language,
                "Not taken, {student}: no roster has this id, and its photos are unlike each other. Is it a class? "
                "Load the roster that has the ids first, or make a folder for each student.",
                student=student,
            )
        )

    def replacing(self, those: Sequence[Replaced]) -> bool:
        from infra.cli.shared.enrolment import print_replaced

        self._bar.stop()
        print_replaced(self._settings, those)
        return self._yes or (sys.stdin.isatty() and click.confirm(say(self._settings.language, "Replace them?")))

    def advance(self, photos: int) -> None:
        if self._task is not None:
            self._bar.advance(self._task, photos)
            self._bar.update(self._task, rate=f"{self._bar.tasks[self._task].speed or 0:.1f} photos/s")
