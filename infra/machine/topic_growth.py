"""More partitions for a site that has data (``naul topics grow``): each hall moves with all that is kept of it.

Kafka only adds partitions, empty ones; from then on it puts half of the keys, when they are doubled, into a new one.
Frames need no more than that. But sightings and marks of a hall and the rows of attend's table are used by one worker
because they lie in one partition, so what is kept in the old one is written once more, to where its hall is now, and
deleted there. Until that is over a topic without records says so, and no worker starts (``co_partitions``). Every step
may be done again: whoever is killed meanwhile is followed by the same command.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from typing import Any, NamedTuple

import msgspec
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource
from kafka.errors import KafkaError, NoError
from kafka.structs import OffsetAndMetadata
from tenacity import stop_after_delay

from schemas.cluster import View, admin, consumer, end_offsets, kafka_away, producer, read
from schemas.errors import BadMessageError, RefusedError, UnavailableError
from schemas.messages import Forget, HallDay, MarkBatch, Sighting, decode
from schemas.partitions import partition_of
from schemas.retry import retry
from schemas.settings import Settings
from schemas.topics import ROLL, topic
from schemas.translations import Text
from streams.runtime.co_partitions import Growth, co_partitioned, growth_under_way

__all__ = ["Grown", "grow_frames", "grow_halls"]

SIGHTINGS, MARKS, ROWS = "sightings", "marks", "attend-facts-changelog"
STOPPED = ("recognise", "attend")
"""Who must not work meanwhile; and whoever else remembers up to where it has read marks."""

PATIENCE = 35.0
"""Seconds. Kafka counts a worker for 30 after it has ended: it may only be starting again."""

AT_ONCE = 500
"""Records that are sent before their acknowledgements are waited for."""

Say = Callable[[str], None]


class Grown(NamedTuple):
    """What was written once more: rows of attend's table, sightings that nobody had dealt with, marks.

    strays: rows whose hall nobody knows, which stayed where they were.
    """

    rows: int = 0
    strays: int = 0
    sightings: int = 0
    marks: int = 0


class _Site(NamedTuple):
    """What every step needs."""

    settings: Settings
    growth: Growth
    admin: KafkaAdminClient
    reader: KafkaConsumer
    sender: KafkaProducer
    groups: tuple[str, ...]

    def home(self, hall: str) -> int:
        """Return where a hall is from now on."""
        return partition_of(hall, self.growth.new)


def grow_frames(settings: Settings, count: int) -> bool:
    """Give the topic of frames so many partitions, and return whether it had fewer. Nothing has to move.

    Raises:
        RefusedError: it has more.
        UnavailableError: the broker does not answer.
    """
    name = settings.topic("frames")
    try:
        with closing(admin(settings)) as client:
            now = _counts(client, [name])[name]
            if count < now:
                raise _fewer(now)
            if count > now:
                _add(client, {name: count})
            return count > now
    except KafkaError as error:
        raise _away(settings, error) from error


def grow_halls(
    settings: Settings, count: int, *, say: Say = lambda _: None, patience: float = PATIENCE
) -> Grown | None:
    """Spread the halls of a site over so many partitions; None: they are already.

    A growth that was broken off is gone on with. patience: seconds in which the last workers must have gone.

    Raises:
        RefusedError: there cannot be so many, or somebody works who must not.
        UnavailableError: the broker does not answer; the same call goes on where it was.
    """
    try:
        with closing(admin(settings)) as client:
            names = set(client.list_topics())
            begun = growth_under_way(settings, names)
            growth = begun or _growth(_counts(client, co_partitioned(settings)), count)
            if begun and begun.new != count:
                raise RefusedError(
                    Text("the site grows from {old} to {new} partitions already", old=begun.old, new=begun.new),
                    Text("Finish that first: `naul topics grow --partitions {new}`", new=begun.new),
                )
            if growth is None:
                return None
            groups = _groups(settings, client)
            say(Text("waiting until no worker is left"))
            stop = stop_after_delay(patience)
            retry(
                lambda: _refuse_workers(settings, client, groups), errors=RefusedError, stop=stop, longest=1, quiet=True
            )
            if begun is None:
                _begin(settings, client, growth, groups)
            grown = _grow(settings, client, growth, groups, say)
            client.delete_topics([growth.topic(settings)])
            retry(lambda: _gone(settings, client), first=0.1, longest=0.5, quiet=True)
            return grown
    except KafkaError as error:
        raise _away(settings, error) from error


def _growth(counts: Mapping[str, int], new: int) -> Growth | None:
    old, most = min(counts.values()), max(counts.values())
    if new < most:
        raise _fewer(most)
    if new == old:
        return None
    if new % old:
        raise RefusedError(
            Text("from {old} partitions a site grows to a multiple of that", old=old),
            Text("Take {first} or {second}: then only halls that move to a new partition move at all.",
                 first=-(-new // old) * old, second=-(-new // old) * old + old),
        )  # fmt: skip
    return Growth(old, new)


def _fewer(now: int) -> RefusedError:
    return RefusedError(Text("there are {now} partitions, and Kafka takes none away", now=now), "Name as many or more.")


def _away(settings: Settings, error: KafkaError) -> UnavailableError:
    return kafka_away(settings, error, "Do it again: it goes on where it was.")


def _counts(client: KafkaAdminClient, names: Iterable[str]) -> dict[str, int]:
    found = {each["name"]: len(each["partitions"]) for each in client.describe_topics(list(names))}
    if not all(found.values()):
        raise RefusedError("the topics are not all there", "Create them with `naul up`, or `naul topics apply`.")
    return found


def _add(client: KafkaAdminClient, wanted: Mapping[str, int]) -> None:
    """Add partitions, and return when the broker that is asked knows of them."""
    client.create_partitions(dict(wanted), raise_errors=False)  # it may have them, and not know that yet
    stop = stop_after_delay(30)
    retry(lambda: _all_there(client, wanted), errors=KafkaError, first=0.05, longest=0.5, stop=stop, quiet=True)


def _all_there(client: KafkaAdminClient, wanted: Mapping[str, int]) -> None:
    if missing := {name: count for name, count in _counts(client, wanted).items() if count < wanted[name]}:
        raise KafkaError(f"partitions are not added yet: {missing}")


def _groups(settings: Settings, client: KafkaAdminClient) -> tuple[str, ...]:
    """Return the groups that remember up to where they have read marks; attend first, whether it ever worked or not."""
    marks, attend = settings.topic(MARKS), settings.group("attend")
    names = sorted(each["group_id"] for each in client.list_groups() if each["group_id"].startswith(settings.group("")))
    others = [
        name
        for name in names
        if name != attend and any(place.topic == marks for place in client.list_group_offsets(name).get(name, {}))
    ]
    return (attend, *others)


def _refuse_workers(settings: Settings, client: KafkaAdminClient, groups: Iterable[str]) -> None:
    names = sorted({*groups, *map(settings.group, STOPPED)})
    members = {name: len(found["members"]) for name, found in client.describe_groups(names).items()}
    if at_work := [f"{name.removeprefix(settings.group(''))} ({count})" for name, count in members.items() if count]:
        raise RefusedError(
            Text("workers are at work: {workers}", workers=", ".join(sorted(at_work))),
            "Stop Naul on every machine of the site; only the broker must run.",
        )


def _begin(settings: Settings, client: KafkaAdminClient, growth: Growth, groups: Iterable[str]) -> None:
    name = growth.topic(settings)
    client.create_topics({name: {"num_partitions": 1}}, wait_for_metadata=True)
    try:
        _refuse_workers(settings, client, groups)  # one may have started just before
    except RefusedError:
        client.delete_topics([name])
        raise


def _gone(settings: Settings, client: KafkaAdminClient) -> None:
    if growth_under_way(settings, client.list_topics()):
        raise UnavailableError("the topic that says that the site grows is still there")


def _grow(settings: Settings, client: KafkaAdminClient, growth: Growth, groups: tuple[str, ...], say: Say) -> Grown:
    fewer = {name: growth.new for name, now in _counts(client, co_partitioned(settings)).items() if now < growth.new}
    if fewer:
        _add(client, fewer)
    soon: dict[str, Any] = {"metadata_max_age_ms": 1000}
    with closing(producer(settings, **soon)) as sender, closing(consumer(settings, **soon)) as reader:
        site = _Site(settings, growth, client, reader, sender, groups)
        retry(lambda: _know_all(site), errors=KafkaError, first=0.1, longest=0.5, stop=stop_after_delay(60), quiet=True)
        say(Text("moving the rows of attend's table"))
        rows, strays = _move_rows(site)
        say(Text("moving what nobody has dealt with yet"))
        sightings = _carry_sightings(site)
        say(Text("moving the marks"))
        return Grown(rows, strays, sightings, _move_marks(site))


def _know_all(site: _Site) -> None:
    """Return when every client knows of the new partitions.

    Raises:
        KafkaError: not yet.
    """
    for name in co_partitioned(site.settings):
        places = [TopicPartition(name, each) for each in range(site.growth.new)]
        if len(site.sender.partitions_for(name)) < site.growth.new:
            raise KafkaError(f"{name}: not all partitions are known yet")
        site.reader.end_offsets(places)


# --- attend's table ---------------------------------------------------------------------------------------------------


def _move_rows(site: _Site) -> tuple[int, int]:
    """Write every row once more, to where its hall is, and delete what stood before; return how many, and strays.

    Rows that stay are written, too: what is deleted is a beginning of a log. Tombstones would do for one row, but a
    worker that has both partitions could read the tombstone of the old one last.
    """
    name = site.settings.topic(ROWS)
    halls = _halls_of_hours(site.settings)
    places = [TopicPartition(name, each) for each in range(site.growth.old)]
    ends = dict(site.reader.end_offsets(places))
    count = strays = 0
    with _sending(site.sender) as send:
        for place in places:
            newest, said = _newest(site, place, ends[place])
            known = {hour: (*halls.get(hour, ()), *said.get(hour, ())) for hour in {*halls, *said}}
            for record in _records(site, place, ends[place]):
                if newest.get(record.key) != record.offset:
                    continue
                home = _home_of_row(site, record.key, known, place.partition)
                count, strays = count + 1, strays + (home is None)
                send(name, record, place.partition if home is None else home)
    _delete(site, ends)
    return count, strays


def _halls_of_hours(settings: Settings) -> dict[str, tuple[str, ...]]:
    view: View[HallDay] = View(settings, "timetable", lambda value: decode(value, HallDay))
    try:
        view.catch_up()
    finally:
        view.close()
    return {hour.id: hour.halls for day in view.items.values() for hour in day.hours}


def _newest(site: _Site, place: TopicPartition, end: int) -> tuple[dict[bytes, int], dict[str, tuple[str, ...]]]:
    """Return of a partition of the table which record holds each row, and halls of class hours, as far as rows say."""
    newest: dict[bytes, int] = {}
    halls: dict[str, set[str]] = {}
    for record in _records(site, place, end):
        if record.value is None or record.key == ROLL:
            newest.pop(record.key, None)
            continue
        newest[record.key] = record.offset
        hour, kind, rest = _parts(record.key)
        if kind == "o":
            halls.setdefault(hour, set()).add(rest.partition("/")[0])
        elif kind == "m" and (hall := _hall_of_marks(record.value)):
            halls.setdefault(hour, set()).add(hall)
    return newest, {hour: tuple(sorted(each)) for hour, each in halls.items()}


def _parts(key: bytes) -> tuple[str, str, str]:
    """Return class hour, kind and the rest of a row's key; of a row of a hall: nothing, its kind, and the hall."""
    text = msgspec.json.decode(key, type=str)
    parts = text.split("|")
    if len(parts) < 4:
        return "", parts[0], text.partition("|")[2]
    return "|".join(parts[:3]), parts[3], "|".join(parts[4:])


