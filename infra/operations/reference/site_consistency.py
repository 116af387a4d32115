"""What of a site's inputs does not fit together, at any time: files against each other, and frames against them."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple

from enrollment.class_hours import describe
from enrollment.consistency import Loaded, Mismatch, mismatches
from enrollment.loaded import class_hours, enrollments, rosters
from infra.machine.lag import Cluster
from infra.operations.dead_letters.dead_letter_queue import waiting_letters
from infra.operations.dead_letters.letter_reasons import told_reason
from schemas.errors import BadMessageError
from schemas.frame_keys import read_frames_keys
from schemas.frame_seals import sealed_for
from schemas.frames import FrameHeaders
from schemas.messages import ClassHour
from schemas.settings import Settings
from schemas.texts import nearest
from schemas.translations import gettext_noop, listed, say

__all__ = ["SiteFinding", "examine_inputs", "frame_findings", "open_mismatches", "recent_frames", "told", "unopened"]

NAMED = 5
"""Names that a sentence holds; more are counted."""

LOOK_BACK = 20
"""Frames of each partition that are held against the timetable."""

HARMLESS = {"not_enrolled", "no_hours", "halls_alike", "roster_later"}
"""What may be meant: no consent, a section without a hall, two halls with nearly one name, a roster from a date on."""

_MISMATCHES: Final[Mapping[str, str]] = {
    "no_roster": gettext_noop(
        "No roster for {names} of the timetable: nobody is looked for there{near}. Load one "
        "with `naul roster load`, or correct the section."
    ),
    "roster_later": gettext_noop(
        "Class hours of {names} are before the date from which the first roster holds: nobody is "
        "looked for there. If that is not meant, load the roster with an earlier --from."
    ),
    "no_hours": gettext_noop(
        "No class hour for {names}, which has a roster{near}. Load a timetable with `naul "
        "timetable load`, correct the section, or take the roster away with `naul roster "
        "remove`."
    ),
    "ids_unknown": gettext_noop(
        "{count} of {of} enrolled ids are on no roster: {names}{near}. Correct the ids of "
        "the roster or the photos' names, and load again."
    ),
    "ids_alike": gettext_noop(
        "Ids on rosters that differ only in how they are written{near}. If that is one "
        "person, write the id in one way and load again."
    ),
    "halls_alike": gettext_noop(
        "Halls that differ only in how they are written{near}. If that is one hall, write it "
        "in one way and load the timetable again."
    ),
    "not_enrolled": gettext_noop(
        "{count} of {of} students on rosters have no enrolled face, so no camera can know "
        "them: {names}{near}. Add photos with `naul enroll`."
    ),
}
"""By their kind."""


class SiteFinding(NamedTuple):
    """A sentence in the site's language, with what to do. problem: somebody is not judged as he should be."""

    text: str
    problem: bool = True


def open_mismatches(settings: Settings, about: Collection[str] = ()) -> tuple[Mismatch, ...]:
    """Return what does not fit, the most harmful first. about: sections; of others nothing is told of their own.

    Raises:
        UnavailableError: the broker does not answer.
    """
    return tuple(each for each in mismatches(_loaded(settings)) if _concerns(each, about))


def told(settings: Settings, found: Iterable[Mismatch]) -> list[str]:
    """Return a sentence for each, in the site's language, with what to do."""
    return [_sentence(settings, each) for each in found]


def examine_inputs(settings: Settings) -> list[SiteFinding]:
    """Return all that does not fit now: rosters, timetable, people, the last frames, and what was put aside.

    Raises:
        UnavailableError: the broker does not answer, or the topics are not there.
    """
    loaded = _loaded(settings)
    found = [SiteFinding(_sentence(settings, each), each.kind not in HARMLESS) for each in mismatches(loaded)]
    found += [SiteFinding(each) for each in frame_findings(settings, recent_frames(settings), loaded.hours)]
    with Cluster(settings) as cluster:
        keys = {each.id.hex() for each in read_frames_keys(settings.frames_key_file)}
        found += [SiteFinding(each) for each in unopened(settings, cluster.last("frames", LOOK_BACK), keys)]
    letters = Counter((each.stage, each.reason) for each in waiting_letters(settings))
    found += [
        SiteFinding(
            say(
                settings.language,
                "Messages were put aside by {stage} ({count}): {why}. `naul dead-letters list` shows "
                "them; when the cause is mended, `naul dead-letters retry`, else `naul dead-letters "
                "dismiss`.",
                count=count,
                stage=stage,
                why=told_reason(settings, why),
            )
        )
        for (stage, why), count in letters.most_common(NAMED)
    ]
    return found


