"""Every metric of Naul, declared once: its name, unit, labels, and what it means. docs/metrics.md is made of it.

Names and labels are a contract: dashboards and alerts ask for them. No label says who somebody is, and each has few
values: halls and cameras are counted up to ``MOST_CAMERAS``. What decides knows nothing of metrics; what carries
messages counts them. A process serves those of its own part (``infra/machine/metrics_server``).
"""

from typing import Any, Literal, NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

__all__ = [
    "CAMERA_FRAMES",
    "CAPTURE_TO_ROW",
    "CLOCK_SKEW",
    "DEAD_LETTERS",
    "DECLARED",
    "DESK_REQUESTS",
    "DESK_REQUEST_SECONDS",
    "DISK_FREE",
    "FACES",
    "FRAMES",
    "HALL_COVERAGE",
    "HUNG",
    "JUDGING",
    "LAG",
    "LAST_FRAME",
    "LOOKING",
    "MESSAGES",
    "PARTS",
    "PART_RESTARTS",
    "PART_UP",
    "READY",
    "RECONNECTS",
    "RETENTION_USED",
    "ROWS_TOLD",
    "STORE_BATCHES",
    "STORE_ROWS",
    "STORE_WRITING",
    "WEBHOOKS",
    "Metric",
    "few",
    "registry_of",
]

MOST_CAMERAS = 5000
"""Pairs of a hall and a camera that have series of their own; those that come later share one."""
OTHER = "(other)"

PARTS = ("camera", "recognise", "attend", "sink", "housekeeping", "webhooks", "desk", "watchdog")
_ALL = "all"
_REGISTRIES = {part: CollectorRegistry(auto_describe=True) for part in PARTS}


