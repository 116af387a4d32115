"""Starts the desk: one process, one port."""

import asyncio
from collections.abc import Callable

import uvicorn

from infra.desk.app import build
from infra.desk.site import Desk
from schemas.errors import RefusedError
from schemas.settings import Settings

__all__ = ["run"]

STOP = 2
"""Seconds that answers under way are waited for; streams of live pages are cut at once."""


def run(settings: Settings, *, on_ready: Callable[[], None]) -> None:
    """Serve the desk until told to stop.

    Raises:
        RefusedError: its port is taken.
        UnavailableError: the broker does not answer.
    """
    desk = Desk(settings)
    secure = {"ssl_certfile": settings.desk_certificate, "ssl_keyfile": settings.desk_key} if settings.desk_certificate else {}
    config = uvicorn.Config(
        build(desk),
        host=settings.desk_host,
        port=settings.desk_address,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=STOP,
        **secure,
    )
    asyncio.run(_serve(uvicorn.Server(config), settings, on_ready))


async def _serve(server: uvicorn.Server, settings: Settings, on_ready: Callable[[], None]) -> None:
    async def tell() -> None:
        while not server.started:
            await asyncio.sleep(0.05)
        on_ready()

    telling = asyncio.create_task(tell())
    try:
        await server.serve()
    except SystemExit as error:  # uvicorn has logged why
        raise RefusedError(
            f"the desk cannot listen on {settings.desk_host}:{settings.desk_address}",
            "Is another one running there? Set desk_port in naul.toml.",
        ) from error
    finally:
        telling.cancel()


