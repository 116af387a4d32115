import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kafka.admin import ConfigResource

from infra.machine.topic_creation import create_topics
from schemas.cluster import admin
from schemas.errors import RefusedError
from schemas.settings import Settings
from schemas.topics import all_topics, topic


def test_every_declared_topic_is_there_with_its_partitions(site: Settings) -> None:
    client = admin(site)
    try:
        found = {each["name"]: len(each["partitions"]) for each in client.describe_topics()}
    finally:
        client.close()
    assert {each.full_name(site.prefix): each.partitions for each in all_topics()}.items() <= found.items()


def test_creating_them_again_changes_nothing(site: Settings) -> None:
    assert create_topics(site) == ()


def test_a_site_of_before_is_brought_to_what_is_declared_on_our_own_broker(broker: Any, tmp_path: Path) -> None:
    own = msgspec.structs.replace(broker.settings, home=tmp_path, kafka="", prefix="before")
    client = admin(own)
    try:
        before = {"cleanup.policy": "compact", "max.message.bytes": "1048576"}
        client.create_topics({own.topic("rosters"): {"num_partitions": 1, "configs": before}}, wait_for_metadata=True)
        assert own.topic("rosters") not in create_topics(own)
        declared = topic("rosters").configs(own.retention)
        while are(client, own.topic("rosters"), declared) != declared:  # the broker hears of it from its controller
            time.sleep(0.05)
    finally:
        client.close()
    assert create_topics(msgspec.structs.replace(own, erase_within=timedelta(hours=8))) == ()


def are(client: Any, name: str, settings: Iterable[str]) -> dict[str, str]:
    found = client.describe_configs([ConfigResource("topic", name)], config_filter="all")["topic"][name]
    return {each: found[each]["value"] for each in settings}


def test_on_a_cluster_the_command_that_alters_a_topic_is_said(site: Settings) -> None:
    with pytest.raises(RefusedError) as refused:
        create_topics(msgspec.structs.replace(site, erase_within=timedelta(hours=8)))
    command = (
        f"kafka-configs.sh --bootstrap-server {site.bootstrap} --alter --topic {site.topic('rosters')} --add-config "
    )
    assert command + "segment.ms=7200000,max.compaction.lag.ms=7200000,delete.retention.ms=3600000" in str(
        refused.value
    )


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
