import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kafka.admin import ConfigResource

from infra.machine.topic_creation import apply_topics, create_topics, plan_topics
from schemas.cluster import admin
from schemas.errors import RefusedError, UnavailableError
from schemas.retry import retry
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


def test_on_a_cluster_what_would_break_a_promise_stops_whoever_starts_and_a_command_mends_it(site: Settings) -> None:
    sooner = msgspec.structs.replace(site, erase_within=timedelta(hours=8))
    with pytest.raises(RefusedError) as refused:
        create_topics(sooner)
    command = (
        f"kafka-configs.sh --bootstrap-server {site.bootstrap} --alter --topic {site.topic('rosters')} --add-config "
    )
    assert command + "segment.ms=7200000,max.compaction.lag.ms=7200000,delete.retention.ms=3600000" in str(
        refused.value
    )
    assert "naul topics apply" in str(refused.value)
    assert apply_topics(sooner) == []
    retry(lambda: as_wanted(sooner), first=0.05, longest=0.2)
    assert create_topics(sooner) == ()


def as_wanted(site: Settings) -> None:
    """The brokers hear of it from their controller."""
    if found := plan_topics(site):
        raise UnavailableError(str(found))


def test_on_a_cluster_what_breaks_nothing_is_told_and_left_alone_until_a_person_says_so(site: Settings) -> None:
    other = msgspec.structs.replace(site, prefix=f"{site.prefix}b", frame_partitions=3)
    client = admin(site)
    try:
        configs = topic("frames").configs(other.retention) | {"retention.ms": "1000"}
        client.create_topics({other.topic("frames"): {"num_partitions": 2, "configs": configs}}, wait_for_metadata=True)
    finally:
        client.close()
    create_topics(other)
    found = {(each.what, each.found, each.wanted) for each in plan_topics(other) if each.topic == other.topic("frames")}
    assert ("partitions", "2", "3") in found
    assert ("retention.ms", "1000", "259200000") in found
    left = apply_topics(other)
    assert [(each.what, each.wanted) for each in left] == [("partitions", "3")]


def test_other_topics_of_these_names_are_refused(site: Settings) -> None:
    other = msgspec.structs.replace(site, prefix=f"{site.prefix}c")
    client = admin(site)
    try:
        client.create_topics({other.topic("rosters"): {"num_partitions": 2}}, wait_for_metadata=True)
    finally:
        client.close()
    with pytest.raises(RefusedError) as refused:
        create_topics(other)
    assert "rosters: partitions is 2, declared 1" in str(refused.value)
    assert "Set another NAUL_PREFIX" in str(refused.value)
