"""Copy the broker's jars into the cache, once: ``python -m infra.machine.kafka.jars``."""

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from schemas.cache import cache_folder
from schemas.errors import NaulError, UnavailableError

__all__ = ["KAFKA_VERSION", "POM", "install", "jars_folder"]

POM = Path(__file__).with_name("pom.xml")


def _version() -> str:
    found = re.search(r"<kafka\.version>(.+?)</kafka\.version>", POM.read_text("utf-8"))
    assert found, f"{POM} names no kafka.version"  # noqa: S101  a file of ours
    return found[1]


KAFKA_VERSION = _version()


def jars_folder() -> Path:
    """Return where the jars of this very pom.xml belong; another pom gets another folder."""
    digest = hashlib.sha256(POM.read_bytes()).hexdigest()[:8]
    return cache_folder() / f"kafka-{KAFKA_VERSION}-{digest}"


def install() -> Path:
    """Copy the jars unless they are there, all or nothing, and return their folder.

    Raises:
        UnavailableError: Maven is missing or failed.
    """
    target = jars_folder()
    if target.is_dir():
        return target
    maven = shutil.which("mvn")
    if maven is None:
        raise UnavailableError("Maven is missing", "Install it with `sudo apt-get install maven`.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="kafka-") as folder:
        libs = Path(folder) / "libs"
        done = subprocess.run(  # noqa: S603  the arguments are ours
            [maven, "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", f"-Dlibs={libs}"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not libs.is_dir():
            raise UnavailableError(
                f"Maven could not fetch the broker's jars:\n{(done.stdout + done.stderr).strip()}",
                "Check that Maven Central, or the mirror in ~/.m2/settings.xml, can be reached.",
            )
        try:
            libs.rename(target)
        except OSError:
            if not target.is_dir():  # otherwise somebody else was quicker
                raise
    return target


if __name__ == "__main__":
    try:
        print(f"Kafka {KAFKA_VERSION}: {install()}")
    except NaulError as error:
        sys.exit(f"naul: {error}")
