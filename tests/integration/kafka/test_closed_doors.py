"""The broker of this machine, as `naul up` starts it: who does not know the secret of its home reads nothing."""

import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from kafka import KafkaConsumer
from kafka.errors import KafkaError
from msgspec.structs import replace

from infra.machine.child import bound_to_parent
from infra.machine.kafka.broker import wait_until_ready
from infra.machine.topic_creation import create_topics
from infra.operations.accounts.access import DeskUser
from infra.operations.accounts.audit import record
from infra.operations.accounts.kafka_grants import GrantRequest, grant, revoke
from infra.operations.accounts.manage_accounts import Manager
from schemas.cluster import View, admin, send
from schemas.errors import ForbiddenError, RefusedError, UnavailableError
from schemas.settings import Settings
from tests.conftest import Broker
from tests.tools.ports import free_row


@contextmanager
def started(settings: Settings) -> Iterator[None]:
    """The broker of a home, started by somebody whose umask is careless."""
    line = [sys.executable, "-m", "infra.machine.kafka.broker", "--home", str(settings.home)]
    with (settings.home / "kafka.log").open("wb") as log:
        process = subprocess.Popen(bound_to_parent(line), stdout=log, stderr=log, umask=0)
    try:
        wait_until_ready(settings, timeout=120, alive=lambda: process.poll() is None)
        yield
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory, servers: None) -> Iterator[Settings]:
    home = tmp_path_factory.mktemp("closed") / "home"
    home.mkdir(mode=0o755)
    settings = Settings(home=home, kafka_port=free_row(3))
    (home / "naul.toml").write_text(f"kafka_port = {settings.kafka_port}\n", "utf-8")
    with started(settings):
        create_topics(settings)
        yield settings


def test_who_knows_the_secret_writes_and_reads(closed: Settings) -> None:
    assert send(closed, [(closed.topic("erasures"), b"k", b"v", None, None)]) == 1
    view = View(closed, "erasures", lambda value: value)
    view.catch_up()
    view.close()
    assert view.items == {"k": b"v"}


def test_who_says_nothing_is_not_answered(closed: Settings) -> None:
    with pytest.raises(KafkaError):
        KafkaConsumer(bootstrap_servers=closed.bootstrap, bootstrap_timeout_ms=3000)


def test_another_secret_is_turned_away_and_told_by_its_file(closed: Settings, tmp_path: Path) -> None:
    other = replace(closed, home=tmp_path)
    other.kafka_password_file.touch(mode=0o600)
    other.kafka_password_file.write_text("guessed", "ascii")
    with pytest.raises(UnavailableError) as error:
        admin(other)
    assert error.value.message == f"Kafka at {closed.bootstrap} does not let naul in"
    assert f"{other.kafka_password_file}" in str(error.value.remedy)


def test_another_user_of_this_machine_is_let_in_for_what_he_is_granted(closed: Settings) -> None:
    manager = Manager(DeskUser(account="lee"), partial(record, closed), "console")
    made = grant(closed, GrantRequest("camera", "guest"), manager, datetime.now(UTC))
    guest = replace(
        closed, kafka=closed.bootstrap, kafka_sasl=made.mechanism, kafka_user="guest", kafka_password=made.password
    )
    assert send(guest, [(closed.topic("frames"), b"E101/front", b"jpeg", None, None)]) == 1
    with pytest.raises(ForbiddenError):
        send(guest, [(closed.topic("marks"), b"k", b"v", None, None)])
    gone = revoke(closed, "guest", manager, datetime.now(UTC))
    assert (gone.rights, gone.user, gone.within) == (2, True, 60)


def test_a_secret_that_others_may_read_is_refused(closed: Settings, tmp_path: Path) -> None:
    other = replace(closed, home=tmp_path)
    other.kafka_password_file.write_text("x", "ascii")
    other.kafka_password_file.chmod(0o640)
    with pytest.raises(RefusedError, match="others may read this secret"):
        admin(other)


def test_nothing_that_the_broker_keeps_can_be_read_by_others(closed: Settings) -> None:
    kept = [closed.kafka_password_file, closed.home / "kafka", *(closed.home / "kafka").rglob("*")]
    assert len(kept) > 20
    assert [each for each in kept if stat.S_IMODE(each.stat().st_mode) & 0o077] == []


def test_a_home_that_was_open_is_closed_at_its_next_start_with_all_that_it_held(tmp_path: Path, servers: None) -> None:
    before = Broker(tmp_path / "home")
    before.start()
    create_topics(before.settings)
    send(before.settings, [(before.settings.topic("erasures"), b"k", b"of before", None, None)])
    before.stop()
    own = replace(before.settings, kafka="")
    with started(own):
        with pytest.raises(UnavailableError):
            admin(replace(own, kafka=own.bootstrap))
        view = View(own, "erasures", lambda value: value)
        view.catch_up()
        view.close()
        assert view.items == {"k": b"of before"}
