"""When a batch is written."""

from datetime import UTC, datetime

import pytest

from sinks.lingering import IDLE, LINGER, QUIET, Lingering, is_awaited


def test_without_rows_it_is_over_soon() -> None:
    assert Lingering(100.0).left(100.0) == pytest.approx(IDLE)
    assert Lingering(100.0).left(100.0 + IDLE) == 0


def test_rows_that_keep_coming_are_written_together_and_the_last_is_not_waited_for_longer() -> None:
    it, now = Lingering(100.0), 100.0
    while it.left(now):
        it.came(now, awaited=False)
        now += QUIET / 2
    assert 100.0 + LINGER <= now < 100.0 + LINGER + QUIET


def test_once_it_is_quiet_what_there_is_is_written() -> None:
    it = Lingering(100.0)
    it.came(100.1, awaited=False)
    assert it.left(100.1) == pytest.approx(QUIET)
    assert it.left(100.1 + QUIET) == 0


def test_nobody_who_waits_waits_for_others() -> None:
    it = Lingering(100.0)
    it.came(100.1, awaited=False)
    it.came(100.2, awaited=True)
    assert it.left(100.2) == 0


def test_a_mark_of_just_now_is_awaited_and_its_row_of_later_is_not() -> None:
    at = datetime(2026, 3, 9, 9, tzinfo=UTC)
    assert is_awaited(at, at.timestamp() + 2)
    assert not is_awaited(at, at.timestamp() + 60)
    assert not is_awaited(at, at.timestamp() - 60), "of a clock that is ahead"
    assert not is_awaited(None, at.timestamp())
