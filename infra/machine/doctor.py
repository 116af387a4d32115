"""What must hold on this machine before Naul can run, each with what to do if it does not."""

import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import msgspec
from packaging.requirements import Requirement

from infra.machine.kafka.broker import answers
from infra.machine.kafka.jars import KAFKA_VERSION, jars_folder
from infra.machine.kafka.java import LEAST, find_java
from infra.machine.lifecycle import is_up
from schemas.cluster import listens
from schemas.errors import NaulError, UnavailableError
from schemas.settings import Settings
from streams.faces.calibration import calibration_of
from streams.faces.engines import load_engine
from streams.faces.template_cipher import TemplateCipher
from streams.reference.live_engine import live_engine

__all__ = ["Finding", "examine"]


class Finding(msgspec.Struct, frozen=True):
    """One line of the examination; a problem has a remedy."""

    name: str
    text: str
    remedy: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield what was found, one check after the other."""
    yield _python()
    yield from _packages()
    yield _java()
    yield _jars()
    yield _kafka(settings)
    yield _disk(settings)
    live, engine = _live(settings)
    yield engine
    yield from _engine_files(live)
    yield _calibration(live)
    yield _key(settings.key_file)


def _python() -> Finding:
    text = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", text, "" if sys.version_info >= (3, 11) else "Naul needs 3.11 or later: make clean setup")


def _packages() -> Iterator[Finding]:
    wrong = []
    wanted = [Requirement(each) for each in requires("naul") or ()]
    wanted = [each for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})]
    for each in wanted:
        try:
            found = version(each.name)
        except PackageNotFoundError:
            found = "missing"
        if found == "missing" or not each.specifier.contains(found, prereleases=True):
            wrong.append(f"{each} (here: {found})")
    yield Finding("packages", ", ".join(wrong) or f"{len(wanted)}, all as asked for", "make setup" if wrong else "")


def _java() -> Finding:
    try:
        java = find_java()
    except NaulError as error:
        return Finding("Java", error.message, error.remedy)
    whose = f"Naul's own: this machine has none from {LEAST} on" if java.bundled else "this machine's"
    return Finding("Java", f"{java.version}, {whose} ({java.path})")


def _jars() -> Finding:
    if jars_folder().is_dir():
        return Finding("Kafka's jars", f"{KAFKA_VERSION} in {jars_folder()}")
    return Finding("Kafka's jars", f"{KAFKA_VERSION} is not in {jars_folder()}", "make setup")


def _kafka(settings: Settings) -> Finding:
    where = settings.bootstrap
    if answers(settings):
        if settings.own_broker and not is_up(settings):
            return Finding(
                "Kafka", f"somebody else's answers at {where}", "Set NAUL_KAFKA_PORT to a port that is free."
            )
        return Finding("Kafka", f"answers at {where}")
    if not settings.own_broker:
        return Finding("Kafka", f"no answer from {where}", "Start that cluster, or unset NAUL_KAFKA.")
    if listens(settings):
        return Finding("Kafka", f"{where} is taken by something else", "Set NAUL_KAFKA_PORT to a port that is free.")
    return Finding("Kafka", f"not up; {where} is free for it")


def _disk(settings: Settings) -> Finding:
    home, least = settings.home, settings.disk_free_limit_mib * 2**20
    place = next(each for each in (home, *home.parents) if each.exists())
    free = shutil.disk_usage(place).free
    remedy = "" if free >= least else f"Free {least / 2**30:.1f} GiB, or choose another home with --home."
    return Finding("disk", f"{free / 2**30:.1f} GiB free at {place}", remedy)


def _live(settings: Settings) -> tuple[Settings, Finding]:
    """Return the settings with the live engine, as far as that is known."""
    try:
        name = live_engine(settings, datetime.now(UTC))
    except UnavailableError:
        return settings, Finding("engine", f"{settings.engine}, as set; whether another one is live Kafka would know")
    except NaulError as error:
        return settings, Finding("engine", error.message, error.remedy)
    return msgspec.structs.replace(settings, engine=name), Finding("engine", f"{name} is live")


def _engine_files(settings: Settings) -> Iterator[Finding]:
    try:
        loaded = load_engine(settings.engine, settings.home)  # checks every file it reads
    except NaulError as error:
        yield Finding("weights", error.message, error.remedy)
        return
    files = ", ".join(f"{each.path.name} {each.sha256[:8]}" for each in loaded.weights)
    yield Finding("weights", f"{loaded.id}: {files}")
    try:
        yield Finding("arithmetic", loaded.quicken(settings.arithmetic))
    except NaulError as error:
        yield Finding("arithmetic", error.message, error.remedy)


def _calibration(settings: Settings) -> Finding:
    try:
        found = calibration_of(settings.engine, settings.home)
    except NaulError as error:
        return Finding("calibration", error.message, error.remedy)
    return Finding(
        "calibration", f"{settings.engine}: strangers have a cosine of {found.center:.3f} ± {found.spread:.3f}"
    )


def _key(file: Path) -> Finding:
    if not file.exists():
        return Finding("key", f"none yet; `naul enroll` makes {file}")
    try:
        TemplateCipher.open(file)
    except NaulError as error:
        return Finding("key", error.message, error.remedy)
    return Finding("key", f"{file}, yours alone")
