"""When a start is given up, and which one begins a site."""

from pathlib import Path
from typing import Any

import pytest

from infra.machine.lifecycle import TRIES, Failing, begins_sealed_site
from schemas.settings import Settings


def test_a_part_that_ends_again_and_again_is_named() -> None:
    failing = Failing()
    for _ in range(TRIES - 1):
        assert failing.look({"attend-1": "STARTING", "sink-1": "RUNNING"}) == []
        assert failing.look({"attend-1": "BACKOFF", "sink-1": "RUNNING"}) == []
        assert failing.look({"attend-1": "BACKOFF", "sink-1": "RUNNING"}) == []
    failing.look({"attend-1": "STARTING", "sink-1": "RUNNING"})
    assert failing.look({"attend-1": "BACKOFF", "sink-1": "RUNNING"}) == ["attend-1"]


@pytest.mark.parametrize(
    ("changes", "created", "begins"),
    [
        pytest.param({}, ("naul-clock", "naul-frames"), True, id="the first machine of a site on a cluster"),
        pytest.param({}, ("naul-clock",), False, id="a site of before gets a topic more"),
        pytest.param({}, (), False, id="a later machine, or a later start"),
        pytest.param({"frames": "plain"}, ("naul-frames",), False, id="pictures are sent as they are"),
        pytest.param({"kafka": ""}, ("naul-frames",), False, id="the broker of this machine"),
        pytest.param({"kafka": "", "frames": "sealed"}, ("naul-frames",), True, id="the same, if it is wished"),
    ],
)
def test_the_key_for_frames_is_made_where_a_site_begins(
    tmp_path: Path, changes: dict[str, Any], created: tuple[str, ...], begins: bool
) -> None:
    settings = Settings(home=tmp_path, **{"kafka": "kafka:9092", **changes})
    assert settings.topic("frames") == "naul-frames"
    assert begins_sealed_site(settings, created) == begins
    settings.frames_public_key_file.write_text("of the machine where it began", "ascii")
    assert not begins_sealed_site(settings, created)
