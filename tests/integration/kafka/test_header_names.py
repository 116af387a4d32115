"""A record whose header has a name that is no UTF-8: whoever may write one topic could have stopped all who read it."""

import asyncio
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from infra.machine.lag import Cluster
from schemas.cluster import send
from schemas.errors import BadMessageError
from schemas.frames import FrameHeaders
from schemas.settings import Settings
from streams.runtime import consumer

READ = [(b"before", "plain"), (b"odd", "??"), (b"after", "plain")]


class OddName(str):
    """A name that a client of our own would not send."""

    def encode(self, *_: Any, **__: Any) -> bytes:
        return b"\xff\xfe"


@pytest.fixture
def topic(site: Settings) -> str:
    name = site.topic("frames")
    records = [(b"before", "plain"), (b"odd", OddName("x")), (b"after", "plain")]
    send(site, [(name, b"k", value, 0, [(header, b"\xff\xfe")]) for value, header in records])
    return name


def test_it_is_read_by_what_asks_now_and_then(site: Settings, topic: str) -> None:
    with Cluster(site) as cluster:
        ends = cluster.ends(["frames"])
        found = [(each.value, each.headers) for each in cluster.read(dict.fromkeys(ends, 0), ends)]
    assert [(value, headers[0][0]) for value, headers in found] == READ
    with pytest.raises(BadMessageError):
        FrameHeaders.unpack(found[1][1])


async def test_it_is_read_by_workers(site: Settings, topic: str) -> None:
    assert consumer.Transport  # which has aiokafka read it
    client = AIOKafkaConsumer(bootstrap_servers=site.bootstrap, enable_auto_commit=False)
    await client.start()
    try:
        place = TopicPartition(topic, 0)
        client.assign([place])
        client.seek(place, 0)
        found = [await asyncio.wait_for(client.getone(), 60) for _ in range(3)]
    finally:
        await client.stop()
    assert [(each.value, each.headers[0][0], each.headers[0][1]) for each in found] == [
        (value, name, b"\xff\xfe") for value, name in READ
    ]
