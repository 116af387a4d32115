"""How much room Kafka's disks have, asked of the brokers: a camera on another machine sees none of them.

Brokers tell it since Kafka 3.3 (KIP-827), as of the moment of the question.
"""

from contextlib import suppress
from typing import Any

import msgspec
from kafka import KafkaAdminClient
from kafka.errors import AuthorizationError, KafkaError, UnsupportedVersionError

from schemas.cluster import admin, kafka_away
from schemas.settings import Settings
from schemas.translations import Text

__all__ = ["BrokerDisk", "DiskSpace"]

FRAMES = "frames"


class DiskSpace(msgspec.Struct, frozen=True):
    """Bytes. usable: of the fullest disk that frames go to; None if nobody tells. limit: below it none are sent."""

    usable: int | None
    limit: int

    @property
    def low(self) -> bool:
        """Whether frames must wait."""
        return self.usable is not None and self.usable < self.limit

    def __str__(self) -> str:
        if self.usable is None:
            return Text("Kafka does not tell how full its disk is")
        free, least = _mib(self.usable), _mib(self.limit)
        if self.low:
            return Text(
                "Kafka's disk has {free} free, less than {least} (disk_free_limit_mib): no frames are taken",
                free=free,
                least=least,
            )
        return Text(
            "Kafka's disk has {free} free; frames stop below {least} (disk_free_limit_mib)", free=free, least=least
        )


class BrokerDisk:
    """Asks the brokers. Close it after use."""

    def __init__(self, settings: Settings) -> None:
        """Keep what is needed; the first question opens a connection."""
        self._settings = settings
        self._client: KafkaAdminClient | None = None

    def space(self) -> DiskSpace:
        """Return how much room there is now.

        Raises:
            UnavailableError: no broker answers.
        """
        try:
            self._client = self._client or admin(self._settings)
            answers = self._client.describe_log_dirs([self._settings.topic(FRAMES)])
        except (AuthorizationError, UnsupportedVersionError):
            answers = []  # of a cluster that keeps this to itself
        except KafkaError as error:
            self.close()
            raise kafka_away(self._settings, error, "Try again.") from error
        return DiskSpace(_least(answers), self._settings.disk_free_limit_mib * 2**20)

    def close(self) -> None:
        """Let the connection go."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(KafkaError):
                client.close()

    def __enter__(self) -> "BrokerDisk":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _least(answers: list[dict[str, Any]]) -> int | None:
    directories = [each for answer in answers for each in answer["log_dirs"] if not each["error_code"]]
    # Before the topic is there, it may go anywhere.
    holding = [each for each in directories if each["topics"]] or directories
    told = [each["usable_bytes"] for each in holding if each["usable_bytes"] >= 0]
    return min(told, default=None)


def _mib(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"
