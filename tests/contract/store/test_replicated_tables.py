"""Tables as replicas: the statements, and that today's engine takes them as the oldest server does."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sinks.store.migrations import APPLIED, known
from sinks.store.replicas import StoredTable, lacking, replicated
from tests.tools import zookeeper_debian
from tests.tools.ports import free_row

TABLE = "CREATE TABLE IF NOT EXISTS a_rows (x UInt8)\nENGINE = ReplacingMergeTree(version)\nORDER BY x\n"


def test_a_table_gets_a_place_of_its_own_and_everything_else_stays() -> None:
    assert replicated("naul", "0007_more", TABLE) == (
        "CREATE TABLE IF NOT EXISTS a_rows (x UInt8)\n"
        "ENGINE = ReplicatedReplacingMergeTree('/clickhouse/naul/naul/0007_a_rows', '{replica}', version)\nORDER BY x\n"
    )
    for each in ("ALTER TABLE a_rows ADD COLUMN y UInt8", "DROP TABLE a_rows", "CREATE VIEW a AS SELECT * FROM a_rows"):
        assert replicated("naul", "0007_more", each) == each


def test_every_table_of_the_migrations_becomes_one_with_a_place_that_no_other_has() -> None:
    statements = [(each.name, step.sql) for each in known() for step in each.steps]
    made = [replicated("naul", *each) for each in (APPLIED, *statements) if "MergeTree" in each[1]]
    places = [statement.partition("('/")[2].partition("'")[0] for statement in made]
    assert all("ENGINE = Replicated" in each for each in made)
    assert len(set(places)) == len(places) == len(made) > 8


def test_another_server_gets_tables_then_feeds_then_views_and_no_table_is_dropped() -> None:
    table = StoredTable("t_rows", "ReplicatedMergeTree", "CREATE TABLE naul.t_rows (x UInt8) ENGINE = R")
    feed = StoredTable("t_feed", "MaterializedView", "CREATE MATERIALIZED VIEW naul.t_feed TO naul.t_rows AS SELECT 1")
    view = StoredTable("a", "View", "CREATE VIEW naul.a (`x` UInt8) AS SELECT * FROM naul.t_rows")
    first = [view, feed, table]
    assert [each.split(" naul.")[0] for each in lacking(first, [])] == [
        "CREATE TABLE IF NOT EXISTS", "CREATE MATERIALIZED VIEW IF NOT EXISTS", "CREATE VIEW IF NOT EXISTS"
    ]  # fmt: skip
    older = view._replace(statement="CREATE VIEW naul.a (y UInt8) AS SELECT * FROM naul.t_rows")
    other = table._replace(statement="CREATE TABLE naul.t_rows (y UInt8) ENGINE = R")
    assert [each.split(" (")[0] for each in lacking(first, [other, feed, older])] == [
        "DROP TABLE IF EXISTS a", "CREATE VIEW IF NOT EXISTS naul.a"
    ]  # fmt: skip
    written_otherwise = view._replace(statement="CREATE VIEW naul.a\n(\n    x UInt8\n) AS\nSELECT * FROM naul.t_rows")
    assert lacking(first, [table, feed, written_otherwise]) == []


@pytest.fixture
def keeper(tmp_path: Path, servers: None) -> Iterator[int]:
    port = free_row(1)
    process = zookeeper_debian.start(tmp_path / "zookeeper", port)
    yield port
    process.kill()
    process.wait()


TODAY = """
import os, sys
from pathlib import Path
from chdb.session import Session
from sinks.store.erasure import _CHANGES
from sinks.store.migrations import APPLIED, known
from sinks.store.replicas import replicated
folder, port = Path(sys.argv[1]), sys.argv[2]
(folder / "config.xml").write_text(f"<clickhouse><zookeeper><node><host>127.0.0.1</host><port>{port}</port></node>"
    "</zookeeper><macros><replica>a</replica></macros></clickhouse>")
session = Session(f"{folder}/data?config-file={folder}/config.xml")
session.query("CREATE DATABASE naul")
session.query("USE naul")
made = [replicated("naul", *each) for each in (APPLIED, *((m.name, s.sql) for m in known() for s in m.steps))]
for each in made:
    if "ENGINE = Replicated" in each:
        session.query(each)
found = str(session.query("SELECT create_table_query FROM system.tables WHERE engine LIKE 'Replicated%'", "TSVRaw"))
assert found.count("'{replica}'") == sum("ENGINE = Replicated" in each for each in made), found
session.query("CREATE TABLE named (run String, date Date, section String, period UInt16, student_id String) "
    "ENGINE = Memory")
def says():
    change, where = _CHANGES["student_rows"][0]
    try:
        session.query(f"ALTER TABLE student_rows {change} WHERE {where.format(named='naul.named')}")
    except RuntimeError as error:
        return str(error)
assert "allow_nondeterministic_mutations" in says()
session.query("SET allow_nondeterministic_mutations = 1")
assert "shutdown called" in says(), "it is only that an engine in a process takes part in nothing"
os._exit(0)
"""


def test_todays_engine_takes_the_tables_and_wants_to_be_told_that_a_mutation_asks_each_replica(
    tmp_path: Path, keeper: int
) -> None:
    line = [sys.executable, "-c", TODAY, str(tmp_path), str(keeper)]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=120)
    assert not done.returncode, done.stderr[-2000:]
