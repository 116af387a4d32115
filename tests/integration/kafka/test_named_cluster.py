"""A cluster that `kafka` names, behind TLS and SCRAM: every client of ours gets in, and is told why if it does not."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
    UserScramCredentialUpsertion,
)
from msgspec.structs import replace

from infra.machine.child import bound_to_parent
from infra.machine.kafka.broker import wait_until_ready
from infra.machine.topic_creation import create_topics
from schemas.cluster import View, admin, send
from schemas.errors import RefusedError, UnavailableError
from schemas.secret_file import create_secret
from schemas.settings import Settings
from tests.integration.streams.conftest import workers
from tests.tools.certificates import make_certificate
from tests.tools.ports import free_row

PREFIX = "named"
PASSWORD = "guess me not"  # noqa: S105  of a broker that lives as long as this file


class Named(NamedTuple):
    """What a site of another machine sets, and how its operator gets in."""

    settings: Settings
    operator: Settings


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory, servers: None) -> Iterator[Named]:
    folder = tmp_path_factory.mktemp("named")
    broker, home = folder / "broker", folder / "home"
    broker.mkdir()
    home.mkdir()
    port = free_row(3)
    (broker / "naul.toml").write_text(f"kafka_port = {port}\n", "utf-8")
    make_certificate(broker / "broker.pem", broker / "broker.key")
    create_secret(broker / "kafka-password")
    line = [sys.executable, "-m", "tests.tools.tls_broker", "--home", str(broker)]
    with (broker / "kafka.log").open("wb") as log:
        process = subprocess.Popen(bound_to_parent(line), stdout=log, stderr=log)
    there = Settings(
        home=home, kafka=f"127.0.0.1:{port}", kafka_tls=True, kafka_ca=str(broker / "broker.pem"),
        kafka_sasl="SCRAM-SHA-512", kafka_user="site", kafka_password=PASSWORD, prefix=PREFIX,
    )  # fmt: skip
    operator = replace(there, home=broker, kafka_sasl="PLAIN", kafka_user="naul", kafka_password="")
    try:
        wait_until_ready(operator, timeout=120, alive=lambda: process.poll() is None)
        client = admin(operator)
        client.alter_user_scram_credentials([UserScramCredentialUpsertion("site", "SCRAM-SHA-512", PASSWORD)])
        everything = [(ResourceType.TOPIC, PREFIX), (ResourceType.GROUP, PREFIX)]
        client.create_acls([
            ACL("User:site", "*", ACLOperation.ALL, ACLPermissionType.ALLOW,
                ResourcePattern(kind, name, ACLResourcePatternType.PREFIXED))
            for kind, name in everything
        ])  # fmt: skip
        client.close()
        yield Named(there, operator)
    finally:
        process.terminate()
        process.wait()


def test_what_reads_and_writes_gets_in(named: Named) -> None:
    create_topics(named.operator)
    there = named.settings
    assert send(there, [(there.topic("erasures"), b"k", b"v", None, None)]) == 1
    view = View(there, "erasures", lambda value: value)
    view.catch_up()
    view.close()
    assert view.items == {"k": b"v"}


def test_a_faust_worker_gets_in_by_the_settings_of_its_home(named: Named) -> None:
    there = named.settings
    create_topics(named.operator)
    told = {name: getattr(there, name) for name in ("kafka", "kafka_ca", "kafka_sasl", "kafka_user", "prefix")}
    lines = [f'{name} = "{value}"\n' for name, value in told.items()]
    there.kafka_password_file.touch(mode=0o600)
    there.kafka_password_file.write_text(f"{PASSWORD}\n", "utf-8")
    with workers(there) as make:
        (there.home / "naul.toml").write_text("".join(["kafka_tls = true\n", *lines]), "utf-8")
        make("attend").start()  # and waits until it is ready


@pytest.mark.parametrize(
    ("change", "what", "remedy"),
    [
        ({"kafka_password": "another"}, "does not let site in", "Correct kafka_user, kafka_sasl or the password."),
        ({"kafka_user": "nobody"}, "does not let nobody in", "Correct kafka_user, kafka_sasl or the password."),
        ({"kafka_sasl": "SCRAM-SHA-256"}, "does not take SCRAM-SHA-256", "Set kafka_sasl to what the cluster takes."),
        ({"kafka_ca": ""}, "could not be trusted", "Set kafka_ca to the PEM file of the authority"),
        ({"kafka_tls": False, "kafka_ca": ""}, "closes every connection", "Set kafka_tls"),
        ({"kafka_sasl": "none", "kafka_user": ""}, "closes every connection", "Set kafka_sasl and kafka_user"),
    ],
)  # fmt: skip
def test_who_does_not_get_in_is_told_why(named: Named, change: dict[str, Any], what: str, remedy: str) -> None:
    with pytest.raises(UnavailableError) as error:
        admin(replace(named.settings, **change))
    assert what in error.value.message
    assert remedy in str(error.value.remedy)


def test_a_password_that_is_nowhere_and_an_authority_that_is_no_file_are_told(named: Named, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="there is no password for site at Kafka"):
        admin(replace(named.settings, home=tmp_path, kafka_password=""))
    with pytest.raises(RefusedError, match="holds no certificates"):
        admin(replace(named.settings, kafka_ca=str(tmp_path / "nothing.pem")))
