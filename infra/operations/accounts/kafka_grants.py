"""Who may do what at Kafka: users and rights are made, listed and taken back, as camera, worker, desk or engineer.

Kafka's client returns what failed and raises nothing; here all of it is an error. What takes access away never waits
for its place on record.
"""

import secrets
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ConfigResource,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)
from kafka.errors import AuthorizationError, KafkaError, SecurityDisabledError

from infra.operations.accounts.manage_accounts import DoneOffRecordError, Manager
from schemas.cluster import admin, kafka_away
from schemas.errors import RefusedError, UnavailableError
from schemas.kafka_access import OWN_USER
from schemas.kafka_rights import KINDS, SEES_DISKS, GrantKind, Permission, permissions_of
from schemas.settings import Settings
from schemas.translations import Text
from sinks.reports import Table

__all__ = ["GrantRequest", "Granted", "Revoked", "acl_commands", "grant", "grant_table", "revoke"]

_USER = "User:"
_ANYBODY = "*"
"""Whom Kafka's rights name for everybody."""


class Granted(NamedTuple):
    """What was granted. password: of a user who was made, or got a new one; else empty, he keeps the one that he has.

    made: how many rights are new. mechanism: by which he signs in; empty: the cluster's users are not Kafka's own, and
    he has the rights alone. off_record: why it does not stand in the audit; empty: it does.
    """

    password: str
    made: int
    mechanism: str
    off_record: str = ""


class Revoked(NamedTuple):
    """What was taken back. rights: how many. user: whether he was removed, too.

    within: seconds in which the brokers end a connection that he holds; 0: never; None: they do not say.
    """

    rights: int
    user: bool
    within: float | None


class GrantRequest(NamedTuple):
    """What is to be granted, and to whom. disks: he may ask how full Kafka's disks are, whatever his kind may.

    new_password: he gets another one, if he is there.
    """

    kind: GrantKind
    name: str
    disks: bool = False
    new_password: bool = False

    def permissions(self, settings: Settings) -> frozenset[Permission]:
        """Return all of it."""
        return permissions_of(settings, self.kind) | ({SEES_DISKS} if self.disks else set())


def grant(settings: Settings, request: GrantRequest, manager: Manager, now: datetime) -> Granted:
    """Let a user of Kafka do what a kind does, beside what he may already; he is made if he is not there.

    Doing it again does no harm.

    Raises:
        RefusedError: whoever asks may not grant, Kafka asks nobody what he may do, or nobody can be called so.
        UnavailableError: the broker does not answer, or it could not be put on record.
    """
    name = request.name
    _check_name(settings, name)
    off_record = _on_record(settings, manager, now, f"grant {request.kind} at Kafka to {name}")
    with _asking(settings) as client:
        wanted = {_acl(name, each) for each in request.permissions(settings)}
        fresh = wanted - set(_acls(client, name))
        if fresh:
            failed = client.create_acls(sorted(fresh, key=repr))["failed"]
            _raise(failed)
        mechanism = _mechanism(settings)
        password = ""
        if mechanism and (request.new_password or not _signs_in_by(client, name)):
            password = secrets.token_urlsafe(32)
            _alter(client, name, [UserScramCredentialUpsertion(name, mechanism, password)])
    return Granted(password, len(fresh), mechanism, off_record)


def revoke(settings: Settings, name: str, manager: Manager, now: datetime) -> Revoked:
    """Take back all that a user may do on this site, and remove him, unless he may do something elsewhere.

    Doing it again does no harm. What he is doing ends at once: every request asks for its right.

    Raises:
        RefusedError: whoever asks may not, or he was granted nothing of this site.
        UnavailableError: the broker does not answer.
        DoneOffRecordError: it was done, and is not on record.
    """
    _check_name(settings, name)
    with _asking(settings) as client:
        all_of_his = _acls(client, name)
        here = [each for each in all_of_his if _is_of(settings, each)]
        ours = {*here, _acl(name, SEES_DISKS)}
        elsewhere = [each for each in all_of_his if each not in ours]
        mechanisms = _signs_in_by(client, name) if _mechanism(settings) else []
        if not here:
            raise RefusedError(
                Text("{name} was granted nothing of the site {site}", name=name, site=settings.prefix),
                "`naul access list` names who was.",
            )
        gone = bool(mechanisms) and not elsewhere
        if gone:  # first: if this is broken off, the rights still tell whom to revoke
            _alter(client, name, [UserScramCredentialDeletion(name, each) for each in mechanisms])
        doomed = here if elsewhere else all_of_his
        for _, _, error in client.delete_acls([_exactly(each) for each in doomed]):
            _raise([error] if error.errno else [])
        within = _reauthentication(client)
    if why := _on_record(settings, manager, now, f"revoke {name} at Kafka", later=True):
        raise DoneOffRecordError(
            Text("{name} was revoked, and that is not on record: {why}", name=name, why=why),
            Text("Keep a note of it."),
        )
    return Revoked(len(doomed), gone, within)


def grant_table(settings: Settings) -> Table:
    """Return who may do something on this site: his kinds, other rights of his, and whether Kafka knows his password.

    Raises:
        RefusedError, UnavailableError: as ``grant``.
    """
    with _asking(settings) as client:
        found = sorted(_acls(client), key=lambda each: str(each.principal))
        known = client.describe_user_scram_credentials() if _mechanism(settings) else {}
    rows: list[tuple[Any, ...]] = []
    for principal, acls in groupby(found, key=lambda each: str(each.principal)):
        his, name = set(acls), principal.removeprefix(_USER)
        if not any(_is_of(settings, each) for each in his):
            continue
        of_kind = {kind: {_acl(name, each) for each in permissions_of(settings, kind)} for kind in KINDS}
        kinds = [kind for kind in KINDS if of_kind[kind] <= his]
        others = his - set[ACL]().union(*(of_kind[kind] for kind in kinds))
        rows.append((name, ", ".join(kinds), len(others), name in known))
    return Table(("user", "kinds", "other_rights", "password"), rows)


