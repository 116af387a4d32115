"""What a site of a size needs: brokers, partitions, workers, cores, memory, disk. Pure arithmetic over ``costs.toml``.

It is a plan and no promise: faces, lighting and machines differ. What it leaves out is said beside each part.
"""

from functools import cache
from importlib import resources
from math import ceil
from tomllib import loads
from typing import Final, NamedTuple

import msgspec

from schemas.settings import Settings
from schemas.topics import topic
from schemas.translations import gettext_noop

__all__ = ["Bottleneck", "Costs", "Load", "Machine", "MeasuredCost", "Need", "SitePlan", "costs", "plan_site"]

FULL: Final = 0.7
"""Of a core that is planned with: what comes is not even, and a worker that died is made up for."""

FACES: Final = 40
"""Of the halls that the costs were measured in."""

LANES: Final = (4, 8, 16, 32, 64, 128, 256, 512, 1024)
"""Numbers of partitions that are proposed."""

GB: Final = 1e9


class MeasuredCost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A measured number. command: what made it."""

    value: float
    unit: str
    command: str


class Costs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As ``costs.toml`` says."""

    look: MeasuredCost
    look_faces: MeasuredCost
    recognise_resident: MeasuredCost
    broker_frame: MeasuredCost
    broker_sighting: MeasuredCost
    broker_resident: MeasuredCost
    frame_bytes: MeasuredCost
    sighting_face: MeasuredCost
    attend_message: MeasuredCost
    attend_judging: MeasuredCost
    attend_resident: MeasuredCost
    attend_fact: MeasuredCost
    attend_running: MeasuredCost
    sink_row: MeasuredCost
    sink_resident: MeasuredCost
    desk: MeasuredCost
    desk_resident: MeasuredCost
    stored_sighting: MeasuredCost
    stored_attendance: MeasuredCost


@cache
def costs() -> Costs:
    """Return what things cost."""
    text = resources.files(__package__).joinpath("costs.toml").read_text("utf-8")
    return msgspec.convert(loads(text), Costs)


class Load(NamedTuple):
    """What a site is to do. every: seconds between two frames of a hall. seats: people in a hall that is in use.

    hours: of a day in which a hall is in use. classes: class hours that a student has a day. frame: bytes of a picture,
    0: as was measured.
    """

    halls: int
    every: float
    students: int
    seats: int = FACES
    hours: float = 8.0
    classes: float = 3.0
    frame: int = 0


class Machine(NamedTuple):
    """What a machine has: cores, memory and disk (GB), and what its network carries (MB/s)."""

    cores: int = 16
    memory: float = 64.0
    disk: float = 2000.0
    network: float = 100.0


class Need(NamedTuple):
    """Of one part of a site, in all its processes. memory: GB. processes: of workers, as many as are proposed."""

    part: str
    processes: int
    cores: float
    memory: float


class Bottleneck(NamedTuple):
    """What asks for the most machines, which part of the site takes most of it, and how much of it."""

    resource: str
    part: str
    share: float


class SitePlan(NamedTuple):
    """frames: a second, while all halls are in use. copies: of each record. network: MB/s into and out of the brokers.

    needs: by part, what goes on all the time. frame_partitions, partitions: settings of the site: enough to split
    the work over as many workers as anybody likes.
    a_day: GB that come in, by what, copies included; kept: GB on disk in the end, a term of 16 weeks of the store's.
    machines: of that kind, at least.
    """

    frames: float
    brokers: int
    copies: int
    frame_partitions: int
    partitions: int
    needs: tuple[Need, ...]
    network: float
    a_day: dict[str, float]
    kept: dict[str, float]
    machines: int
    bottleneck: Bottleneck

    @property
    def cores(self) -> float:
        """In all."""
        return sum(each.cores for each in self.needs)

    @property
    def memory(self) -> float:
        """GB in all."""
        return sum(each.memory for each in self.needs)


TERM_DAYS: Final = 80
"""On which a term of 16 weeks has class hours."""

NAMES: Final = (
    gettext_noop("cores"), gettext_noop("memory"), gettext_noop("disk"), gettext_noop("network"),
    gettext_noop("brokers"), gettext_noop("recognise"), gettext_noop("attend"), gettext_noop("sink and store"),
    gettext_noop("desk"), gettext_noop("frames"), gettext_noop("sightings"), gettext_noop("facts"),
    gettext_noop("store"),
)  # fmt: skip
"""What parts and resources are called, in English."""


