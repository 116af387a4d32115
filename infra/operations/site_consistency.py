"""What of a site's inputs does not fit together, at any time: files against each other, and frames against them."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from enrollment.class_hours import describe
from enrollment.consistency import Loaded, Mismatch, mismatches
from enrollment.loaded import class_hours, enrollments, rosters
from infra.machine.lag import Cluster
from infra.operations.dead_letter_queue import waiting_letters
from infra.operations.letter_reasons import told_reason
from infra.operations.load_texts import listed, say
from schemas.errors import BadMessageError
from schemas.frames import FrameHeaders
from schemas.messages import ClassHour
from schemas.settings import Settings
from schemas.texts import nearest

__all__ = ["SiteFinding", "examine_inputs", "frame_findings", "open_mismatches", "told"]

NAMED = 5
"""Names that a sentence holds; more are counted."""

LOOK_BACK = 20
"""Frames of each partition that are held against the timetable."""

HARMLESS = {"not_enrolled", "no_hours", "halls_alike"}
"""What may be meant: people who did not consent, a section without a hall, two halls with nearly one name."""


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
    with Cluster(settings) as cluster:
        heads = [head for record in cluster.last("frames", LOOK_BACK) if (head := _head(record.headers))]
    found += [SiteFinding(each) for each in frame_findings(settings, heads, loaded.hours)]
    letters = Counter((each.stage, each.reason) for each in waiting_letters(settings))
    found += [
        SiteFinding(say(settings, "letters", count=count, stage=stage, why=told_reason(settings, why)))
        for (stage, why), count in letters.most_common(NAMED)
    ]
    return found


def frame_findings(settings: Settings, heads: Iterable[FrameHeaders], hours: Sequence[ClassHour]) -> list[str]:
    """Return what is strange about frames that were sent, a sentence a camera. Pure."""
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
            told_near = say(settings, "looks_like", name=hall, near=near) if near else ""
            said.append(say(settings, "frames_hall", **values, count=len(sent), near=told_near))
        elif recorded and not any(at in hour for at in recorded for hour in halls[hall]):
            closest = min(halls[hall], key=lambda each: _distance(each, recorded[-1]))
            hour_named = f"{closest.section} {describe(closest, settings.zone, settings.language)}"
            told_near = say(settings, "frames_nearest", hour=hour_named)
            said.append(say(settings, "frames_outside", **values | {"of": len(recorded)}, near=told_near))
    return said


def _distance(hour: ClassHour, moment: datetime) -> float:
    return min(abs((hour.starts_at - moment).total_seconds()), abs((hour.ends_at - moment).total_seconds()))


def _head(headers: Sequence[tuple[str, bytes]]) -> FrameHeaders | None:
    try:
        return FrameHeaders.unpack(headers)
    except BadMessageError:
        return None  # it was put aside, and is told as that


def _sentence(settings: Settings, mismatch: Mismatch) -> str:
    near = "".join(say(settings, "looks_like", name=name, near=near) for name, near in mismatch.near[:NAMED])
    return say(
        settings,
        mismatch.kind,
        names=listed(settings, mismatch.names, NAMED),
        count=len(mismatch.names),
        of=mismatch.of,
        near=near,
    )


def _loaded(settings: Settings) -> Loaded:
    return Loaded(rosters(settings), class_hours(settings), enrollments(settings).keys())


def _concerns(mismatch: Mismatch, about: Collection[str]) -> bool:
    sections = mismatch.kind in ("no_roster", "no_hours")
    return not (about and sections) or not set(about).isdisjoint(mismatch.names)
