"""A Faust worker that only copies: every frame becomes a record of the same key and value in another topic.

``python -m tests.tools.copying_worker --home DIR``. It is our Faust app, our pipeline and our check of continuity.
"""

import argparse
import logging
from functools import partial
from typing import Any

from schemas.settings import load_settings
from streams.runtime.continuity import Continuity, committed_by
from streams.runtime.faust_app import App, execute
from streams.runtime.pipeline import Pipeline

__all__ = ["COPIES", "PART"]

PART, COPIES = "copy", "presence"
"""Its name as a stage, and the topic that it fills."""


def build(home: str) -> App:
    """Build the app."""
    settings = load_settings(home)
    app = App(settings, PART, partitions=settings.frame_partitions)
    copies = app.raw_topic(settings.topic(COPIES))
    order = Continuity(app, committed_by(settings, settings.group(PART)))

    async def copy(event: Any) -> None:
        await (await copies.send(key=event.key, value=event.value))

    @app.agent(app.raw_topic(settings.topic("frames")))
    async def frames(stream: Any) -> None:
        async with Pipeline(8, stream.ack, lambda event: event.message.tp) as pipeline:
            async for event in stream.noack().events():
                await order.check(event.message)
                await pipeline.put(event, partial(copy))

    return app


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", required=True)
    execute(build(parser.parse_args().home), lambda: logging.info("ready"))
