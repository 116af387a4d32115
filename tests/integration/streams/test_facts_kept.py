"""The table of facts on a real Kafka: a message is done when the log has its rows; a bad row condemns no message."""

import os

import msgspec
import pytest
from click.testing import CliRunner
from kafka.admin import ConfigResource

from infra.cli.state import command as state_command
from infra.machine.lag import RETRIED, Cluster, Stage
from infra.operations.dead_letters.state import drop_row
from schemas.cluster import admin, send
from schemas.errors import RefusedError
from schemas.ids import LIVE
from schemas.messages import EngineChoice, encode
from schemas.partitions import partition_of
from schemas.settings import Settings
from streams.attend.worker import UNDER_WAY
from streams.faces.calibration import calibration_file, calibration_of, written
from tests.integration.streams.paper_hall import ENGINE, HOUR, OVER, PARTITIONS, SOURCES, STARTS, Hall, told

CHANGELOG = "attend-facts-changelog"


@pytest.fixture
def hall(site: Settings) -> Hall:
    made = Hall(site)
    made.prepare()
    return made


def limit_changelog(settings: Settings, size: int) -> None:
    """Let the changelog take no record larger than ``size`` bytes."""
    client = admin(settings)
    client.alter_configs([
        ConfigResource("topic", settings.topic(CHANGELOG), configs={"max.message.bytes": str(size)})
    ])  # fmt: skip
    client.close()


def test_a_refused_row_ends_the_worker_and_its_message_is_not_done(hall: Hall, worker) -> None:
    largest = max(len(encode(each)) for each in hall.observations)
    limit_changelog(hall.settings, largest // 20)
    attend = worker("attend").start()
    hall.tell(*hall.observations, OVER)
    assert attend.wait() == 1
    with Cluster(hall.settings) as cluster:
        sightings = Stage("attend", ("sightings",))
        assert cluster.lag(sightings) >= len(hall.observations) - UNDER_WAY, "a message without its row was committed"
        assert cluster.lag(RETRIED) == 0, "no message is to blame"
    limit_changelog(hall.settings, 4 * 2**20)
    attend.start()
    attend.until(SOURCES)
    assert told(hall.rows()) == hall.expected(hall.observations)


def test_a_row_that_cannot_be_read_stops_the_worker_with_its_key_and_condemns_no_message(hall: Hall, worker) -> None:
    place = partition_of("E101", PARTITIONS)
    key = f"{HOUR.id}|o|side|2025-11-23T00:10:00+00:00|{ENGINE}"
    row = b'{"schema":"observation/99"}'
    send(hall.settings, [(hall.settings.topic(CHANGELOG), msgspec.json.encode(key), row, place, None)])
    attend = worker("attend").start()
    hall.tell(*hall.observations, OVER)
    assert attend.wait() == 1
    log = attend.log.read_text("utf-8")
    assert key in log
    assert "observation/99" in log
    assert "naul state drop" in log
    with Cluster(hall.settings) as cluster:
        assert cluster.lag(RETRIED) == 0
    typed = ["drop", key, "--home", str(hall.settings.home)]
    assert CliRunner().invoke(state_command, typed, input="n\n").exit_code == 1
    assert "Taken out" in CliRunner().invoke(state_command, typed, input="y\n").output
    with pytest.raises(RefusedError, match="holds no row"):
        drop_row(hall.settings, key)
    attend.start()
    attend.until(SOURCES)
    assert told(hall.rows()) == hall.expected(hall.observations)


def test_rows_that_were_damaged_are_made_anew_from_the_changelog(hall: Hall, worker) -> None:
    attend = worker("attend").start()
    hall.tell(*hall.observations[:30])
    attend.until(SOURCES)
    assert attend.stop() == 0
    folders = hall.settings.home / "faust" / "attend-1"
    place = folders / f"facts-{partition_of('E101', PARTITIONS)}"
    os.truncate(next((place / "db").glob("MANIFEST*")), 16)
    attend.start()
    hall.tell(*hall.observations[30:], OVER)
    attend.until(SOURCES)
    assert told(hall.rows()) == hall.expected(hall.observations)
    assert f"{place} is deleted, and made again from the changelog" in attend.log.read_text("utf-8")


def test_a_hall_that_cannot_be_judged_yet_holds_up_no_other(site: Settings, worker) -> None:
    here, there = Hall(site, "E101", "S1"), Hall(site, "B12", "S2")
    later = STARTS.replace(year=STARTS.year + 1)
    there.hour = msgspec.structs.replace(
        there.hour, starts_at=later, ends_at=later + (HOUR.ends_at - STARTS), date=later.date()
    )
    other = "not-here@1"
    choice = EngineChoice(engine=other, at=later, said_at=STARTS, by="test")
    for each in (here, there):
        each.prepare()
    send(site, [(site.topic("engines"), later.isoformat().encode(), encode(choice), None, None)])
    attend = worker("attend").start()
    moved = [
        msgspec.structs.replace(
            each, engine=other, class_hour=there.hour.id, captured_at=each.captured_at + (later - STARTS), faces=()
        )
        for each in there.observations
    ]
    end = msgspec.structs.replace(OVER, hall="B12", at=there.hour.ends_at.replace(year=later.year))
    there.tell(*moved, msgspec.structs.replace(end, at=later + (OVER.at - STARTS)))
    here.tell(*here.observations, OVER)
    attend.until(SOURCES)
    assert told(here.rows()) == here.expected(here.observations)
    assert there.rows() == {}
    file = calibration_file("not-here", site.home)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(written(msgspec.structs.replace(calibration_of("centerface-dlib"), made=None)), "utf-8")
    there.tell(msgspec.structs.replace(end, at=later + (OVER.at - STARTS)))
    attend.until(SOURCES)
    assert {(row.run, row.verdict) for row in there.rows().values()} == {(LIVE, "unobserved")}
    assert {row.final for row in there.rows().values()} == {True}
