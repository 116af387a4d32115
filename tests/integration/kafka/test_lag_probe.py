"""A process that turns and turns, and does none of what waits for it, is told to be hung: by what the broker says."""

from kafka import OffsetAndMetadata, TopicPartition

from infra.machine.lag import Cluster
from infra.machine.lag_probe import behind
from schemas.cluster import consumer, send
from schemas.pulse import Pulse
from schemas.settings import Settings


def test_what_waits_in_its_own_partitions_makes_a_worker_hung_until_it_is_done(site: Settings) -> None:
    now = [0.0]
    pulse, topic = Pulse(lambda: now[0]), site.topic("marks")
    send(site, [(topic, b"k", b"v", partition, None) for partition in (0, 0, 1)])
    client = consumer(site, site.group("attend"))
    client.assign([TopicPartition(topic, 0)])

    def hung_after(seconds: float) -> str:
        with Cluster(site) as cluster:
            pulse.asked_broker(behind(site, cluster, "attend", pulse.held))
        now[0] += seconds
        pulse.turned()
        return pulse.hung(60)

    assert hung_after(1000) == "", "it has no partitions yet"
    pulse.holds(frozenset({(topic, 0)}))
    assert hung_after(59) == ""
    assert hung_after(2) == "work waits for it, and none was done for 61 s"
    client.commit({TopicPartition(topic, 0): OffsetAndMetadata(2, "", -1)})
    assert hung_after(1000) == "", "what is left is in a partition of somebody else"
    client.close()
