"""Starts the desk: one process, one port."""

import asyncio
import ssl
from collections.abc import Callable
from socket import socket

import uvicorn

from infra.desk.app import build
from infra.desk.site import Desk
from schemas.errors import RefusedError
from schemas.settings import Settings
from schemas.translations import Text

__all__ = ["run"]

STOP = 2
"""Seconds that answers under way are waited for; streams of live pages are cut at once."""


def run(settings: Settings, *, on_ready: Callable[[], None]) -> None:
    """Serve the desk until told to stop.

    Raises:
        RefusedError: its port is taken, or its certificate cannot be used.
        UnavailableError: the broker does not answer.
    """
    desk = Desk(settings)
    config = uvicorn.Config(
        build(desk),
        host=settings.desk_host,
        port=settings.desk_address,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=STOP,
        ssl_certfile=settings.desk_certificate or None,
        ssl_keyfile=settings.desk_key or None,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise RefusedError(
            Text(
                "desk_certificate {certificate} and desk_key {key} cannot be used: {error}",
                certificate=settings.desk_certificate,
                key=settings.desk_key,
                error=error,
            ),
            "Give two PEM files that belong together: the certificate with its chain, and its key without a password.",
        ) from error
    try:
        asyncio.run(_Server(config, on_ready).serve())
    except SystemExit as error:  # uvicorn has logged why
        raise RefusedError(
            Text(
                "the desk cannot listen on {desk_host}:{desk_address}",
                desk_host=settings.desk_host,
                desk_address=settings.desk_address,
            ),
            "Is another one running there? Set desk_port in naul.toml.",
        ) from error


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()
