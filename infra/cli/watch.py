"""``naul watch``: a hall as it is now, in the terminal."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import click
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from rich.columns import Columns
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from infra.cli.common import console, with_settings
from infra.machine.lag import STAGES, Cluster
from infra.operations.labels import word
from schemas.broker_disk import BrokerDisk, DiskSpace
from schemas.cluster import consumer
from schemas.errors import BadMessageError, UnavailableError
from schemas.messages import Attendance, Coverage, Presence, Sighting, decode
from schemas.settings import Settings
from sinks.hall_now import HallNow

LOOK_BACK = 500
"""Sightings a partition that are read when the screen opens."""

FRAMES = STAGES[0]

READERS: dict[str, Any] = {"attendance": Attendance | Coverage, "presence": Presence, "sightings": Sighting}


@click.command(epilog="Example: naul watch --hall E101")
@click.option("--hall", required=True, help="The hall, as the timetable names it.")
@click.option("--once", is_flag=True, help="Print it as it is now, and end.")
@with_settings
def command(settings: Settings, hall: str, once: bool) -> None:
    """Show a hall live: who is present, arrived, departed; unknown faces, coverage, lag."""
    now = HallNow(hall)
    tell = partial(word, settings.language)
    client = consumer(settings)
    try:
        ends = _open(client, settings)
        with Cluster(settings) as cluster, BrokerDisk(settings) as disk:
            if once:
                _read(client, settings, now, ends)
                console.print(_screen(now, tell, settings.zone, cluster.lag(FRAMES), disk.space()))
                return
            with Live(console=console, auto_refresh=False, screen=console.is_terminal) as live:
                while True:
                    live.update(_screen(now, tell, settings.zone, cluster.lag(FRAMES), disk.space()), refresh=True)
                    for message in _poll(client, settings):
                        now.take(message)
    except KeyboardInterrupt:
        return
    except KafkaError as error:
        raise UnavailableError(
            f"Kafka at {settings.bootstrap} does not answer: {error}", "Is `naul up` running?"
        ) from error
    finally:
        client.close()


def _open(client: KafkaConsumer, settings: Settings) -> dict[TopicPartition, int]:
    partitions = [
        TopicPartition(name, p)
        for name in map(settings.topic, READERS)
        for p in sorted(client.partitions_for_topic(name) or ())
    ]
    if not partitions:
        raise UnavailableError("the topics are not there", "Start with `naul up`, which creates them.")
    client.assign(partitions)
    starts, ends = client.beginning_offsets(partitions), dict(client.end_offsets(partitions))
    for each in partitions:
        recent = ends[each] - LOOK_BACK if each.topic == settings.topic("sightings") else 0
        client.seek(each, max(starts[each], recent))
    return ends


def _read(client: KafkaConsumer, settings: Settings, now: HallNow, ends: dict[TopicPartition, int]) -> None:
    while any(client.position(each) < end for each, end in ends.items()):
        for message in _poll(client, settings):
            now.take(message)


def _poll(client: KafkaConsumer, settings: Settings) -> Iterator[object]:
    kinds = {settings.topic(name): kind for name, kind in READERS.items()}
    for place, records in client.poll(timeout_ms=1000).items():
        for record in records:
            if record.value is not None:
                try:
                    yield decode(record.value, kinds[place.topic])
                except BadMessageError:  # the stages put it aside; a screen passes it over
                    continue


def _screen(now: HallNow, tell: Callable[[str], str], zone: ZoneInfo, behind: int, disk: DiskSpace) -> Group:
    coverage = now.coverage
    head = Text.assemble((f" {now.hall} ", "bold reverse"), f"  {(now.class_hour or '').replace('|', '  ')}")
    if coverage is None:
        return Group(head, Text(tell("nothing"), "dim"))
    total = (coverage.ends_at - coverage.starts_at).total_seconds()
    seen = now.last_frame.astimezone(zone).strftime("%H:%M:%S") if now.last_frame else "-"
    facts = (
        f"{tell('here')} {len(now.here)} {tell('of')} {len(now.rows)}   {tell('faces')} {now.faces}"
        f" ({tell('unknown')} {now.unknown})   {tell('covered')} {coverage.seconds_covered / total:.0%}"
        f"   {tell('last_frame')} {seen}   {tell('waiting')} {behind}"
    )
    warnings = [Text(str(disk), "bold red")] if disk.low else []
    return Group(head, *warnings, Text(facts), Columns([_students(now, tell, zone), _happenings(now, tell, zone)]))


def _students(now: HallNow, tell: Callable[[str], str], zone: ZoneInfo) -> Table:
    table = Table(*(tell(name) for name in ("id", "name", "status", "since", "gone")))
    for row in now.rows:
        times = (at.astimezone(zone).strftime("%H:%M:%S") if at else "" for at in (row.arrived_at, row.departed_at))
        here = row.arrived_at is not None and row.departed_at is None
        table.add_row(row.student_id, row.name, tell(row.verdict), *times, style="green" if here else "dim")
    return table


def _happenings(now: HallNow, tell: Callable[[str], str], zone: ZoneInfo) -> Table:
    table = Table(tell("happened"), box=None)
    for line in now.happenings:
        name = now.names.get(line.student_id, line.student_id)
        table.add_row(f"{line.at.astimezone(zone):%H:%M:%S}  {name}  {tell(line.what)}")
    return table
