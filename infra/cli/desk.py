"""``naul desk``: the pages in a browser."""

import webbrowser
from datetime import UTC, datetime

import click

from infra.cli.shared.options import with_settings
from schemas.settings import Settings

__all__ = ["command"]


@click.command(epilog="Example: naul desk --open")
@click.option("--open", "open_", is_flag=True, help="Open it in a browser.")
@with_settings
@click.pass_context
def command(ctx: click.Context, settings: Settings, *, open_: bool) -> int:
    """Print the address of the desk, with a link that signs you in once. Starts the site if it is not up.

    The link signs in whoever runs the site: as registrar, and as professor of every section that nobody else teaches.
    """
    from infra.cli.up import command as up
    from infra.machine.lifecycle import is_up
    from infra.operations.accounts.desk_link import sign_in_link

    if not is_up(settings):
        return ctx.invoke(up, home=str(settings.home), detach=False, open_=open_)  # type: ignore[no-any-return]
    link = sign_in_link(settings, datetime.now(UTC))
    click.echo(link)
    if open_:
        webbrowser.open(link)
    return 0
