"""One frozen object, read once: ``naul.toml`` in the home, then ``NAUL_*`` of the environment, which wins.

A table of the file is a group: ``[policy] late_after = "10min"`` is ``NAUL_POLICY_LATE_AFTER=10min``. Durations are
text with a unit (``90s``, ``10min``, ``2h``, ``3d``). A name that does not exist is refused with the nearest one.
"""

import json
import os
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from schemas.allowed import allowed
from schemas.errors import SettingsError
from schemas.paths import on_disk
from schemas.texts import cleaned, nearest
from schemas.toml_file import read_toml
from schemas.topics import Retention, Topic, topic
from schemas.translations import Text
from schemas.web_addresses import LOOPBACK, is_safe, is_site

__all__ = ["Policy", "Settings", "duration", "load_policy", "load_settings"]

Fraction: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
Port: TypeAlias = Annotated[int, Meta(ge=1024, le=65533)]

_UNITS = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400}
_OTHER_UNITS = {
    "s": ("sec", "secs", "second", "seconds", "초"),
    "min": ("m", "mins", "minute", "minutes", "분"),
    "h": ("hr", "hrs", "hour", "hours", "시간"),
    "d": ("day", "days", "일"),
}
"""How people write them otherwise."""

_HOME = ".naul"
_UNSETTABLE = ("home", "policy")
"""Of Settings: where the file lies, and the table."""
_SECRETS = ("store_password", "store_reader_password", "openid_secret", "kafka_password")
"""Whose values are never shown, and are what they are, to the last space."""


