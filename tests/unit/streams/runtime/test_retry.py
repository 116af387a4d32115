"""Waiting for what is away."""

import pytest

from schemas.errors import RefusedError, UnavailableError
from streams.runtime.retry import retry_until_available


async def test_what_is_away_is_waited_for_with_growing_pauses() -> None:
    answers: list[Exception | str] = [UnavailableError("away")] * 6 + ["here"]  # type: ignore[list-item]
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    def work() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert await retry_until_available(work, pause=pause, longest=4) == "here"
    assert pauses == [0.5, 1, 2, 4, 4, 4]


async def test_anything_else_is_not_waited_for() -> None:
    def work() -> None:
        raise RefusedError("no key")

    with pytest.raises(RefusedError):
        await retry_until_available(work)
