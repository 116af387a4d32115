"""A cluster of another machine, for all tests of this room: TLS, SCRAM, and rights that are granted."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

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
from schemas.cluster import admin
from schemas.secret_file import create_secret
from schemas.settings import Settings
from tests.tools.certificates import make_certificate
from tests.tools.ports import free_row

PREFIX = "named"
PASSWORD = "guess me not"  # noqa: S105  of a broker that lives as long as this process


class Named(NamedTuple):
    """What a site of another machine sets, how its operator gets in, and who grants rights there. log: the broker's."""

    settings: Settings
    operator: Settings
    administrator: Settings
    log: Path


@pytest.fixture(scope="session")
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
    administrator = replace(there, kafka_user="administrator")
    try:
        wait_until_ready(operator, timeout=120, alive=lambda: process.poll() is None)
        client = admin(operator)
        client.alter_user_scram_credentials([
            UserScramCredentialUpsertion(name, "SCRAM-SHA-512", PASSWORD) for name in ("site", "administrator")
        ])  # fmt: skip
        everything = [(ResourceType.TOPIC, PREFIX), (ResourceType.GROUP, PREFIX)]
        client.create_acls([
            ACL("User:site", "*", ACLOperation.ALL, ACLPermissionType.ALLOW,
                ResourcePattern(kind, name, ACLResourcePatternType.PREFIXED))
            for kind, name in everything
        ])  # fmt: skip
        client.close()
        yield Named(there, operator, administrator, broker / "kafka.log")
    finally:
        process.terminate()
        process.wait()


def settle(there: Settings, *more: str) -> None:
    """Write what a site sets into its home, for processes that are started there."""
    told = {
        name: getattr(there, name)
        for name in ("kafka", "kafka_ca", "kafka_sasl", "kafka_user", "prefix", "kafka_token_url", "kafka_token_scope")
    }
    lines = [
        "kafka_tls = true\n",
        "recognise_threads = 1\n",
        *(f'{name} = "{value}"\n' for name, value in told.items()),
    ]
    (there.home / "naul.toml").write_text("".join(lines), "utf-8")
    there.kafka_password_file.unlink(missing_ok=True)
    there.kafka_password_file.touch(mode=0o600)
    there.kafka_password_file.write_text(f"{there.kafka_password}\n", "utf-8")