def plan_site(load: Load, settings: Settings, machine: Machine | None = None, known: Costs | None = None) -> SitePlan:
    """Return what a site needs, as for a single machine if it does, else for three brokers and more.

    settings: how long what is kept. known: costs, else those that were measured.
    """
    it, machine = known or costs(), machine or Machine()
    frames = load.halls / load.every
    one = _plan(load, settings, machine, it, brokers=1, frames=frames)
    if one.machines <= 1:
        return one
    brokers = 3
    while (made := _plan(load, settings, machine, it, brokers=brokers, frames=frames)).network > (
        brokers * machine.network * FULL
    ):
        brokers += 1
    return made


def _plan(load: Load, settings: Settings, machine: Machine, it: Costs, *, brokers: int, frames: float) -> SitePlan:
    copies = min(3, brokers)
    looks = load.seats / FACES
    look = it.look.value * (1 - it.look_faces.value + it.look_faces.value * looks)
    looking, in_use = frames * look / FULL, load.hours * 3600
    judging = (frames * it.attend_message.value + load.halls * it.attend_judging.value * looks) / FULL
    a_day = {
        "frames": frames * in_use * (load.frame or it.frame_bytes.value) * copies / GB,
        "sightings": frames * in_use * it.sighting_face.value * load.seats * copies / GB,
        "facts": frames * in_use * it.attend_fact.value * looks * copies / GB,
        "store": (
            frames * in_use * load.seats * it.stored_sighting.value
            + load.students * load.classes * it.stored_attendance.value
        ) / GB,
    }  # fmt: skip
    facts = settings.forget_after.total_seconds() / 86400
    held = frames * 3600 * it.attend_running.value * looks / GB  # of the class hours that run
    threads = ceil(looking)
    attending = max(1, ceil(judging), ceil(held / machine.memory * 2))
    rows = frames * load.seats + load.halls * load.seats / 60
    needs = (
        Need(
            "brokers",
            brokers,
            frames * (it.broker_frame.value + it.broker_sighting.value) * copies / FULL,
            brokers * it.broker_resident.value / 1e3,
        ),
        Need("recognise", max(1, ceil(threads / machine.cores)), looking, threads * it.recognise_resident.value / 1e3),
        Need("attend", attending, judging, attending * it.attend_resident.value / 1e3 + held),
        Need("sink and store", 1, rows * it.sink_row.value / FULL, it.sink_resident.value / 1e3),
        Need("desk", 1, it.desk.value / FULL, it.desk_resident.value / 1e3),
    )
    keeps = {
        each: topic(each).gone_after(settings.retention).total_seconds() / 86400 for each in ("frames", "sightings")
    }
    days = {**keeps, "facts": facts, "store": TERM_DAYS}
    kept = {name: size * days[name] for name, size in a_day.items()}
    kept["facts"] *= 1 + 1 / copies  # a worker has them on its disk, too
    # A record is written once, copied, and read once.
    network = sum(size for name, size in a_day.items() if name != "store") * 1e3 / in_use * (1 + 1 / copies)
    machines, bottleneck = _machines(needs, kept, network, machine)
    return SitePlan(
        frames=frames,
        brokers=brokers,
        copies=copies,
        frame_partitions=_lanes(threads),
        partitions=_lanes(2 * attending),
        needs=needs,
        network=network,
        a_day=a_day,
        kept=kept,
        machines=machines,
        bottleneck=bottleneck,
    )


def _lanes(least: int) -> int:
    return next((each for each in LANES if each >= least), LANES[-1])


def _machines(
    needs: tuple[Need, ...], kept: dict[str, float], network: float, machine: Machine
) -> tuple[int, Bottleneck]:
    """Return how many machines that are, and what asks for them."""
    used = {
        "cores": {each.part: each.cores for each in needs},
        "memory": {each.part: each.memory for each in needs},
        "disk": kept,
        "network": {"frames": network},
    }
    has = {
        "cores": machine.cores, "memory": machine.memory, "disk": FULL * machine.disk, "network": FULL * machine.network
    }  # fmt: skip
    asked = {name: sum(parts.values()) / has[name] for name, parts in used.items()}
    most = max(asked, key=lambda name: asked[name])
    part = max(used[most], key=lambda name: used[most][name])
    share = used[most][part] / sum(used[most].values()) if asked[most] else 0.0
    return max(1, ceil(asked[most])), Bottleneck(most, part, share)
