"""What brokers tell about their disks."""

from typing import Any

import pytest
from kafka.errors import ClusterAuthorizationFailedError, KafkaConnectionError

from schemas.broker_disk import BrokerDisk, DiskSpace
from schemas.errors import UnavailableError
from schemas.settings import Settings

GIB = 2**30


class Admin:
    """Answers like an admin client of kafka-python, or fails."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.closed = False

    def describe_log_dirs(self, _partitions: object) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return [{"broker": n, "log_dirs": directories} for n, directories in enumerate(answer)]

    def close(self) -> None:
        self.closed = True


def directory(usable: int, *, frames: bool = True, error: int = 0) -> dict[str, Any]:
    topics = [{"name": "naul-frames"}] if frames else []
    return {"error_code": error, "topics": topics, "usable_bytes": usable}


def space(monkeypatch: pytest.MonkeyPatch, *brokers: list[dict[str, Any]]) -> DiskSpace:
    monkeypatch.setattr("schemas.broker_disk.admin", lambda _: Admin(brokers))
    with BrokerDisk(Settings(disk_free_limit_mib=1024)) as disk:
        return disk.space()


@pytest.mark.parametrize(
    ("brokers", "usable"),
    [
        pytest.param([[directory(7)], [directory(5)]], 5, id="the fullest counts"),
        pytest.param([[directory(7), directory(5, frames=False)]], 7, id="of those that frames go to"),
        pytest.param([[directory(7, frames=False)]], 7, id="of all before the topic is there"),
        pytest.param([[directory(7), directory(0, error=56)]], 7, id="one that has failed takes nothing anyway"),
        pytest.param([[directory(-1)]], None, id="an old broker does not tell"),
        pytest.param([], None, id="nobody tells"),
    ],
)
def test_the_fullest_disk_of_frames_counts(
    monkeypatch: pytest.MonkeyPatch, brokers: list[list[dict[str, Any]]], usable: int | None
) -> None:
    assert space(monkeypatch, *brokers).usable == usable


def test_a_disk_is_low_below_its_limit_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    low, enough = (space(monkeypatch, [directory(each)]) for each in (GIB - 1, GIB))
    assert (low.low, enough.low) == (True, False)
    assert "no frames are taken" in str(low)
    assert "no frames are taken" not in str(enough)
    assert not DiskSpace(None, GIB).low


def test_a_cluster_that_keeps_it_to_itself_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schemas.broker_disk.admin", lambda _: Admin(ClusterAuthorizationFailedError()))
    assert BrokerDisk(Settings()).space().usable is None


def test_a_broker_that_went_away_is_asked_over_a_new_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    clients = [Admin(KafkaConnectionError()), Admin([[directory(7)]])]
    waiting = iter(clients)
    monkeypatch.setattr("schemas.broker_disk.admin", lambda _: next(waiting))
    disk = BrokerDisk(Settings())
    with pytest.raises(UnavailableError):
        disk.space()
    assert clients[0].closed
    assert disk.space().usable == 7
