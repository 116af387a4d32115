"""Messages under way: several at once, acknowledged in order, and never before they are done."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.runtime.pipeline import Pipeline


class Stage:
    """Work that a test ends by hand, and what was acknowledged."""

    def __init__(self) -> None:
        self.started: list[int] = []
        self.acked: list[int] = []
        self._ends: dict[int, asyncio.Future[None]] = {}

    async def work(self, message: int) -> None:
        self.started.append(message)
        self._ends[message] = asyncio.get_running_loop().create_future()
        await self._ends[message]

    async def ack(self, message: int) -> None:
        self.acked.append(message)

    async def end(self, message: int, error: Exception | None = None) -> None:
        if error:
            self._ends[message].set_exception(error)
        else:
            self._ends[message].set_result(None)
        await settled()


async def settled() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


def play(scene: Callable[[Stage, Pipeline], Awaitable[None]], most: int = 2) -> Stage:
    stage = Stage()

    async def played() -> None:
        async with Pipeline(most, stage.ack) as pipeline:
            await scene(stage, pipeline)

    asyncio.run(played())
    return stage


def feed(pipeline: Pipeline, stage: Stage, messages: range) -> "asyncio.Task[None]":
    async def feeding() -> None:
        for message in messages:
            await pipeline.put(message, stage.work)

    return asyncio.get_running_loop().create_task(feeding())


def test_a_slow_message_holds_up_none_of_the_others() -> None:
    async def scene(stage: Stage, pipeline: Pipeline) -> None:
        feeding = feed(pipeline, stage, range(6))
        await settled()
        assert stage.started == [0, 1], "no more at once than there is room for"
        for message in range(1, 6):
            await stage.end(message)
        assert stage.started == [0, 1, 2, 3, 4, 5]
        assert stage.acked == [], "the first is not done: nothing may be committed"
        await stage.end(0)
        await feeding

    assert play(scene).acked == [0, 1, 2, 3, 4, 5]


def test_what_waits_for_a_slow_message_is_bounded() -> None:
    async def scene(stage: Stage, pipeline: Pipeline) -> None:
        feeding = feed(pipeline, stage, range(100))
        await settled()
        for message in range(1, 16):
            await stage.end(message)
        assert stage.started == list(range(16)), "the seventeenth would be held in memory with the others"
        for message in (0, *range(16, 100)):
            await stage.end(message)
        await feeding

    assert play(scene).acked == list(range(100))


def test_what_is_left_out_waits_for_its_turn_to_be_acknowledged() -> None:
    async def scene(stage: Stage, pipeline: Pipeline) -> None:
        await pipeline.put(0, stage.work)
        await pipeline.leave_out(1)
        await settled()
        assert stage.acked == []
        await stage.end(0)
        assert stage.acked == [0, 1]
        await pipeline.leave_out(2)
        assert stage.acked == [0, 1, 2]

    play(scene)


def test_a_failure_ends_everything_and_nothing_after_it_is_acknowledged() -> None:
    stage = Stage()
    cancelled: list[Any] = []

    async def played() -> None:
        async with Pipeline(3, stage.ack) as pipeline:
            await feed(pipeline, stage, range(3))
            await settled()
            await stage.end(0)
            await stage.end(2)
            try:
                await stage.end(1, RuntimeError("unexpected"))
                await asyncio.Event().wait()
            except asyncio.CancelledError as error:
                cancelled.append(error)
                raise

    with pytest.raises(ExceptionGroup) as failure:
        asyncio.run(played())
    assert [str(each) for each in failure.value.exceptions] == ["unexpected"]
    assert stage.acked == [0]
    assert cancelled, "whoever feeds it stops"


@given(st.permutations(range(8)), st.sets(st.integers(0, 7)))
def test_the_order_of_acknowledgement_is_the_order_of_arrival(ends: list[int], out: set[int]) -> None:
    async def scene(stage: Stage, pipeline: Pipeline) -> None:
        for message in range(8):
            await (pipeline.leave_out(message) if message in out else pipeline.put(message, stage.work))
        await settled()
        done = set(out)
        for message in ends:
            if message not in out:
                await stage.end(message)
                done.add(message)
            assert stage.acked == list(range(next((each for each in range(8) if each not in done), 8)))

    play(scene, most=8)
