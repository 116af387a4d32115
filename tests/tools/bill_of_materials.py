"""Write what Naul is made of, as CycloneDX 1.5: ``python -m tests.tools.bill_of_materials [FILE]`` (``make sbom``).

uv writes the Python packages of the lock. Kafka's jars, the files for browsers, the weights of the engines and the
package of the one that is offered are added, each with its SHA-256. It fails where a line of a lock is missing.
"""

import json
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from infra.machine.kafka.jars import read_lock
from infra.operations.engines.engine_offers import OFFERS
from streams.faces.builtin import centerface_dlib, face_recognition
from streams.faces.engine_file import read_engine_file
from streams.faces.weights import Weight
from tests.tools.vendored import read_vendored

__all__ = ["added", "bill", "locked", "project", "uv_line"]

LOCK, PROJECT = Path("requirements.lock"), Path("pyproject.toml")
_PIN = re.compile(r"^([a-z0-9][\w.-]*)==([^ \\;]+)", re.MULTILINE)


def locked() -> list[tuple[str, str]]:
    """Return every package of the lock with its version."""
    return _PIN.findall(LOCK.read_text("utf-8"))


def project(folder: Path) -> None:
    """Write a project that is ours, with every version held to the lock, for the commands of uv that want one."""
    text = PROJECT.read_text("utf-8")
    pins = json.dumps([f"{name}=={version}" for name, version in locked()])
    here = "environments = [\"sys_platform == 'linux' and platform_machine == 'x86_64'\"]"
    text = text.replace('requires-python = ">=3.11"', 'requires-python = "==3.11.*"')
    text = text.replace("[tool.uv]\n", f"[tool.uv]\npackage = false\n{here}\nconstraint-dependencies = {pins}\n")
    (folder / PROJECT).write_text(text, "utf-8")
    uv(folder, "lock")


def uv(folder: Path, *line: str) -> str:
    """Run uv in a folder, and return what it printed.

    Raises:
        CalledProcessError: it failed; why, it said on stderr.
    """
    whole = [*uv_line(*line), "--quiet", "--system-certs", "--python", sys.executable]
    return subprocess.run(whole, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout


def uv_line(*line: str) -> list[str]:
    """Return the command of uv that the lock holds."""
    return [str(Path(sysconfig.get_path("scripts")) / "uv"), *line]


def bill() -> dict[str, Any]:
    """Return the whole bill.

    Raises:
        LookupError: a line of the lock is not in what uv says.
    """
    with tempfile.TemporaryDirectory() as folder:
        project(Path(folder))
        said = uv(Path(folder), "export", "--frozen", "--all-extras", "--format", "cyclonedx1.5", "--no-emit-project")
    found: dict[str, Any] = json.loads(said)
    for each in found["components"]:
        each.pop("externalReferences", None)  # where this machine fetches from is nobody's business; hashes: the lock
    known = {(each["name"], each["version"]) for each in found["components"]}
    if missing := {*locked()} - known:
        raise LookupError(f"not in the bill: {', '.join(sorted(map(str, missing)))}")
    found["components"] += added()
    return found


def added() -> Iterator[dict[str, Any]]:
    """Yield what is no package of Python."""
    for coordinate, sha256 in read_lock().sha256.items():
        group, artifact, version = coordinate.split(":")
        yield _component("library", artifact, version, sha256, f"pkg:maven/{group}/{artifact}@{version}") | {
            "group": group
        }
    for package in read_vendored().values():
        purl = f"pkg:npm/{package.npm.replace('@', '%40')}@{package.version}"
        for file, sha256 in package.sha256.items():
            yield _component("file", file, package.version, sha256, purl, package.licence)
    for weight in _weights():
        yield _component("machine-learning-model", weight.path.name, "", weight.sha256, "", weight.licence)
    for offer in OFFERS.values():
        for part in read_engine_file(offer.path).parts:
            name, _, version = offer.spec.rpartition("@")
            yield _component(
                "machine-learning-model", part.file, version, part.sha256, f"pkg:npm/{name}@{version}", part.licence
            )


def _weights() -> Iterator[Weight]:
    found = {each.sha256: each for engine in (centerface_dlib, face_recognition) for each in engine.weights()}
    yield from found.values()


def _component(kind: str, name: str, version: str, sha256: str, purl: str = "", licence: str = "") -> Mapping[str, Any]:
    more = {"version": version, "purl": purl, "licenses": [{"license": {"name": licence}}] if licence else None}
    return {"type": kind, "bom-ref": f"{kind}:{name}:{sha256[:12]}", "name": name,
            "hashes": [{"alg": "SHA-256", "content": sha256}]} | {key: each for key,
                                                                  each in more.items() if each}  # fmt: skip


def main() -> None:
    """Write it."""
    file = Path(sys.argv[1] if len(sys.argv) > 1 else "build/naul.cdx.json")
    try:
        found = bill()
    except (subprocess.CalledProcessError, LookupError) as error:
        sys.exit(f"there is no bill of materials: {error}")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(msgspec.json.format(msgspec.json.encode(found)))
    print(f"{file}: {len(found['components'])} components")


if __name__ == "__main__":
    main()
