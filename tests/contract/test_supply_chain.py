"""What Naul is installed from and serves is held to sums, and the bill of materials leaves nothing of it out."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from infra.machine.kafka.jars import read_lock, sha256_of
from infra.operations.engines.engine_offers import OFFERS
from streams.faces.engine_file import read_engine_file
from tests.tools.audit import reached
from tests.tools.bill_of_materials import added, bill, locked
from tests.tools.vendored import FOLDER, LIST, read_vendored

HOUSE = Path(__file__).parents[2]


def test_every_package_that_is_installed_is_held_to_hashes_the_one_that_builds_naul_too() -> None:
    makefile, lock = (HOUSE / "Makefile").read_text("utf-8"), (HOUSE / "requirements.lock").read_text("utf-8")
    installs = re.findall(r"^\t@?\$\(PIP\) (.*)$", makefile, re.MULTILINE)
    assert installs == ["--require-hashes -r requirements.lock", "--no-index --no-build-isolation -e ."]
    for name, _ in locked():
        assert re.search(rf"^{re.escape(name)}==[^\n]* \\\n    --hash=sha256:[0-9a-f]{{64}}", lock, re.MULTILINE), name
    needed = tomllib.loads((HOUSE / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    assert {re.split("[<>=]", each)[0] for each in needed} <= {name for name, _ in locked()}
    assert "://" not in lock


def test_every_file_of_others_that_browsers_get_is_the_one_that_was_looked_at() -> None:
    said = {file: sha256 for package in read_vendored().values() for file, sha256 in package.sha256.items()}
    there = {each.relative_to(FOLDER).as_posix(): sha256_of(each) for each in FOLDER.rglob("*") if each.is_file()}
    del there[LIST.name]
    assert there == said
    assert all(any("LICENSE" in file for file in package.sha256) for package in read_vendored().values())


def test_pages_load_nothing_from_elsewhere() -> None:
    for file in (HOUSE / "infra/desk").rglob("*"):
        if file.suffix in (".html", ".js", ".css") and "pico" not in file.name:
            found = re.findall(
                r"(?:src=|href=|url\(|import |fetch\()\s*[\"']?(?:https?:)?//[^\s\"')]+", file.read_text("utf-8")
            )
            assert found == [], file


def test_what_is_fetched_later_has_a_version_and_a_sum() -> None:
    assert all(re.fullmatch("[0-9a-f]{64}", each) for each in read_lock().sha256.values())
    for offer in OFFERS.values():
        assert re.fullmatch(r"[a-z0-9/@.-]+@[0-9]+\.[0-9]+\.[0-9]+", offer.spec)
        assert all(re.fullmatch("[0-9a-f]{64}", part.sha256) for part in read_engine_file(offer.path).parts)


def test_the_bill_has_every_jar_file_and_weight() -> None:
    found = {each["hashes"][0]["content"] for each in added()}
    vendored = {sha256 for package in read_vendored().values() for sha256 in package.sha256.values()}
    offered = {part.sha256 for offer in OFFERS.values() for part in read_engine_file(offer.path).parts}
    assert found >= {*read_lock().sha256.values()} | vendored | offered
    licences = (HOUSE / "LICENSES.md").read_text("utf-8")
    models = [each for each in added() if each["type"] == "machine-learning-model"]
    assert len(models) == 5
    assert all(each["name"] in licences for each in models)


def test_the_bill_has_every_line_of_the_lock() -> None:
    """Uv asks the index of packages what each is, so this needs one that answers, as `make setup` did."""
    found: dict[str, Any] = bill()
    packages = {
        (each["name"], each["version"]) for each in found["components"] if each.get("purl", "").startswith("pkg:pypi/")
    }
    assert packages == {*locked()}
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.5")
    names = [each["bom-ref"] for each in found["components"]]
    assert len(names) == len({*names})
    assert "://" not in json.dumps(found)


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("error: Failed to query OSV\n  cause: error sending request for url\n  cause: dns error", False),
        ("Found 2 known vulnerabilities in 1 package", True),
        ("error: unexpected argument '--frozen' found", True),
    ],
)
def test_a_database_that_is_away_is_told_from_a_vulnerability(said: str, known: bool) -> None:
    assert reached(said) is known
