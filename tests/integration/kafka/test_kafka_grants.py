"""``naul access``: each kind does its work at a closed Kafka with what it was granted, and nothing else."""

import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from kafka.errors import KafkaError
from msgspec.structs import replace

from enrollment.loaded import mark_batches, rosters
from infra.cli.access import command
from infra.machine.kafka.permissions import missing, writable
from infra.machine.topic_creation import create_topics
from infra.operations.accounts.access import DeskUser
from infra.operations.accounts.audit import record
from infra.operations.accounts.kafka_grants import GrantRequest, grant, grant_table, revoke
from infra.operations.accounts.manage_accounts import Manager
from infra.operations.frames.send_frames import SendRequest, check_frames, open_frames, send_frames
from infra.operations.site.housekeeping import roll
from producers.jpeg import encode as jpeg_of
from producers.shots import file_name
from schemas.cluster import View, admin, producer, send
from schemas.errors import ForbiddenError, RefusedError
from schemas.kafka_rights import KINDS, PARTS, permissions_of, permissions_of_part
from schemas.messages import ClassHour, HallDay, MarkBatch, Roster, Student, encode
from schemas.settings import Settings
from schemas.topics import all_topics
from streams.faces.key_file import create_keys
from tests.integration.kafka.conftest import Named, settle
from tests.integration.streams.conftest import Worker, workers

START = datetime(2026, 3, 9, tzinfo=UTC)
NOW = datetime(2026, 3, 9, 1, tzinfo=UTC)
HOUR = ClassHour(
    section="EA0017-1", hall="E101", date=START.date(), period=1, starts_at=START, ends_at=START + timedelta(minutes=50)
)


@pytest.fixture(scope="module")
def site(named: Named) -> Settings:
    """The site as who administers the cluster has it; its topics are there."""
    site = replace(named.administrator, prefix="granted")
    create_topics(site)
    students = (Student(student_id="201900001", name="김나얼"),)
    send(site, [
        (site.topic("timetable"), b"E101|2026-03-09", encode(HallDay(hall="E101", date=HOUR.date, hours=(HOUR,))), None, None),
        (site.topic("rosters"), b"EA0017-1", encode(Roster(section="EA0017-1", students=students)), None, None),
    ])  # fmt: skip
    return site


@pytest.fixture
def granted(site: Settings, tmp_path: Path) -> Callable[..., Settings]:
    """Grant a kind, and give the settings of who has it, in a home of his own."""

    def make(*kinds: Any, name: str) -> Settings:
        password = ""
        for kind in kinds:
            password = grant(site, GrantRequest(kind, name), manager(site), NOW).password or password
        home = tmp_path / name
        home.mkdir()
        his = replace(site, home=home, kafka_user=name, kafka_password=password)
        settle(his)
        return his

    return make


def manager(site: Settings) -> Manager:
    return Manager(DeskUser(account="lee"), partial(record, site), "console")


def recording(folder: Path) -> Path:
    folder.mkdir()
    rng = np.random.default_rng(1)
    for n in range(3):
        picture = rng.integers(0, 256, (240, 320, 3), np.uint8)
        (folder / file_name(START + timedelta(seconds=10 * n))).write_bytes(jpeg_of(picture))
    return folder


def batch(by: str) -> tuple[str, bytes, bytes, None, None]:
    mark = MarkBatch(id=by, class_hour=HOUR.id, hall="E101", kind="mark", by=by, at=NOW, marks=())
    return "marks", by.encode(), encode(mark), None, None


def refused(named: Named, *users: str) -> list[str]:
    """What the broker refused to these users, as its log has it."""
    wanted = "|".join(users)
    return re.findall(rf"Principal = User:(?:{wanted}) is Denied .*", named.log.read_text("utf-8"))


def test_a_camera_writes_frames_and_reads_nothing(site: Settings, granted: Any, tmp_path: Path) -> None:
    camera, said = granted("camera", name="hall-e101"), list[str]()
    opened = open_frames(camera, SendRequest(str(recording(tmp_path / "frames")), "E101"), said.append)
    checked = check_frames(camera, opened, "E101")
    assert "hall-e101 may only send frames" in checked.warnings[0]
    sent, _ = send_frames(camera, opened, "E101", progress=lambda _: None, tell=said.append)
    assert sent.sent == 3
    assert [each for each in said if "does not tell how full" in each] == said
    for topic in all_topics():
        with pytest.raises(ForbiddenError):
            view(camera, topic.name)
        if topic.name not in ("frames", "clock"):
            with pytest.raises(ForbiddenError):
                send(camera, [(topic.full_name(site.prefix), b"forged", b"x", None, None)])


def view(settings: Settings, topic: str) -> None:
    with closing(View(settings, topic, lambda value: value)) as opened:
        opened.catch_up()


def test_workers_work_and_mark_nobody(named: Named, site: Settings, granted: Any, tmp_path: Path) -> None:
    there = granted("worker", name="machine-b")
    create_keys(there.key_file, NOW)
    with workers(there) as make:
        settle(there)
        parts = {part: make(part).start() for part in ("recognise", "attend", "sink", "housekeeping")}
        opened = open_frames(site, SendRequest(str(recording(tmp_path / "frames")), "E101"), print)
        send_frames(site, opened, "E101", progress=lambda _: None, tell=print)
        topic, *rest = batch("site")
        send(site, [(site.topic(topic), *rest)])
        parts["recognise"].until(("frames",))
        parts["attend"].until(("sightings", "marks"))
        parts["sink"].until(("attendance", "sightings"))
        roll(there)
    assert refused(named, "machine-b") == []
    with pytest.raises(ForbiddenError):
        send(there, [(there.topic(topic), *rest)])
    with pytest.raises(ForbiddenError):
        send(there, [(there.topic("rosters"), b"EA0017-1", None, None, None)])