def duration(text: str) -> timedelta:
    """Read ``90s``, ``10min`` or ``10 min``, ``1.5h``.

    Raises:
        ValueError: there is no such unit, or no number; it says what was probably meant.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?) *(\D*)", cleaned(text), re.ASCII)
    if not found:
        raise ValueError(
            Text(
                "a duration is a number and one of {units}, like 10min; got {text!r}",
                units=", ".join(_UNITS),
                text=text,
            )
        )
    number, unit = found[1], found[2].casefold()
    if unit in _UNITS:
        return timedelta(seconds=float(number) * _UNITS[unit])
    if not unit:
        raise ValueError(
            Text("{text!r} has no unit: write {number}s, {number}min, {number}h or {number}d", text=text, number=number)
        )
    meant = next((name for name, others in _OTHER_UNITS.items() if unit in others), None)
    if meant:
        raise ValueError(Text("{text!r} is no duration: write {near}", text=text, near=f"{number}{meant}"))
    raise ValueError(Text("{text!r} is no duration: the units are {units}", text=text, units=", ".join(_UNITS)))


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a student counts as what. Its text is stored with every verdict.

    late_after: after the start of the class hour. left_early_before: before its end.
    departure_after: of covered time unseen. enough_coverage: share of the class hour that must be covered before
    anybody is absent. accept: probability from which a student counts as seen (of one photo: half as
    much doubt is allowed); from review on it may be he, so that nobody is absent.
    frame_cover: a frame stands for the time up to the next one, at most this long.
    grace: a class hour closes this long after its end.
    """

    late_after: timedelta = timedelta(minutes=10)
    left_early_before: timedelta = timedelta(minutes=10)
    departure_after: timedelta = timedelta(minutes=5)
    enough_coverage: Fraction = 0.5
    accept: Annotated[float, Meta(gt=0.5, le=1)] = 0.8
    review: Fraction = 0.2
    frame_cover: timedelta = timedelta(seconds=60)
    grace: timedelta = timedelta(minutes=2)

    def __post_init__(self) -> None:
        for name, limit in {
            "late_after": "3h",
            "left_early_before": "3h",
            "departure_after": "3h",
            "frame_cover": "10min",
            "grace": "24h",
        }.items():
            value = getattr(self, name)
            if not timedelta(0) <= value <= duration(limit):
                raise ValueError(_not_between(name, "0s", limit, value))
        if self.review > self.accept:
            raise ValueError(
                Text("review must not exceed accept, got {review} > {accept}", review=self.review, accept=self.accept)
            )

    @property
    def version(self) -> str:
        """The values in one short line, the same for the same values."""
        seconds = (self.late_after, self.left_early_before, self.departure_after, self.frame_cover, self.grace)
        numbers = [f"{each.total_seconds():g}" for each in seconds]
        return "/".join([*numbers, f"{self.enough_coverage:g}", f"{self.accept:g}", f"{self.review:g}"])

    @classmethod
    def of_version(cls, version: str) -> "Policy | None":
        """Return the policy that a verdict was stored with; None if this Naul does not know what it says."""
        names = ("late_after", "left_early_before", "departure_after", "frame_cover", "grace")
        try:
            values = dict(
                zip((*names, "enough_coverage", "accept", "review"), map(float, version.split("/")), strict=True)
            )
            return msgspec.convert({**values, **{each: timedelta(seconds=values[each]) for each in names}}, cls)
        except (ValueError, OverflowError):
            return None


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that a site may set.

    home: where this machine keeps its data, key, logs and sockets.
    prefix: of topics, groups and the database. timezone: of timetables and reports. language: of pages and tables.
    kafka: ``host:port[,host:port]`` of a cluster; empty means the one that ``naul up`` starts on kafka_port.
    kafka_heap_mib: of that broker.
    kafka_tls: the cluster is reached encrypted, and its certificates are held to kafka_ca, a PEM file; empty: to those
    that this machine trusts. kafka_sasl: how kafka_user shows who he is; his password is kafka_password, by
    NAUL_KAFKA_PASSWORD, else in a file. Of OAUTHBEARER these are the client and its secret at kafka_token_url, the
    token endpoint of the site's OAuth server, and kafka_token_scope is asked for there. The broker of this machine has
    a user and a secret of its own.
    partitions: of the topics that attend reads, so at most so many of its workers have something to do;
    frame_partitions: the same of frames and recognise. They are of topics that are made: later ones `naul topics grow`.
    disk_free_limit_mib: while a disk of Kafka has less, cameras send no frames; everything else goes on.
    store: ``embedded``, or ``clickhouse://[user@]host:port[,host:port]``, replicas of one another, of which the first
    that answers is asked; the database is the prefix. store_user writes, his password is store_password, by
    NAUL_STORE_PASSWORD, else in a file; store_reader with store_reader_password only reads; empty: store_user does.
    store_tls: the server is reached encrypted, and its certificate is held to store_ca, a PEM file; empty: to those
    that this machine trusts. store_replicated: tables are made so that these servers keep them replicas of one another,
    by the ZooKeeper or Keeper that each of them names. keep_stored_sightings: how long the store keeps faces of frames;
    0s: for ever.
    engine: which one looks before the first choice. arithmetic: of its networks; auto takes 8 bits where the machine is
    faster with them.
    device: on which its networks run; auto takes one that onnxruntime has here, says the same as the processor, and is
    faster.
    frames: whether cameras seal pictures, so that only workers can look at them: ``sealed``, ``plain``, or auto: sealed
    on a named cluster as soon as there is a key for it.
    reuse_embeddings: a face whose pixels hardly changed within seconds keeps its embedding.
    recognise_workers: processes; recognise_threads: frames at once in each,
    0 means one a core.
    desk_host, desk_port: where the pages are; port 0: kafka_port + 2. desk_names: further host names under which they
    may be asked, with spaces between. desk_certificate, desk_key: PEM files, for https. desk_url: how browsers reach
    them, if that does not follow from these, as behind a proxy.
    metrics: each part serves /metrics and its health on metrics_host, on a port of its own from metrics_port on; 0:
    kafka_port + 10. Whoever reaches it may read it. hung_after: for so long nothing may happen that should, before a
    part is taken to be hung and ``naul up`` starts it again.
    log_format: a line of text, or of JSON, for each thing that a worker says.
    webhook_private: webhooks may go to this machine and to private networks, too.
    openid_issuer, openid_client: the OpenID provider that signs people in at the desk, and as what it knows the desk;
    empty: passwords and links alone. openid_secret: of that client, by NAUL_OPENID_SECRET, else in a file.
    openid_name, openid_name_ko: what people call the provider. openid_scopes: what is asked for besides openid.
    openid_account, openid_student: the claims with the name of the account, and with the student id of who is made an
    account when he comes first; without the latter nobody is made one.
    slot: tells workers of one kind apart when they run on several machines (stable, so that a restart is quick).
    judge_every: of event time, how often a running class hour is judged again while it is live and nothing waits.
    forget_after: of event time, how long a closed class hour can still be revised.
    clock_skew: a frame is refused if it was captured further ahead of the broker's clock, or sent live by a clock that
    differs more from the broker's.
    erase_within: how long Kafka may keep what was erased. keep_frames, keep_sightings: for how long it keeps pictures,
    and what was seen in them. keep_audit: for how long a lost store could be filled with the audit again.
    """

    home: Path = Path(_HOME)
    prefix: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,30}$")] = "naul"
    timezone: str = "Asia/Seoul"
    language: Literal["ko", "en"] = "en"
    kafka: str = ""
    kafka_port: Port = 19092
    kafka_heap_mib: Annotated[int, Meta(ge=96, le=65536)] = 256
    kafka_tls: bool = False
    kafka_ca: str = ""
    kafka_sasl: Literal["none", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] = "none"
    kafka_user: str = ""
    kafka_password: str = ""
    partitions: Annotated[int, Meta(ge=1, le=1024)] = 4
    frame_partitions: Annotated[int, Meta(ge=1, le=1024)] = 4
    kafka_token_url: str = ""
    kafka_token_scope: str = ""
    disk_free_limit_mib: Annotated[int, Meta(ge=0, le=2**30)] = 2048
    store: str = "embedded"
    store_user: str = "default"
    store_password: str = ""
    store_reader: str = ""
    store_reader_password: str = ""
    store_tls: bool = False
    store_ca: str = ""
    store_replicated: bool = False
    engine: str = "centerface-dlib"
    arithmetic: Literal["auto", "float", "quantised"] = "auto"
    device: Literal["auto", "cpu", "cuda", "openvino", "openvino-gpu"] = "auto"
    frames: Literal["auto", "sealed", "plain"] = "auto"
    reuse_embeddings: bool = True
    recognise_workers: Annotated[int, Meta(ge=1, le=64)] = 1
    recognise_threads: Annotated[int, Meta(ge=0, le=256)] = 0
    desk_host: str = "127.0.0.1"
    desk_port: Annotated[int, Meta(ge=0, le=65535)] = 0
    desk_names: str = ""
    desk_certificate: str = ""
    desk_key: str = ""
    desk_url: str = ""
    metrics: bool = True
    metrics_host: str = "127.0.0.1"
    metrics_port: Annotated[int, Meta(ge=0, le=65000)] = 0
    hung_after: timedelta = timedelta(minutes=2)
    log_format: Literal["text", "json"] = "text"
    webhook_private: bool = False
    openid_issuer: str = ""
    openid_client: str = ""
    openid_secret: str = ""
    openid_name: str = ""
    openid_name_ko: str = ""
    openid_scopes: str = "profile"
    openid_account: str = "preferred_username"
    openid_student: str = ""
    slot: str = "1"
    run: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,60}$")] = "live"
    judge_every: timedelta = timedelta(seconds=15)
    forget_after: timedelta = timedelta(days=3)
    clock_skew: timedelta = timedelta(minutes=2)
    erase_within: timedelta = timedelta(hours=24)
    keep_frames: timedelta = timedelta(days=3)
    keep_sightings: timedelta = timedelta(days=14)
    keep_stored_sightings: timedelta = timedelta(0)
    keep_audit: timedelta = timedelta(days=366)
    policy: Policy = Policy()

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(
                Text("timezone {timezone!r} does not exist; write it like Asia/Seoul", timezone=self.timezone)
            ) from error
        self._check_store()
        if self.kafka and not re.fullmatch(r"[^\s,:]+:\d+(,[^\s,:]+:\d+)*", self.kafka):
            raise ValueError(Text("kafka must be host:port[,host:port], got {kafka!r}", kafka=_shown(self.kafka)))
        self._check_kafka()
        self._check_desk()
        for name, least, most in _BOUNDS:
            if not duration(least) <= getattr(self, name) <= duration(most):
                raise ValueError(_not_between(name, least, most, getattr(self, name)))

    def _check_store(self) -> None:
        host = r"[^@/:,\s]+(:\d+)?"
        if self.store != "embedded" and not re.fullmatch(rf"clickhouse://([^@/]+@)?{host}(,{host})*/?", self.store):
            raise ValueError(
                Text("store must be embedded or clickhouse://host:port, got {store!r}", store=_shown(self.store))
            )
        named = {
            "store_tls": self.store_tls, "store_ca": self.store_ca, "store_reader": self.store_reader,
            "store_replicated": self.store_replicated,
        }  # fmt: skip
        if self.store == "embedded" and (given := [name for name, value in named.items() if value]):
            raise ValueError(
                Text("{name} is of a server that `store` names; the embedded store needs none", name=given[0])
            )
        if self.store_ca and not self.store_tls:
            raise ValueError(Text("store_ca is for store_tls, which is not set"))

    def _check_kafka(self) -> None:
        named = {"kafka_tls": self.kafka_tls, "kafka_ca": self.kafka_ca, "kafka_user": self.kafka_user}
        given = [name for name, value in named.items() if value] + ["kafka_sasl"] * (self.kafka_sasl != "none")
        if given and not self.kafka:
            raise ValueError(
                Text("{name} is of a cluster that `kafka` names; the broker of this machine needs none", name=given[0])
            )
        if self.kafka_ca and not self.kafka_tls:
            raise ValueError(Text("kafka_ca is for kafka_tls, which is not set"))
        if (self.kafka_sasl != "none") != bool(self.kafka_user):
            raise ValueError(Text("kafka_sasl and kafka_user are given both, or neither"))
        away = [each for each in self.kafka.split(",") if each.rpartition(":")[0] not in LOOPBACK]
        if self.kafka_sasl in ("PLAIN", "OAUTHBEARER") and away and not self.kafka_tls:
            raise ValueError(
                Text(
                    "kafka_sasl {sasl} sends what lets it in readable to {host}: set kafka_tls, or take SCRAM-SHA-512",
                    sasl=self.kafka_sasl,
                    host=away[0],
                )
            )
        if (self.kafka_sasl == "OAUTHBEARER") != bool(self.kafka_token_url):
            raise ValueError(Text("kafka_sasl OAUTHBEARER and kafka_token_url are given both, or neither"))
        if self.kafka_token_url and not is_safe(self.kafka_token_url):
            raise ValueError(
                Text(
                    "kafka_token_url must begin with https:// (http:// only on this machine), got {kafka_token_url!r}",
                    kafka_token_url=_shown(self.kafka_token_url),
                )
            )

    def _check_desk(self) -> None:
        if self.desk_host not in LOOPBACK and not self.desk_certificate:
            raise ValueError(
                Text(
                    "desk_host {desk_host} is reached from other machines: give desk_certificate and desk_key, "
                    "or keep 127.0.0.1 and put a proxy that speaks https before it",
                    desk_host=self.desk_host,
                )
            )
        if bool(self.desk_certificate) != bool(self.desk_key):
            raise ValueError(Text("desk_certificate and desk_key are given both, or neither"))
        if self.desk_url and not is_site(self.desk_url):
            raise ValueError(
                Text(
                    "desk_url must be like https://attendance.example.ac.kr, got {desk_url!r}",
                    desk_url=_shown(self.desk_url),
                )
            )
        if self.openid_issuer and (not is_safe(self.openid_issuer) or "?" in self.openid_issuer):
            raise ValueError(
                Text(
                    "openid_issuer must begin with https:// (http:// only on this machine), got {openid_issuer!r}",
                    openid_issuer=_shown(self.openid_issuer),
                )
            )
        if bool(self.openid_issuer) != bool(self.openid_client):
            raise ValueError(Text("openid_issuer and openid_client are given both, or neither"))
        if not self.openid_account:
            raise ValueError(Text("openid_account must name a claim, like preferred_username or sub"))

    def __repr__(self) -> str:
        shown = {name: getattr(self, name) for name in self.__struct_fields__ if name not in _SECRETS}
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def bootstrap(self) -> str:
        """Where Kafka is: the cluster that is set, else the broker of this machine."""
        return self.kafka or f"127.0.0.1:{self.kafka_port}"

    @property
    def brokers(self) -> tuple[tuple[str, int], ...]:
        """Host and port of each broker of ``bootstrap``."""
        found = (each.rsplit(":", 1) for each in self.bootstrap.split(","))
        return tuple((host, int(port)) for host, port in found)

    @property
    def desk_address(self) -> int:
        """The port of the desk."""
        return self.desk_port or self.kafka_port + 2

    @property
    def metrics_base(self) -> int:
        """The port from which on parts serve metrics (``infra/machine/metrics_server``)."""
        return self.metrics_port or (self.kafka_port + 10 if self.kafka_port <= 65_000 else self.kafka_port - 200)

    @property
    def desk_origin(self) -> str:
        """How browsers reach the desk: scheme, name and port."""
        if self.desk_url:
            return self.desk_url.rstrip("/")
        scheme = "https" if self.desk_certificate else "http"
        host = self.desk_names.split()[0] if self.desk_names else self.desk_host
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.desk_address}"

    @property
    def openid_secret_file(self) -> Path:
        """Where the secret of the OpenID client may stand, readable by its owner alone."""
        return self.home / "openid-secret"

    @property
    def kafka_password_file(self) -> Path:
        """Where the password for Kafka stands; of the broker of this machine, its secret."""
        return self.home / "kafka-password"

    @property
    def store_hosts(self) -> tuple[str, ...]:
        """Host and port of each server of the store; none of the embedded one."""
        if self.store == "embedded":
            return ()
        named = self.store.removeprefix("clickhouse://").rpartition("@")[2].rstrip("/").split(",")
        return tuple(each if ":" in each else f"{each}:{9440 if self.store_tls else 9000}" for each in named)

    @property
    def store_writer(self) -> str:
        """As whom the server of the store is written to."""
        user, mark, _ = self.store.removeprefix("clickhouse://").rpartition("@")
        return user if mark else self.store_user

    @property
    def store_password_file(self) -> Path:
        """Where the password of ``store_user`` may stand, readable by its owner alone."""
        return self.home / "store-password"

    @property
    def store_reader_password_file(self) -> Path:
        """Where the password of ``store_reader`` may stand, readable by its owner alone."""
        return self.home / "store-reader-password"

    @property
    def restoring_file(self) -> Path:
        """What is there while a backup is being restored: the site is not whole."""
        return self.home / "restoring"

    @property
    def own_broker(self) -> bool:
        """Whether ``naul up`` starts a broker here."""
        return not self.kafka

    @property
    def retention(self) -> Retention:
        """How long topics keep what."""
        return Retention(
            erase_within=self.erase_within,
            frames=self.keep_frames,
            sightings=self.keep_sightings,
            audit=self.keep_audit,
        )

    @property
    def key_file(self) -> Path:
        """The key that seals templates and looks."""
        return self.home / "key"

    @property
    def frames_key_file(self) -> Path:
        """The private keys that open sealed frames: of whoever looks at pictures."""
        return self.home / "frames-key"

    @property
    def frames_public_key_file(self) -> Path:
        """The public key that seals frames: all that a camera needs."""
        return self.home / "frames-key.pub"

    @property
    def threads(self) -> int:
        """Frames that a recognise worker looks at at once."""
        return self.recognise_threads or os.cpu_count() or 1

    def topic(self, name: str) -> str:
        """The name on the broker of one of ``schemas/topics``."""
        return topic(name).full_name(self.prefix)

    def partitions_of(self, each: Topic) -> int:
        """How many partitions a topic is made with."""
        count: int = getattr(self, each.counted_by) if each.counted_by else each.partitions
        return count

    def group(self, part: str) -> str:
        """The consumer group of recognise, attend or sink. It is the id of the Faust app too."""
        return f"{self.prefix}-{part}"


def load_settings(home: Path | str | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of a home.

    home: wins over NAUL_HOME; without either it is ``.naul`` in the current directory.

    Raises:
        SettingsError: an unknown name, a value of the wrong kind, or one out of bounds.
    """
    environ = os.environ if environ is None else environ
    place = on_disk(Path(home or environ.get("NAUL_HOME") or _HOME).expanduser()).resolve()
    if place.exists() and not place.is_dir():
        raise SettingsError(Text("{place} is no folder", place=place), "Choose another --home or NAUL_HOME.")
    file = place / "naul.toml"
    values: dict[str, Any] = {}
    if file.is_file():
        values = _cleaned(read_toml(file))
        for name, value in values.items():
            _refuse_unknown(file, name, value)
        for name, secret in (("openid_secret", "openid-secret"), ("kafka_password", "kafka-password")):
            if name in values:
                raise SettingsError(
                    Text("{file}: {name} does not belong here, where others may read it", file=file, name=name),
                    Text(
                        "Set {variable}, or write it alone into {secret} (mode 0600).",
                        variable=f"NAUL_{name.upper()}",
                        secret=place / secret,
                    ),
                )
        for name, value in values["policy"].items() if isinstance(values.get("policy"), dict) else ():
            _refuse_unknown(file, name, value, "policy")
    for variable, value in environ.items():
        if not variable.startswith("NAUL_") or variable in _OTHER_VARIABLES:
            continue
        group, name = _place_of(variable)
        text = _cleaned({name: value})
        if group:
            values[group] = values.get(group, {}) | text
        else:
            values |= text
    try:
        values |= _durations(values, Settings)
        if isinstance(values.get("policy"), dict):
            values["policy"] = values["policy"] | _durations(values["policy"], Policy)
        return msgspec.convert(values | {"home": place}, Settings, strict=False)
    except (msgspec.ValidationError, ValueError) as error:
        said = _in_words(error, Settings, values)
        raise SettingsError(
            Text("settings of {place}: {said}", place=place, said=said),
            Text("Correct it in {file} or in the environment.", file=file),
        ) from error


