"""A cluster of three: whoever of them is killed, frozen, cut off or started again, nothing acknowledged is lost."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from infra.machine.topic_creation import apply_topics, create_topics, plan_topics, topics_there
from schemas.cluster import admin
from schemas.settings import Settings
from schemas.topics import all_topics
from tests.tools.load import Load
from tests.tools.three_brokers import ThreeBrokers, three_brokers


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, servers: None) -> Iterator[ThreeBrokers]:
    with three_brokers(tmp_path_factory.mktemp("three")) as it:
        yield it


@pytest.fixture
def three(cluster: ThreeBrokers, tmp_path: Path) -> Settings:
    """A site of the test's own."""
    return replace(cluster.settings, home=tmp_path, prefix=f"t{secrets.token_hex(6)}")


def test_three_copies_are_made_of_which_two_must_acknowledge(cluster: ThreeBrokers, three: Settings) -> None:
    create_topics(three)
    states = topics_there(three).topics
    mine = [states[each.full_name(three.prefix)] for each in all_topics()]
    assert {(each.copies, each.insync, each.under_replicated) for each in mine} == {(3, 2, 0)}
    assert plan_topics(three) == []


def test_a_site_of_one_copy_is_given_three_while_it_runs(cluster: ThreeBrokers, three: Settings) -> None:
    client = admin(three)
    wanted = {
        each.full_name(three.prefix): {
            "num_partitions": each.partitions, "replication_factor": 1, "configs": each.configs(three.retention),
        }
        for each in all_topics()
        if each.name in ("frames", "rosters")
    }  # fmt: skip
    client.create_topics(wanted, wait_for_metadata=True)
    client.close()
    create_topics(three)
    found = {(each.what, each.found, each.wanted) for each in plan_topics(three)}
    assert found == {("replication", "1", "3"), ("min.insync.replicas", "1", "2")}
    assert apply_topics(three) == []
    cluster.until(lambda: plan_topics(three) == [])


def test_nothing_acknowledged_is_lost_whoever_is_killed_frozen_or_cut_off(
    cluster: ThreeBrokers, three: Settings
) -> None:
    create_topics(three)
    with Load(three) as load:
        load.goes_on()
        frames = three.topic("frames")
        for trouble in (cluster.killed, cluster.frozen):
            with trouble(cluster.leader(frames)):
                load.goes_on()
            cluster.await_copies(three)
            cluster.move_leaders()
        with cluster.cut_off(cluster.leader(frames)):
            # The others cannot copy from it, so it takes nothing; but the controller hears it, so it goes on leading.
            cluster.until(lambda: topics_there(three).topics[frames].refusing > 0)
        load.goes_on()
        load.stop()
        assert load.lost() == ([], [])
