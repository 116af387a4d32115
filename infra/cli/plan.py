"""``naul plan``: what a site of a size needs, before anybody buys it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import click

from infra.cli.shared.console import console, print_line, told_table
from infra.cli.shared.options import DurationParam, with_settings
from schemas.settings import Settings
from schemas.translations import say

if TYPE_CHECKING:
    from infra.operations.site.site_plan import SitePlan

__all__ = ["command"]

COUNT = click.IntRange(1, 1_000_000)


@click.command(epilog="Example: naul plan --halls 500 --every 5s --students 30000")
@click.option("--halls", type=COUNT, default=1, show_default=True, help="Halls in use at the same time.")
@click.option(
    "--every", type=DurationParam(), default=timedelta(seconds=5), show_default="5s", help="Between frames of a hall."
)
@click.option("--students", type=COUNT, default=100, show_default=True, help="Students in all.")
@click.option("--seats", type=COUNT, default=40, show_default=True, help="People in a hall that is in use.")
@click.option(
    "--hours", type=click.FloatRange(0.1, 24), default=8.0, show_default=True, help="A day that halls are in use."
)
@click.option(
    "--frame-kb", type=COUNT, help="Of a camera's picture in kB, if yours are not as those that were measured."
)
@click.option("--cores", type=COUNT, default=16, show_default=True, help="Of a machine.")
@click.option("--memory", type=COUNT, default=64, show_default=True, help="Of a machine, GB.")
@click.option("--disk", type=COUNT, default=2000, show_default=True, help="Of a machine, GB.")
@with_settings
def command(
    settings: Settings, every: timedelta, cores: int, memory: int, disk: int, frame_kb: int | None, **load: float
) -> None:
    """Reckon what a site of a size needs: brokers, workers, cores, memory, disk, and its bottleneck.

    From costs that were measured (`make bench`), and from how long this home keeps what. Nothing is asked or changed.
    """
    from infra.operations.site.site_plan import Load, Machine, plan_site

    seconds, frame = every.total_seconds(), 1000 * (frame_kb or 0)
    asked = Load(**load, every=seconds, frame=frame)  # type: ignore[arg-type]
    _tell(settings, plan_site(asked, settings, Machine(cores, float(memory), float(disk))))


def _tell(settings: Settings, plan: SitePlan) -> None:
    tell = partial(say, settings.language)
    print_line(
        tell(
            "{frames:.1f} frames a second, {network:.0f} MB/s to and from brokers: {brokers}, copies of a record: "
            "{copies}",
            frames=plan.frames,
            network=plan.network,
            brokers=plan.brokers,
            copies=plan.copies,
        )
    )
    table = told_table(settings, "part", "processes", "cores", "memory, GB")
    for each in plan.needs:
        table.add_row(tell(each.part), str(each.processes), f"{each.cores:.1f}", f"{each.memory:.1f}")
    table.add_row(tell("in all"), "", f"{plan.cores:.1f}", f"{plan.memory:.1f}", style="bold")
    console.print(table)
    table = told_table(settings, "on disk", "GB a day", "GB kept")
    for name, size in plan.a_day.items():
        table.add_row(tell(name), f"{size:.1f}", f"{plan.kept[name]:.0f}")
    table.add_row(tell("in all"), f"{sum(plan.a_day.values()):.1f}", f"{sum(plan.kept.values()):.0f}", style="bold")
    console.print(table)
    print_line(
        tell(
            "settings: frame_partitions = {frames}, partitions = {halls}",
            frames=plan.frame_partitions,
            halls=plan.partitions,
        )
    )
    print_line(
        tell(
            "machines: {machines}; the bottleneck is {resource}, {share:.0%} of it {part}",
            machines=plan.machines,
            resource=tell(plan.bottleneck.resource),
            share=plan.bottleneck.share,
            part=tell(plan.bottleneck.part),
        )
    )