def load_policy(file: Path, base: Policy) -> Policy:
    """Read a policy from a TOML file, flat or as the table ``policy``. base: what is not in it.

    Raises:
        SettingsError: an unknown name, or a value of the wrong kind or out of bounds.
    """
    values = _cleaned(read_toml(file))
    if values.keys() == {"policy"} and isinstance(values["policy"], dict):
        values = values["policy"]
    for name in values:
        if name not in _names(Policy):
            raise SettingsError(
                Text(
                    "{file}: {name!r} is nothing of a policy{nearest}",
                    file=file,
                    name=name,
                    nearest=_nearest(name, _names(Policy)),
                ),
                _EXAMPLE,
            )
    try:
        return msgspec.convert(msgspec.structs.asdict(base) | values | _durations(values, Policy), Policy, strict=False)
    except (msgspec.ValidationError, ValueError) as error:
        raise SettingsError(
            Text("{file}: {in_words}", file=file, in_words=_in_words(error, Policy, values)), "Correct it."
        ) from error


_BOUNDS = (
    ("judge_every", "1s", "24h"), ("forget_after", "0s", "366d"), ("clock_skew", "1s", "366d"),
    ("erase_within", "8s", "366d"), ("keep_frames", "8s", "366d"), ("keep_sightings", "8s", "366d"),
    ("keep_audit", "8s", "366d"), ("hung_after", "2s", "24h"), ("keep_stored_sightings", "0s", "3660d"),
)  # fmt: skip
_PATTERNS = {
    "prefix": Text("1 to 31 small letters, digits and _, a letter first"),
    "run": Text("1 to 60 letters, digits and the signs . _ -"),
}
_EXAMPLE = 'A policy has lines like late_after = "5min".'
_OTHER_VARIABLES = ("NAUL_HOME", "NAUL_CACHE")


