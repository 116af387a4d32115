"""The packaged calibration is what its command makes: the scores that were kept are fitted again, without filming."""

from collections.abc import Iterator

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from infra.operations.engines.calibrate import Fresh, from_halls
from streams.faces.calibration import calibration_of
from streams.faces.engines import DEFAULT, engine_id
from tests.tools.calibration_scores import COMMAND, Kept, brightness, kept, plays

pytestmark = pytest.mark.slow

AGAIN = "it is not what its command makes now: python -m tests.tools.calibration_scores"
PACKAGED = calibration_of(DEFAULT)


@pytest.fixture(scope="module")
def scores() -> Kept:
    return kept()


@pytest.fixture(scope="module")
def fresh(scores: Kept) -> Fresh:
    return from_halls(scores.halls)


def numbers(it: object) -> Iterator[float]:
    """Every number of what TOML says of something, in its order."""
    if isinstance(it, dict):
        it = list(it.values())
    if isinstance(it, list):
        for each in it:
            yield from numbers(each)
    elif isinstance(it, float | int):
        yield it


def last_digit(it: object) -> object:
    """The same numbers, but for the last digit that is kept: it may be another on another processor."""
    return pytest.approx(list(numbers(msgspec.to_builtins(it))), abs=0.0015)


def test_the_scores_of_its_command_give_it_again(fresh: Fresh) -> None:
    assert list(numbers(msgspec.to_builtins(fresh.calibration))) == last_digit(replace(PACKAGED, made=None)), AGAIN


def test_it_says_how_it_was_made(fresh: Fresh) -> None:
    made = PACKAGED.made
    assert made is not None
    assert (made.command, made.data, made.engine) == (COMMAND, fresh.data, engine_id(DEFAULT)), AGAIN
    assert (made.people, made.faces) == (fresh.people, fresh.faces), AGAIN
    for kept_proof, proof in ((made.several, fresh.several), (made.single, fresh.single)):
        assert list(numbers(msgspec.to_builtins(kept_proof))) == last_digit(proof), AGAIN


def test_its_halls_are_still_those_that_were_scored(scores: Kept) -> None:
    """Other people, or halls that look different, would give other scores."""
    halls = plays()
    assert len(halls) == len(scores.halls.several)
    for hall, found in zip(halls, scores.halls.several, strict=True):
        assert set(found.roster.tolist()) <= {each.face for each in hall.students}, AGAIN
        assert set(found.who.tolist()) <= {each.face for each in hall.students} | {
            each.face for each in hall.strangers
        }, AGAIN
    for hall, bright in zip(halls[:2], scores.bright, strict=False):  # a large picture and a small one
        np.testing.assert_allclose(brightness(hall), bright, atol=2, err_msg=AGAIN)
