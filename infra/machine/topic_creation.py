"""Create the topics of ``schemas/topics`` on a cluster, and bring those that are there up to date."""

from collections.abc import Mapping
from contextlib import closing

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource
from kafka.errors import KafkaError, TopicAlreadyExistsError
from msgspec.structs import replace

from schemas.cluster import admin
from schemas.errors import RefusedError, UnavailableError
from schemas.settings import Settings
from schemas.topics import Retention, Topic, all_topics
from schemas.translations import Text

__all__ = ["create_for_restoring", "create_topics"]

Differing = Mapping[str, Mapping[str, tuple[str | None, str]]]
"""topic -> setting -> what it is, and what is declared; only where the two differ."""


def create_topics(settings: Settings) -> tuple[str, ...]:
    """Create the topics that are missing and return their names.

    The broker of this machine is ours: there, settings of an earlier version are altered. On a cluster that is for its
    operator to do.

    Raises:
        UnavailableError: no broker answers.
        RefusedError: a topic is there with other partitions, or on a cluster with other settings.
    """
    client = admin(settings)
    try:
        there = set(client.list_topics())
        topics = {each.full_name(settings.prefix): each for each in all_topics()}
        missing = {name: each for name, each in topics.items() if name not in there}
        if missing:
            _create(client, missing, settings.retention)
        counts = {each["name"]: len(each["partitions"]) for each in client.describe_topics(list(topics))}
        differing = _differing(client, topics, settings.retention)
        if differing and settings.own_broker:
            differing = _alter(client, differing)
    except KafkaError as error:
        raise _not_created(settings, error) from error
    finally:
        client.close()
    partitions = {
        name: f"{name}: {counts.get(name, 0)} partitions, declared {each.partitions}"
        for name, each in topics.items()
        if counts.get(name) != each.partitions
    }
    if partitions or differing:
        raise _refusal(settings, partitions, differing)
    return tuple(missing)


def create_for_restoring(settings: Settings) -> tuple[str, ...]:
    """Create the topics that are missing, for records that keep their times, and return their names.

    ``create_topics`` would find them with another setting: whoever restores dates them by the broker when he is done.

    Raises:
        UnavailableError: no broker answers.
    """
    with closing(admin(settings)) as client:
        try:
            there = set(client.list_topics())
            topics = {each.full_name(settings.prefix): each for each in all_topics()}
            missing = {
                name: replace(each, timestamp="CreateTime") for name, each in topics.items() if name not in there
            }
            if missing:
                _create(client, missing, settings.retention)
        except KafkaError as error:
            raise _not_created(settings, error) from error
    return tuple(missing)


def _not_created(settings: Settings, error: KafkaError) -> UnavailableError:
    return UnavailableError(
        Text("Kafka at {bootstrap} could not create topics: {error}", bootstrap=settings.bootstrap, error=error),
        "Try again.",
    )


def _differing(client: KafkaAdminClient, topics: Mapping[str, Topic], retention: Retention) -> Differing:
    resources = [ConfigResource("topic", name) for name in topics]
    found = client.describe_configs(resources, config_filter="all")["topic"]
    differing = {}
    for name, declared in topics.items():
        are = {setting: each.get("value") for setting, each in found.get(name, {}).items()}
        wanted = declared.configs(retention).items()
        if wrong := {setting: (are.get(setting), value) for setting, value in wanted if are.get(setting) != value}:
            differing[name] = wrong
    return differing


def _alter(client: KafkaAdminClient, differing: Differing) -> Differing:
    """Alter topics and return those that the broker did not alter: the client raises nothing."""
    resources = [
        ConfigResource("topic", name, {setting: wanted for setting, (_, wanted) in wrong.items()})
        for name, wrong in differing.items()
    ]
    answers = client.alter_configs(resources)["topic"]
    return {name: wrong for name, wrong in differing.items() if answers.get(name) != "OK"}


def _refusal(settings: Settings, partitions: Mapping[str, str], differing: Differing) -> RefusedError:
    lines = [
        *partitions.values(),
        *(
            f"{name}: {setting} is {value}, declared {wanted}"
            for name, wrong in differing.items()
            for setting, (value, wanted) in wrong.items()
        ),
    ]
    commands = [
        f"kafka-configs.sh --bootstrap-server {settings.bootstrap} --alter --topic {name} --add-config "
        + ",".join(f"{setting}={wanted}" for setting, (_, wanted) in wrong.items())
        for name, wrong in differing.items()
    ]
    remedy = "Set another NAUL_PREFIX: partitions can only be added to an empty site." if partitions else ""
    if commands:
        remedy = "\n  ".join([*([remedy] if remedy else []), "Alter them with your cluster's tools:", *commands])
    return RefusedError("topics are there with other settings:\n  " + "\n  ".join(lines), remedy)


def _create(client: KafkaAdminClient, topics: Mapping[str, Topic], retention: Retention) -> None:
    # The replication factor is the cluster's own: 1 here, more where there is more than one broker.
    wanted = {
        name: {"num_partitions": each.partitions, "configs": each.configs(retention)} for name, each in topics.items()
    }
    try:
        client.create_topics(wanted, wait_for_metadata=True)
    except TopicAlreadyExistsError:
        client.wait_for_topics(list(wanted))  # somebody else was quicker