def _durations(values: dict[str, Any], kind: type[msgspec.Struct]) -> dict[str, timedelta]:
    found = {}
    for name, type_ in get_type_hints(kind).items():
        if type_ is timedelta and name in values:
            try:
                found[name] = duration(str(values[name]))
            except ValueError as error:
                raise ValueError(Text("{name}: {reason}", name=name, reason=error.args[0])) from error
    return found


def _in_words(error: Exception, kind: type[msgspec.Struct], values: Mapping[str, Any]) -> str:
    """Return why values are refused: of which setting, and what it may be. What a password is, is not said."""
    for ours in (error, error.__cause__):  # msgspec has the error of ``__post_init__`` as a cause
        if ours and ours.args and isinstance(ours.args[0], Text):
            return ours.args[0]
    place = re.search(r" - at `\$\.([\w.]+)`$", str(error))
    if not place:
        return str(error)
    *tables, name = place[1].split(".")
    inner, given = (Policy, values.get("policy", {})) if tables else (kind, values)
    may = _allowed(name, get_type_hints(inner, include_extras=True)[name])
    if name in _SECRETS or not isinstance(given, Mapping):
        return Text("{name} must be {allowed}", name=name, allowed=may)
    return Text("{name} must be {allowed}, got {given!r}", name=name, allowed=may, given=given.get(name))