def acl_commands(settings: Settings, request: GrantRequest) -> list[str]:
    """Return the commands of Kafka's own tools that grant the same; nothing is asked of the broker.

    Raises:
        RefusedError: nobody can be called so.
    """
    name = request.name
    _check_name(settings, name)
    start = ["kafka-acls.sh", "--bootstrap-server", settings.bootstrap, "--add", "--allow-principal", f"{_USER}{name}"]
    lines = []
    ordered = sorted(request.permissions(settings))
    for (resource, called, prefixed), each in groupby(ordered, key=lambda each: each[:3]):
        operations = [word for one in each for word in ("--operation", one.operation)]
        where = ["--cluster"] if resource == "cluster" else [f"--{resource}", called]
        pattern = ["--resource-pattern-type", "prefixed"] if prefixed else []
        lines.append(shlex.join([*start, *operations, *where, *pattern]))
    return lines


def _check_name(settings: Settings, name: str) -> None:
    if name in (_ANYBODY, "ANONYMOUS"):
        raise RefusedError(
            Text("{name} is everybody", name=name), "Grant each machine, and each person, a user of its own."
        )
    if name in (OWN_USER if settings.own_broker else settings.kafka_user,):
        raise RefusedError(
            Text("{name} is the user as whom this asks Kafka", name=name), "Who grants and revokes keeps his rights."
        )


def _mechanism(settings: Settings) -> str:
    """Return by which mechanism users of Kafka's own sign in; empty: the cluster has its users elsewhere."""
    if settings.own_broker:
        return "SCRAM-SHA-512"
    return settings.kafka_sasl if settings.kafka_sasl.startswith("SCRAM") else ""


def _on_record(settings: Settings, manager: Manager, now: datetime, what: str, *, later: bool = False) -> str:
    """Put on record what is done; return why it is not there.

    Of a cluster that others administer that does not keep them from granting: the first grant is before any topic.
    """
    try:
        manager.tell(now, what)
    except UnavailableError as error:
        if settings.own_broker and not later:
            raise
        return error.message
    return ""


def _acl(name: str, permission: Permission) -> ACL:
    pattern = ACLResourcePatternType.PREFIXED if permission.prefixed else ACLResourcePatternType.LITERAL
    resource = ResourcePattern(ResourceType[permission.resource.upper()], permission.name, pattern)
    return ACL(f"{_USER}{name}", "*", ACLOperation[permission.operation], ACLPermissionType.ALLOW, resource)


def _acls(client: KafkaAdminClient, name: str | None = None) -> list[ACL]:
    anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    whose = name and f"{_USER}{name}"
    found, error = client.describe_acls(ACLFilter(whose, None, ACLOperation.ANY, ACLPermissionType.ANY, anything))
    _raise([error] if error.errno else [])
    return list(found)


def _exactly(acl: ACL) -> ACLFilter:
    it = acl.resource_pattern
    return ACLFilter(
        acl.principal, acl.host, acl.operation, acl.permission_type,
        ResourcePatternFilter(it.resource_type, it.resource_name, it.pattern_type),
    )  # fmt: skip


def _is_of(settings: Settings, acl: ACL) -> bool:
    name = str(acl.resource_pattern.resource_name)
    return acl.resource_pattern.resource_type != ResourceType.CLUSTER and name.startswith(f"{settings.prefix}-")


def _signs_in_by(client: KafkaAdminClient, name: str) -> list[Any]:
    """Return the mechanisms for which Kafka knows a user's password."""
    found: Mapping[str, Any] = client.describe_user_scram_credentials([name]).get(name, {})
    return [each["mechanism"] for each in found.get("credential_infos", ())]


def _alter(client: KafkaAdminClient, name: str, alterations: list[Any]) -> None:
    if why := client.alter_user_scram_credentials(alterations).get(name):
        raise RefusedError(Text("Kafka did not change the user {name}: {why}", name=name, why=why), "")


def _reauthentication(client: KafkaAdminClient) -> float | None:
    """Return after how many seconds a connection must show again whose it is; None: the brokers do not say."""
    try:
        brokers = [ConfigResource("broker", str(each["broker_id"])) for each in client.describe_cluster()["brokers"]]
        told = client.describe_configs(brokers, config_filter="all")["broker"].values()
        times = [int(each["connections.max.reauth.ms"]["value"]) for each in told]
    except (KafkaError, KeyError, TypeError, ValueError):
        return None
    return 0 if 0 in times or not times else max(times) / 1000


def _raise(errors: Iterable[Any]) -> None:
    """Raise the first of what the client returned as failed; a class or an error."""
    for each in errors:
        raise each() if isinstance(each, type) else each


@contextmanager
def _asking(settings: Settings) -> Iterator[KafkaAdminClient]:
    """Give an admin client, whose errors say what a person can do."""
    with closing(admin(settings)) as client:
        try:
            yield client
        except SecurityDisabledError as error:
            raise RefusedError(
                Text("Kafka at {bootstrap} asks nobody what he may do", bootstrap=settings.bootstrap),
                "Its brokers need an authorizer: authorizer.class.name and super.users.",
            ) from error
        except AuthorizationError as error:
            raise RefusedError(
                Text("{user} may not grant or revoke at Kafka", user=settings.kafka_user or OWN_USER),
                "Run it as who administers the cluster (NAUL_KAFKA_USER, NAUL_KAFKA_PASSWORD), or with --print.",
            ) from error
        except KafkaError as error:
            raise kafka_away(settings, error, "Try again.") from error