class Metric(NamedTuple):
    """A metric as it is asked for. of: the parts that serve it, with commas between, or ``all``.

    values: of its one label, where these are few and known: each is served from the start, as zero.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    unit: str
    labels: tuple[str, ...]
    of: str
    meaning: str
    values: tuple[str, ...] = ()


DECLARED: list[Metric] = []
"""All of them, in the order of the data."""

disable_created_metrics()  # type: ignore[no-untyped-call]
for _registry in _REGISTRIES.values():
    ProcessCollector(registry=_registry)


def registry_of(part: str) -> CollectorRegistry:
    """Return what a part serves: a gauge that nobody sets would read as a zero that somebody measured."""
    return _REGISTRIES[part]


def _serve(metric: Any, it: Metric) -> None:
    DECLARED.append(it)
    for part in PARTS if it.of == _ALL else it.of.split(", "):
        _REGISTRIES[part].register(metric)
    for value in it.values:
        metric.labels(value)


def _counter(name: str, unit: str, labels: tuple[str, ...], of: str, meaning: str, *values: str) -> Counter:
    found = Counter(name, meaning, labels, registry=None)
    _serve(found, Metric(name, "counter", unit, labels, of, meaning, values))
    return found


def _gauge(name: str, unit: str, labels: tuple[str, ...], of: str, meaning: str) -> Gauge:
    found = Gauge(name, meaning, labels, registry=None)
    _serve(found, Metric(name, "gauge", unit, labels, of, meaning))
    return found


def _seconds(name: str, labels: tuple[str, ...], of: str, meaning: str, *buckets: float) -> Histogram:
    found = Histogram(name, meaning, labels, registry=None, buckets=buckets)
    _serve(found, Metric(name, "histogram", "seconds", labels, of, meaning))
    return found


_cameras: set[tuple[str, str]] = set()


def few(hall: str, camera: str) -> tuple[str, str]:
    """Return the labels of a camera; of one camera too many those that all such ones share."""
    if (hall, camera) not in _cameras:
        if len(_cameras) >= MOST_CAMERAS:
            return OTHER, OTHER
        _cameras.add((hall, camera))
    return hall, camera


CAMERA_FRAMES = _counter(
    "naul_camera_frames_total", "frames", ("hall", "camera", "outcome"), "camera",
    "What became of the frames of a source: sent (Kafka has acknowledged it), dropped (a live camera's that waited too "
    "long), refused (damaged, or too large).",
)  # fmt: skip
FRAMES = _counter(
    "naul_frames_total", "frames", ("outcome",), "recognise",
    "What became of the frames in Kafka: looked_at, left_out (the worker was behind), put_aside (to the dead letters), "
    "deleted_unseen (Kafka deleted it before anybody looked).",
    "looked_at", "left_out", "put_aside", "deleted_unseen",
)  # fmt: skip
FACES = _counter(
    "naul_faces_total", "faces", (), "recognise", "Faces found in frames that were looked at, known or not."
)
LOOKING = _seconds(
    "naul_looking_seconds", (), "recognise",
    "Time to look at one frame, waiting for an engine included.",
    0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30,
)  # fmt: skip
LAST_FRAME = _gauge(
    "naul_last_frame_timestamp_seconds", "Unix time", ("hall", "camera"), "recognise",
    "When the last live frame of a camera was captured that was looked at.",
)  # fmt: skip
CLOCK_SKEW = _gauge(
    "naul_clock_skew_seconds", "seconds", ("hall", "camera"), "recognise",
    "How far the clock of the machine that sends a camera's live frames is ahead of the broker's; behind is negative. "
    "Beyond the setting clock_skew its frames are refused.",
)  # fmt: skip
MESSAGES = _counter(
    "naul_attend_messages_total", "messages", ("topic",), "attend",
    "Messages of sightings and marks that were taken, ticks and erasures included; those put aside are dead letters.",
    "sightings", "marks",
)  # fmt: skip
JUDGING = _seconds(
    "naul_judging_seconds", (), "attend",
    "Time to judge one class hour as a whole.",
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30,
)  # fmt: skip
ROWS_TOLD = _counter(
    "naul_attendance_messages_total", "messages", (), "attend",
    "Messages sent to the topic attendance: verdicts, coverage and erasures, those that tell the same again included.",
)  # fmt: skip
HALL_COVERAGE = _gauge(
    "naul_hall_coverage_ratio", "ratio, 0 to 1", ("hall", "state"), "attend",
    "Covered share of the class hour that was judged last in a hall. state: closed, or running, then of its whole "
    "time, of which some is to come.",
)  # fmt: skip
STORE_BATCHES = _counter(
    "naul_store_batches_total", "batches", ("outcome",), "sink",
    "Batches of rows: written, refused (the store takes one of its rows never; it is divided), away (no answer; it is "
    "written again).",
    "written", "refused", "away",
)  # fmt: skip
STORE_ROWS = _counter(
    "naul_store_rows_total", "rows", ("table",), "sink", "Rows written, those written again included.",
    "attendance_rows", "coverage_rows", "sightings_rows", "audit_rows",
)  # fmt: skip
STORE_WRITING = _seconds(
    "naul_store_writing_seconds", (), "sink", "Time until the store has acknowledged a batch.",
    0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30,
)  # fmt: skip
CAPTURE_TO_ROW = _seconds(
    "naul_capture_to_row_seconds", (), "sink",
    "From the capture of a live frame to its sightings in the store, by the clock of the sink's machine; a frame "
    "without a face counts, too. Verdicts follow within the setting judge_every.",
    0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120, 300, 600, 3600,
)  # fmt: skip
DEAD_LETTERS = _counter(
    "naul_dead_letters_total", "messages", ("stage", "reason"), "recognise, attend, sink",
    "Messages put aside. reason: one of the few of schemas/dead_letters; its text is in the dead letter.",
)  # fmt: skip
WEBHOOKS = _counter(
    "naul_webhooks_total", "messages", ("outcome",), "webhooks",
    "Attempts to hand a message to another system: taken, or refused (it is tried again).",
    "taken", "refused",
)  # fmt: skip
DESK_REQUESTS = _counter(
    "naul_desk_requests_total", "requests", ("method", "route", "status"), "desk",
    "Requests answered by the desk and its API. route: the path with its parameters unfilled; (none): there is none.",
)  # fmt: skip
DESK_REQUEST_SECONDS = _seconds(
    "naul_desk_request_seconds", ("kind",), "desk",
    "Time until the first byte of an answer. kind: page, api or static.",
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30,
)  # fmt: skip
LAG = _gauge(
    "naul_lag_records", "records", ("stage", "topic", "partition"), "watchdog",
    "Records that a stage has not dealt with. Every watchdog of a site tells the same: take the max.",
)  # fmt: skip
RETENTION_USED = _gauge(
    "naul_retention_used_ratio", "ratio", ("stage",), "watchdog",
    "Of the time for which Kafka keeps records, how much the oldest waits for a stage; beyond 1 it is deleted unseen.",
)  # fmt: skip
DISK_FREE = _gauge(
    "naul_kafka_disk_free_bytes",
    "bytes",
    (),
    "watchdog",
    "Free room on the fullest disk of Kafka, as its brokers tell.",
)
DISK_FREE.set(float("nan"))  # until a broker told it: a zero would be a full disk
PART_UP = _gauge(
    "naul_part_up", "0 or 1", ("part",), "watchdog", "Whether a part that `naul up` started on this machine takes work."
)
PART_RESTARTS = _counter(
    "naul_part_restarts_total", "restarts", ("part", "why"), "watchdog",
    "Parts of this machine that had to be started again: hung (the watchdog ended them), ended (by themselves).",
)  # fmt: skip
RECONNECTS = _counter(
    "naul_reconnects_total", "attempts", ("to",), "all",
    "Attempts to reach again what was away: kafka (and all that is not of the others), store, camera.",
    "kafka", "store", "camera",
)  # fmt: skip
READY = _gauge("naul_ready", "0 or 1", (), "all", "Whether this part takes work: what /health/ready answers.")
HUNG = _gauge("naul_hung", "0 or 1", (), "all", "Whether work has stopped in this part: what /health/live answers.")