def _allowed(name: str, hint: Any) -> str:
    """Return what a setting may be, in words."""
    if hint is Policy:
        return Text("a table, a line [policy] with its settings below it")
    return _PATTERNS.get(name) or allowed(hint)


def _not_between(name: str, least: str, most: str, time: timedelta) -> Text:
    seconds = time.total_seconds()
    unit = next((unit for unit in ("d", "h", "min") if seconds and not seconds % _UNITS[unit]), "s")
    given = f"{seconds / _UNITS[unit]:g}{unit}"
    return Text(
        "{name} must be between {least} and {most}, got {given}", name=name, least=least, most=most, given=given
    )


def _shown(address: str) -> str:
    """Return an address without what stands before its host: a user, and perhaps a password."""
    scheme, mark, rest = address.rpartition("://")
    return f"{scheme}{mark}***@{rest.rpartition('@')[2]}" if "@" in rest else address


def _names(kind: type[msgspec.Struct]) -> list[str]:
    return [name for name in get_type_hints(kind) if name not in _UNSETTABLE]


def _cleaned(values: dict[str, Any]) -> dict[str, Any]:
    """Return values whose texts are cleaned; a password is what it is, to the last space."""
    return {
        name: _cleaned(value)
        if isinstance(value, dict)
        else cleaned(value)
        if isinstance(value, str) and name not in _SECRETS
        else value
        for name, value in values.items()
    }


