"""A compacted topic as a dictionary."""

from collections.abc import Iterator

import msgspec
import pytest

from schemas.cluster import View, send
from schemas.errors import UnavailableError
from schemas.settings import Settings


@pytest.fixture
def rosters(site: Settings) -> Iterator[View[str]]:
    view: View[str] = View(site, "rosters", bytes.decode)
    yield view
    view.close()


def put(site: Settings, **values: bytes | None) -> None:
    send(site, [(site.topic("rosters"), key.encode(), value, None, None) for key, value in values.items()])


def test_an_empty_topic_is_an_empty_view(rosters: View[str]) -> None:
    assert rosters.catch_up() == 0
    assert rosters.items == {}


def test_what_was_acknowledged_before_the_call_is_there_after_it(site: Settings, rosters: View[str]) -> None:
    for n in range(5):
        put(site, **{f"section{n}": b"students"})
        assert rosters.catch_up() == 1
        assert len(rosters.items) == n + 1


def test_the_last_value_of_a_key_holds(site: Settings, rosters: View[str]) -> None:
    put(site, a=b"1", b=b"1")
    put(site, a=b"2")
    assert rosters.catch_up() == 3
    assert rosters.items == {"a": "2", "b": "1"}


def test_a_record_without_value_erases_its_key(site: Settings, rosters: View[str]) -> None:
    put(site, a=b"1", b=b"1")
    rosters.catch_up()
    put(site, a=None, never_there=None)
    rosters.catch_up()
    assert rosters.items == {"b": "1"}


def test_equal_changes_mean_equal_contents(site: Settings, rosters: View[str]) -> None:
    put(site, a=b"1")
    rosters.catch_up()
    before = rosters.changes
    assert rosters.catch_up() == 0
    assert rosters.changes == before


def test_a_topic_that_is_not_there_is_named_with_the_remedy(site: Settings) -> None:
    elsewhere: View[str] = View(msgspec.structs.replace(site, prefix="nobody"), "rosters", bytes.decode)
    with pytest.raises(UnavailableError, match=r"topic nobody-rosters is not there\n.*naul up"):
        elsewhere.catch_up()
    elsewhere.close()


def test_a_broker_that_is_not_there_is_named_with_the_remedy(site: Settings) -> None:
    with pytest.raises(UnavailableError, match=r"no Kafka answers at 127\.0\.0\.1:1 .*\n.*naul up"):
        View(msgspec.structs.replace(site, kafka="127.0.0.1:1"), "rosters", bytes.decode)
