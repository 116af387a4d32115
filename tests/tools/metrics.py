"""What a part serves, as Prometheus would read it."""

from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from infra.machine.metrics_ports import metrics_port
from schemas.settings import Settings

__all__ = ["Sample", "read_metrics", "total"]

Sample = tuple[str, dict[str, str], float]
"""name, labels, value."""


def read_metrics(settings: Settings, name: str) -> list[Sample]:
    """Return all that a part (like ``sink-1``) tells of itself."""
    with urlopen(f"http://127.0.0.1:{metrics_port(settings, name)}/metrics", timeout=60) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return [(each.name, each.labels, each.value) for family in families for each in family.samples]


def total(samples: list[Sample], metric: str, **labels: str) -> float:
    """Return the sum of the series of a name that have these labels."""
    return sum(value for name, has, value in samples if name == metric and labels.items() <= has.items())
