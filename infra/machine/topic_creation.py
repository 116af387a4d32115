"""Create the topics of ``schemas/topics`` on a cluster, say what differs there, and change it."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource
from kafka.errors import AuthorizationError, KafkaError, TopicAlreadyExistsError

from infra.machine.topic_plan import (
    COPIES,
    MIN_INSYNC,
    MISSING,
    OFFSETS,
    PARTITIONS,
    ClusterTopics,
    Replicas,
    TopicDifference,
    TopicState,
    differences,
    made_with,
    spread,
)
from schemas.cluster import admin
from schemas.errors import RefusedError, UnavailableError
from schemas.settings import Settings
from schemas.topics import MOST_COPIES, all_topics
from schemas.translations import Text
from streams.runtime.co_partitions import growth_under_way

__all__ = ["apply_topics", "cluster_topics", "create_for_restoring", "create_topics", "plan_topics", "topics_there"]

PATIENCE = 600.0
"""Seconds in which new copies must have caught up before anything waits for their acknowledgement."""


def create_topics(settings: Settings) -> tuple[str, ...]:
    """Create the topics that are missing and return their names.

    The broker of this machine is ours: there, settings of an earlier version are altered, too. On a cluster a person
    does that by ``naul topics apply``: two machines of different versions would alter them in turns.

    Raises:
        UnavailableError: no broker answers.
        RefusedError: a topic is there with settings that nobody should work with.
    """
    with _asked(settings) as client:
        there = cluster_topics(settings, client)
        missing = _create(settings, client, there)
        found = [each for each in differences(settings, there) if each.topic not in missing]
        if settings.own_broker and _settings_of(found):
            found = _alter(client, found)
    if any(each.stops for each in found):
        raise _refusal(settings, [each for each in found if each.stops])
    return missing


def plan_topics(settings: Settings) -> list[TopicDifference]:
    """Return what differs between the topics that a site wants and those that its cluster has.

    Raises:
        UnavailableError: no broker answers.
    """
    with _asked(settings) as client:
        return differences(settings, cluster_topics(settings, client))


def topics_there(settings: Settings) -> ClusterTopics:
    """Return the topics of a site as they are.

    Raises:
        UnavailableError: no broker answers.
    """
    with _asked(settings) as client:
        return cluster_topics(settings, client)


def apply_topics(
    settings: Settings,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> list[TopicDifference]:
    """Change what differs, and return what still does: partitions, which ``naul topics grow`` adds.

    First copies, then who must acknowledge: in the other order nobody could write meanwhile.

    Raises:
        UnavailableError: no broker answers, or new copies have not caught up.
        RefusedError: the cluster does not let this user, with what its operator can do.
    """
    try:
        with _asked(settings) as client:
            there = cluster_topics(settings, client)
            _create(settings, client, there)
            found = differences(settings, cluster_topics(settings, client))
            _alter(client, [each for each in found if each.what != MIN_INSYNC])
            copied = [each.topic for each in found if each.what == COPIES]
            _copy(client, there, copied)
            until = clock() + PATIENCE
            while any(each.under_replicated or each.copies < int(_wanted(found, name))
                      for name, each in _described(client, copied).items()):  # fmt: skip
                if clock() > until:
                    raise UnavailableError(Text("the new copies have not caught up yet"), "Do it again later.")
                sleep(0.5)
            _alter(client, [each for each in found if each.what == MIN_INSYNC])
            left = differences(settings, cluster_topics(settings, client))
    except UnavailableError as error:
        if isinstance(error.__cause__, AuthorizationError):
            raise _refusal(settings, plan_topics(settings)) from error
        raise
    # The brokers hear of settings from their controller a moment later: what was taken is not told as different.
    return [each for each in left if each.what in (PARTITIONS, COPIES, MISSING) or each not in found]


def _wanted(found: Iterable[TopicDifference], name: str) -> str:
    return next(each.wanted for each in found if each.topic == name and each.what == COPIES)


@contextmanager
def _asked(settings: Settings) -> Iterator[KafkaAdminClient]:
    try:
        with closing(admin(settings)) as client:
            yield client
    except KafkaError as error:
        raise UnavailableError(
            Text(
                "Kafka at {bootstrap} did not do it with the topics: {error}", bootstrap=settings.bootstrap, error=error
            ),
            "Try again.",
        ) from error


def cluster_topics(settings: Settings, client: KafkaAdminClient) -> ClusterTopics:
    """Return the topics of a site as they are.

    Raises:
        KafkaError: the broker does not answer.
    """
    names = set(client.list_topics())
    wanted = [name for each in all_topics() if (name := each.full_name(settings.prefix)) in names]
    growth = growth_under_way(settings, names)
    brokers = tuple(sorted(each["broker_id"] for each in client.describe_cluster()["brokers"]))
    described = _described(client, [*wanted, *({OFFSETS} & names)])
    return ClusterTopics(brokers, described, growth.new if growth else None)


def _described(client: KafkaAdminClient, names: Sequence[str]) -> dict[str, TopicState]:
    if not names:
        return {}
    configs = client.describe_configs([ConfigResource("topic", name) for name in names], config_filter="all")["topic"]
    return {
        each["name"]: TopicState(
            {part["partition_index"]: _replicas(part) for part in each["partitions"]},
            {setting: it.get("value") for setting, it in configs.get(each["name"], {}).items()},
        )
        for each in client.describe_topics(list(names))
    }


def _replicas(part: Mapping[str, Any]) -> Replicas:
    leader = part["leader_id"]
    return Replicas(tuple(sorted(part["replica_nodes"], key=lambda each: each != leader)), tuple(part["isr_nodes"]))


def create_for_restoring(settings: Settings) -> tuple[str, ...]:
    """Create the topics that are missing, for records that keep their times, and return their names.

    ``create_topics`` would find them with another setting: whoever restores dates them by the broker when he is done.

    Raises:
        UnavailableError: no broker answers.
    """
    with _asked(settings) as client:
        there = cluster_topics(settings, client)
        return _create(settings, client, there, {"message.timestamp.type": "CreateTime"})


def _create(
    settings: Settings, client: KafkaAdminClient, there: ClusterTopics, configs: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Create the topics that are missing, with as many copies as there are brokers for, and return their names.

    configs: instead of what is declared.
    """
    copies = min(MOST_COPIES, len(there.brokers))
    wanted = {
        name: {
            "num_partitions": made_with(settings, each, there),
            "replication_factor": copies,
            "configs": each.configs(settings.retention, copies) | dict(configs or {}),
        }
        for each in all_topics()
        if (name := each.full_name(settings.prefix)) not in there.topics
    }
    if wanted:
        try:
            client.create_topics(wanted, wait_for_metadata=True)
        except TopicAlreadyExistsError:
            client.wait_for_topics(list(wanted))  # somebody else was quicker
    return tuple(wanted)


