"""``naul worker``: one part, in the foreground."""

import logging
import os
from importlib import import_module
from typing import Any

import click
import msgspec

from infra.cli.shared.options import NameParam, with_settings
from schemas.errors import NaulError
from schemas.settings import Settings

__all__ = ["command"]

log = logging.getLogger("naul")

PARTS = {
    "recognise": "streams.recognise.worker",
    "attend": "streams.attend.worker",
    "sink": "sinks.worker",
    "housekeeping": "infra.operations.site.housekeeping",
    "webhooks": "infra.operations.webhooks.webhook_worker",
    "desk": "infra.desk.web_server",
    "watchdog": "infra.machine.watchdog",
}
ONCE = ("housekeeping", "webhooks", "desk", "watchdog")
"""Parts of which a machine has one."""


@click.command(epilog="Example: naul worker recognise --slot b.2")
@click.argument("part", type=click.Choice(list(PARTS)))
@click.option(
    "--slot",
    type=NameParam(),
    help="Tells workers of one kind apart; stable, so that a restart is quick.",
)
@click.option("--take-over", is_flag=True, help="Of the sink: become the site's store, and be filled from the start.")
@with_settings
def command(settings: Settings, part: str, slot: str | None, *, take_over: bool) -> Any:
    """Run one part, for sites on several machines. Ends cleanly on SIGTERM or Ctrl-C; log on stderr.

    Two workers of one kind that run at the same time must not share a slot. Every machine that runs any needs one
    housekeeping: it deletes what is kept there of people who were erased elsewhere.
    """
    from infra.machine.kafka.broker import await_broker
    from infra.machine.kafka.permissions import check_permissions
    from infra.machine.logs import log_to_stderr
    from infra.machine.metrics_server import serving_metrics
    from infra.machine.private_home import UMASK, close_home
    from infra.machine.readiness import ready
    from schemas.pulse import PULSE
    from schemas.retry import retry

    if take_over and part != "sink":
        raise click.UsageError("--take-over belongs to the sink.")
    if slot is not None:
        settings = msgspec.structs.replace(settings, slot=slot)
    name = part if part in ONCE else f"{part}-{settings.slot}"
    log_to_stderr(settings, part, settings.slot)
    os.umask(UMASK)
    close_home(settings.home)
    # Frames are looked at on every core: a product of matrices that waits for a second one took 30 ms instead of one.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

    def on_ready() -> None:
        PULSE.ready()
        ready(settings, name)

    with serving_metrics(settings, name):
        work = import_module(PARTS[part])  # only now: another part's libraries would cost a second and 100 MB
        await_broker(settings)
        retry(lambda: check_permissions(settings, part))
        _probe(settings, part)
        try:
            return work.run(settings, on_ready=on_ready, **({"take_over": True} if take_over else {}))
        except NaulError as error:
            if settings.log_format == "text":
                raise
            log.critical("%s", error)
            return 1


def _probe(settings: Settings, part: str) -> None:
    """Have the broker asked how far a part is behind that follows topics as a member of a group."""
    from infra.machine.lag_probe import probe_lag

    if part in ("recognise", "attend", "sink"):
        probe_lag(settings, part)
    elif part == "webhooks":
        probe_lag(settings, f"{part}-{settings.slot}")
