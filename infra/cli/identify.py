"""``naul identify``: whose face is in a photo."""

from datetime import UTC, datetime
from pathlib import Path

import click

from infra.cli.shared.console import console, told_table
from infra.cli.shared.options import NameParam, PathParam, with_settings
from schemas.settings import Settings
from schemas.translations import say

__all__ = ["command"]


@click.command()
@click.argument("photo", type=PathParam(exists=True, dir_okay=False, path_type=Path))
@click.option("--section", type=NameParam(), help="Only students of this section; else everybody who is enrolled.")
@with_settings
def command(settings: Settings, photo: Path, section: str | None) -> None:
    """Say who is in PHOTO: a line a face, with the probability, or nobody.

    \b
    Example:
      naul identify photo.jpg --section EA0017-1
    """  # noqa: D301
    from infra.operations.people.identify_faces import identify_faces

    table = told_table(settings, "face", "student", "name", "probability", "")
    for number, each in enumerate(identify_faces(settings, photo, section, datetime.now(UTC)), start=1):
        unsure = "" if each.sure else say(settings.language, "a person should look")
        table.add_row(
            str(number),
            each.student_id or say(settings.language, "nobody"),
            each.name,
            f"{each.probability:.3f}",
            unsure,
        )
    console.print(table)