def _home_of_row(site: _Site, key: bytes, known: Mapping[str, tuple[str, ...]], place: int) -> int | None:
    """Return where a row belongs that stands in an old partition; None: no hall that it may be of was there."""
    hour, _, rest = _parts(key)
    halls = known.get(hour, ()) if hour else (rest,)
    return next((site.home(each) for each in halls if partition_of(each, site.growth.old) == place), None)


# --- what is under way ------------------------------------------------------------------------------------------------


def _carry_sightings(site: _Site) -> int:
    """Send the sightings that attend has not dealt with once more, in their order, and have it begin after them."""
    name, [attend, *_] = site.settings.topic(SIGHTINGS), site.groups
    ends = end_offsets(site.reader, name)
    committed = _committed(site, attend, name)
    count, told = 0, set[bytes]()
    with _sending(site.sender) as send:
        for place, end in ends.items():
            for record in _records(site, place, end, committed.get(place, 0)):
                count += 1
                if _is_forget(record.value):  # it is said to every partition
                    for each in range(site.growth.new):
                        send(name, record, each)
                    told.add(record.key)
                else:
                    send(name, record, partition_of((record.key or b"").decode("utf-8", "replace"), site.growth.new))
    old = {place: end for place, end in ends.items() if end > committed.get(place, 0)}
    _commit(site, attend, old)
    return count


