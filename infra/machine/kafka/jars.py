"""Install the broker's jars into the cache, once, each held to its sum: ``python -m infra.machine.kafka.jars``."""

import hashlib
import shutil
import sys
from pathlib import Path

import msgspec

from schemas.cache import cache_folder, made_once
from schemas.errors import NaulError, RefusedError
from schemas.translations import Text

__all__ = ["KAFKA_VERSION", "LOCK", "Jars", "install", "jars_folder", "read_lock", "sha256_of"]

LOCK = Path(__file__).with_name("jars.toml")


class Jars(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which jars are the broker: what is asked for, and every jar that this comes to."""

    roots: tuple[str, ...]
    """``group:artifact:version``; Kafka itself is the first."""

    without: tuple[str, ...]
    """``group:artifact``, either may be ``*``: what the roots ask for and the broker never loads."""

    sha256: dict[str, str]
    """``group:artifact:version`` of every jar, and the sum of its file."""


def read_lock(file: Path = LOCK) -> Jars:
    """Return what a lock says."""
    return msgspec.toml.decode(file.read_bytes(), type=Jars)


KAFKA_VERSION = read_lock().roots[0].rpartition(":")[2]


def jars_folder(lock: Path = LOCK) -> Path:
    """Return where the jars of this very lock belong; another lock gets another folder."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:8]
    return cache_folder() / f"kafka-{KAFKA_VERSION}-{digest}"


def sha256_of(file: Path) -> str:
    """Return a file's SHA-256 in hex."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def install(lock: Path = LOCK) -> Path:
    """Fetch the jars unless they are there, all or nothing, and return their folder.

    Raises:
        UnavailableError: a jar cannot be fetched.
        RefusedError: a jar is not the one that was locked.
    """

    def filled(scratch: Path) -> Path:
        libs = scratch / "libs"
        libs.mkdir()
        _fill(libs, read_lock(lock), scratch / "maven")
        return libs

    return made_once(jars_folder(lock), filled)


def _fill(libs: Path, jars: Jars, downloads: Path) -> None:
    # Every command of Naul imports this module, and only an installation should wait for jgo's half second.
    from infra.machine.kafka.maven import fetch, maven

    source = maven(downloads)
    for coordinate, sha256 in jars.sha256.items():
        jar = fetch(source, coordinate)
        found = sha256_of(Path(shutil.copy(jar, libs)))  # of the copy: that one will run
        if found != sha256:
            raise RefusedError(
                Text(
                    "{coordinate} is not the jar that was locked: its SHA-256 is {found}, not {sha256}",
                    coordinate=coordinate,
                    found=found,
                    sha256=sha256,
                ),
                Text(
                    "If {parent} is still there, remove it; then repeat `make setup`. If it is no other "
                    "then, ask whoever runs the repository that it comes from.",
                    parent=jar.parent,
                ),
            )


if __name__ == "__main__":
    try:
        print(f"Kafka {KAFKA_VERSION}: {install()}")
    except NaulError as error:
        sys.exit(f"naul: {error}")
