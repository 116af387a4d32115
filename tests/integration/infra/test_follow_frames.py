"""What became of the frames of a recording, on a real broker; the recognise worker is a plain consumer here."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from kafka import TopicPartition
from kafka.structs import OffsetAndMetadata

from infra.cli.wait import command as wait
from infra.operations.dead_letters.dead_letter_queue import retry_letters
from infra.operations.frames.follow_frames import Fate, follow_frames
from infra.operations.frames.recording_check import HallHours
from producers.delivery import Arrival
from schemas.cluster import consumer, send
from schemas.dead_letters import RecordPlace, dead_letter
from schemas.messages import ClassHour
from schemas.partitions import partition_of
from schemas.settings import Settings

START = datetime(2026, 3, 9, tzinfo=UTC)
HOUR = ClassHour(
    section="CS2001-2", hall="B12", date=START.date(), period=1, starts_at=START, ends_at=START + timedelta(seconds=50)
)
HOURS = HallHours([HOUR], "B12")
ARRIVALS = [Arrival(2, n, START + timedelta(seconds=10 * n)) for n in range(6)]
"""Five in class, and one that is not."""


@pytest.fixture
def sent(site: Settings) -> Settings:
    """A site with these frames, and two of another camera."""
    topic = site.topic("frames")
    send(site, [(topic, b"B12/front", b"jpeg", 2, None) for _ in ARRIVALS])
    send(site, [(topic, b"B13/front", b"jpeg", part, None) for part in (2, 3)])
    return site


def put_aside(site: Settings, partition: int, offset: int, reason: str, topic: str = "frames") -> None:
    place = RecordPlace(site.topic(topic), partition, offset)
    letter = dead_letter(place, b"B12/front", b"jpeg", [], reason, "recognise")
    send(site, [(site.topic("dead-letters"), letter.key, letter.value, None, letter.headers)])


def look_at(site: Settings, until: int, partition: int = 2) -> None:
    """Commit as the group of recognise that these are dealt with."""
    with closing(consumer(site, site.group("recognise"))) as client:
        place = TopicPartition(site.topic("frames"), partition)
        client.assign([place])
        client.commit({place: OffsetAndMetadata(until, "", -1)})


def follow(site: Settings, *steps: Callable[[], None], clock: Callable[[], float] = lambda: 0.0) -> Fate:
    """Follow the frames while steps are taken, one at each pause; somebody works all the time."""
    todo = list(steps)
    return follow_frames(
        site, ARRIVALS, HOURS, since={TopicPartition(site.topic("dead-letters"), 0): 1},
        clock=clock, pause=lambda _: todo.pop(0)(),
    )  # fmt: skip


class Working:
    """A member of the group of recognise, which does nothing."""

    def __init__(self, site: Settings) -> None:
        self._client = consumer(site, site.group("recognise"))
        self._client.subscribe([site.topic("frames")])
        while not self._client.assignment():
            self._client.poll(timeout_ms=50, max_records=1)

    def commit(self, until: int) -> None:
        place = next(each for each in self._client.assignment() if each.partition == 2)
        self._client.commit({place: OffsetAndMetadata(until, "", -1)})

    def leave(self) -> None:
        self._client.close()


def test_where_nobody_works_nobody_is_waited_for(sent: Settings) -> None:
    assert follow(sent) == Fate(looked_at=0, aside=(), waiting=6, outside=1, nobody=True)


def test_what_was_looked_at_while_nobody_is_left_counts(sent: Settings) -> None:
    look_at(sent, 6)
    assert follow(sent) == Fate(looked_at=6, aside=(), waiting=0, outside=1)


def test_frames_are_followed_until_each_is_looked_at_or_put_aside_with_its_reason(sent: Settings) -> None:
    put_aside(sent, 2, 1, "told before these frames were sent")
    put_aside(sent, 2, 1, "truncated JPEG: 300 bytes without an end marker")
    put_aside(sent, 2, 3, "truncated JPEG: 17 bytes without an end marker")
    put_aside(sent, 2, 5, "no picture")
    put_aside(sent, 2, 6, "of another camera")
    put_aside(sent, 3, 0, "of another partition")
    put_aside(sent, 2, 0, "of another topic", topic="sightings")
    worker = Working(sent)
    try:
        fate = follow(sent, lambda: worker.commit(2), lambda: worker.commit(4), lambda: worker.commit(7))
    finally:
        worker.leave()
    reasons = (("truncated JPEG: 300 bytes without an end marker", 2), ("no picture", 1))
    assert fate == Fate(looked_at=3, aside=reasons, waiting=0, outside=0)


def test_a_worker_that_ends_is_waited_for_some_time_and_then_no_more(sent: Settings) -> None:
    worker = Working(sent)
    now = iter([0.0, 0.0, 20.0, 40.0])
    fate = follow(sent, lambda: worker.commit(2), worker.leave, lambda: None, clock=lambda: next(now, 100.0))
    assert fate == Fate(looked_at=2, aside=(), waiting=4, outside=1, nobody=True)


def test_ctrl_c_just_ends_the_waiting(sent: Settings) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    worker = Working(sent)
    try:
        assert follow(sent, interrupted) == Fate(looked_at=0, aside=(), waiting=6, outside=1)
    finally:
        worker.leave()


def test_waiting_fails_while_messages_that_were_put_aside_wait_for_a_person(site: Settings) -> None:
    (site.home / "naul.toml").write_text(f'kafka = "{site.kafka}"\nprefix = "{site.prefix}"\n', "utf-8")

    def waited() -> tuple[object, str]:
        result = CliRunner().invoke(wait, ["--home", str(site.home)], standalone_mode=False, catch_exceptions=False)
        return result.return_value, result.stderr

    assert waited() == (0, "")
    for offset, reason in enumerate(["hall 'B21' is not in the timetable\n  Load it.", "bad: 1", "bad: 2"]):
        put_aside(site, 0, offset, reason)
    status, said = waited()
    assert status == 1
    assert said.startswith("3 messages were put aside, and wait for a person:\nput aside 2: bad: 1\n")
    assert "put aside 1: hall 'B21' is not in the timetable\n  Load it.\n" in said
    assert "`naul dead-letters retry`" in said
    retry_letters(site)
    look_at(site, 3, partition=partition_of("B12/front", site.frame_partitions))
    assert waited() == (0, ""), "they were sent again, and nobody put them aside"
