"""``naul doctor``: is this machine fit for Naul, and does what the site was told fit together?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from infra.cli.shared.console import console
from infra.cli.shared.options import with_settings
from schemas.errors import UnavailableError
from schemas.settings import Settings

if TYPE_CHECKING:
    from infra.machine.doctor import Finding

__all__ = ["command"]


@click.command(epilog="Example: naul doctor")
@with_settings
def command(settings: Settings) -> int:
    """Check this machine, and hold what the site was told against each other.

    Java, Kafka, ports, disk, versions and the weights' checksums; while Kafka runs also rosters, timetable, enrolled
    people, the last frames and what was put aside. Each problem comes with its remedy.
    """
    from infra.machine.doctor import examine

    problems = 0
    for found in examine(settings):
        problems += bool(found.remedy)
        _print(found, problem=bool(found.remedy))
    for said, problem in _inputs(settings):
        problems += problem
        console.print(f"{'problem' if problem else 'note':8} {said}", soft_wrap=True)
    return 1 if problems else 0


def _print(found: Finding, *, problem: bool) -> None:
    console.print(f"{'problem' if problem else 'ok':8} {found.name}: {found.text}")
    if problem:
        console.print(f"{'':8} → {found.remedy}", soft_wrap=True)


def _inputs(settings: Settings) -> Iterator[tuple[str, bool]]:
    from infra.operations.site_consistency import examine_inputs

    try:
        yield from examine_inputs(settings)
    except UnavailableError:
        return  # the examination of the machine has said that Kafka is not up
