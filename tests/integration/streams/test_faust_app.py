"""What our Faust app does that Faust does not, on a real Kafka."""

import asyncio
from typing import Any

from schemas.cluster import send
from schemas.settings import Settings
from schemas.topics import topic
from streams.runtime.faust_app import App

SIGHTINGS = topic("sightings")


async def test_what_was_never_committed_is_fetched_again_after_a_seek(site: Settings) -> None:
    app = App(site, "attend", partitions=SIGHTINGS.partitions)
    name, seen = site.topic(SIGHTINGS.name), asyncio.Queue[int]()

    @app.agent(app.raw_topic(name))
    async def take(stream: Any) -> None:
        events = []
        async for event in stream.noack().events():
            events.append(event)
            seen.put_nowait(event.message.offset)
            if event.value == b"last":
                for each in events:
                    await stream.ack(each)

    def tell(*values: bytes) -> None:
        send(site, [(name, b"E101", value, 3, None) for value in values])

    await app.start()
    try:
        tell(b"one", b"two")
        before = [await seen.get() for _ in range(2)]
        await app.consumer.perform_seek()
        tell(b"last")
        after = [await seen.get()]
        while after[-1] != 2:
            after.append(await seen.get())
    finally:
        await app.stop()
    assert before == [0, 1]
    assert after == [0, 1, 2]
