"""The broker itself: what it acknowledged it keeps, and everybody finds it again."""

from typing import TYPE_CHECKING

import pytest
from kafka.errors import KafkaError, KafkaTimeoutError

from infra.machine.topic_creation import create_topics
from schemas.cluster import View, consumer, end_offsets, producer, send
from schemas.errors import RefusedError, UnavailableError
from schemas.settings import Settings
from schemas.topics import topic

if TYPE_CHECKING:
    from tests.conftest import Broker


def text(value: bytes) -> str:
    return value.decode()


def test_what_was_acknowledged_survives_sigkill_and_views_go_on(
    own_broker: "Broker", monkeypatch: pytest.MonkeyPatch
) -> None:
    site = own_broker.settings
    create_topics(site)
    rosters: View[str] = View(site, "rosters", text)
    rosters.catch_up()
    records = [(site.topic("rosters"), b"%d" % n, b"v%d" % n, None, None) for n in range(2000)]
    assert send(site, records) == 2000
    own_broker.kill()

    with pytest.raises(UnavailableError, match="no Kafka answers at"):
        send(site, records)
    with monkeypatch.context() as hasty:
        hasty.setattr("schemas.cluster._PATIENCE_MS", 500)
        with pytest.raises(UnavailableError, match="does not answer"):
            rosters.catch_up()

    own_broker.start()
    assert create_topics(site) == ()
    assert rosters.catch_up() == 2000
    assert rosters.items == {str(n): f"v{n}" for n in range(2000)}
    rosters.close()


def test_a_view_notices_when_the_broker_goes_away_while_it_reads(
    own_broker: "Broker", monkeypatch: pytest.MonkeyPatch
) -> None:
    site = own_broker.settings
    create_topics(site)
    send(site, [(site.topic("rosters"), b"key", b"v" * 500_000, None, None) for _ in range(60)])

    def read(value: bytes) -> int:
        own_broker.kill()
        monkeypatch.setattr("schemas.cluster._PATIENCE_MS", 500)
        return len(value)

    rosters: View[int] = View(site, "rosters", read)
    with pytest.raises(UnavailableError, match="does not answer"):
        rosters.catch_up()
    rosters.close()


def test_the_largest_frame_is_taken_and_a_larger_one_refused(site: Settings) -> None:
    frames = site.topic("frames")
    room = topic("frames").max_message_bytes - 1024  # for key, headers and the batch round them
    assert send(site, [(frames, b"E101/front", b"x" * room, None, [("schema", b"frame/1")])]) == 1
    with pytest.raises(RefusedError, match="larger than its topic takes"):
        send(site, [(frames, b"E101/front", b"x" * (room + 2048), None, None)])


def test_a_topic_that_nobody_declared_is_not_made(site: Settings) -> None:
    nonsense = f"{site.prefix}-nonsense"
    writer, reader = producer(site, max_block_ms=1000), consumer(site)
    with pytest.raises(KafkaTimeoutError):
        writer.send(nonsense, b"value")
    assert end_offsets(reader, nonsense) == {}
    writer.close()
    reader.close()


def test_a_producer_is_closed_whatever_was_not_acknowledged(own_broker: "Broker") -> None:
    site = own_broker.settings
    create_topics(site)
    client = producer(site, max_block_ms=5000)
    client.send(site.topic("marks"), key=b"1", value=b"acknowledged").get(timeout=30)
    own_broker.kill()
    lost = client.send(site.topic("marks"), key=b"1", value=b"lost")
    client.close(timeout=0.2)  # kafka-python's own raises, and its thread goes on sending
    with pytest.raises(KafkaError):
        lost.get(timeout=30)
    assert not lost.succeeded()
