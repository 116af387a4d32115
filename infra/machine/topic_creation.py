"""Create the topics of ``schemas/topics`` on a cluster, and say where one that is there differs."""

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource
from kafka.errors import KafkaError, TopicAlreadyExistsError

from schemas.cluster import admin
from schemas.errors import RefusedError, UnavailableError
from schemas.settings import Settings
from schemas.topics import Topic, all_topics

__all__ = ["create_topics", "differences"]


def create_topics(settings: Settings) -> tuple[str, ...]:
    """Create the topics that are missing and return their names; the others are left as they are.

    Raises:
        UnavailableError: no broker answers.
        RefusedError: a topic is there with other settings. Nothing is changed: that is for its operator to decide.
    """
    client = admin(settings)
    try:
        there = set(client.list_topics())
        missing = {each.full_name(settings.prefix): each for each in all_topics()}
        missing = {name: each for name, each in missing.items() if name not in there}
        if missing:
            _create(client, missing)
        differing = differences(client, settings.prefix)
    except KafkaError as error:
        raise UnavailableError(
            f"Kafka at {settings.bootstrap} could not create topics: {error}", "Try again."
        ) from error
    finally:
        client.close()
    if differing:
        raise RefusedError(
            "topics are there with other settings:\n  " + "\n  ".join(differing),
            "Alter them with your cluster's tools (partitions can only be added to an empty site), or set another "
            "NAUL_PREFIX.",
        )
    return tuple(missing)


def differences(client: KafkaAdminClient, prefix: str) -> list[str]:
    """Return one line for each way in which a topic on the cluster differs from its file."""
    topics = {each.full_name(prefix): each for each in all_topics()}
    partitions = {each["name"]: len(each["partitions"]) for each in client.describe_topics(list(topics))}
    resources = [ConfigResource("topic", name) for name in topics]
    configs = client.describe_configs(resources, config_filter="all")["topic"]
    found = []
    for name, declared in topics.items():
        if partitions.get(name) != declared.partitions:
            found.append(f"{name}: {partitions.get(name, 0)} partitions, declared {declared.partitions}")
        for setting, wanted in declared.configs().items():
            value = configs.get(name, {}).get(setting, {}).get("value")
            if value != wanted:
                found.append(f"{name}: {setting} is {value}, declared {wanted}")
    return found


def _create(client: KafkaAdminClient, topics: dict[str, Topic]) -> None:
    # The replication factor is the cluster's own: 1 here, more where there is more than one broker.
    wanted = {name: {"num_partitions": each.partitions, "configs": each.configs()} for name, each in topics.items()}
    try:
        client.create_topics(wanted, wait_for_metadata=True)
    except TopicAlreadyExistsError:
        client.wait_for_topics(list(wanted))  # somebody else was quicker