def _is_forget(value: bytes | None) -> bool:
    try:
        return isinstance(decode(value or b"", Sighting), Forget)
    except BadMessageError:
        return False


def _move_marks(site: _Site) -> int:
    """Write every mark once more, to where its hall is; what attend has dealt with comes first and is passed over."""
    name = site.settings.topic(MARKS)
    ends = end_offsets(site.reader, name)
    committed = [_committed(site, group, name) for group in site.groups]
    dealt, newest = _marks(site, ends, lambda place: min(each.get(place, 0) for each in committed))
    waiting = [record for record in newest.values() if (record.key, record.value) not in dealt]
    again = {(record.key, record.value) for record in newest.values()} & dealt
    with _sending(site.sender) as send:
        for record in newest.values():
            if (record.key, record.value) in again:
                send(name, record, _home_of_mark(site, record))
    after = end_offsets(site.reader, name)
    for place, end in after.items():  # somebody may have marked meanwhile
        waiting += [each for each in _records(site, place, end, ends[place]) if (each.key, each.value) not in again]
    with _sending(site.sender) as send:
        for record in waiting:
            send(name, record, _home_of_mark(site, record))
    for group in site.groups:
        _commit(site, group, after)
    _delete(site, ends)
    return len(newest)


def _marks(
    site: _Site, ends: Mapping[TopicPartition, int], dealt_until: Callable[[TopicPartition], int]
) -> tuple[set[tuple[bytes, bytes]], dict[bytes, Any]]:
    """Return which marks attend has dealt with, as key and value, and the newest record of each key."""
    dealt, newest = set[tuple[bytes, bytes]](), dict[bytes, Any]()
    for place, end in ends.items():
        until = dealt_until(place)
        for record in _records(site, place, end):
            if record.key is None or record.key == ROLL:
                continue
            if record.offset < until:
                dealt.add((record.key, record.value))
            was = newest.get(record.key)
            if was is None or (was.timestamp, was.partition, was.offset) <= (record.timestamp, *_where(record)):
                newest[record.key] = record
    return dealt, {key: record for key, record in newest.items() if record.value is not None}


