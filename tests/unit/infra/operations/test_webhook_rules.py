"""Webhooks: where they may go, how long is waited, who is told what."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.operations.accounts.access import DeskUser
from infra.operations.accounts.audit import AuditEvent
from infra.operations.accounts.manage_accounts import Manager
from infra.operations.webhooks.webhook_endpoints import NewWebhook, add_webhook, remove_webhook, webhooks
from infra.operations.webhooks.webhook_outbox import pause
from infra.operations.webhooks.webhook_sender import is_public
from schemas.errors import RefusedError
from schemas.settings import Settings

NOW = datetime(2026, 3, 9, tzinfo=UTC)
EVENTS = ("attendance.arrived",)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.1", "100.64.0.1", "::1", "fe80::1",
     "fd00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "224.0.0.1", "255.255.255.255", "::"],
)  # fmt: skip
def test_no_address_of_a_private_network_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8"])
def test_those_of_the_internet_are(address: str) -> None:
    assert is_public(address)


def test_pauses_grow_to_six_hours() -> None:
    pauses = [pause(each) for each in range(1, 100)]
    assert pauses[0] == timedelta(seconds=5)
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(hours=6)


@pytest.mark.parametrize(
    "url",
    ["ftp://a.kr/x", "https://", "a.kr", "https://a b.kr", "https://kim:secret@a.kr", "https://a.kr:port", "https://a.kr/#x",
     "https://[::1", "file:///etc/passwd", "https://한글.kr", "https://a.kr/" + "x" * 500],
)  # fmt: skip
def test_what_is_no_address_of_the_web_is_refused(tmp_path: Path, url: str) -> None:
    record = list[AuditEvent]()
    with pytest.raises(RefusedError):
        add_webhook(
            Settings(home=tmp_path), NewWebhook(url, EVENTS), Manager(DeskUser(account="r"), record.append), NOW
        )
    assert record == []


def test_one_is_there_once_and_its_secret_is_its_own(tmp_path: Path) -> None:
    settings, record = Settings(home=tmp_path), list[AuditEvent]()
    by = Manager(DeskUser(account="r"), record.append)
    one = add_webhook(settings, NewWebhook("https://a.kr/x", EVENTS), by, NOW)
    other = add_webhook(settings, NewWebhook("https://b.kr/x", EVENTS), by, NOW)
    assert one.secret.startswith("whsec_")
    assert one.secret != other.secret
    assert one.secret not in repr(one)
    with pytest.raises(RefusedError, match="already"):
        add_webhook(settings, NewWebhook("https://a.kr/x", EVENTS), by, NOW)
    with pytest.raises(RefusedError, match="did you mean"):
        add_webhook(settings, NewWebhook("https://c.kr/x", ("attendance.arived",)), by, NOW)
    remove_webhook(settings, "https://a.kr/x", by, NOW)
    assert [each.url for each in webhooks(settings)] == ["https://b.kr/x"]
    assert [each.detail for each in record] == ["webhook to a.kr", "webhook to b.kr", "no webhook to a.kr"]
