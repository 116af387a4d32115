"""``naul identify``: whose face is in a photo."""

from datetime import UTC, datetime
from pathlib import Path

import click
from rich.table import Table

from enrollment.class_hours import roster_of
from enrollment.identify import answers, faces_of
from enrollment.loaded import enrollments, rosters
from enrollment.templates import known
from infra.cli.shared.console import console
from infra.cli.shared.options import with_settings
from schemas.errors import RefusedError
from schemas.settings import Settings
from streams.faces.engines import load_engine
from streams.faces.pictures import read_photo
from streams.faces.template_cipher import TemplateCipher
from streams.reference.live_engine import live_engine

__all__ = ["command"]


@click.command()
@click.argument("photo", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--section", help="Only students of this section; else everybody who is enrolled.")
@with_settings
def command(settings: Settings, photo: Path, section: str | None) -> None:
    """Say who is in PHOTO: a line a face, with the probability, or nobody.

    \b
    Example:
      naul identify photo.jpg --section EA0017-1
    """  # noqa: D301
    image = read_photo(photo)
    lists = rosters(settings)
    names = {each.student_id: each.name for roster in lists.values() for each in roster.students}
    enrolled = enrollments(settings)
    if section:
        mine = {each.student_id for each in roster_of(section, lists).students}
        enrolled = {student: each for student, each in enrolled.items() if student in mine}
    engine = load_engine(live_engine(settings, datetime.now(UTC)), settings.home)
    candidates, closed = (
        known(enrolled.values(), engine.id, TemplateCipher.open(settings.key_file)) if enrolled else ([], [])
    )
    if closed:
        raise RefusedError(
            f"the key of this home does not open {len(closed)} templates ({closed[0]}, ...)",
            "Copy the key of the machine where people were enrolled.",
        )
    if not candidates:
        raise RefusedError(
            f"nobody is enrolled{f' of section {section}' if section else ''} for the engine {engine.name}",
            "Enrol people with `naul enroll`.",
        )
    try:
        faces = faces_of(engine, image)
    except RefusedError as error:
        raise RefusedError(f"{photo}: {error.message}", error.remedy) from error
    table = Table("face", "student", "name", "probability", "")
    for number, each in enumerate(answers(faces, candidates, engine.calibration), start=1):
        unsure = "" if each.probability >= settings.policy.accept else "a person should look"
        name = names.get(each.student_id or "", "")
        table.add_row(str(number), each.student_id or "nobody", name, f"{each.probability:.3f}", unsure)
    console.print(table)
