"""Whose clock counts: the broker's. A laptop a day ahead closes nothing; a camera that is behind marks nobody."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from infra.machine.lag import Cluster
from infra.operations.dead_letters.dead_letter_queue import retry_letters
from producers.simulated_hall import load_script
from producers.simulated_hall.scene import Scene
from schemas.broker_clock import BrokerClock
from schemas.cluster import send
from schemas.frames import FrameHeaders, sent_again
from schemas.messages import HallDay, Tick, encode
from schemas.settings import Settings
from tests.integration.streams.paper_hall import HOUR, SOURCES, Hall


def test_the_broker_tells_its_time_and_never_a_later_one(site: Settings) -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)  # Kafka counts in these
    told = BrokerClock(site).now()
    assert before <= told <= datetime.now(UTC)


def test_between_questions_time_passes_by_a_steady_clock(site: Settings) -> None:
    steady = [0.0]
    clock = BrokerClock(site, steady=lambda: steady[0])
    first = clock.now()
    steady[0] = 90.0
    assert clock.now() - first == timedelta(seconds=90)
    steady[0] = 100_000.0
    assert clock.now() < first + timedelta(hours=1), "it was asked anew"


def test_a_tick_of_a_clock_that_is_a_day_ahead_closes_no_class_hour_that_has_not_ended(
    site: Settings, worker: Any
) -> None:
    now = datetime.now(UTC)
    hall = Hall(site)
    hall.prepare()
    hours = tuple(
        msgspec.structs.replace(
            HOUR, date=now.date(), period=period, starts_at=now + timedelta(hours=begins),
            ends_at=now + timedelta(hours=begins, minutes=50),
        )
        for period, begins in enumerate((-2, -0.5, 1, 3))
    )  # fmt: skip
    day = HallDay(hall="E101", date=now.date(), hours=hours)
    send(site, [(site.topic("timetable"), b"E101|today", encode(day), None, None)])
    attend = worker("attend").start()
    hall.tell(Tick(hall="E101", at=now - timedelta(hours=3)))
    hall.tell(Tick(hall="E101", at=now + timedelta(days=1), complete=True))
    attend.until(SOURCES)
    with Cluster(site) as cluster:
        keys = [record.key.decode().split("|") for record in cluster.last("attendance", 1000)]
    told = {period for _, _, day_told, period, *_ in keys if day_told == str(now.date())}
    assert told == {"0"}, "only the one that is over"


@pytest.mark.parametrize("behind", [timedelta(hours=1), -timedelta(hours=1)], ids=["behind", "ahead"])
def test_a_live_camera_with_a_wrong_clock_is_refused_by_name(site: Settings, worker: Any, behind: timedelta) -> None:
    now, script = datetime.now(UTC), load_script("demo")
    jpeg = Scene(script).jpeg(script.hours[0].starts_at)
    hour = msgspec.structs.replace(HOUR, starts_at=now - timedelta(hours=2), ends_at=now + timedelta(hours=2))
    day = HallDay(hall="E101", date=now.date(), hours=(hour,))
    wrong = FrameHeaders(
        hall="E101", camera="front", captured_at=now - behind, live=True, sequence=0, sent_at=now - behind
    )
    right = FrameHeaders(hall="E101", camera="side", captured_at=now, live=True, sequence=0, sent_at=now)
    recording = msgspec.structs.replace(wrong, camera="file", captured_at=now - timedelta(hours=1), live=False)
    send(site, [
        (site.topic("timetable"), b"E101|today", encode(day), None, None),
        *((site.topic("frames"), each.key, jpeg, 0, each.pack()) for each in (wrong, right, recording)),
    ])  # fmt: skip
    recognise = worker("recognise").start()
    recognise.until(("frames",))
    with Cluster(site) as cluster:
        seen = [msgspec.json.decode(record.value)["camera"] for record in cluster.last("sightings", 10)]
        (letter,) = (dict(record.headers) for record in cluster.last("dead-letters", 10))
    assert sorted(seen) == ["file", "side"]
    assert "the clock of camera E101/front is " in letter["reason"].decode()
    assert letter["appended_at"]


def test_a_refused_frame_that_is_sent_again_is_judged_by_the_clock_it_had(site: Settings, worker: Any) -> None:
    now, script = datetime.now(UTC), load_script("demo")
    jpeg = Scene(script).jpeg(script.hours[0].starts_at)
    behind = FrameHeaders(hall="E101", camera="front", captured_at=now, live=True, sequence=0,
                          sent_at=now - timedelta(hours=1))  # fmt: skip
    early = msgspec.structs.replace(behind, camera="side", sent_at=now)
    send(site, [(site.topic("frames"), each.key, jpeg, 0, each.pack()) for each in (behind, early)])
    recognise = worker("recognise").start()
    recognise.until(("frames",))  # both refused: one for its clock, one since there is no timetable yet
    hour = msgspec.structs.replace(HOUR, starts_at=now - timedelta(hours=2), ends_at=now + timedelta(hours=2))
    day = HallDay(hall="E101", date=now.date(), hours=(hour,))
    send(site, [(site.topic("timetable"), b"E101|today", encode(day), None, None)])
    assert retry_letters(site) == 2
    recognise.until(("frames",))
    with Cluster(site) as cluster:
        seen = [msgspec.json.decode(record.value)["camera"] for record in cluster.last("sightings", 10)]
        reasons = [dict(record.headers)["reason"].decode() for record in cluster.last("dead-letters", 10)]
    assert seen == ["side"]
    assert len(reasons) == 3
    assert "E101/front is 36" in reasons[2]


@pytest.mark.parametrize(
    ("appended_at", "told"),
    [
        pytest.param(HOUR.starts_at, HOUR.ends_at - timedelta(seconds=90), id="the skew it had"),
        pytest.param(None, None, id="nothing, if nobody knows when it came"),
    ],
)
def test_what_a_frame_that_is_sent_again_says_of_its_clock(appended_at: datetime | None, told: datetime | None) -> None:
    first = FrameHeaders(hall="E101", camera="front", captured_at=HOUR.starts_at, live=True, sequence=0,
                         sent_at=HOUR.starts_at - timedelta(seconds=90))  # fmt: skip
    again = FrameHeaders.unpack(sent_again(first.pack(), appended_at, HOUR.ends_at))
    assert again == msgspec.structs.replace(first, sent_at=told)