def _place_of(variable: str) -> tuple[str, str]:
    """Return the table ("" for none) and the name of the setting that a variable gives.

    Raises:
        SettingsError: there is no such setting, or it belongs elsewhere.
    """
    name = variable.removeprefix("NAUL_").lower()
    group, inner = ("policy", name.removeprefix("policy_")) if name.startswith("policy_") else ("", name)
    own, other = (_names(Policy), _names(Settings)) if group else (_names(Settings), _names(Policy))
    if inner in own and variable == variable.upper():
        return group, inner
    if inner in other:
        there = f"NAUL_{inner.upper()}" if group else f"NAUL_POLICY_{inner.upper()}"
        belongs = Text("is no part of the table [policy]" if group else "belongs to the table [policy]")
        raise SettingsError(
            Text("{variable}: {inner} {belongs}", variable=variable, inner=inner, belongs=belongs),
            Text("Set {there} in its place.", there=there),
        )
    known = [f"NAUL_{each.upper()}" for each in _names(Settings)]
    known += [f"NAUL_POLICY_{each.upper()}" for each in _names(Policy)]
    raise SettingsError(
        Text("{variable} is no setting{nearest}", variable=variable, nearest=_nearest(variable, known)),
        "Unset it, or correct its name.",
    )


def _nearest(name: str, known: Iterable[str]) -> str:
    near = nearest(name, known)
    return Text("; did you mean {near}?", near=near) if near else ""


