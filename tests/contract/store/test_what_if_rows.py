"""What a term judged again says beside the live one, computed by hand. One suite, two real engines.

Of the class hours of ``test_answers`` the run judged one by all that live had, one by fewer frames, one by another
engine, and one not at all.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from schemas.ids import class_hour_id
from schemas.messages import CameraVerdict, TermRule, encode
from schemas.settings import Settings
from sinks.batch import Batch, write
from sinks.store import Store, open_store
from sinks.term_rows import TermCounts, term_rows
from sinks.what_if_rows import VerdictCount, changed_verdicts, hours_judged_again, verdict_counts
from tests.contract.store.test_answers import MON, MON2, NAMES, TERM, TUE, covered, starts_at, verdict

SECTIONS = ("EA", "CS")
AGAIN = {
    ("EA", MON): {"2019001": "late", "2019002": "late", "2019003": "present"},
    ("EA", MON2): {"2019001": "absent", "2019002": "absent", "2019003": "absent"},
    ("CS", MON): {"2019001": "absent", "2019002": "absent"},
}


def fill(store: Store) -> None:
    live, run = Batch("live"), Batch("stricter")
    dark = msgspec.structs.replace(covered("CS", MON), date=MON2, class_hour=class_hour_id("CS", MON2, 1), frames=0)
    live.take("attendance", b"", encode(dark))  # no camera hung there
    for (section, day), said in TERM.items():
        for message in (covered(section, day), *(verdict(section, day, *each) for each in said.items())):
            live.take("attendance", b"", encode(message))
    for (section, day), said in AGAIN.items():
        hour = msgspec.structs.replace(covered(section, day), run="stricter")
        if day == MON2:
            hour = msgspec.structs.replace(hour, frames=hour.frames - 1)
        if section == "CS":
            hour = msgspec.structs.replace(hour, engine="another@1")
        for message in (hour, *(verdict(section, day, *each, run="stricter") for each in said.items())):
            run.take("attendance", b"", encode(message))
    write(store, live)
    write(store, run)


class WhatIfContract:
    def test_only_what_was_judged_by_all_that_live_had_counts_as_judged_again(self, filled: Store) -> None:
        found = hours_judged_again(filled, "stricter", SECTIONS, MON, TUE)
        assert found.again == 1
        assert found.missing == [("CS", MON, 1), ("EA", MON2, 1), ("EA", TUE, 1)]
        assert hours_judged_again(filled, "stricter", SECTIONS, MON2, TUE).again == 0
        assert hours_judged_again(filled, "stricter", (), MON, TUE) == (0, [])

    def test_verdicts_are_counted_from_what_to_what_and_named(self, filled: Store) -> None:
        assert verdict_counts(filled, "stricter", SECTIONS, MON, TUE) == [
            VerdictCount("late", "late", 1),
            VerdictCount("left_early", "present", 1),
            VerdictCount("present", "late", 1),
        ]
        one, other = changed_verdicts(filled, "stricter", SECTIONS, MON, TUE, 9)
        assert (one.student_id, one.name, one.before, one.after) == ("2019001", NAMES["2019001"], "present", "late")
        assert one.arrived_at == starts_at("EA", MON)
        assert (other.student_id, other.before, other.after) == ("2019003", "left_early", "present")
        assert changed_verdicts(filled, "stricter", SECTIONS, MON, TUE, 1) == [one]
        assert changed_verdicts(filled, "stricter", ("CS",), MON, TUE, 9) == []

    def test_a_term_adds_up_the_run_where_it_judged_and_live_everywhere_else(self, filled: Store) -> None:
        def counts(run: str) -> dict[tuple[str, str], TermCounts]:
            rows = term_rows(filled, SECTIONS, MON, TUE, TermRule(), run=run)
            return {(each.section, each.student_id): each.counts for each in rows}

        live, again = counts("live"), counts("stricter")
        assert live.keys() == again.keys()
        changed = {key for key in live if live[key] != again[key]}
        assert changed == {("EA", "2019001"), ("EA", "2019003")}
        assert (live["EA", "2019001"].late, again["EA", "2019001"].late) == (1, 2)
        assert (live["EA", "2019003"].left_early, again["EA", "2019003"].left_early) == (2, 1)
        assert again["EA", "2019002"].absent == 2, "what could not be judged again counts as it stands"
        assert counts("nobody's") == live

    def test_what_a_person_says_now_holds_in_the_run_too_whenever_he_said_it(self, filled: Store) -> None:
        """A run has the marks of when it was made. Since then one was marked, and of one the mark was taken back."""
        later, here = Batch("later"), {"section": "WE", "class_hour": class_hour_id("WE", MON, 1)}
        marked = {"source": "kim", "judged": CameraVerdict(verdict="absent", confidence=0.9)}
        said: dict[str, list[tuple[str, str, dict[str, Any]]]] = {
            "live": [("2019001", "present", marked), ("2019002", "absent", {}), ("2019003", "late", {})],
            "stricter": [("2019001", "absent", {}), ("2019002", "present", marked), ("2019009", "absent", {})],
        }
        for run, rows in said.items():
            later.take("attendance", b"", encode(msgspec.structs.replace(covered("EA", MON), run=run, **here)))
            for student, word, more in rows:
                row = verdict("EA", MON, "2019001", word, run=run)
                row = msgspec.structs.replace(row, student_id=student, **here, **more)
                later.take("attendance", b"", encode(row))
        write(filled, later)
        assert verdict_counts(filled, "stricter", ("WE",), MON, TUE) == [
            VerdictCount("absent", "absent", 1),
            VerdictCount("late", "late", 1),
            VerdictCount("present", "present", 1),
        ]
        would = term_rows(filled, ("WE",), MON, TUE, TermRule(), run="stricter")
        assert [each.student_id for each in would] == ["2019001", "2019002", "2019003"], "who takes it now"
        assert would == term_rows(filled, ("WE",), MON, TUE, TermRule())


class TestEmbedded(WhatIfContract):
    @pytest.fixture(scope="class")
    @classmethod
    def filled(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
        with open_store(Settings(home=tmp_path_factory.mktemp("what-if"))) as store:
            fill(store)
            yield store


class TestServer(WhatIfContract):
    @pytest.fixture(scope="class")
    @classmethod
    def filled(cls, clickhouse: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
        with open_store(Settings(home=tmp_path_factory.mktemp("what-if"), prefix="whatif", store=clickhouse)) as store:
            fill(store)
            yield store
