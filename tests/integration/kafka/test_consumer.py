"""A member of a group, on a real broker."""

from contextlib import closing

import pytest

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
