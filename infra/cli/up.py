"""``naul up``: everything of a site on this machine."""

from __future__ import annotations

import signal
import webbrowser
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn

import click

from infra.cli.shared.console import console
from infra.cli.shared.options import with_settings
from schemas.errors import UnavailableError
from schemas.settings import Settings
from schemas.translations import Text, say

if TYPE_CHECKING:
    import subprocess

__all__ = ["bring_up", "command"]

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _StopAskedError(Exception):
    """Ctrl-C, SIGTERM, or the terminal went away."""


@click.command(epilog="Example: naul up --detach && naul status")
@click.option("--detach", is_flag=True, help="Return when everything is ready; `naul down` stops it.")
@click.option("--open", "open_", is_flag=True, help="Open the desk in a browser when everything is ready.")
@with_settings
def command(settings: Settings, *, detach: bool, open_: bool) -> int:
    """Start Kafka (unless NAUL_KAFKA names a cluster), the topics, recognise, attend, the sink and the desk.

    Stays in the foreground until Ctrl-C or SIGTERM, which stop everything within 10 s. What dies is restarted.
    """
    from infra.machine.lifecycle import is_up, stop
    from infra.machine.supervisor import log_file
    from infra.operations.accounts.desk_link import sign_in_link

    if is_up(settings):
        console.print(say(settings.language, "already up in {home}; see `naul status`", home=settings.home))
        return 0
    for each in SIGNALS:
        signal.signal(each, _stop)
    ready = False
    try:
        process = bring_up(settings, detached=detach)
        ready = True
        link = sign_in_link(settings, datetime.now(UTC))
        console.print(say(settings.language, "the desk: {link}", link=link), highlight=False, soft_wrap=True)
        if open_:
            webbrowser.open(link)
        if detach:
            console.print(say(settings.language, "ready; stop with `naul down`"))
            return 0
        console.print(say(settings.language, "ready; Ctrl-C stops everything"))
        if status := process.wait():  # 0 after `naul down`
            raise UnavailableError(
                Text("the supervisor ended with status {status}", status=status),
                Text("See {log_file}.", log_file=log_file(settings, "supervisor")),
            )
    except _StopAskedError:
        console.print(say(settings.language, "stopping"))
        stop(settings)
        return 0 if ready else 1
    return 0


def bring_up(settings: Settings, *, detached: bool) -> subprocess.Popen[bytes]:
    """Start everything, say what is waited for, and return the supervisor when every part is ready.

    Raises:
        UnavailableError: a part did not become ready; everything was stopped again.
        RefusedError: a topic is there with other settings, or the port belongs to somebody else.
    """
    from infra.machine.lifecycle import start

    with console.status(say(settings.language, "starting")) as spinner:

        def progress(text: str) -> None:
            told = say(settings.language, text)
            spinner.update(told)
            if not console.is_terminal:
                console.print(told)

        return start(settings, detached=detached, say=progress)


def _stop(*_: Any) -> NoReturn:
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)  # the second Ctrl-C changes nothing
    raise _StopAskedError
