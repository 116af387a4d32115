"""Before Kafka deletes what nobody has dealt with, that can be told."""

from datetime import UTC, datetime

from infra.machine.lag import STAGES, Cluster
from schemas.cluster import send
from schemas.settings import Settings

RECOGNISE = STAGES[0]


def test_what_waits_is_a_part_of_what_is_kept_by_age(site: Settings) -> None:
    now = datetime.now(UTC)
    frames = [(site.topic("frames"), b"E101/front", b"jpeg", 0, None)]
    with Cluster(site) as cluster:
        assert cluster.retention_used(RECOGNISE, now) == 0, "nothing waits"
        send(site, frames)
        later = now + 0.9 * site.keep_frames
        assert 0.89 < cluster.retention_used(RECOGNISE, later) < 0.91
