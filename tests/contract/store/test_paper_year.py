"""Everything is answered as by the tables and queries of before: in small what the benchmark ``store_year`` does."""

from pathlib import Path

from sinks.store.embedded import EmbeddedStore
from sinks.store.migrations import migrate
from tests.benchmarks.paper_year import PaperYear, fill_year
from tests.benchmarks.store_year import of_newer, of_older, older_tables

SMALL = PaperYear(sections=50, roster=20, halls=12, weeks=2)


def test_a_year_of_before_is_brought_up_and_everything_is_answered_as_before(tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path, "naul") as store:
        older_tables(store)
        fill_year(store, SMALL)
        before = of_older(store)
        assert {name for name, each in before.items() if not each.rows} == {"query audit", "query withdrawn"}
        migrate(store)
        assert of_newer(store, before, rounds=1).keys() == before.keys()