def _where(record: Any) -> tuple[int, int]:
    return record.partition, record.offset


def _home_of_mark(site: _Site, record: Any) -> int:
    hall = _hall_of_marks(record.value)
    return record.partition if hall is None else site.home(hall)


def _hall_of_marks(value: bytes | None) -> str | None:
    try:
        return decode(value or b"", MarkBatch).hall
    except BadMessageError:
        return None


# --- Kafka ------------------------------------------------------------------------------------------------------------


class _sending:  # noqa: N801  it reads as what it is: with _sending(...) as send
    """Sends records, and ends when the broker has them all."""

    def __init__(self, client: KafkaProducer) -> None:
        self._client = client
        self._waiting: list[Any] = []

    def __enter__(self) -> Callable[[str, Any, int], None]:
        return self._send

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._settle()

    def _send(self, name: str, record: Any, partition: int) -> None:
        self._waiting.append(
            self._client.send(
                name, key=record.key, value=record.value, partition=partition, headers=list(record.headers)
            )
        )
        if len(self._waiting) >= AT_ONCE:
            self._settle()

    def _settle(self) -> None:
        for each in self._waiting:
            each.get(timeout=60)
        self._waiting.clear()


def _records(site: _Site, place: TopicPartition, end: int, start: int = 0) -> Iterator[Any]:
    [begin] = site.reader.beginning_offsets([place]).values()
    if max(begin, start) < end:
        yield from read(site.settings, site.reader, {place: max(begin, start)}, {place: end})


def _committed(site: _Site, group: str, name: str) -> dict[TopicPartition, int]:
    found = site.admin.list_group_offsets(group).get(group, {})
    return {place: it.offset for place, it in found.items() if place.topic == name and it.offset >= 0}


def _commit(site: _Site, group: str, offsets: Mapping[TopicPartition, int]) -> None:
    if not offsets:
        return
    wanted = {place: OffsetAndMetadata(offset, "", -1) for place, offset in offsets.items()}
    for place, error in site.admin.alter_group_offsets(group, wanted).items():
        if error is not NoError:
            raise error(f"{group}, {place}")


def _delete(site: _Site, ends: Mapping[TopicPartition, int]) -> None:
    """Delete the beginnings of a compacted topic: Kafka does it while the topic may delete, too."""
    [name] = {each.topic for each in ends}
    declared = topic(name.removeprefix(f"{site.settings.prefix}-")).cleanup
    _clean_up(site.admin, name, f"{declared},delete")
    stop = stop_after_delay(60)  # a leader may not have heard of the policy yet
    retry(lambda: _delete_records(site.admin, ends), errors=KafkaError, first=0.1, longest=1.0, stop=stop, quiet=True)
    _clean_up(site.admin, name, declared)


def _clean_up(client: KafkaAdminClient, name: str, policy: str) -> None:
    resource = ConfigResource("topic", name, {"cleanup.policy": policy})
    if (answer := client.alter_configs([resource])["topic"].get(name)) != "OK":
        raise KafkaError(f"{name}: {answer}")


def _delete_records(client: KafkaAdminClient, ends: Mapping[TopicPartition, int]) -> None:
    client.delete_records({place: end for place, end in ends.items() if end})
