"""The last frames of a site are looked at again and again, and each is fetched once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.machine.lag import Cluster
from infra.operations.site.recent_records import RecentRecords
from infra.operations.site.site_status import FramesOfLate, site_status
from schemas.cluster import send
from schemas.frames import FrameHeaders
from schemas.messages import encode
from schemas.settings import Settings
from tests.integration.desk.conftest import observation

NINE = datetime(2026, 3, 9, tzinfo=UTC)
JPEG = b"x" * 20_000


class Counting(Cluster):
    """Counts the bytes of the records that are fetched."""

    fetched = 0

    def read(self, *places: Any) -> Iterator[Any]:
        for each in super().read(*places):
            self.fetched += len(each.value or b"")
            yield each


def at(number: int) -> datetime:
    return NINE + timedelta(seconds=10 * number)


def frames(site: Settings, first: int, until: int) -> None:
    headers = [
        FrameHeaders(hall="E101", camera="front", captured_at=at(number), live=False, sequence=number).pack()
        for number in range(first, until)
    ]
    send(site, [(site.topic("frames"), b"E101/front", JPEG, 0, each) for each in headers])


def looked(site: Settings, recent: RecentRecords) -> tuple[list[int], int]:
    """Return the offsets that are known now, and how many bytes were fetched for it."""
    with Counting(site) as cluster:
        found = [each.offset for each in recent.look(cluster)]
        return found, cluster.fetched


def test_what_was_seen_is_not_fetched_again(site: Settings) -> None:
    recent = RecentRecords("frames", 5, lambda _: b"")
    assert looked(site, recent) == ([], 0)
    frames(site, 0, 8)
    assert looked(site, recent) == ([3, 4, 5, 6, 7], 5 * len(JPEG))
    assert looked(site, recent) == ([3, 4, 5, 6, 7], 0)
    frames(site, 8, 10)
    assert looked(site, recent) == ([5, 6, 7, 8, 9], 2 * len(JPEG))
    frames(site, 10, 30)
    assert looked(site, recent) == ([25, 26, 27, 28, 29], 5 * len(JPEG)), "who was away for long is not told of all"


def test_a_value_is_let_go(site: Settings) -> None:
    frames(site, 0, 1)
    with Cluster(site) as cluster:
        [record] = RecentRecords("frames", 5, lambda value: value[:1]).look(cluster)
    assert (record.value, FrameHeaders.unpack(record.headers).camera) == (b"x", "front")


@pytest.mark.parametrize("again", [1, 2])
def test_whoever_looks_again_is_told_the_same_as_whoever_looks_first(site: Settings, again: int) -> None:
    of_late = FramesOfLate()
    for turn in range(again):
        frames(site, 3 * turn, 3 * turn + 3)
        seen = observation(camera="front", captured_at=at(3 * turn))
        send(site, [(site.topic("sightings"), b"E101", encode(seen), None, None)])
        known = site_status(site, NINE, of_late).cameras
    assert known == site_status(site, NINE).cameras
    assert (known[0].last_frame, known[0].recent) == (at(3 * again - 1), 3 * again)
