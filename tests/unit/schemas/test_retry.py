"""Waiting for what is away."""

from itertools import islice

import pytest

from schemas.errors import BadMessageError, RefusedError, UnavailableError
from schemas.retry import pauses, retry, retry_until_available


class Away:
    """Work that fails some times before it succeeds."""

    def __init__(self, times: int, error: Exception | None = None) -> None:
        self.left = times
        self.error = error or UnavailableError("away")

    def __call__(self) -> str:
        if self.left:
            self.left -= 1
            raise self.error
        return "here"


def grows(slept: list[float], *, first: float, longest: float) -> bool:
    """Whether each pause lies between half of the first one and what it may be by then."""
    return all(first / 2 <= each <= min(longest, first * 2**n) for n, each in enumerate(slept))


def test_what_is_away_is_waited_for_with_growing_pauses_that_are_never_in_step() -> None:
    one, other = list[float](), list[float]()
    assert retry(Away(8), longest=4, sleep=one.append) == "here"
    retry(Away(8), longest=4, sleep=other.append)
    assert len(one) == 8
    assert grows(one, first=0.5, longest=4)
    assert one != other


async def test_blocking_work_is_waited_for_without_blocking() -> None:
    slept: list[float] = []

    async def pause(seconds: float) -> None:
        slept.append(seconds)

    assert await retry_until_available(Away(6), pause=pause, longest=4) == "here"
    assert len(slept) == 6
    assert grows(slept, first=0.5, longest=4)


@pytest.mark.parametrize("error", [RefusedError("no key"), BadMessageError("no"), ZeroDivisionError()], ids=repr)
async def test_anything_else_is_not_waited_for(error: Exception) -> None:
    with pytest.raises(type(error)):
        retry(Away(1, error))
    with pytest.raises(type(error)):
        await retry_until_available(Away(1, error))


def test_who_gives_up_is_told_why() -> None:
    with pytest.raises(UnavailableError, match="away"):
        retry(Away(9), stop=lambda state: state.attempt_number == 3, sleep=lambda _: None)


def test_pauses_of_who_tries_himself_never_exceed_the_longest() -> None:
    assert grows(list(islice(pauses(10), 12)), first=1, longest=10)
