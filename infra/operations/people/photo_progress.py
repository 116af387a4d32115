"""What came of the photos of a job, file by file and person by person, as its page tells it. Pure."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec

from enrollment.advice import Advice, sentences
from enrollment.likeness import Likeness, Pair
from enrollment.photos import Ignored
from enrollment.replacing import Replaced
from infra.machine.jobs import Job, JobNote
from infra.operations.people.enrolment_texts import hard_to_tell, same_face, todo, why_asked, why_ignored
from schemas.settings import Settings
from schemas.translations import Text, gettext_noop, say
from streams.faces.unfit_pictures import Unfit

__all__ = ["PhotoProgress", "PhotoState", "progress_of", "state_of"]

PhotoState: TypeAlias = Literal["running", "done", "asks", "stopped"]
"""stopped: it can be gone on with, or was never begun. asks: whether to replace photos."""


class PhotoProgress(NamedTuple):
    """What came of the photos of a job so far, in the language of the settings.

    enrolled: ids that are on record. counts: of a job that is done: enrolled, replaced, unchanged, without. refused:
    (file, why with the remedy). remarks: of people: (id, what). asks: whose enrolled photos would be replaced, and why
    that is asked.
    """

    state: PhotoState
    enrolled: tuple[str, ...]
    counts: dict[str, int]
    refused: tuple[tuple[str, str], ...]
    remarks: tuple[tuple[str, str], ...]
    asks: tuple[tuple[str, str], ...]
    todo: tuple[str, ...]


def state_of(job: Job) -> PhotoState:
    """Return how a job of photos stands."""
    ended = _ended(job)
    return "running" if not job.ended else "stopped" if ended is None else "asks" if ended["kept"] else "done"


def _ended(job: Job) -> dict[str, Any] | None:
    """Return what a job that is done has to show."""
    if job.progress is None or job.word != "done":
        return None
    result: dict[str, Any] = msgspec.json.decode(job.progress.result)
    return result


def progress_of(settings: Settings, job: Job, notes: Iterable[JobNote]) -> PhotoProgress:
    """Return how far a job is by what was noted. Of what happened before it was gone on with, only who is enrolled."""
    every = list(notes)
    enrolled = dict.fromkeys(each for one in every if one.what == "written" for each in one.values["students"])
    starts = [at for at, each in enumerate(every) if each.what == "started"]
    mine = every[starts[-1] :] if starts else []
    asked: list[dict[str, Any]] = next((each.values["people"] for each in mine if each.what == "replacing"), [])
    ended = _ended(job)
    kept = set(ended["kept"]) if ended else set()
    return PhotoProgress(
        state=state_of(job),
        enrolled=tuple(enrolled),
        counts={name: ended[name] for name in ("enrolled", "replaced", "unchanged")}
        | {"without": len(ended["without"])}
        if ended
        else {},
        refused=tuple(_refused(settings, mine)),
        remarks=tuple(_remarks(settings, mine, ended)),
        asks=tuple((each["student"], _asked(settings, each)) for each in asked if not ended or each["student"] in kept),
        todo=tuple(each.said(settings.language) for each in todo(_causes(ended))) if ended else (),
    )


def _causes(ended: dict[str, Any]) -> dict[str, frozenset[str]]:
    return {student: frozenset(causes) for student, causes in ended["without"].items()}


def _refused(settings: Settings, notes: Iterable[JobNote]) -> Iterable[tuple[str, str]]:
    language = settings.language
    for each in notes:
        if each.what == "looked":
            for one in each.values["refused"]:
                yield one["name"], Unfit(one["cause"], one["values"]).said(language)
        elif each.what == "understood":
            for one in each.values["ignored"]:
                values = {name: tuple(v) if isinstance(v, list) else v for name, v in one["values"].items()}
                yield one["name"], why_ignored(language, Ignored(Path(one["name"]), one["why"], values))
            near = each.values["near"]
            for student, names in each.values["unlisted"].items():
                said = say(
                    language,
                    "{student} is on no roster, so nothing of it was taken: load the roster first, or correct the name",
                    student=student,
                )
                if student in near:
                    said = say(
                        language,
                        "{student} is on no roster, so nothing of it was taken; {near} is. Correct the name",
                        student=student,
                        near=near[student],
                    )
                for name in names or [student]:
                    yield name, said


_PEOPLE = {
    "unplaced": gettext_noop("no roster has this id, and its photos are unlike each other: nothing was taken"),
    "overtaken": gettext_noop(
        "left as it is: somebody changed or erased it meanwhile; send the photos again if that is right"
    ),
}


def _remarks(settings: Settings, notes: Iterable[JobNote], ended: dict[str, Any] | None) -> Iterable[tuple[str, str]]:
    language = settings.language
    for each in notes:
        if each.what in _PEOPLE:
            yield each.values["student"], say(language, _PEOPLE[each.what])
    for stray in ended["strays"] if ended else ():
        yield stray["name"], say(language, "looks like {student}: is it of the right person?", student=stray["student"])
    for check in ended["checks"] if ended else ():
        for need in check["needs"]:
            advice = msgspec.convert(need["advice"], Advice)
            yield advice.student_id, "; ".join(sentences(settings, advice, need["photos"]))
        for same in check["same"]:
            pair = msgspec.convert(same, Pair)
            yield f"{pair.one}, {pair.other}", same_face(pair, check["strangers"]).said(language)
        for alike in check["alike"]:
            pair = msgspec.convert(alike["pair"], Pair)
            yield f"{pair.one}, {pair.other}", hard_to_tell(pair, alike["sections"]).said(language)


def _asked(settings: Settings, told: dict[str, Any]) -> str:
    like = Likeness(**told["like"]) if told["like"] else None
    one = Replaced(
        told["student"],
        told["before"],
        told["now"],
        tuple(map(Path, told["unlike"])),
        like,
        tuple(map(Path, told["odd"])),
    )
    said = [each.said(settings.language) for each in why_asked(one)]
    if one.fewer:
        fewer = Text("enrolled photos: {before}; photos that would replace them: {now}", before=one.before, now=one.now)
        said.insert(0, fewer.said(settings.language))
    return "; ".join(said)
