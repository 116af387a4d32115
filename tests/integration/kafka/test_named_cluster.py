"""A cluster that `kafka` names, behind TLS and SCRAM: every client of ours gets in, and is told why if it does not."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from infra.machine.topic_creation import create_topics
from schemas.cluster import View, admin, send
from schemas.errors import RefusedError, UnavailableError
from tests.integration.kafka.conftest import Named, settle
from tests.integration.streams.conftest import workers


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
    with workers(there) as make:
        settle(there)
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
