"""What must hold on this machine before Naul can run, each with what to do if it does not."""

import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import msgspec
from packaging.requirements import Requirement

from infra.machine.kafka.broker import answers
from infra.machine.kafka.jars import KAFKA_VERSION, jars_folder
from infra.machine.kafka.java import LEAST, find_java
from infra.machine.kept_bytes import kept_bytes
from infra.machine.lifecycle import is_up
from schemas.cluster import listens
from schemas.errors import NaulError, UnavailableError
from schemas.frame_keys import public_id, read_frames_keys, read_public_frames_key
from schemas.frame_seals import seals_frames
from schemas.settings import Settings
from schemas.translations import Text
from streams.faces.calibration import calibration_of
from streams.faces.engines import load_engine
from streams.faces.placement import placed
from streams.faces.template_cipher import TemplateCipher
from streams.reference.live_engine import live_engine

__all__ = ["Finding", "examine", "frames_finding"]


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
    yield from _retention(settings)
    live, engine = _live(settings)
    yield engine
    yield from _engine_files(live)
    yield _calibration(live)
    yield _key(settings.key_file)
    yield frames_finding(settings)


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
    yield Finding(
        "packages",
        ", ".join(wrong) or Text("{count}, all as asked for", count=len(wanted)),
        "make setup" if wrong else "",
    )


def _java() -> Finding:
    try:
        java = find_java()
    except NaulError as error:
        return Finding("Java", error.message, error.remedy)
    own = Text("Naul's own: this machine has none from {least} on", least=LEAST)
    whose = own if java.bundled else Text("this machine's")
    return Finding("Java", Text("{version}, {whose} ({path})", version=java.version, whose=whose, path=java.path))


def _jars() -> Finding:
    if jars_folder().is_dir():
        return Finding("Kafka's jars", Text("{version} in {folder}", version=KAFKA_VERSION, folder=jars_folder()))
    return Finding(
        "Kafka's jars", Text("{version} is not in {folder}", version=KAFKA_VERSION, folder=jars_folder()), "make setup"
    )


def _kafka(settings: Settings) -> Finding:
    where = settings.bootstrap
    if answers(settings):
        if settings.own_broker and not is_up(settings):
            return Finding(
                "Kafka",
                Text("somebody else's answers at {where}", where=where),
                "Set NAUL_KAFKA_PORT to a port that is free.",
            )
        return Finding("Kafka", Text("answers at {where}", where=where))
    if not settings.own_broker:
        return Finding("Kafka", Text("no answer from {where}", where=where), "Start that cluster, or unset NAUL_KAFKA.")
    if listens(settings):
        return Finding(
            "Kafka",
            Text("{where} is taken by something else", where=where),
            "Set NAUL_KAFKA_PORT to a port that is free.",
        )
    return Finding("Kafka", Text("not up; {where} is free for it", where=where))


def _disk(settings: Settings) -> Finding:
    home, least = settings.home, settings.disk_free_limit_mib * 2**20
    place = next(each for each in (home, *home.parents) if each.exists())
    free = shutil.disk_usage(place).free
    wanted = Text("Free {size:.1f} GiB, or choose another home with --home.", size=least / 2**30)
    remedy = "" if free >= least else wanted
    return Finding("disk", Text("{size:.1f} GiB free at {place}", size=free / 2**30, place=place), remedy)


def _retention(settings: Settings) -> Iterator[Finding]:
    """Hold what retention will take against the room that the brokers have, while they answer."""
    try:
        found = kept_bytes(settings, datetime.now(UTC))
    except UnavailableError:
        return
    if found is None:
        return
    wanted = f"{found.wanted / 2**30:.1f} GiB"
    by = (
        Text("by what came in for {hours:.1f} h", hours=found.span / timedelta(hours=1))
        if found.span
        else Text("reckoned by the halls of the timetable")
    )
    if found.room is None:
        text = Text("will take {wanted}, {by}; how much room there is Kafka does not tell", wanted=wanted, by=by)
    else:
        room = f"{found.room / 2**30:.1f} GiB"
        text = Text("will take {wanted} of {room}, {by}", wanted=wanted, room=room, by=by)
    days = found.fit / timedelta(days=1) if found.fit is not None else 0.0
    remedy = Text("Give Kafka's disks more, or set keep_frames to {days:.1f}d or less, then `naul topics apply`.",
                  days=days)  # fmt: skip
    yield Finding("retention", text, remedy if found.too_much else "")


def _live(settings: Settings) -> tuple[Settings, Finding]:
    """Return the settings with the live engine, as far as that is known."""
    try:
        name = live_engine(settings, datetime.now(UTC))
    except UnavailableError:
        return settings, Finding(
            "engine", Text("{engine}, as set; whether another one is live Kafka would know", engine=settings.engine)
        )
    except NaulError as error:
        return settings, Finding("engine", error.message, error.remedy)
    return msgspec.structs.replace(settings, engine=name), Finding("engine", Text("{name} is live", name=name))


def _engine_files(settings: Settings) -> Iterator[Finding]:
    try:
        loaded = load_engine(settings.engine, settings.home)  # checks every file it reads
    except NaulError as error:
        yield Finding("weights", error.message, error.remedy)
        return
    files = ", ".join(f"{each.path.name} {each.sha256[:8]}" for each in loaded.weights)
    yield Finding("weights", Text("{id}: {files}", id=loaded.id, files=files))
    try:
        yield Finding("arithmetic", placed(loaded, settings.arithmetic, settings.device).said)
    except NaulError as error:
        yield Finding("arithmetic", error.message, error.remedy)


def _calibration(settings: Settings) -> Finding:
    try:
        found = calibration_of(settings.engine, settings.home)
    except NaulError as error:
        return Finding("calibration", error.message, error.remedy)
    return Finding(
        "calibration",
        Text(
            "{engine}: strangers have a cosine of {center:.3f} ± {spread:.3f}",
            engine=settings.engine,
            center=found.center,
            spread=found.spread,
        ),
    )


def _key(file: Path) -> Finding:
    if not file.exists():
        return Finding("key", Text("none yet; `naul enroll` makes {file}", file=file))
    try:
        TemplateCipher.open(file)
    except NaulError as error:
        return Finding("key", error.message, error.remedy)
    return Finding("key", Text("{file}, yours alone", file=file))


def frames_finding(settings: Settings) -> Finding:
    """Say whether cameras of this home seal their frames, and with how many keys this machine opens them."""
    public = settings.frames_public_key_file
    try:
        opens = len(read_frames_keys(settings.frames_key_file))
        key = public_id(read_public_frames_key(public)).hex() if public.exists() else ""
    except NaulError as error:
        return Finding("frames", error.message, error.remedy)
    here = Text("keys here that open sealed ones: {count}", count=opens)
    if not seals_frames(settings):
        return Finding("frames", Text("sent as they are; {here}", here=here))
    if key:
        return Finding("frames", Text("sealed for {key}; {here}", key=key, here=here))
    plain = Text("sent as they are, for there is no public key; {here}", here=here)
    refused = Text("cameras refuse to start, for there is no public key; {here}", here=here)
    return Finding(
        "frames",
        refused if settings.frames == "sealed" else plain,
        'Run `naul key frames new`, or copy frames-key.pub of another machine here; or set frames = "plain".',
    )
