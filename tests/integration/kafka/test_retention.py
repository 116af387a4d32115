"""Before Kafka deletes what nobody has dealt with, that can be told."""

from datetime import UTC, datetime

from infra.machine.lag import STAGES, Cluster
from schemas.cluster import send
from schemas.settings import Settings
from schemas.topics import topic

RECOGNISE = STAGES[0]
KEPT = topic("frames")


def test_what_waits_is_a_part_of_what_is_kept_by_age_and_by_size(site: Settings) -> None:
    now = datetime.now(UTC)
    frames = [(site.topic("frames"), b"E101/front", bytes(2**20), 0, None) for _ in range(20)]
    with Cluster(site) as cluster:
        assert cluster.retention_used(RECOGNISE, now) == 0, "nothing waits"
        send(site, frames)
        assert 20 <= cluster.retention_used(RECOGNISE, now) * KEPT.retention_mib < 21
        later = now + 0.9 * site.keep_frames
        assert 0.89 < cluster.retention_used(RECOGNISE, later) < 0.91
