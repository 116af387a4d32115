"""A Faust app that loses nothing: the settings, the mends and the guard that every app of ours shares.

What each of them prevents was measured on a real broker; ``docs/adr/0005-faust.md`` tells.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NoReturn

import faust
from aiokafka.abc import AbstractTokenProvider
from faust.exceptions import ConsumerNotStarted
from faust.types.auth import CredentialsT
from mode.utils.queues import FlowControlEvent

from schemas.cluster import MAX_RECORD, session_ms
from schemas.dead_letters import REASONS, BadMessageLimit, RecordPlace, dead_letter, reason_code
from schemas.errors import BadMessageError
from schemas.kafka_access import kafka_access
from schemas.kafka_tokens import KafkaTokens
from schemas.metrics import DEAD_LETTERS
from schemas.pulse import PULSE
from schemas.settings import Settings
from streams.runtime.changelog import Changelog, KeptTable
from streams.runtime.consumer import Transport
from streams.runtime.row_folder import state_folder

__all__ = ["App", "BadMessageLimit", "execute", "put_aside"]

log = logging.getLogger(__name__)

SEVERAL = {
    "broker_request_timeout": 11.0,
    "consumer_metadata_max_age_ms": 5_000,
    "producer_metadata_max_age_ms": 5_000,
}
"""Where others can do what a broker does: in how many seconds it must answer, and how soon they are asked who leads.

With Faust's 90 seconds and 5 minutes a worker stood for as long as a broker was frozen (docs/adr/0045-topics.md).
"""

BEAT = 1.0
"""Seconds between two signs that the event loop turns."""


class _Tokens(AbstractTokenProvider):  # type: ignore[misc]
    """Tokens as aiokafka asks for them: the event loop goes on meanwhile."""

    def __init__(self, tokens: KafkaTokens) -> None:
        self._tokens = tokens

    async def token(self) -> str:
        return await asyncio.to_thread(self._tokens.token)


def _credentials(settings: Settings) -> CredentialsT | None:
    it = kafka_access(settings)
    if it.tokens:
        return faust.OAuthCredentials(oauth_cb=_Tokens(it.tokens), ssl_context=it.context)
    if it.mechanism:
        return faust.SASLCredentials(
            username=it.user, password=it.password, mechanism=it.mechanism, ssl_context=it.context
        )
    return faust.SSLCredentials(it.context) if it.context else None


class FlowControl(FlowControlEvent):  # type: ignore[misc]
    """Faust resumes twice when a table recovers, and the second time wipes what was queued meanwhile."""

    def resume(self) -> None:
        """Resume, unless nothing is suspended."""
        if not self.is_active():
            super().resume()


class App(faust.App):  # type: ignore[misc]
    """A Faust app in which a message counts as done only when an agent says so.

    Agents use ``noack`` streams, wait for the acknowledgement of what they send, and acknowledge last. An exception
    ends the process with status 1 and nothing committed: whoever restarts it meets the same message again.
    """

    def __init__(self, settings: Settings, part: str, *, partitions: int) -> None:
        """Build the app of a part; its consumer group is ``settings.group(part)``.

        partitions: of its tables and of the topics that feed them.
        """
        group = settings.group(part)
        for reason in REASONS:
            DEAD_LETTERS.labels(part, reason)  # a count that begins at one is no increase
        self._folder = state_folder(settings.home) / f"{part}-{settings.slot}"
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        super().__init__(
            group,
            broker=[f"kafka://{each}" for each in settings.bootstrap.split(",")],
            broker_credentials=_credentials(settings),
            store="memory://",
            datadir=str(self._folder),
            autodiscover=False,
            web_enabled=False,
            topic_allow_declare=False,
            topic_disable_leader=True,
            topic_partitions=partitions,
            table_standby_replicas=0,
            agent_supervisor="mode.supervisors.CrashingSupervisor",
            Table=KeptTable,
            consumer_group_instance_id=f"{group}-{settings.slot}",
            broker_session_timeout=session_ms(settings) / 1000,
            **(SEVERAL if len(settings.brokers) > 1 else {}),
            broker_commit_interval=0.3,
            stream_buffer_maxsize=16,
            consumer_max_fetch_size=MAX_RECORD,
            producer_max_request_size=MAX_RECORD,
        )

    @cached_property
    def flow_control(self) -> FlowControl:
        """The mended flow control."""
        return FlowControl()

    def _new_transport(self) -> Transport:
        return Transport(self.conf.broker_consumer, self)

    def kept_table(self, name: str, changelog: Changelog, *, partitions: int) -> KeptTable:
        """Return a table of text keys and bytes whose rows are on the disk of this machine, and in a changelog."""
        table: KeptTable = self.Table(
            name,
            key_type=str,
            value_type=bytes,
            partitions=partitions,
            recovery_buffer_size=200,
            changelog=changelog,
            folder=self._folder,
        )
        return table

    async def on_start(self) -> None:
        """Begin to say that the event loop turns."""
        await super().on_start()
        self.add_future(self._beat())

    async def _beat(self) -> None:
        """Say once a second that the loop turns, and which partitions are this process's."""
        while not self.should_stop:
            if self.rebalancing or self.in_recovery:
                PULSE.excused()
            else:
                PULSE.holds(self._held())
            PULSE.turned()
            await asyncio.sleep(BEAT)

    def _held(self) -> frozenset[tuple[str, int]]:
        try:
            assigned = self.consumer.assignment()
        except ConsumerNotStarted:
            return frozenset()
        tables = self.tables.changelog_topics
        return frozenset((each.topic, each.partition) for each in assigned if each.topic not in tables)

    def raw_topic(self, name: str) -> Any:
        """Return a topic of bytes that exists already."""
        return self.topic(name, key_serializer="raw", value_serializer="raw")


class _Worker(faust.Worker):  # type: ignore[misc]
    def __init__(self, app: App, on_ready: Callable[[], None]) -> None:
        super().__init__(app, override_logging=False, redirect_stdouts=False, quiet=True, loglevel="INFO")
        self._on_ready = on_ready
        self.spinner = None  # it writes to logs, too

    async def on_startup_finished(self) -> None:
        await super().on_startup_finished()
        self._on_ready()


async def put_aside(letters: Any, message: Any, error: BadMessageError, stage: str) -> Any:
    """Send a message to the dead letters and return what is to be awaited for the broker's acknowledgement."""
    log.warning("%s %s@%s: %s", message.topic, message.partition, message.offset, error.message)
    appended_at = datetime.fromtimestamp(message.timestamp, UTC)
    place = RecordPlace(message.topic, message.partition, message.offset, appended_at)
    DEAD_LETTERS.labels(stage, reason_code(error.message)).inc()
    letter = dead_letter(place, message.key, message.value, message.headers, str(error), stage)
    return await letters.send(key=letter.key, value=letter.value, headers=letter.headers)


def execute(app: App, on_ready: Callable[[], None]) -> NoReturn:
    """Run an app until SIGTERM or SIGINT (exit status 0) or a failure (1)."""
    _Worker(app, on_ready).execute_from_commandline()
    raise AssertionError("Faust leaves by SystemExit")
