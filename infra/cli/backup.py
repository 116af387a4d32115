"""``naul backup``: a whole site as one directory."""

from functools import partial
from pathlib import Path

import click
from rich.filesize import decimal

from infra.cli.shared.console import console
from infra.cli.shared.options import PathParam, with_settings
from schemas.settings import Settings
from schemas.translations import say

__all__ = ["command"]


@click.command()
@click.argument("directory", type=PathParam(path_type=Path))
@click.option(
    "--frames", is_flag=True, help="All pictures that Kafka still keeps; else those nobody has looked at yet."
)
@click.option(
    "--without-key", is_flag=True, help="Leave out the keys that open templates and frames; keep them elsewhere."
)
@with_settings
def command(settings: Settings, directory: Path, *, frames: bool, without_key: bool) -> None:
    """Copy the whole site into the new DIRECTORY, while it runs.

    Topics, tables, accounts, settings, engines and the key; `naul restore` makes a site of it. Whoever has the
    directory has all that the site knows: keep it as you keep the home. It holds whom it was made with, also after
    `naul forget`.

    \b
    Example:
      naul backup /backups/naul-2026-11-29
    """  # noqa: D301
    from infra.operations.backup.make_backup import back_up

    tell = partial(say, settings.language)
    with console.status(tell("copying")) as status:
        done = back_up(
            settings, directory, frames=frames, key=not without_key, report=lambda what: status.update(tell(what))
        )
    console.print(
        tell(
            "{directory}: {records} records, {rows} rows, {size}, as of {at}",
            directory=directory,
            records=f"{done.records:,}",
            rows=f"{done.rows:,}",
            size=decimal(done.size),
            at=f"{done.manifest.at.astimezone(settings.zone):%Y-%m-%d %H:%M:%S}",
        )
    )
    if without_key:
        console.print(
            tell("Without the key nothing opens the templates: keep {key_file} elsewhere.", key_file=settings.key_file)
        )
