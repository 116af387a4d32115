"""The names of metrics are a contract, and nobody stands in their labels."""

import re
from pathlib import Path

import pytest

from schemas import metrics
from schemas.generate import metrics_table
from schemas.metrics import DECLARED, PARTS, Metric, few, registry_of

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
LABELS = {
    "camera", "hall", "kind", "method", "outcome", "part", "partition", "reason", "route", "stage", "state", "status",
    "table", "to", "topic", "why",
}  # fmt: skip
"""What a label may be: each has few values, and none of them is a person. A new one is thought about first."""


@pytest.mark.parametrize("metric", DECLARED, ids=lambda metric: metric.name)
def test_a_metric_is_named_as_prometheus_names_them_and_explained(metric: Metric) -> None:
    assert re.fullmatch(r"naul_[a-z]+(_[a-z]+)*", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    if metric.kind == "histogram" or metric.unit in ("seconds", "bytes"):
        assert metric.name.endswith(f"_{metric.unit}")
    assert {*metric.labels} <= LABELS
    assert metric.meaning.endswith(".")
    assert "|" not in metric.meaning


def test_the_page_tells_what_is_declared() -> None:
    assert metrics_table() in PAGE.read_text("utf-8"), "run: python -m schemas.generate"


def test_a_part_serves_its_own_metrics_and_no_others() -> None:
    for part in PARTS:
        served = {family.name for family in registry_of(part).collect() if family.name.startswith("naul_")}
        own = {each.name.removesuffix("_total") for each in DECLARED if each.of == "all" or part in each.of.split(", ")}
        assert served == own


def test_cameras_beyond_a_number_share_a_series(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_cameras", set())
    monkeypatch.setattr(metrics, "MOST_CAMERAS", 2)
    assert [few("E101", name) for name in "abca"] == [
        ("E101", "a"),
        ("E101", "b"),
        ("(other)", "(other)"),
        ("E101", "a"),
    ]
