"""A tenth of 10,000 malformed inputs, each given to what reads it (``tests.tools.malformed`` has the law)."""

import tempfile
from pathlib import Path

import pytest

from tests.tools.malformed import KINDS, Memory, ask, malformed, one

PART = 10
MOST_GROWN = 100
"""MiB: what decoders and libraries keep for the next one, of an input or of hundreds."""


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_malformed_is_refused_and_nothing_grows(kind: str) -> None:
    inputs = list(malformed(PART, kind))
    memory: Memory | None = None
    refused = 0
    for number, each in enumerate(inputs):
        with tempfile.TemporaryDirectory() as scratch:
            refused += ask(each, Path(scratch))
        if number == len(inputs) // 5:  # what is loaded once is loaded
            memory = Memory()
    assert memory is not None
    assert memory.grown()[0] <= MOST_GROWN
    assert refused or kind == "export"


def test_an_input_is_the_same_whenever_it_is_made() -> None:
    """Somebody who reads of number 1050 in a log makes it again."""
    made = [one("engine_package", 7), one("engine_package", 7)]
    written = []
    for each in made:
        with tempfile.TemporaryDirectory() as scratch:
            ask(each, Path(scratch))
            written.append((Path(scratch) / "a.tgz").read_bytes()[10:])
    assert written[0] == written[1]


def test_they_are_ten_thousand() -> None:
    from tests.tools.hostile_requests import MESSAGES_OF_ALL, REQUESTS

    assert sum(count for count, _ in KINDS.values()) + REQUESTS + MESSAGES_OF_ALL == 10_000
