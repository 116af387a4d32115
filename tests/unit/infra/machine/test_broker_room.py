from pathlib import Path

from infra.machine.kafka.broker import START_ROOM, await_room


def test_a_broker_starts_when_there_is_room_and_says_once_that_it_waits(tmp_path: Path) -> None:
    free = iter([0, START_ROOM - 1, START_ROOM])
    slept: list[float] = []
    said: list[str] = []
    await_room(tmp_path, free=lambda _: next(free), sleep=slept.append, say=said.append)
    assert slept == [1, 1]
    assert len(said) == 1
    assert "Kafka starts when it has 64" in said[0]
