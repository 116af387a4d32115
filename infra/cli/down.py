"""``naul down``: stop what ``naul up`` started."""

import click

from infra.cli.shared.console import console
from infra.cli.shared.options import with_settings
from schemas.settings import Settings
from schemas.translations import say

__all__ = ["command"]


@click.command(epilog="Example: naul down")
@with_settings
def command(settings: Settings) -> None:
    """Stop everything on this machine, within 10 s. Nothing is lost; `naul up` goes on where it was."""
    from infra.machine.lifecycle import stop

    console.print(
        say(settings.language, "stopped")
        if stop(settings)
        else say(settings.language, "nothing was up in {home}", home=settings.home)
    )