def _settings_of(found: Iterable[TopicDifference]) -> list[TopicDifference]:
    return [each for each in found if each.what not in (MISSING, PARTITIONS, COPIES)]


def _alter(client: KafkaAdminClient, found: Sequence[TopicDifference]) -> list[TopicDifference]:
    """Alter settings, and return the differences that are left.

    Raises:
        KafkaError: the broker does not do it: the client raises nothing.
    """
    wrong: dict[str, dict[str, str]] = {}
    for each in _settings_of(found):
        wrong.setdefault(each.topic, {})[each.what] = each.wanted
    if wrong:
        answers = client.alter_configs([ConfigResource("topic", name, configs) for name, configs in wrong.items()])
        for name, answer in answers["topic"].items():
            if answer != "OK":
                kind = AuthorizationError if "Authorization" in str(answer) else KafkaError
                raise kind(f"{name}: {answer}")
    return [each for each in found if each not in _settings_of(found)]


def _copy(client: KafkaAdminClient, there: ClusterTopics, names: Iterable[str]) -> None:
    copies = min(MOST_COPIES, len(there.brokers))
    wanted = {
        TopicPartition(name, number): brokers
        for name in names
        for number, brokers in spread(there.topics[name].partitions, there.brokers, copies).items()
    }
    for place, error in client.alter_partition_reassignments(wanted).items() if wanted else ():
        if error is not None:
            raise error(f"{place}")


def _refusal(settings: Settings, found: Sequence[TopicDifference]) -> RefusedError:
    lines = [f"{each.topic}: {each.what} is {each.found}, declared {each.wanted}" for each in found]
    remedy = ["Bring them to what is declared by `naul topics apply`, or with your cluster's tools:"]
    wrong: dict[str, list[str]] = {}
    for each in _settings_of(found):
        wrong.setdefault(each.topic, []).append(f"{each.what}={each.wanted}")
    remedy += [
        f"kafka-configs.sh --bootstrap-server {settings.bootstrap} --alter --topic {name} --add-config "
        + ",".join(f"[{each}]" if "," in each else each for each in settings_)
        for name, settings_ in wrong.items()
    ]
    if any(each.what == PARTITIONS for each in found):
        remedy = ["Set another NAUL_PREFIX: somebody else's topics have these names."]
    return RefusedError("topics are there with other settings:\n  " + "\n  ".join(lines), "\n  ".join(remedy))
