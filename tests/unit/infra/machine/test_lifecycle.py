"""When a start is given up."""

from infra.machine.lifecycle import TRIES, Failing


def test_a_part_that_ends_again_and_again_is_named() -> None:
    failing = Failing()
    for _ in range(TRIES - 1):
        assert failing.look({"attend-1": "STARTING", "sink-1": "RUNNING"}) == []
        assert failing.look({"attend-1": "BACKOFF", "sink-1": "RUNNING"}) == []
        assert failing.look({"attend-1": "BACKOFF", "sink-1": "RUNNING"}) == []
    failing.look({"attend-1": "STARTING", "sink-1": "RUNNING"})
    assert failing.look({"attend-1": "BACKOFF", "sink-1": "RUNNING"}) == ["attend-1"]
