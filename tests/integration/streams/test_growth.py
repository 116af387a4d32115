"""More partitions for a site that has data: what was kept of a hall, and what was under way, is where it is now."""

import random
import signal
import subprocess
import sys
from collections import defaultdict
from contextlib import closing
from typing import Any

import msgspec
import pytest
from kafka.admin import MemberToRemove

from infra.machine.lag import Cluster
from infra.machine.topic_growth import grow_frames, grow_halls
from producers.marks import mark_batch, send_marks
from schemas.cluster import View, admin
from schemas.errors import RefusedError, UnavailableError
from schemas.messages import MarkBatch, decode
from schemas.partitions import partition_of
from schemas.settings import Settings
from streams.runtime.co_partitions import Growth, co_partitions
from tests.integration.streams.paper_hall import OVER, SOURCES, STARTS, Hall, told

NAMES = ["E101", "B2", "D300"]  # the second stays in the partition that it shared with the first
OLD, NEW = 4, 8
KILLS = 2
ROWS = "attend-facts-changelog"


def marked(hall: Hall, student: int, verdict: Any) -> MarkBatch:
    names = {hall.lecture.names[student]: verdict}
    mark = mark_batch(hall.hour, names, batch_id=f"{hall.name}-{student}", kind="mark", by="kim", at=STARTS)
    send_marks(hall.settings, mark)
    return mark


def send_home(settings: Settings) -> None:
    """End the sessions of workers that have ended: Kafka would wait half a minute for them."""
    with closing(admin(settings)) as client:
        members = client.describe_groups([group := settings.group("attend")])[group]["members"]
        client.remove_group_members(group, [MemberToRemove(member_id=each["member_id"]) for each in members])


def held(settings: Settings, name: str) -> dict[bytes, set[int]]:
    """In which partitions each key of a compacted topic has a value."""
    found = defaultdict[bytes, set[int]](set)
    with Cluster(settings) as cluster:
        for record in cluster.last(name, 1_000_000):
            place = found[record.key]
            (place.add if record.value is not None else place.discard)(record.partition)
    return found


def killed_growth(settings: Settings, after: int) -> int:
    """Have a process grow the site that is killed at the so-manieth call of a function; return how it ended."""
    line = [sys.executable, "-m", "tests.tools.killed_growth", str(settings.home), str(NEW), str(after)]
    return subprocess.run(line, check=False).returncode


def test_what_was_kept_and_what_was_under_way_moves_with_its_hall_whoever_is_killed(
    site: Settings, worker: Any
) -> None:
    assert {partition_of(each, OLD) != partition_of(each, NEW) for each in NAMES} == {True, False}
    halls = [Hall(site, name, f"S{number}") for number, name in enumerate(NAMES)]
    attend = worker("attend").start()
    early = []
    for each in halls:
        each.prepare()
        each.tell(*each.observations[:25])
        early.append(marked(each, 3, "excused"))
    attend.until(SOURCES)
    with pytest.raises(RefusedError, match=r"attend \(1\)"):
        grow_halls(site, NEW, patience=0)
    assert co_partitions(site) == OLD, "it was refused: nothing has begun"
    attend.stop()
    send_home(site)
    late = []
    for each in halls:
        each.tell(*each.observations[25:40])
        late.append(marked(each, 4, "late"))
    moments = random.Random(16)
    for _ in range(KILLS):
        assert killed_growth(site, moments.randrange(1000, 12_000)) in (-signal.SIGKILL, 0)
    with pytest.raises(RefusedError, match="the site grows from 4 to 8"):
        grow_halls(site, 2 * NEW)
    with pytest.raises(UnavailableError, match="the site grows"):
        co_partitions(site)
    assert grow_halls(site, NEW)
    assert grow_halls(site, NEW) is None
    assert co_partitions(site) == NEW
    for name in (ROWS, "marks"):
        assert {len(places) for places in held(site, name).values()} == {1}, name
    attend.start()
    for each in halls:
        each.tell(*each.observations[40:], msgspec.structs.replace(OVER, hall=each.name), partitions=NEW)
    attend.until(SOURCES)
    for each, *marks in zip(halls, early, late, strict=True):
        assert told(each.rows()) == each.expected(each.observations, marks)
    view = View(site, "marks", lambda value: decode(value, MarkBatch))
    view.catch_up()
    view.close()
    assert sorted(view.items.values(), key=lambda each: each.id) == sorted([*early, *late], key=lambda each: each.id)


@pytest.mark.parametrize(("count", "why"), [(2, "Kafka takes none away"), (6, "multiple")])
def test_what_cannot_be_is_refused(site: Settings, count: int, why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        grow_halls(site, count)


def test_frames_grow_by_any_number(site: Settings) -> None:
    assert grow_frames(site, 6)
    assert not grow_frames(site, 6)
    with pytest.raises(RefusedError, match="Kafka takes none away"):
        grow_frames(site, 5)


def test_no_worker_starts_while_a_growth_is_not_finished(site: Settings, worker: Any) -> None:
    with closing(admin(site)) as client:
        client.create_topics({Growth(OLD, NEW).topic(site): {"num_partitions": 1}}, wait_for_metadata=True)
    attend = worker("attend")
    with pytest.raises(AssertionError, match="naul topics grow --partitions 8"):
        attend.start()
