"""Dashboards and alerts ask for metrics, labels, tables and columns that are there."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from msgspec.structs import replace

from infra.machine.metrics_ports import PARTS, metrics_port
from schemas.dead_letters import REASONS
from schemas.messages import Attendance, Coverage, Observation
from schemas.metrics import DECLARED, registry_of
from schemas.settings import Settings
from sinks.store import Store
from tests.contract.store.test_store import put

GRAFANA = Path(__file__).parents[3] / "infra" / "grafana"
BOARDS = {file.stem: msgspec.json.decode(file.read_bytes()) for file in sorted(GRAFANA.glob("*.json"))}
RULES = [
    rule for group in yaml.safe_load((GRAFANA / "naul.rules.yml").read_text())["groups"] for rule in group["rules"]
]
SCRAPE = yaml.safe_load((GRAFANA / "prometheus.yml").read_text())["scrape_configs"]

SCRAPED = {"instance", "job", "process"}
"""Labels that prometheus.yml gives to everything."""


def series() -> dict[str, set[str]]:
    """Every name that Prometheus knows of us -> its labels."""
    found = {"up": set[str]()}
    for each in DECLARED:
        labels = {*each.labels}
        if each.kind == "histogram":
            found |= {f"{each.name}_bucket": labels | {"le"}, f"{each.name}_sum": labels, f"{each.name}_count": labels}
        else:
            found[each.name] = labels
    process = (family for family in registry_of("desk").collect() if family.name.startswith("process_"))
    return found | {sample.name: set[str]() for family in process for sample in family.samples}


SERIES = series()


def asked(expression: str) -> tuple[set[str], set[str]]:
    """Return the names of series and of labels in an expression of PromQL."""
    labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", expression))
    for grouped in re.findall(r"\b(?:by|without|on)\s*\(([^)]*)\)", expression):
        labels |= {*re.findall(r"\w+", grouped)}
    rest = re.sub(r"\b(?:by|without|on)\s*\([^)]*\)", "", expression)
    rest = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\"[^\"]*\"", "", rest)
    return {*re.findall(r"\b[a-z]\w*\b(?!\s*\()", rest)}, labels


def panels() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for name, board in BOARDS.items():
        for panel in board["panels"]:
            for target in panel.get("targets", ()):
                yield f"{name}: {panel['title']} {target['refId']}", panel, target


EXPRESSIONS = {name: target["expr"] for name, _, target in panels() if "expr" in target}
STATEMENTS = {name: target["rawSql"] for name, _, target in panels() if "rawSql" in target}


def test_there_are_three_boards_and_both_kinds_of_questions() -> None:
    assert set(BOARDS) == {"operations", "hall", "term"}
    assert EXPRESSIONS
    assert STATEMENTS
    assert len(EXPRESSIONS) + len(STATEMENTS) == len(list(panels()))


def test_a_name_that_is_none_would_be_noticed() -> None:
    names, labels = asked('sum by (le, stge) (rate(naul_lookng_seconds_bucket{hall="E101"}[5m])) > 3')
    assert (names, labels) == ({"naul_lookng_seconds_bucket"}, {"le", "stge", "hall"})


@pytest.mark.parametrize("expression", [*EXPRESSIONS.values(), *(rule["expr"] for rule in RULES)])
def test_every_metric_and_every_label_is_there(expression: str) -> None:
    names, labels = asked(expression)
    assert names
    assert names <= SERIES.keys()
    assert labels <= SCRAPED.union(*(SERIES[name] for name in names))


def test_what_a_legend_or_an_alert_names_is_in_its_series() -> None:
    said = [(target["expr"], target["legendFormat"]) for _, _, target in panels() if "expr" in target]
    said += [(rule["expr"], " ".join(rule["annotations"].values())) for rule in RULES]
    for expression, text in said:
        named = {*re.findall(r"\{\{\s*\$labels\.(\w+)", text), *re.findall(r"\{\{(\w+)\}\}", text)}
        grouped = re.findall(r"\bby\s*\(([^)]*)\)", expression)
        names, _ = asked(expression)
        there = {*re.findall(r"\w+", grouped[0])} if grouped else SCRAPED.union(*(SERIES[name] for name in names))
        assert named <= there, expression


def test_variables_ask_for_what_is_there() -> None:
    queries = [
        each["query"]["query"]
        for board in BOARDS.values()
        for each in board["templating"]["list"]
        if "datasource" in each
    ]
    for metric, label in re.findall(r"label_values\((\w+), (\w+)\)", " ".join(queries)):
        assert label in SERIES[metric]
    used = set(re.findall(r"\$\{?(\w+)", msgspec.json.encode(BOARDS).decode())) - {"labels"}
    known = {each["name"] for board in BOARDS.values() for each in board["templating"]["list"]}
    assert used <= known | {"__rate_interval", "__range", "__dateFilter", "__timeFilter"}


def test_values_of_labels_that_are_asked_for_are_told() -> None:
    told = {value for each in DECLARED for value in each.values} | {
        *REASONS,
        "closed",
        "running",
        "hung",
        "ended",
        "naul",
    }
    for expression in [*EXPRESSIONS.values(), *(rule["expr"] for rule in RULES)]:
        for label, values in re.findall(r"(\w+)=~?\"([^\"]*)\"", expression):
            assert label in ("hall", "status") or {*values.split("|")} <= told


def test_an_alert_says_what_is_wrong_and_what_helps() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"].keys() == {"summary", "remedy"}


def test_prometheus_is_told_the_ports_that_parts_have() -> None:
    (job,) = SCRAPE
    told = {(target, each["labels"]["process"]) for each in job["static_configs"] for target in each["targets"]}
    settings = Settings(recognise_workers=2)
    names = {part: [f"{part}-1"] for part in PARTS} | {"recognise": ["recognise-1", "recognise-1.2"]}
    assert told == {
        (f"{settings.metrics_host}:{metrics_port(settings, name)}", part) for part in names for name in names[part]
    }


def test_nobody_is_on_a_board() -> None:
    for sql in STATEMENTS.values():
        assert not re.search(r"\b(student_id|name|visitor)\b", sql)
        assert "_rows" not in sql
        assert sql.count("run = 'live'") == 1


class DashboardsContract:
    @pytest.fixture
    def filled(self, opened: Store, verdict: Attendance, coverage: Coverage, observation: Observation) -> Store:
        """A class hour of somebody who was there, and one of somebody who was not."""
        put(opened, verdict, replace(verdict, student_id="s2", verdict="absent"), coverage, observation)
        return opened

    def test_every_question_is_answered(self, filled: Store, verdict: Attendance) -> None:
        for name, sql in STATEMENTS.items():
            answer = filled.query(substituted(sql, verdict.hall, verdict.date))
            assert answer.rows, name


def substituted(sql: str, hall: str, day: date) -> str:
    """Return a statement as Grafana's data source sends it."""
    sql = re.sub(r"\$__dateFilter\((\w+)\)", rf"\1 >= toDate('{day}') AND \1 <= toDate('{day}')", sql)
    sql = re.sub(r"\$__timeFilter\((\w+)\)", r"\1 >= toDateTime(0) AND \1 <= toDateTime(4000000000)", sql)
    return sql.replace("${hall:sqlstring}", f"'{hall}'")


class TestEmbedded(DashboardsContract):
    @pytest.fixture
    def settings(self, embedded: Settings) -> Settings:
        return embedded


class TestServer(DashboardsContract):
    @pytest.fixture
    def settings(self, server: Settings) -> Settings:
        return server
