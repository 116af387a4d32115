"""What the user of this process may do at Kafka, asked of the broker: nobody waits in silence for what is forbidden."""

from collections.abc import Callable, Collection, Iterable
from contextlib import closing
from typing import TypeVar

from kafka import KafkaAdminClient
from kafka.errors import AuthorizationError, KafkaError, TopicAuthorizationFailedError
from tenacity import stop_after_delay

from infra.machine.lag import NO_COORDINATOR_YET, PATIENCE
from schemas.cluster import admin, kafka_away
from schemas.errors import RefusedError
from schemas.kafka_rights import Permission, permissions_of_part
from schemas.retry import retry
from schemas.settings import Settings
from schemas.translations import Text

__all__ = ["check_permissions", "missing", "writable"]

T = TypeVar("T")

_IMPLIED = {"READ": {"READ", "ALL"}, "WRITE": {"WRITE", "ALL"}, "DESCRIBE": {"DESCRIBE", "READ", "WRITE", "ALL"}}


def check_permissions(settings: Settings, part: str) -> None:
    """Return if this user may do all that a part of the site does.

    Faust waits for ever, and says nothing, where a topic or a group is forbidden.

    Raises:
        RefusedError: he may not; it says what is missing and who grants it.
        UnavailableError: the broker does not answer.
    """
    if settings.own_broker:  # its one user may everything
        return
    if lacking := missing(settings, permissions_of_part(settings, part)):
        kind = "desk" if part in ("desk", "webhooks") else "worker"
        raise RefusedError(
            Text(
                "{user} may not do at Kafka what {part} does: {missing}",
                user=settings.kafka_user or "ANONYMOUS",
                part=part,
                missing=", ".join(sorted(map(str, lacking))),
            ),
            Text(
                "Who administers the cluster grants it: naul access grant {kind} {user}",
                kind=kind,
                user=settings.kafka_user or "NAME",
            ),
        )


def missing(settings: Settings, wanted: Collection[Permission]) -> set[Permission]:
    """Return what of all that is wanted the broker does not let this user do. Topics that are not there are no right.

    Raises:
        UnavailableError: the broker does not answer.
    """
    with closing(admin(settings)) as client:
        topics = sorted({each.name for each in wanted if each.resource == "topic" and not each.prefixed})
        groups = sorted({each.name for each in wanted if each.resource == "group" and not each.prefixed})
        may = {("topic", name): found for name, found in _topics(settings, client, topics).items()}
        may |= {("group", name): _group(settings, client, name) for name in groups}
    return {
        each
        for each in wanted
        if (found := may.get((each.resource, each.name))) is not None and not _IMPLIED[each.operation] & found
    }


def writable(settings: Settings, names: Iterable[str]) -> set[str]:
    """Return those topics (with prefix) that this user may write.

    Raises:
        UnavailableError: the broker does not answer.
    """
    wanted = {Permission("topic", name, False, "WRITE") for name in names}
    refused = set[Permission]() if settings.own_broker else missing(settings, wanted)
    return {each.name for each in wanted - refused}


def _topics(settings: Settings, client: KafkaAdminClient, names: list[str]) -> dict[str, set[str] | None]:
    """Return what may be done with each topic; None: the broker does not say."""
    found = _ask(settings, lambda: client.describe_topics(names)) if names else []
    forbidden = TopicAuthorizationFailedError.errno
    return {
        each["name"]: set() if each["error_code"] == forbidden else _said(each.get("authorized_operations"))
        for each in found
    }


def _group(settings: Settings, client: KafkaAdminClient, name: str) -> set[str] | None:
    """Return what may be done with a group; None: the broker does not say, as of one that never was."""
    try:
        found = _ask(settings, lambda: client.describe_groups([name]))[name]
    except AuthorizationError:
        return set()
    if "GroupAuthorizationFailed" in (found["error"] or ""):
        return set()
    return _said(found.get("authorized_operations"))


def _said(operations: list[str] | None) -> set[str] | None:
    return {*operations} if operations else None


def _ask(settings: Settings, question: Callable[[], T]) -> T:
    try:
        stop = stop_after_delay(PATIENCE)
        return retry(question, errors=NO_COORDINATOR_YET, first=0.1, longest=0.5, stop=stop, quiet=True)
    except AuthorizationError:
        raise
    except KafkaError as error:
        raise kafka_away(settings, error, "Try again.") from error
