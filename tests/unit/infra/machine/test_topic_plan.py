"""What differs between the topics that a site wants and those that its cluster has."""

from datetime import timedelta
from typing import Any

import pytest

from infra.machine.topic_plan import ClusterTopics, Replicas, TopicState, differences, made_with, spread
from schemas.settings import Settings
from schemas.topics import all_topics, topic

SITE = Settings(prefix="site")


def there(settings: Settings = SITE, brokers: tuple[int, ...] = (1, 2, 3), **changed: Any) -> ClusterTopics:
    """The topics as a site makes them, but for some settings of the rosters."""
    copies = min(3, len(brokers))
    states = {}
    for each in all_topics():
        configs: dict[str, str | None] = {**each.configs(settings.retention, copies)}
        parts = {n: Replicas(brokers[:copies], brokers[:copies]) for n in range(settings.partitions_of(each))}
        states[each.full_name("site")] = TopicState(parts, configs)
    rosters = states["site-rosters"]
    states["site-rosters"] = rosters._replace(configs={**rosters.configs, **changed})
    return ClusterTopics(brokers, states)


def told(settings: Settings, found: ClusterTopics) -> list[tuple[str, str, str, str, bool]]:
    return [tuple(each) for each in differences(settings, found)]  # type: ignore[misc]


@pytest.mark.parametrize("brokers", [(1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)])
def test_what_a_site_makes_is_what_it_wants(brokers: tuple[int, ...]) -> None:
    assert told(SITE, there(brokers=brokers)) == []


def test_of_three_copies_two_must_acknowledge_and_of_fewer_one() -> None:
    wanted = [topic("frames").configs(SITE.retention, copies)["min.insync.replicas"] for copies in (1, 2, 3)]
    assert wanted == ["1", "1", "2"]


@pytest.mark.parametrize(
    ("setting", "found", "stops"),
    [
        pytest.param("cleanup.policy", "delete", True, id="what must be kept would go"),
        pytest.param("max.message.bytes", "1000", True, id="what must fit does not"),
        pytest.param("max.message.bytes", "9000000", False, id="more than that fits"),
        pytest.param("segment.ms", "99999999999", True, id="what was erased would stay"),
        pytest.param("segment.ms", "1000", False, id="it goes sooner"),
        pytest.param("min.insync.replicas", "1", False, id="fewer acknowledge"),
    ],
)
def test_only_what_would_break_a_promise_stops_whoever_starts(setting: str, found: str, stops: bool) -> None:
    wanted = topic("rosters").configs(SITE.retention, 3)[setting]
    assert told(SITE, there(**{setting: found})) == [("site-rosters", setting, found, wanted, stops)]


def test_a_release_of_before_that_promises_less_starts_beside_one_that_promises_more() -> None:
    before = Settings(prefix="site", erase_within=timedelta(hours=48), keep_frames=timedelta(days=5))
    assert not any(each.stops for each in differences(before, there()))


def test_partitions_and_copies_that_are_more_than_wanted_stay() -> None:
    assert told(SITE, there(Settings(partitions=8, frame_partitions=12))) == []
    found = there()
    assert told(SITE, found._replace(brokers=(1, 2))) == [], "a broker that is away for a while"


def test_a_site_that_wants_more_of_them_is_told_and_may_start() -> None:
    found = differences(Settings(prefix="site", partitions=8), there())
    assert {(each.topic, each.found, each.wanted, each.stops) for each in found} == {
        (f"site-{name}", "4", "8", False) for name in ("sightings", "marks", "attend-facts-changelog")
    }


def test_a_missing_topic_is_made_as_wide_as_those_it_belongs_to() -> None:
    grown = there(Settings(prefix="site", partitions=8))
    left = grown._replace(topics={name: each for name, each in grown.topics.items() if name != "site-marks"})
    assert made_with(SITE, topic("marks"), left) == 8
    assert made_with(SITE, topic("frames"), left) == 4
    assert told(SITE, left) == [("site-marks", "topic", "-", "8", True)]


def test_new_copies_go_to_whoever_keeps_least_and_who_leads_goes_on() -> None:
    parts = {0: Replicas((1,), (1,)), 1: Replicas((1,), (1,)), 2: Replicas((2, 3, 1), (2,))}
    assert spread(parts, (1, 2, 3), 3) == {0: [1, 2, 3], 1: [1, 2, 3]}
    assert spread(parts, (1, 2, 3), 2) == {0: [1, 2], 1: [1, 3]}
    assert spread(parts, (1,), 1) == {}


def test_a_partition_refuses_when_fewer_are_in_sync_than_must_acknowledge() -> None:
    parts = {0: Replicas((1, 2, 3), (1,)), 1: Replicas((1, 2, 3), (1, 2)), 2: Replicas((1, 2, 3), (1, 2, 3))}
    state = TopicState(parts, {"min.insync.replicas": "2"})
    assert (state.copies, state.under_replicated, state.refusing) == (3, 2, 1)
