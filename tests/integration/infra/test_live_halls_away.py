"""A live screen says when Kafka is away, also while it hangs and no connection is lost."""

import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from infra.operations.class_hours import live_halls
from infra.operations.class_hours.live_halls import LiveHalls
from tests.conftest import make_site


def test_a_broker_that_hangs_is_told_and_that_it_is_back_too(
    own_broker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_halls, "ASK_LAG", 0.05)
    monkeypatch.setattr(live_halls, "SILENT", 3.0)
    said = {True: threading.Event(), False: threading.Event()}
    live = LiveHalls(make_site(own_broker, tmp_path / "home"), lambda halls: said[live.trouble is not None].set())
    live.start()
    try:
        assert live.wait_until_read(60)
        said[False].clear()
        os.kill(own_broker.process.pid, signal.SIGSTOP)
        try:
            assert said[True].wait(60)
            assert live.trouble
        finally:
            os.kill(own_broker.process.pid, signal.SIGCONT)
        assert said[False].wait(120)
    finally:
        live.close()
