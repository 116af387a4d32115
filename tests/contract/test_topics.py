"""The files of ``schemas/topics``: what they declare fits together, and fits every place where sizes are set."""

import re
from datetime import timedelta

import pytest
import yaml

from infra.machine.kafka.broker import properties
from infra.machine.kafka.jars import KAFKA_VERSION, LOCK
from infra.machine.lag import STAGES
from schemas.cluster import MAX_RECORD
from schemas.partitions import partition_of
from schemas.settings import Settings
from schemas.topics import HALLS, Topic, all_topics, topic

TOPICS = all_topics()
COMPOSE = yaml.safe_load((LOCK.parents[2] / "compose.yaml").read_text("utf-8"))
SETTINGS = Settings()


@pytest.fixture(params=TOPICS, ids=lambda each: each.name)
def each(request: pytest.FixtureRequest) -> Topic:
    found: Topic = request.param
    return found


def test_its_owner_is_a_room(each: Topic) -> None:
    assert each.owner in {"producers", "streams", "enrollment", "sinks", "infra"}


def test_what_it_keeps_is_the_last_of_each_key_or_goes_by_age(each: Topic) -> None:
    assert (each.cleanup == "compact") == (each.kept is None)


def test_what_cameras_and_recognise_send_goes_by_age_alone() -> None:
    """A byte limit that 34 halls fill in an hour and a half would delete the rest of their three days."""
    assert {name for name in ("frames", "sightings", "presence", "audit") if topic(name).retention_mib} == set()


def test_what_is_erased_is_compacted_away_in_time_however_little_is_written(each: Topic) -> None:
    retention = SETTINGS.retention
    configs = {name: int(value) for name, value in each.configs(retention).items() if name.endswith(".ms")}
    promised = each.gone_after(retention) / timedelta(milliseconds=1)
    roll = retention.roll_every / timedelta(milliseconds=1)
    if each.cleanup == "delete":
        assert configs["segment.ms"] + configs["retention.ms"] <= promised
    else:
        assert configs["max.compaction.lag.ms"] <= configs["segment.ms"]
        once = configs["segment.ms"] + roll
        assert once < promised
        if each.tombstones_days:
            assert each.key == "class hour|fact", "a key that may be of a person goes in time, too"
        else:
            assert once + configs["delete.retention.ms"] + once < promised


def test_a_dead_letter_of_a_frame_is_kept_no_longer_than_frames() -> None:
    assert topic("dead-letters").gone_after(SETTINGS.retention) <= topic("frames").gone_after(SETTINGS.retention)


def test_retention_goes_by_the_brokers_clock(each: Topic) -> None:
    """A recording of last month with times of its own would be deleted at once."""
    assert each.timestamp == "LogAppendTime" or each.cleanup == "compact"


def test_its_largest_record_passes_clients_and_broker(each: Topic) -> None:
    limit = int(properties(SETTINGS)["message.max.bytes"])
    assert each.max_message_bytes < MAX_RECORD <= limit


def test_a_segment_holds_its_largest_record(each: Topic) -> None:
    assert int(each.configs(SETTINGS.retention).get("segment.bytes", 2**30)) > each.max_message_bytes


def test_a_dead_letter_holds_the_largest_message_of_any_topic() -> None:
    room_for_headers = 64 * 2**10
    biggest = max(each.max_message_bytes for each in TOPICS if each.name != "dead-letters")
    assert topic("dead-letters").max_message_bytes >= biggest + room_for_headers


def test_facts_of_a_hall_meet_in_one_partition() -> None:
    together = [each for each in TOPICS if each.counted_by == HALLS]
    assert {each.name for each in together} == {"sightings", "marks", "attend-facts-changelog"}
    assert {SETTINGS.partitions_of(each) for each in together} == {SETTINGS.partitions}


def test_keys_are_spread_as_kafka_spreads_them() -> None:
    # From Kafka's own UtilsTest.testMurmur2, as unsigned numbers modulo a prime.
    expected = {"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536}
    for key, murmur2 in expected.items():
        assert partition_of(key, 2**31 - 1) == (murmur2 & 0x7FFFFFFF) % (2**31 - 1)


def test_every_stage_reads_topics_that_exist() -> None:
    assert {name for stage in STAGES for name in stage.topics} <= {each.name for each in TOPICS}


class TestCompose:
    def test_it_runs_the_version_of_the_lock(self) -> None:
        assert COMPOSE["services"]["kafka"]["image"] == f"apache/kafka:{KAFKA_VERSION}"

    def test_its_broker_has_the_settings_of_ours(self) -> None:
        ours = properties(SETTINGS)
        there = {
            name.removeprefix("KAFKA_").lower().replace("_", "."): value
            for name, value in COMPOSE["services"]["kafka"]["environment"].items()
            if name != "KAFKA_HEAP_OPTS"
        }
        where = {"log.dirs", "listeners", "controller.quorum.voters"}
        assert {name: value for name, value in there.items() if name not in where}.items() <= ours.items()
        assert there["message.max.bytes"] == str(MAX_RECORD)

    @pytest.mark.parametrize("name", ["kafka", "clickhouse"])
    def test_a_service_listens_on_this_machine_only_keeps_its_data_and_is_watched(self, name: str) -> None:
        service = COMPOSE["services"][name]
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert {volume.split(":")[0] for volume in service["volumes"]} <= set(COMPOSE["volumes"])
        assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
        assert re.fullmatch(r"[a-z0-9/-]+:[0-9.]+", service["image"])

    def test_kafka_is_where_naul_looks_for_it(self) -> None:
        assert COMPOSE["services"]["kafka"]["ports"] == [f"127.0.0.1:{SETTINGS.kafka_port}:{SETTINGS.kafka_port}"]
