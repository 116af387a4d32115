"""``naul restore``: a site out of a backup."""

from functools import partial
from pathlib import Path

import click

from infra.cli.shared.console import console
from infra.cli.shared.options import PathParam, with_settings
from schemas.settings import Settings
from schemas.translations import say

__all__ = ["command"]


@click.command()
@click.argument("directory", type=PathParam(exists=True, file_okay=False, path_type=Path))
@with_settings
def command(settings: Settings, directory: Path) -> None:
    """Make a site of the backup in DIRECTORY, in a fresh home (--home).

    A naul.toml that is there already holds: so a site moves to other ports, another cluster or another store.
    Interrupted, it goes on when it is called again; until then `naul up` refuses.

    \b
    Example:
      naul restore /backups/naul-2026-11-29 --home .naul
    """  # noqa: D301
    from infra.operations.backup.restore_backup import restore

    tell = partial(say, settings.language)
    with console.status(tell("restoring")) as status:
        kept = restore(directory, settings.home, report=lambda what: status.update(tell(what)))
    console.print(
        tell(
            "Restored into {home}: the site as of {at}.",
            home=settings.home,
            at=f"{kept.at.astimezone(settings.zone):%Y-%m-%d %H:%M:%S}",
        )
    )
    if "home/" + settings.key_file.name not in kept.files:
        console.print(tell("The backup has no key: copy yours to {key_file}.", key_file=settings.key_file))
    console.print(tell("Who was forgotten since then is in it again: forget him once more. `naul up` goes on."))
