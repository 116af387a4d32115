import msgspec
import pytest

from infra.machine.topic_creation import create_topics
from schemas.cluster import admin
from schemas.errors import RefusedError
from schemas.settings import Settings
from schemas.topics import all_topics


def test_every_declared_topic_is_there_with_its_partitions(site: Settings) -> None:
    client = admin(site)
    try:
        found = {each["name"]: len(each["partitions"]) for each in client.describe_topics()}
    finally:
        client.close()
    assert {each.full_name(site.prefix): each.partitions for each in all_topics()}.items() <= found.items()


def test_creating_them_again_changes_nothing(site: Settings) -> None:
    assert create_topics(site) == ()


def test_a_topic_with_another_setting_is_reported_and_left_alone(site: Settings) -> None:
    other = msgspec.structs.replace(site, prefix=f"{site.prefix}b")
    client = admin(site)
    try:
        client.create_topics(
            {other.topic("frames"): {"num_partitions": 2, "configs": {"retention.ms": "1000"}}}, wait_for_metadata=True
        )
    finally:
        client.close()
    for _ in range(2):
        with pytest.raises(RefusedError) as refused:
            create_topics(other)
        assert "frames: 2 partitions, declared 4" in str(refused.value)
        assert "frames: retention.ms is 1000, declared 259200000" in str(refused.value)
