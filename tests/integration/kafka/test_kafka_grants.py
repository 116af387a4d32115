"""``naul access``: each kind does its work at a closed Kafka with what it was granted, and nothing else."""

import re
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from kafka.admin import (
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePatternFilter,
    ResourceType,
)
from kafka.errors import TopicAuthorizationFailedError
from msgspec.structs import replace

from enrollment.loaded import mark_batches
from infra.cli.access import command
from infra.machine.compaction import roll
from infra.machine.kafka.permissions import missing
from infra.machine.lag import Cluster
from infra.machine.topic_creation import create_topics
from infra.operations.accounts.access import DeskUser
from infra.operations.accounts.audit import record
from infra.operations.accounts.kafka_grants import GrantRequest, grant, grant_table, revoke
from infra.operations.accounts.manage_accounts import Manager
from infra.operations.class_hours.mark_students import HourRequest, MarkRequest, mark_student
from infra.operations.frames.follow_frames import follow_frames
from infra.operations.frames.recording_check import HallHours
from infra.operations.frames.send_frames import SendRequest, check_frames, fate_of, open_frames, send_frames
from producers.jpeg import encode as jpeg_of
from producers.shots import file_name
from schemas.broker_disk import BrokerDisk
from schemas.cluster import View, admin, producer, send
from schemas.errors import ForbiddenError, RefusedError, UnavailableError
from schemas.kafka_rights import PARTS, permissions_of_part
from schemas.messages import Audited, ClassHour, HallDay, MarkBatch, Roster, Student, decode, encode
from schemas.settings import Settings
from schemas.topics import all_topics
from streams.faces.key_file import create_keys
from tests.integration.kafka.conftest import Named, settle
from tests.integration.streams.conftest import workers
from tests.tools.ports import free_row

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
    day = HallDay(hall="E101", date=HOUR.date, hours=(HOUR,))
    send(site, [
        (site.topic("timetable"), b"E101|2026-03-09", encode(day), None, None),
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
    """What the broker refused to these users, as its log has it; how full disks are, everybody may do without."""
    wanted = "|".join(users)
    said = re.findall(rf"Principal = User:(?:{wanted}) is Denied .*", named.log.read_text("utf-8"))
    return [each for each in said if "request = DescribeLogDirs" not in each]


def test_a_camera_writes_frames_and_reads_nothing(named: Named, site: Settings, granted: Any, tmp_path: Path) -> None:
    camera, said = granted("camera", name="hall-e101"), list[str]()
    opened = open_frames(camera, SendRequest(str(recording(tmp_path / "frames")), "E101"), said.append)
    checked = check_frames(camera, opened, "E101")
    assert any("hall-e101 may only send frames" in each for each in checked.warnings)
    sent, _ = send_frames(camera, opened, "E101", progress=lambda _: None, tell=said.append)
    assert sent.sent == 3
    assert len([each for each in said if "does not tell how full" in each]) == 1
    with pytest.raises(ForbiddenError):
        fate_of(camera, sent, "E101", {}, lambda *_: None)
    with pytest.raises(ForbiddenError):
        follow_frames(camera, sent.arrivals, HallHours([HOUR], "E101"), since={})
    for topic in all_topics():
        with pytest.raises(ForbiddenError):
            view(camera, topic.name)
        if topic.name not in ("frames", "clock"):
            with pytest.raises(ForbiddenError):
                send(camera, [(topic.full_name(site.prefix), b"forged", b"x", None, None)])
    assert refused(named, "hall-e101")


def view(settings: Settings, topic: str) -> None:
    with closing(View(settings, topic, lambda value: value)) as opened:
        opened.catch_up()


def test_workers_work_and_mark_nobody_and_end_when_they_may_no_more(
    named: Named, site: Settings, granted: Any, tmp_path: Path
) -> None:
    there = granted("worker", name="machine-b")
    create_keys(there.key_file, lambda: NOW)
    with workers(there) as make:
        settle(there)
        parts = {part: make(part).start() for part in ("recognise", "attend", "sink", "housekeeping", "watchdog")}
        opened = open_frames(site, SendRequest(str(recording(tmp_path / "frames")), "E101"), print)
        send_frames(site, opened, "E101", progress=lambda _: None, tell=print)
        topic, *rest = batch("site")
        send(site, [(site.topic(topic), *rest)])
        parts["recognise"].until(("frames",))
        parts["attend"].until(("sightings", "marks"))
        parts["sink"].until(("attendance", "sightings"))
        roll(there)
        assert refused(named, "machine-b") == []
        for name in (topic, "rosters", "enrollments"):
            with pytest.raises(ForbiddenError):
                send(there, [(there.topic(name), *rest)])
        take_rights(site, "machine-b")
        for part in ("attend", "sink"):
            assert parts[part].wait() == 1
            assert "AuthorizationFailedError" in parts[part].log.read_text("utf-8")


def test_a_desk_shows_and_marks(named: Named, site: Settings, granted: Any) -> None:
    there = granted("desk", name="front-desk")
    create_keys(there.key_file, lambda: NOW)
    with workers(there) as make:
        settle(there, f"desk_port = {free_row(1)}\n")
        for part in ("desk", "webhooks"):
            make(part).start()
    mark_student(there, MarkRequest(HourRequest("EA0017-1", HOUR.date, 1), "201900001", "late", "kim"), NOW)
    assert [each.by for each in mark_batches(there).values() if each.marks] == ["kim"]
    assert roll(there) == sum(each.partitions for each in all_topics() if each.cleanup == "compact") - 4
    assert refused(named, "front-desk") == []
    with pytest.raises(ForbiddenError):
        send(there, [(there.topic("attend-facts-changelog"), b"k", b"v", None, None)])


def test_an_engineer_may_everything_here_and_nothing_next_door(site: Settings, granted: Any) -> None:
    there = granted("engineer", name="lee")
    create_topics(there)
    with BrokerDisk(there) as disk:
        assert disk.space().usable
    neighbour = replace(there, prefix="granted2")
    create_topics(replace(site, prefix="granted2"))
    with pytest.raises(ForbiddenError):
        view(neighbour, "rosters")
    with pytest.raises(RefusedError, match="lee may not grant"):
        grant(there, GrantRequest("engineer", "mallory"), manager(site), NOW)


@pytest.mark.parametrize("part", ["attend", "sink"])
def test_a_part_that_may_not_work_ends_and_names_what_it_lacks(granted: Any, part: str) -> None:
    there = granted("camera", name=f"no-{part}")
    line = [sys.executable, "-m", "infra.cli.main", "worker", part, "--home", str(there.home)]
    ended = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1
    assert f"no-{part} may not do at Kafka what {part} does: " in ended.stderr
    assert f"READ group granted-{part}, " in ended.stderr
    assert "READ topic granted-" in ended.stderr
    assert f"naul access grant worker no-{part}" in ended.stderr


def take_rights(site: Settings, name: str) -> None:
    with closing(admin(site)) as client:
        anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
        client.delete_acls([ACLFilter(f"User:{name}", None, ACLOperation.ANY, ACLPermissionType.ANY, anything)])


def test_what_is_granted_is_all_that_the_parts_ask_for(site: Settings, granted: Any) -> None:
    for kind in ("camera", "worker", "desk"):
        there = granted(kind, name=f"all-{kind}")
        lacking = {part for part in PARTS if missing(there, permissions_of_part(there, part))}
        assert (
            lacking
            == {
                "camera": {*PARTS} - {"camera"},
                "worker": {"camera", "desk", "webhooks"},
                "desk": {"recognise", "attend", "sink"},
            }[kind]
        )


def test_a_camera_that_was_refused_goes_on_when_it_is_granted(site: Settings, granted: Any, tmp_path: Path) -> None:
    camera = granted("camera", name="late")
    take_rights(site, "late")
    said = list[str]()

    def tell(text: str) -> None:
        said.append(text)
        if "did not take a frame" in text:
            assert grant(site, GrantRequest("camera", "late"), manager(site), NOW).password == ""

    opened = open_frames(camera, SendRequest(str(recording(tmp_path / "frames")), "E101"), tell)
    sent, _ = send_frames(camera, opened, "E101", progress=lambda _: None, tell=tell)
    assert sent.sent == 3
    assert any("TopicAuthorizationFailedError" in each for each in said)


def test_who_is_revoked_is_out_at_once_also_where_he_is_in(site: Settings, granted: Any) -> None:
    stolen = granted("camera", name="stolen")
    with closing(producer(stolen)) as inside:
        inside.send(stolen.topic("frames"), b"x").get(timeout=30)
        gone = revoke(site, "stolen", manager(site), NOW)
        assert (gone.rights, gone.user, gone.within) == (2, True, 60)
        with pytest.raises(TopicAuthorizationFailedError):
            send_on(inside, stolen.topic("frames"))
    with pytest.raises(UnavailableError, match="does not let stolen in"):
        admin(stolen)
    with pytest.raises(RefusedError, match="was granted nothing"):
        revoke(site, "stolen", manager(site), NOW)


def send_on(client: Any, topic: str) -> None:
    while True:
        client.send(topic, b"x").get(timeout=30)


def test_somebody_with_rights_elsewhere_stays(site: Settings, granted: Any) -> None:
    granted("worker", name="shared")
    next_door = replace(site, prefix="granted3")
    assert grant(next_door, GrantRequest("camera", "shared"), manager(site), NOW).password == ""
    assert not revoke(site, "shared", manager(site), NOW).user
    assert [row[:2] for row in grant_table(next_door).rows] == [("shared", "camera")]
    assert revoke(next_door, "shared", manager(site), NOW).user


def test_the_command_grants_lists_and_revokes(named: Named, site: Settings, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    settle(replace(site, home=home))

    def run(*line: str) -> str:
        done = CliRunner().invoke(command, [*line, "--home", str(home)], catch_exceptions=False)
        assert done.exit_code == 0
        return done.output

    file = tmp_path / "password"
    assert f"The password is in {file}." in run("grant", "camera", "cli-cam", "--password-file", str(file), "--disks")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    camera = replace(site, kafka_user="cli-cam", kafka_password=file.read_text("utf-8").strip())
    with BrokerDisk(camera) as disk:
        assert disk.space().usable
    assert "The password is as before" in run("grant", "camera", "cli-cam")
    assert "cli-cam,camera,1,true" in run("list", "--format", "csv")
    [*_, shown] = run("grant", "camera", "cli-cam", "--new-password").split()
    admin(replace(camera, kafka_password=shown)).close()
    assert "cli-cam is removed: 3 rights are taken back." in run("revoke", "cli-cam")
    assert "cli-cam" not in run("list", "--format", "csv")
    with Cluster(site) as cluster:
        details = [decode(each.value, Audited).detail for each in cluster.last("audit", 1000)]
    assert [each for each in details if "cli-cam" in each] == [
        *["grant camera at Kafka to cli-cam"] * 3,
        "revoke cli-cam at Kafka",
    ]


def test_where_users_are_not_kafkas_own_rights_alone_are_granted(named: Named, site: Settings) -> None:
    elsewhere = replace(named.operator, prefix=site.prefix)
    made = grant(elsewhere, GrantRequest("camera", "svc-camera"), manager(site), NOW)
    assert (made.password, made.mechanism, made.made) == ("", "", 2)
    gone = revoke(elsewhere, "svc-camera", manager(site), NOW)
    assert (gone.rights, gone.user) == (2, False)
