"""A real server behind TLS and passwords, beside hosts that are away or frozen."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from schemas.errors import RefusedError, StoreAwayError
from schemas.settings import Settings
from sinks.store import open_for_reading, open_store
from sinks.store.server import ServerStore
from tests.tools.certificates import make_certificate
from tests.tools.clickhouse_debian import USERS, free_ports, start
from tests.tools.ports import free_row

WRITER, READER = "w-secret", "r-secret"
USER = """<{name}>
  <password>{password}</password><networks><ip>127.0.0.1</ip></networks><profile>{profile}</profile>
  <quota>default</quota>
</{name}>"""
TLS = """<tcp_port_secure>{port}</tcp_port_secure>
<openSSL><server>
  <certificateFile>{folder}/server.pem</certificateFile><privateKeyFile>{folder}/server.key</privateKeyFile>
  <verificationMode>none</verificationMode><disableProtocols>sslv2,sslv3</disableProtocols>
</server></openSSL>"""


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory, servers: None) -> Iterator[Settings]:
    """A site whose server is reached by TLS; ``kim`` writes there, ``lee`` reads. The tables are there."""
    home = tmp_path_factory.mktemp("closed")
    folder = home / "clickhouse"
    folder.mkdir()
    make_certificate(folder / "server.pem", folder / "server.key")
    port = free_row(1)
    users = USERS.replace(
        "<profiles>", "<profiles><reading><readonly>1</readonly></reading>"
    ).replace(
        "</users>",
        USER.format(name="kim", password=WRITER, profile="default")
        + USER.format(name="lee", password=READER, profile="reading")
        + "</users>",
    )  # fmt: skip
    server = start(folder, free_ports(), TLS.format(port=port, folder=folder), users)
    for name, secret in (("store-password", WRITER), ("store-reader-password", READER)):
        (home / name).write_text(secret, "utf-8")
        (home / name).chmod(0o600)
    site = Settings(
        home=home, store=f"clickhouse://kim@127.0.0.1:{port}", store_reader="lee", store_tls=True,
        store_ca=str(folder / "server.pem"),
    )  # fmt: skip
    with open_store(site) as store:
        store.insert("audit_rows", ("account", "action"), [("kim", "see_student")])
    yield site
    server.kill()
    server.wait()


def test_one_user_writes_and_the_other_only_reads(closed: Settings) -> None:
    with open_for_reading(closed) as store:
        assert store.query("SELECT account FROM audit").rows == [("kim",)]
        with pytest.raises(StoreAwayError, match="readonly"):
            store.insert("audit_rows", ("account",), [("lee",)])


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        pytest.param(lambda site: {"store_password": "no"}, RefusedError, "does not let kim in", id="password"),
        pytest.param(
            lambda site: {"store_ca": str(other(site))}, StoreAwayError, "could not be trusted", id="authority"
        ),
        pytest.param(lambda site: {"store_ca": ""}, StoreAwayError, "could not be trusted", id="no authority"),
        pytest.param(lambda site: {"store_ca": str(site.home)}, RefusedError, "store_ca", id="no certificates"),
        pytest.param(lambda site: {"store_tls": False, "store_ca": ""}, StoreAwayError, "no ClickHouse", id="no TLS"),
    ],
)
def test_what_is_wrong_is_told_by_name(
    closed: Settings, wrong: Callable[[Settings], dict[str, object]], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        open_store(replace(closed, **wrong(closed)))


def other(site: Settings) -> Path:
    """Return a certificate that did not sign that of the server."""
    make_certificate(site.home / "other.pem", site.home / "other.key")
    return site.home / "other.pem"


def test_a_password_that_others_may_read_is_refused(closed: Settings, tmp_path: Path) -> None:
    (tmp_path / "store-password").write_text(WRITER, "utf-8")
    (tmp_path / "store-password").chmod(0o644)
    with pytest.raises(RefusedError, match="chmod 600"):
        open_store(replace(closed, home=tmp_path))


def test_a_host_that_is_away_and_a_frozen_one_are_passed_over(closed: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as frozen:  # takes connections, and says nothing
        hosts = f"127.0.0.1:1,127.0.0.1:{frozen.getsockname()[1]},{closed.store.rpartition('@')[2]}"
        with ServerStore(replace(closed, store=f"clickhouse://kim@{hosts}"), answers_within=1) as store:
            assert store.query("SELECT account FROM audit").rows == [("kim",)]
