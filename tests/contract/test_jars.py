"""The lock of the broker's jars: whole, and from nowhere in particular."""

import re

from infra.machine.kafka.jars import KAFKA_VERSION, LOCK, read_lock

JARS = read_lock()


def test_every_jar_is_a_release_with_its_sum() -> None:
    for coordinate, sha256 in JARS.sha256.items():
        assert re.fullmatch(r"[\w.-]+:[\w.-]+:[\w.-]+", coordinate)
        assert not coordinate.endswith("-SNAPSHOT")
        assert re.fullmatch(r"[0-9a-f]{64}", sha256)


def test_it_names_no_host() -> None:
    assert "//" not in LOCK.read_text("utf-8")


def test_what_is_asked_for_is_there_and_what_is_left_out_is_not() -> None:
    assert set(JARS.roots) <= set(JARS.sha256)
    for coordinate in JARS.sha256:
        group, artifact, _ = coordinate.split(":")
        assert not {f"{group}:{artifact}", f"*:{artifact}"} & set(JARS.without)


def test_no_artifact_is_there_twice() -> None:
    artifacts = [each.split(":")[1] for each in JARS.sha256]
    assert len(set(artifacts)) == len(artifacts)


def test_the_parts_of_kafka_are_of_one_version() -> None:
    assert {each.split(":")[2] for each in JARS.sha256 if each.startswith("org.apache.kafka:")} == {KAFKA_VERSION}
