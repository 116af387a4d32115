"""What is told of photos and faces, in words: by a command, and by a page."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from enrollment.likeness import Pair
from enrollment.photos import Ignored
from enrollment.replacing import Replaced
from schemas.translations import Text, Texts, say

__all__ = ["IGNORED", "hard_to_tell", "same_face", "todo", "why_asked", "why_ignored"]

IGNORED: Final[Texts] = {
    "no_photo": "Passed over, no photos ({count}): {paths}. Save them as JPEG or PNG if they are.",
    "device": "Not taken, named by a telephone, camera or messenger ({count}): {paths}. Put them "
    "into a folder with the student's id as its name.",
    "nobody": "Not taken, no student id in the name ({count}): {paths}. Name them <student "
    "id>.jpg, or put them into a folder with the id as its name.",
    "unread": "Not taken, a format that Naul does not read ({count}): {paths}. Save them as JPEG.",
    "resembles": "Not taken, {path}: {name} is on no roster; {known} is. Rename it to {file}.",
    "spreadsheet": "Not taken, {path}: {name} is what a spreadsheet made of {known}. Rename it.",
    "rounded": "Not taken, {path}: {name} is what a spreadsheet made of a student id, and its last "
    "digits are lost. Rename it to the id.",
    "several": "Not taken, {path}: a photo of {students}? Rename it to the id of the one whom it shows.",
    "strange": "Not taken, {path}: no roster has a student or a section {name}, and its ids are "
    "written otherwise. Correct the name, or load the roster that has it first.",
    "counter": "Not taken, {path}: a photo of {one}, or of a student {other}? Load the roster that "
    "has the id first, or make a folder for each student.",
    "stamp": "Not taken, {path}: a photo of {student}, or one that a telephone named by the time? "
    "Put it into a folder with the student's id as its name.",
    "class": "Not taken, the folder {path}: photos of a student {name}, or a class with {other} "
    "in it? Load the roster that has the ids first, or make a folder for each student.",
    "other": "Not taken, {path}: it is in the folder of {one} and has the name of {other}. Put it where it belongs.",
    "nested": "Not taken, the folder {path} in the folder of {student}. Move its photos up.",
}
"""By why nothing is taken."""

_TODO: Mapping[str, frozenset[str]] = {
    "smaller": frozenset({"bytes", "pixels"}),
    "convert": frozenset({"format"}),
    "copy": frozenset({"truncated", "corrupted", "empty"}),
    "access": frozenset({"unreadable"}),
    "crop": frozenset({"faces"}),
    "retake": frozenset({"no_face", "small_face", "blurred", "other"}),
}
"""What a person without a usable photo needs, the least trouble first, if his were refused for one of these causes."""

_NEEDS: Final[Texts] = {
    "smaller": "Make the photos smaller of: {people}",
    "convert": "Save the photos as JPEG of: {people}",
    "copy": "Copy the files again, they are cut or damaged, of: {people}",
    "access": "See why the files cannot be read of: {people}",
    "crop": "Cut the photos so that one person is in them, of: {people}",
    "retake": "Take new photos of: {people}",
    "missing": "There is no photo yet of: {people}",
}
"""The same, as it is said."""


def todo(without: Mapping[str, frozenset[str]]) -> list[Text]:
    """Say what those without a usable photo need. without: the causes for which each one's were refused."""
    needs: dict[str, list[str]] = {}
    for student, causes in without.items():
        need = next((name for name, those in _TODO.items() if those & causes), "missing")
        needs.setdefault(need, []).append(student)
    return [Text(_NEEDS[need], people=", ".join(people)) for need, people in needs.items()]


def same_face(pair: Pair, strangers: Collection[str]) -> Text:
    """Say that two ids have one face. strangers: ids that are on no roster: only one of these may be erased."""
    told = {"one": pair.one, "other": pair.other, "cosine": f"{pair.cosine:.3f}"}
    for each, kept in ((pair.other, pair.one), (pair.one, pair.other)):
        if each in strangers and kept not in strangers:
            return Text(
                "Warning: {one} and {other} have the same face (cosine {cosine}); {stranger} is on no roster. If it is "
                "{kept} written otherwise, erase it: `naul forget {stranger}`.",
                stranger=each,
                kept=kept,
                **told,
            )
    return Text(
        "Warning: {one} and {other} have the same face (cosine {cosine}); both are enrolled. Unless they are twins, "
        "photos are in the wrong folder: enrol the right ones of both.",
        **told,
    )


def hard_to_tell(pair: Pair, sections: Iterable[str]) -> Text:
    """Say that two people of a roster are hard to tell apart."""
    return Text(
        "{one} and {other} ({sections}) are hard to tell apart: of 100 looks of the one, up "
        "to {looks:.0f} would be given to the other. More photos of both help.",
        one=pair.one,
        other=pair.other,
        sections=", ".join(sections),
        looks=100 * pair.rate,
    )


def why_asked(one: Replaced) -> Iterable[Text]:
    """Say why it is asked for whether other photos are to replace the enrolled ones."""
    student, like = one.student_id, one.like
    told = {"student": student, "photos": ", ".join(each.name for each in one.unlike)}
    if like:
        told |= {"other": like.student_id, "cosine": f"{like.cosine:.3f}"}
    whole = len(one.unlike) == one.now
    if whole and like:
        yield Text(
            "{student}: these photos are not like the enrolled ones; they are like {other}'s (cosine {cosine}).", **told
        )
    elif whole:
        yield Text("{student}: these photos are not like the enrolled ones.", **told)
    elif like:
        yield Text("{student}: these photos are more like {other}'s (cosine {cosine}) than the enrolled ones.", **told)
    elif one.unlike:
        yield Text("{student}: {photos}: not like the enrolled ones.", **told)
    if one.odd:
        photos = ", ".join(each.name for each in one.odd)
        yield Text("{student}: {photos}: unlike the rest; the enrolled ones agree.", student=student, photos=photos)


def why_ignored(language: str, ignored: Ignored) -> str:
    """Say why nothing is taken of a file or folder."""
    values: dict[str, object] = {
        name: say(language, " or ").join(value) if isinstance(value, tuple) else value
        for name, value in ignored.values.items()
    }
    return say(language, IGNORED[ignored.why], **{"path": ignored.path, "paths": ignored.path, "count": 1} | values)
