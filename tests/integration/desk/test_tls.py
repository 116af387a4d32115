"""The desk is reached from elsewhere through TLS alone: its own, or that of a proxy before it."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from msgspec.structs import replace

from infra.operations.accounts.accounts import NewAccount, add_account
from infra.operations.accounts.desk_sessions import create_link
from schemas.settings import Settings
from tests.integration.desk.conftest import ServedDesk
from tests.integration.streams.conftest import workers
from tests.tools.certificates import make_certificate
from tests.tools.ports import free_row


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that vouches for itself, and its key."""
    files = tmp_path / "desk.pem", tmp_path / "desk.key"
    make_certificate(*files)
    return files


@pytest.fixture
def worker(site: Settings) -> Iterator[Any]:
    with workers(site) as make:
        yield make


def tls(site: Settings, certificate: tuple[Path, Path]) -> Settings:
    """Have the desk of a site use a certificate."""
    settings = replace(site, desk_port=free_row(1), desk_certificate=str(certificate[0]), desk_key=str(certificate[1]))
    with (site.home / "naul.toml").open("a", encoding="utf-8") as file:
        file.write(f'desk_port = {settings.desk_port}\ndesk_certificate = "{certificate[0]}"\n')
        file.write(f'desk_key = "{certificate[1]}"\n')
    return settings


def test_its_own_certificate(site: Settings, worker: Any, certificate: tuple[Path, Path]) -> None:
    settings = tls(site, certificate)
    process = worker("desk").start()
    add_account(settings, NewAccount(name="office", roles=("registrar",)), datetime.now(UTC))
    address, session = f"https://127.0.0.1:{settings.desk_port}", requests.Session()
    session.verify, session.trust_env = str(certificate[0]), False
    once = create_link(settings, "office", datetime.now(UTC))
    signed_in = session.post(f"{address}/sign-in", data={"once": once}, allow_redirects=False)
    assert signed_in.status_code == 303
    assert "Secure" in signed_in.headers["set-cookie"]
    assert session.get(address).headers["strict-transport-security"]
    with pytest.raises(requests.ConnectionError):
        requests.get(address.replace("https", "http"), timeout=30)
    process.stop()


def test_a_certificate_that_cannot_be_used_is_told(site: Settings, worker: Any, certificate: tuple[Path, Path]) -> None:
    pem, key = certificate
    for files in ((pem.with_name("none.pem"), key), (pem, pem), (key, key)):
        (site.home / "naul.toml").write_text(f'kafka = "{site.kafka}"\nprefix = "{site.prefix}"\n', "utf-8")
        tls(site, files)
        line = [sys.executable, "-m", "infra.cli.main", "worker", "desk", "--home", str(site.home)]
        ended = subprocess.run(line, capture_output=True, text=True, check=False)
        assert ended.returncode == 1
        assert f"desk_certificate {files[0]}" in ended.stderr.replace("\n", "")
        assert "Traceback" not in ended.stderr


def test_behind_a_proxy_that_speaks_tls(desk: ServedDesk) -> None:
    once = desk.link("kim").partition("once=")[2]
    told = {"x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.9"}
    answer = requests.post(f"{desk.url}/sign-in", data={"once": once}, headers=told, allow_redirects=False, timeout=30)
    assert answer.status_code == 303
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"]
    session = requests.Session()
    session.headers.update({"cookie": answer.headers["set-cookie"].partition(";")[0], "accept": "text/html"})
    desk.stored()
    office = requests.Session()
    office.post(f"{desk.url}/sign-in", data={"once": desk.link("office").partition("once=")[2]})
    assert "203.0.113.9" in office.get(f"{desk.url}/audit?account=kim").text
    assert session.get(desk.hour).ok
