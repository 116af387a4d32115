"""A member of a group, on a real broker."""

from contextlib import closing

import pytest
from kafka import TopicPartition
from kafka.errors import KafkaTimeoutError

from schemas.cluster import consumer, send
from schemas.settings import Settings


@pytest.mark.parametrize("timeout_ms", [2, 3, 5, 50])
def test_a_join_that_outlasts_a_poll_is_finished_by_the_next(site: Settings, timeout_ms: int) -> None:
    topic = site.topic("sightings")
    send(site, [(topic, b"B12", b"1", 0, None)])
    found = {}
    with closing(consumer(site, site.group("test"))) as client:
        client.subscribe([topic])
        for _ in range(2000):
            if found := client.poll(timeout_ms):
                break
    assert [record.value for records in found.values() for record in records] == [b"1"]


@pytest.mark.parametrize("question", ["beginning_offsets", "end_offsets"])
def test_offsets_of_a_partition_whose_leader_is_not_known_yet_are_waited_for(
    site: Settings, question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [TopicPartition(site.topic("sightings"), partition) for partition in range(2)]
    with closing(consumer(site)) as client:
        client.partitions_for_topic(places[0].topic)
        cluster = client._manager.cluster
        known, unknown = cluster.leader_for_partition, [places[1]] * 3  # as after the creation of a topic
        monkeypatch.setattr(
            cluster, "leader_for_partition", lambda place: None if place in unknown and unknown.pop() else known(place)
        )
        assert getattr(client, question)(places, timeout_ms=10_000) == dict.fromkeys(places, 0)
        monkeypatch.setattr(cluster, "leader_for_partition", lambda place: known(place) if place != places[1] else None)
        with pytest.raises(KafkaTimeoutError, match="no leader"):
            getattr(client, question)(places, timeout_ms=200)
