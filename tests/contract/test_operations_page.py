"""docs/operations.md and what it installs: the tests that it names, settings, unit files, compose files."""

import configparser
import re
from pathlib import Path

import msgspec
import pytest
import yaml

from infra.machine.kafka.broker import closed
from infra.machine.kafka.jars import KAFKA_VERSION
from schemas.cluster import MAX_RECORD
from schemas.settings import Settings, load_settings
from tests.tools.campus import PAGE, blocks

HOUSE = PAGE.parents[1]
TEXT = PAGE.read_text("utf-8")
BLOCKS = blocks(TEXT)
UNITS = sorted((HOUSE / "infra/systemd").glob("*.service"))
CLUSTER = yaml.safe_load((HOUSE / "infra/cluster/compose.yaml").read_text("utf-8"))
BROKER = dict(
    line.split("=", 1)
    for line in (HOUSE / "infra/cluster/broker.properties").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
)


def rows() -> list[list[str]]:
    table = TEXT.split("## What runs which step")[1]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table.splitlines() if "|" in line][2:]


def test_each_step_names_a_test_that_is_there_or_says_that_it_is_untested() -> None:
    assert len(rows()) > 15
    for step, by in rows():
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", by)
        assert named or by.startswith("untested"), step
        for file, test in named:
            assert f"def {test}(" in (HOUSE / file).read_text("utf-8"), f"{step}: {file}::{test}"


def test_each_link_leads_somewhere() -> None:
    for link in re.findall(r"\]\((?!http)([^)#]+)[^)]*\)", TEXT):
        assert (PAGE.parent / link).exists(), link


@pytest.mark.parametrize("head", [each for each in BLOCKS if each.endswith("naul.toml")])
def test_a_naul_toml_of_the_page_is_one(head: str, tmp_path: Path) -> None:
    (tmp_path / "naul.toml").write_text(BLOCKS[head], "utf-8")
    settings = load_settings(tmp_path, {})
    assert settings.kafka_tls
    assert settings.kafka.count(",") == 2


def test_brokers_are_set_as_that_of_one_machine_where_naul_needs_it(tmp_path: Path) -> None:
    ours = closed(Settings(home=tmp_path))
    same = [
        "auto.create.topics.enable", "message.max.bytes", "log.retention.check.interval.ms", "authorizer.class.name",
        "connections.max.reauth.ms", "sasl.mechanism.inter.broker.protocol",
        "sasl.mechanism.controller.protocol", "listener.name.broker.sasl.enabled.mechanisms",
    ]  # fmt: skip
    assert {name: BROKER[name] for name in same} == {name: ours[name] for name in same}
    assert int(BROKER["message.max.bytes"]) == MAX_RECORD
    assert (BROKER["default.replication.factor"], BROKER["min.insync.replicas"]) == ("3", "2")


def test_no_secret_stands_in_what_is_shared() -> None:
    for name, value in BROKER.items():
        assert not re.search(r'password="(?!\$\{file:)|user_\w+="(?!\$\{file:)', value), name
    for name, service in CLUSTER["services"].items():
        told = service.get("environment", {})
        assert not [each for each in told if re.search("PASSWORD(?!__FILE)|SECRET", each)], name


def test_the_broker_in_a_container_is_the_one_of_the_page() -> None:
    kafka = CLUSTER["services"]["kafka"]
    assert kafka["image"] == f"apache/kafka:{KAFKA_VERSION}"
    unit = parsed(HOUSE / "infra/systemd/naul-kafka.service")["Service"]
    assert [*kafka["entrypoint"], *kafka["command"]] == unit["ExecStart"].split()
    assert kafka["working_dir"] == unit["WorkingDirectory"]
    assert {each.split(":")[0] for each in kafka["volumes"]} == {"/etc/naul-kafka", "/var/lib/naul-kafka"}


def test_what_compose_mounts_is_there() -> None:
    base = HOUSE / "infra/cluster"
    for service in CLUSTER["services"].values():
        for volume in service.get("volumes", []):
            place = volume.split(":")[0]
            assert not place.startswith(".") or (base / place).exists(), place


def test_grafana_is_given_what_the_dashboards_ask() -> None:
    folder = HOUSE / "infra/grafana"
    sources = yaml.safe_load((folder / "provisioning/datasources/naul.yml").read_text("utf-8"))["datasources"]
    asked = {
        each["query"]
        for file in folder.glob("*.json")
        for each in msgspec.json.decode(file.read_bytes())["templating"]["list"]
        if each["type"] == "datasource"
    }
    assert asked == {each["type"] for each in sources}
    [provider] = yaml.safe_load((folder / "provisioning/dashboards/naul.yml").read_text("utf-8"))["providers"]
    mounts = [each.split(":") for each in CLUSTER["services"]["grafana"]["volumes"]]
    assert ["../grafana", provider["options"]["path"], "ro"] in mounts


def parsed(unit: Path) -> configparser.ConfigParser:
    found = configparser.ConfigParser(interpolation=None, strict=False)
    found.optionxform = str  # type: ignore[assignment]
    found.read(unit, "utf-8")
    return found


@pytest.mark.parametrize("unit", UNITS, ids=lambda each: each.name)
def test_a_unit_may_do_what_it_must_and_no_more(unit: Path) -> None:
    service = parsed(unit)["Service"]
    assert service["User"] != "root"
    wanted = {
        "NoNewPrivileges": "true", "ProtectSystem": "strict", "ProtectHome": "true", "UMask": "0077",
        "Restart": "always",
    }  # fmt: skip
    assert {name: service[name] for name in wanted} == wanted
    assert "WatchdogSec" not in service, "nothing of Naul tells systemd that it lives"
    assert service["WorkingDirectory"] in (*service["ReadWritePaths"].split(), "/etc/naul-kafka")
