"""The terms as they were read last, for a process that is asked again and again."""

import threading
from collections.abc import Mapping

from schemas.cluster import View
from schemas.errors import UnavailableError
from schemas.messages import Term, decode
from schemas.settings import Settings

__all__ = ["KnownTerms"]


class KnownTerms:
    """The terms by name. Any thread may ask."""

    def __init__(self, settings: Settings) -> None:
        self._view: View[Term] = View(settings, "terms", lambda value: decode(value, Term))
        self._one_reads = threading.Lock()
        self._read = False

    def now(self) -> Mapping[str, Term]:
        """Return them; while Kafka is away as they were before.

        Raises:
            UnavailableError: the broker does not answer, and nothing was read before.
        """
        with self._one_reads:
            try:
                self._view.catch_up()
                self._read = True
            except UnavailableError:
                if not self._read:
                    raise
            return dict(self._view.items)

    def close(self) -> None:
        """Let the broker go."""
        self._view.close()
