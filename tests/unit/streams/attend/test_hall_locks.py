"""A slow hall holds up nobody but itself; whoever needs all of them waits for all, and all wait for him."""

import asyncio

from streams.attend.hall_locks import HallLocks


class Play:
    """Tasks that hold a hall until they are told to let go, and in which order they got it."""

    def __init__(self) -> None:
        self.locks = HallLocks()
        self.inside: list[str] = []
        self._ends: dict[str, asyncio.Event] = {}

    def begin(self, name: str, hall: str | None) -> "asyncio.Task[None]":
        self._ends[name] = asyncio.Event()

        async def held() -> None:
            async with self.locks.hall(hall) if hall else self.locks.all_halls():
                self.inside.append(name)
                await self._ends[name].wait()

        return asyncio.create_task(held())

    async def end(self, name: str) -> None:
        self._ends[name].set()
        await settled()


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_hall_takes_one_after_the_other_in_the_order_they_came() -> None:
    play = Play()
    tasks = [play.begin(name, "E101") for name in "abc"]
    await settled()
    assert play.inside == ["a"]
    await play.end("a")
    assert play.inside == ["a", "b"]
    await play.end("c")
    await play.end("b")
    assert play.inside == ["a", "b", "c"]
    await asyncio.gather(*tasks)


async def test_a_slow_hall_holds_up_no_other() -> None:
    play = Play()
    slow, waiting, other = play.begin("slow", "E101"), play.begin("waiting", "E101"), play.begin("other", "B12")
    await settled()
    assert play.inside == ["slow", "other"]
    for name in ("other", "slow", "waiting"):
        await play.end(name)
    await asyncio.gather(slow, waiting, other)


async def test_who_needs_all_halls_waits_for_those_at_work_and_keeps_out_those_who_come() -> None:
    play = Play()
    tasks = [play.begin("at work", "E101"), play.begin("all", None), play.begin("later", "B12")]
    await settled()
    assert play.inside == ["at work"]
    await play.end("at work")
    assert play.inside == ["at work", "all"]
    await play.end("all")
    assert play.inside == ["at work", "all", "later"]
    await play.end("later")
    await asyncio.gather(*tasks)


async def test_whoever_holds_a_hall_knows_whether_others_wait_for_it() -> None:
    play = Play()
    tasks = [play.begin(name, "E101") for name in "ab"]
    await settled()
    assert play.locks.is_waited_for("E101")
    assert not play.locks.is_waited_for("B12")
    await play.end("a")
    assert not play.locks.is_waited_for("E101")
    await play.end("b")
    await asyncio.gather(*tasks)


async def test_who_gives_up_waiting_is_waited_for_no_more() -> None:
    play = Play()
    inside, waiting = play.begin("inside", "E101"), play.begin("waiting", "E101")
    await settled()
    waiting.cancel()
    await settled()
    assert not play.locks.is_waited_for("E101")
    await play.end("inside")
    await inside
    after = play.begin("after", "E101")
    await settled()
    assert play.inside == ["inside", "after"]
    await play.end("after")
    await after