def recent_frames(settings: Settings) -> list[FrameHeaders]:
    """Return whose the last frames are, some of each partition.

    Raises:
        UnavailableError: the broker does not answer, or the topics are not there.
    """
    with Cluster(settings) as cluster:
        return [head for record in cluster.last("frames", LOOK_BACK) if (head := _head(record.headers))]


def frame_findings(settings: Settings, heads: Iterable[FrameHeaders], hours: Sequence[ClassHour]) -> list[str]:
    """Return what is strange about frames that were sent, a sentence a camera. Pure."""
    tell = partial(say, settings.language)
    cameras: dict[tuple[str, str], list[FrameHeaders]] = {}
    for head in heads:
        cameras.setdefault((head.hall, head.camera), []).append(head)
    halls: dict[str, list[ClassHour]] = {}
    for hour in hours:
        for hall in hour.halls:
            halls.setdefault(hall, []).append(hour)
    said = []
    for (hall, camera), sent in sorted(cameras.items()):
        values = {"camera": f"{hall}/{camera}", "of": len(sent)}
        recorded = [each.captured_at for each in sent if not each.live]
        if hall not in halls:
            near = nearest(hall, halls)
            told_near = tell("; {name} looks like {near}", name=hall, near=near) if near else ""
            said.append(
                tell(
                    "{count} of the last {of} frames of {camera} are of a hall that the timetable does "
                    "not know{near}. They are put aside: correct the hall, or load its timetable.",
                    **values,
                    count=len(sent),
                    near=told_near,
                )
            )
        elif recorded and not any(at in hour for at in recorded for hour in halls[hall]):
            closest = min(halls[hall], key=lambda each: _distance(each, recorded[-1]))
            hour_named = f"{closest.section} {describe(closest, settings.zone, settings.language)}"
            told_near = tell("; the nearest is {hour}", hour=hour_named)
            said.append(
                tell(
                    "None of the last {of} recorded frames of {camera} falls into a class hour{near}. "
                    "Check the dates of the timetable and the times of the recording (--names-in, "
                    "--starts-at).",
                    **values | {"of": len(recorded)},
                    near=told_near,
                )
            )
    return said


def unopened(settings: Settings, records: Iterable[Any], keys: Collection[str]) -> list[str]:
    """Return whose last frame this machine cannot open, and whose is not sealed though there are keys. Pure.

    records: the last of the topic ``frames``, in their order. keys: ids of those that are here.
    """
    last: dict[str, str | None] = {}
    for record in records:
        if head := _head(record.headers):
            last[f"{head.hall}/{head.camera}"] = sealed_for(record.value or b"")
    said = []
    for camera, key in sorted(last.items()):
        if key is not None and key not in keys:
            said.append(
                say(
                    settings.language,
                    "The last frame of {camera} is sealed for the key {key}, which is not here: copy frames-key of a "
                    "machine that has it into this home, or frames-key.pub of this home to the camera.",
                    camera=camera,
                    key=key,
                )
            )
        elif key is None and keys:
            said.append(
                say(
                    settings.language,
                    "The last frame of {camera} is not sealed, though there is a key for frames: copy frames-key.pub "
                    'into the home of its machine, which must not say frames = "plain".',
                    camera=camera,
                )
            )
    return said


def _distance(hour: ClassHour, moment: datetime) -> float:
    return min(abs((hour.starts_at - moment).total_seconds()), abs((hour.ends_at - moment).total_seconds()))


def _head(headers: Sequence[tuple[str, bytes]]) -> FrameHeaders | None:
    try:
        return FrameHeaders.unpack(headers)
    except BadMessageError:
        return None  # it was put aside, and is told as that


def _sentence(settings: Settings, mismatch: Mismatch) -> str:
    near = "".join(
        say(settings.language, "; {name} looks like {near}", name=name, near=near)
        for name, near in mismatch.near[:NAMED]
    )
    return say(
        settings.language,
        _MISMATCHES[mismatch.kind],
        names=listed(settings.language, mismatch.names, NAMED),
        count=len(mismatch.names),
        of=mismatch.of,
        near=near,
    )


def _loaded(settings: Settings) -> Loaded:
    return Loaded(rosters(settings), class_hours(settings), enrollments(settings).keys())


def _concerns(mismatch: Mismatch, about: Collection[str]) -> bool:
    sections = mismatch.kind in ("no_roster", "roster_later", "no_hours")
    return not (about and sections) or not set(about).isdisjoint(mismatch.names)