def _refuse_unknown(file: Path, name: str, value: Any, group: str = "") -> None:
    own, other = (_names(Policy), _names(Settings)) if group else ([*_names(Settings), "policy"], _names(Policy))
    where = f"{file} [{group}]" if group else str(file)
    if name in own:
        return
    if name not in other and isinstance(value, dict) and not group:
        near = _nearest(name, ["policy"])
        what = Text("{file}: there is no table [{name}]{near}", file=file, name=name, near=near)
        raise SettingsError(
            what, Text("Leave the line [{name}] out: settings stand alone, only [policy] is a table.", name=name)
        )
    if name not in other:
        raise SettingsError(
            Text("{where}: {name!r} is no setting{nearest}", where=where, name=name, nearest=_nearest(name, own)),
            "Correct or remove it.",
        )
    if group:
        line = f"{name} = ..."  # without the value, which may be a password
        raise SettingsError(
            Text("{where}: {name} is no part of the table [policy]", where=where, name=name),
            Text("Write above the line [policy]: {line}", line=line),
        )
    line = f"{name} = {json.dumps(value, ensure_ascii=False, default=str)}"
    raise SettingsError(
        Text("{where}: {name} belongs to the table [policy]", where=where, name=name),
        Text("Write it below a line [policy]: {line}", line=line),
    )
