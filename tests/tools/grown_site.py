"""A site that grows while it has data, and is killed meanwhile: what it says afterwards, and where everything is."""

import random
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any, Final

import msgspec
from kafka.admin import MemberToRemove

from infra.machine.lag import Cluster
from infra.machine.topic_growth import Grown, grow_halls
from producers.marks import mark_batch, send_marks
from schemas.cluster import View, admin
from schemas.messages import MarkBatch, decode
from schemas.settings import Settings
from tests.integration.streams.paper_hall import OVER, SOURCES, STARTS, Hall, told

__all__ = ["GrownSite", "held", "killed_growth"]

OLD, NEW = 4, 8
CALLS: Final = 30_000
"""Of functions of Kafka's client: a growth of a few halls takes about so many."""


class GrownSite:
    """Halls whose lecture attend has seen half of, with marks before and after it was stopped."""

    def __init__(self, settings: Settings, names: Sequence[str], worker: Callable[..., Any]) -> None:
        self.settings = settings
        self.halls = [Hall(settings, name, f"S{number}") for number, name in enumerate(names)]
        self.attend = worker("attend").start()
        self.marks: list[list[MarkBatch]] = [[] for _ in names]

    def see_half(self) -> None:
        """Have attend see what it sees before it is stopped."""
        for each, marks in zip(self.halls, self.marks, strict=True):
            each.prepare()
            each.tell(*each.observations[:25])
            marks.append(_marked(each, 3, "excused"))
        self.attend.until(SOURCES)

    def stop(self) -> None:
        """Stop attend, end its session, and let more come in."""
        self.attend.stop()
        with closing(admin(self.settings)) as client:
            members = client.describe_groups([group := self.settings.group("attend")])[group]["members"]
            client.remove_group_members(group, [MemberToRemove(member_id=each["member_id"]) for each in members])
        for each, marks in zip(self.halls, self.marks, strict=True):
            each.tell(*each.observations[25:40])
            marks.append(_marked(each, 4, "late"))

    def grow(self, kills: int, seed: int) -> tuple[int, Grown | None]:
        """Grow it, killed so often, and return how often that met a growth, and what the last one moved."""
        moments = random.Random(seed)
        ends = [killed_growth(self.settings, moments.randrange(CALLS)) for _ in range(kills)]
        assert {*ends} <= {0, -signal.SIGKILL}, ends
        return ends.count(-signal.SIGKILL), grow_halls(self.settings, NEW)

    def see_the_rest(self) -> None:
        """Have attend see the rest, and what waited."""
        self.attend.start()
        for each in self.halls:
            each.tell(*each.observations[40:], msgspec.structs.replace(OVER, hall=each.name), partitions=NEW)
        self.attend.until(SOURCES)

    def wrong(self) -> list[str]:
        """Return the halls whose verdicts are not those of an undisturbed run."""
        return [
            each.name
            for each, marks in zip(self.halls, self.marks, strict=True)
            if told(each.rows()) != each.expected(each.observations, marks)
        ]

    def marks_there(self) -> list[MarkBatch]:
        """Return the marks as a view of them says."""
        view: View[MarkBatch] = View(self.settings, "marks", lambda value: decode(value, MarkBatch))
        view.catch_up()
        view.close()
        return sorted(view.items.values(), key=lambda each: each.id)


def held(settings: Settings, name: str) -> dict[bytes, set[int]]:
    """Return in which partitions each key of a compacted topic has a value."""
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


def _marked(hall: Hall, student: int, verdict: Any) -> MarkBatch:
    names = {hall.lecture.names[student]: verdict}
    mark = mark_batch(hall.hour, names, batch_id=f"{hall.name}-{student}", kind="mark", by="kim", at=STARTS)
    send_marks(hall.settings, mark)
    return mark
