"""A table whose every change is acknowledged by the broker before the message that caused it is.

Faust sends changes of a table through a buffer that nobody waits for: its flush before a commit gives up after 100 ms
without progress, and a change that the broker refuses is only logged (docs/adr/0005-faust.md).
"""

import asyncio
from typing import Any

import faust

__all__ = ["AcknowledgedTable"]


class AcknowledgedTable(faust.Table):  # type: ignore[misc]
    """A Faust table that remembers which of its changes are still on their way."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._on_their_way: list[asyncio.Future[Any]] = []

    def send_changelog(self, *arguments: Any, **options: Any) -> Any:
        """Send a change, and remember it."""
        sent = super().send_changelog(*arguments, **options)
        self._on_their_way.append(sent)
        return sent

    async def acknowledged(self) -> None:
        """Return when the broker has every change that was made before the call, whoever made it.

        Raises:
            KafkaError: it refused one, now or before. What the table holds in memory is then not what a restart would
                find, so the process must end.
        """
        await asyncio.gather(*(asyncio.shield(each) for each in self._on_their_way))
        self._on_their_way = [each for each in self._on_their_way if not each.done() or each.exception()]
