"""Who may do what at Kafka, as the one table has it."""

import pytest

from infra.cli.worker import PARTS as WORKERS
from infra.operations.accounts.kafka_grants import GrantRequest, acl_commands
from schemas.errors import RefusedError
from schemas.kafka_rights import KINDS, PARTS, SEES_DISKS, GrantKind, Permission, permissions_of
from schemas.settings import Settings
from schemas.topics import all_topics

SITE = Settings(kafka="a:1,b:1", prefix="naul")


def may(kind: GrantKind, operation: str) -> set[str]:
    return {each.name for each in permissions_of(SITE, kind) if each.operation == operation}


def test_a_camera_writes_frames_and_asks_the_time_and_reads_nothing() -> None:
    assert permissions_of(SITE, "camera") == {
        Permission("topic", "naul-frames", False, "WRITE"),
        Permission("topic", "naul-clock", False, "WRITE"),
    }


def test_desk_and_engineer_alone_may_mark() -> None:
    assert [kind for kind in KINDS if "naul-marks" in may(kind, "WRITE") or may(kind, "ALL")] == ["desk", "engineer"]


def test_nobody_but_an_engineer_alters_topics_and_nobody_reaches_another_site() -> None:
    for kind in KINDS:
        assert {
            each.name for each in permissions_of(SITE, kind) - {SEES_DISKS} if not each.name.startswith("naul-")
        } == set()
        assert bool(may(kind, "ALL")) == (kind == "engineer")
        assert (SEES_DISKS in permissions_of(SITE, kind)) == (kind == "engineer")


def test_every_part_and_every_topic_is_in_the_table() -> None:
    assert PARTS.keys() == {*WORKERS, "camera"}
    named = {name for each in PARTS.values() for name in (*each.reads, *each.writes, *each.looks_at)}
    assert named == {each.name for each in all_topics()}


def test_the_commands_of_kafkas_tools_say_the_same() -> None:
    assert acl_commands(SITE, GrantRequest("camera", "hall e101", disks=True)) == [
        "kafka-acls.sh --bootstrap-server a:1,b:1 --add --allow-principal 'User:hall e101' "
        "--operation DESCRIBE --cluster",
        "kafka-acls.sh --bootstrap-server a:1,b:1 --add --allow-principal 'User:hall e101' "
        "--operation WRITE --topic naul-clock",
        "kafka-acls.sh --bootstrap-server a:1,b:1 --add --allow-principal 'User:hall e101' "
        "--operation WRITE --topic naul-frames",
    ]
    assert (
        "--operation ALL --topic naul- --resource-pattern-type prefixed"
        in acl_commands(SITE, GrantRequest("engineer", "lee"))[-1]
    )


@pytest.mark.parametrize("name", ["*", "ANONYMOUS", "naul"])
def test_nothing_is_granted_to_everybody_or_to_who_grants(name: str) -> None:
    with pytest.raises(RefusedError):
        acl_commands(Settings(), GrantRequest("camera", name))
