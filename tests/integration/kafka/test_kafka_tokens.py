"""OAUTHBEARER at a real broker: tokens of a server reach every client, and who has none is told why."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace
from tenacity import stop_after_delay

from infra.machine.topic_creation import create_topics
from infra.operations.accounts.access import DeskUser
from infra.operations.accounts.kafka_grants import GrantRequest, grant
from infra.operations.accounts.manage_accounts import Manager
from schemas.cluster import admin, send
from schemas.errors import ForbiddenError, RefusedError, UnavailableError
from schemas.kafka_tokens import KafkaTokens
from schemas.retry import retry
from schemas.settings import Settings
from tests.integration.kafka.conftest import Named, settle
from tests.integration.streams.conftest import workers
from tests.tools.token_server import CLIENT, SECRET, TokenServer, token_server


@pytest.fixture
def server() -> Iterator[TokenServer]:
    with token_server() as served:
        yield served


@pytest.fixture
def there(named: Named, server: TokenServer, tmp_path: Path) -> Settings:
    """A site that shows tokens, and whose user was granted a worker's rights."""
    site = replace(named.administrator, prefix="tokens")
    create_topics(site)
    there = replace(
        site, home=tmp_path, kafka_sasl="OAUTHBEARER", kafka_user=CLIENT, kafka_password=SECRET,
        kafka_token_url=server.url, kafka_token_scope="kafka",  # noqa: S106
    )  # fmt: skip
    nobody = Manager(DeskUser(account="lee"), lambda _: None)
    grant(
        replace(named.operator, prefix="tokens"),
        GrantRequest("worker", CLIENT),
        nobody,
        datetime(2026, 3, 9, tzinfo=UTC),
    )
    return there

    return datetime(2026, 3, 9, tzinfo=UTC)


def test_a_token_lets_clients_and_faust_in_and_stands_for_its_subject(there: Settings, server: TokenServer) -> None:
    # What was granted holds a moment later.
    record = (there.topic("sightings"), b"E101", b"x", None, None)
    retry(
        lambda: send(there, [record]),
        errors=(ForbiddenError, UnavailableError),
        first=0.1,
        longest=1,
        stop=stop_after_delay(60),
    )
    admin(there).close()
    assert [each["scope"] for each in server.asked] == [["kafka"]], "one token for all connections"
    with pytest.raises(ForbiddenError, match=f"{CLIENT} may not do this"):
        send(there, [(there.topic("marks"), b"k", b"x", None, None)])
    with workers(there) as make:
        settle(there)
        make("attend").start()


def test_who_gets_no_token_is_told_why(there: Settings, server: TokenServer) -> None:
    with pytest.raises(RefusedError, match=f"gives {CLIENT} no token \\(invalid_client"):
        admin(replace(there, kafka_password="another"))  # noqa: S106
    server.away = True
    with pytest.raises(UnavailableError, match="gives no token for Kafka"):
        admin(replace(there, kafka_token_scope="other"))  # noqa: S106


def test_a_token_is_kept_while_it_holds_and_renewed_before_its_end(server: TokenServer) -> None:
    now = 0.0
    tokens = KafkaTokens(server.url, CLIENT, SECRET, "", lambda: now)
    first = tokens.token()
    now = server.lasts - 61
    assert tokens.token() == first
    now = server.lasts - 59
    server.away = True
    assert tokens.token() == first, "it still holds"
    now = server.lasts
    with pytest.raises(UnavailableError):
        tokens.token()
    server.away = False
    assert tokens.token()
    assert len(server.asked) == 4
    assert SECRET not in repr(tokens)
