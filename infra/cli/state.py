"""``naul state``: what the workers keep for themselves."""

import click

from infra.cli.shared.options import with_settings
from schemas.settings import Settings
from schemas.translations import say

__all__ = ["command"]


@click.group(epilog="Example: naul state drop 'EA0017-1|2026-11-23|1|rows'")
def command() -> None:
    """Mend what the workers keep for themselves."""


@command.command()
@click.argument("key")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_settings
def drop(settings: Settings, key: str, *, yes: bool) -> None:
    """Take the row KEY out of the table of facts.

    For a row that no version of Naul can read: the worker that met it has ended and its log names the key. What the row
    said is then missing, as if the camera had not sent that frame, or nobody had made that mark.

    \b
    Example:
      naul state drop 'EA0017-1|2026-11-23|1|o|front|2026-11-23T00:10:00+00:00|centerface-dlib@1-530a2c1e'
    """  # noqa: D301
    from infra.operations.dead_letters.state import drop_row

    if not yes:
        click.confirm(say(settings.language, "Take out {key}?", key=key), abort=True)
    drop_row(settings, key)
    click.echo(say(settings.language, "Taken out; `naul up` goes on."))
