"""``naul doctor``: is this machine fit for Naul?"""

import click

from infra.cli.shared.console import console
from infra.cli.shared.options import with_settings
from schemas.settings import Settings

__all__ = ["command"]


@click.command(epilog="Example: naul doctor")
@with_settings
def command(settings: Settings) -> int:
    """Check Java, Kafka, ports, disk, versions and the weights' checksums, and say the remedy of each problem."""
    from infra.machine.doctor import examine

    problems = 0
    for found in examine(settings):
        console.print(
            f"{'problem' if found.remedy else 'ok':8} {found.name}: {found.text}", highlight=False, markup=False
        )
        if found.remedy:
            problems += 1
            console.print(f"{'':8} → {found.remedy}", highlight=False, markup=False, soft_wrap=True)
    return 1 if problems else 0
