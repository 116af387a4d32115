"""What the name of a file or folder says of whom it shows: names in, readings out.

An id of a roster is believed wherever it stands alone. What no roster knows is taken for an id only if nothing else can
be meant: telephones, cameras and messengers give names too, and whoever is enrolled under one of those is nobody.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from schemas.errors import RefusedError
from schemas.ids import spreadsheet_form, student_id
from schemas.texts import folded, written_plainly

__all__ = [
    "KnownNames",
    "Reading",
    "given_by_a_device",
    "is_date",
    "is_strong",
    "may_be_an_id",
    "plain",
    "read_name",
    "shape",
    "spreadsheet_reading",
    "two_students",
]

_WORDS = (
    "img|image|imag|imgp|img_e|pict?|photo|picture|dsc[nf]?|cimg|sam|gopr|gp|dji|pxl|mvimg|vid|mov|burst|pano|hpim|sany|"
    "kimg|mg|kakaotalk|screen ?shots?|capture|whatsapp|signal|telegram|snapchat|snow|b612|instagram|fb_img|received|"
    "messenger|line|wechat|mmexport|wx_camera|viber|zoom|webcam|win|cam|camera|scan|scanned|selfie|unnamed|download|"
    "untitled|file|edited|copy|스크린샷|화면 ?캡처|캡처|사진|이미지|제목 ?없음|무제|카카오톡"
)
_DATE = r"(?:19|20)\d\d{0}(?:0[1-9]|1[0-2]){0}(?:0[1-9]|[12]\d|3[01])"
_TIME = r"(?:[01]\d|2[0-3])[0-5]\d[0-5]\d"
_STAMP = re.compile(rf"{_DATE.format('')}[T_ -]?{_TIME}")
_DEVICE = re.compile(
    rf"_?(?:{_WORDS})(?![a-z가-힣])"
    rf"|{_DATE.format('[-._ ]')}(?!\d)"
    rf"|{_STAMP.pattern}"
    r"|1\d{12}(?!\d)"  # milliseconds since 1970
    r"|p[1-9a-c][0-3]\d{5}(?!\w)|r00\d{5}(?!\w)|l10\d{5}(?!\w)|s__?\d+"  # Olympus and Lumix, Ricoh, Leica; LINE
    r"|[1-9]\d\d[a-z_]{5}$"  # folders of cameras: 100APPLE, 101MSDCF
    r"|[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}",
    re.IGNORECASE,
)
_PARTS = re.compile("[^0-9A-Za-z]+")
_WIDE_PARTS = re.compile("[^0-9A-Za-z./-]+")
_HEAD = re.compile(r"[0-9A-Za-z][0-9A-Za-z./-]*")
_COUNTED = re.compile(r"(.+)[-.](\d{1,3}|[A-Za-z]+)")
"""What may be a photo's number, or its name, behind an id, and may as well belong to the id."""

_FEWEST_DIGITS = 4
_FEWEST_SIGNS = 5


class Reading(NamedTuple):
    """What a name says. student: whom, if that is plain. why: else a word for what is wrong. values: said of it."""

    student: str = ""
    why: str = ""
    values: Mapping[str, str | tuple[str, ...]] = MappingProxyType({})


class KnownNames:
    """The ids and sections of all rosters."""

    def __init__(self, ids: Collection[str] = (), sections: Collection[str] = ()) -> None:
        """ids, sections: as the rosters write them."""
        self.ids = frozenset(ids)
        self._alike: dict[str, list[str]] = {}
        for each in sorted(self.ids):
            self._alike.setdefault(folded(each), []).append(each)
        self._sections = {folded(each) for each in sections}
        self._forms = {_form(each) for each in ids}
        self._shapes = {shape(each) for each in ids}
        self._section_forms = {_form(each) for each in sections}

    def named(self, name: str) -> str:
        """Return the id of a roster that a name is, begins with or, if it is the only one, holds; or nothing."""
        if begun := self._begun(name):
            return begun
        if given_by_a_device(name):
            return ""
        within = self._within(name)
        return within.pop() if len(within) == 1 else ""

    def several(self, name: str) -> tuple[str, ...]:
        """Return the ids that a name holds if there are several, also one that no roster has but is written like it."""
        begun = self._begun(name)
        found = {each for each in self._within(name) if not is_date(each)} | ({begun} if begun else set())
        parts = (_PARTS if found else _WIDE_PARTS).split(name)
        if not found and not given_by_a_device(name) and may_be_an_id(parts[0]):
            found = {parts[0]}
        forms = {shape(each) for each in found if is_strong(each) and len(each) > _FEWEST_SIGNS}
        others = {each for each in parts if shape(each) in forms and not is_date(each)}
        every = found | {each for each in others if not any(each in one for one in found)}
        return tuple(sorted(every, key=name.index)) if len(every) > 1 else ()

    def placed(self, folders: Sequence[str], name: str) -> Reading | None:
        """Read a name in its folders as an id of a roster with a slash in it: 2026 and 001 are 2026/001."""
        above = ["/".join(folders[at:]) for at in range(len(folders))]
        for each in above:
            if len(found := self._begun(f"{each}/{name}")) > len(each):
                return Reading(found)
        likes = ((each, self.resembled(f"{each}/{name}")) for each in above)
        return next((like for each, like in likes if like and len(like.values["name"]) > len(each)), None)

    def strange_class(self, name: str, *, folder: bool) -> bool:
        """Whether a name that no roster has is a class's rather than an id: written like a section, and like no id.

        folder: then it is enough that it is written like no id. Where all ids have as many digits as each other, a year
        or a term has others.
        """
        form = _form(name)
        if form in self._forms:
            return len(self._shapes) == 1 and shape(name) not in self._shapes
        return bool(self.ids) and (folder or form in self._section_forms)

    def _begun(self, name: str) -> str:
        return next((name[:end] for end in _ends(name) if name[:end] in self.ids), "")

    def _within(self, name: str) -> set[str]:
        starts = [at for at in range(len(name)) if not at or _alone(name[at - 1])]
        within = {
            name[start:end]
            for start in starts
            for end in _ends(name)
            if end - start >= _FEWEST_SIGNS and name[start:end] in self.ids
        }
        return {each for each in within if not any(each != other and each in other for other in within)}

    def resembled(self, name: str) -> Reading | None:
        """Return the ids of rosters from which a name, or what it begins with, differs only in how it is written."""
        begun = next((name[:end] for end in _ends(name) if folded(name[:end]) in self._alike), None)
        if begun is None:
            return None
        known = tuple(self._alike[folded(begun)])
        files = tuple(each.replace("/", "%2F") for each in known)
        return Reading(why="resembles", values={"name": begun, "known": known, "file": files})

    def is_section(self, name: str) -> bool:
        """Whether a name is a section, however it is written, or begins with one."""
        return any(folded(name[:end]) in self._sections for end in _ends(name))


def plain(name: str) -> str:
    """Return a name as it is read: an id's slash can stand in no file's name, and is written %2F."""
    return re.sub("%2f", "/", written_plainly(name), flags=re.IGNORECASE)


def given_by_a_device(name: str) -> bool:
    """Whether a telephone, a camera or a messenger names its pictures, or folders, like this."""
    return _DEVICE.match(name) is not None


def read_name(name: str, known: KnownNames) -> Reading:
    """Say whom a picture shows, by its name without its ending, as of ``plain``. A student whom no roster knows too."""
    if damaged := spreadsheet_reading(name):
        return damaged
    if two := two_students(name, known):
        return two
    if found := known.named(name):
        if name != found and _STAMP.match(name):
            return Reading(why="stamp", values={"student": found})
        return Reading(found)
    like = known.resembled(name)
    if like and (like.values["name"] == name or not given_by_a_device(name)):
        return like
    if given_by_a_device(name):
        return Reading(why="device")
    match = _HEAD.match(name)
    head = match[0].rstrip("./-") if match else ""
    if not any(each.isdigit() for each in head):
        return Reading(why="nobody")
    counted = _COUNTED.fullmatch(head)
    if counted and not name[len(head) :].startswith("_"):
        return Reading(why="counter", values={"one": counted[1], "other": head})
    if known.strange_class(head, folder=False):
        return Reading(why="strange", values={"name": head})
    return Reading(head) if may_be_an_id(head) else Reading(why="nobody")


def spreadsheet_reading(name: str) -> Reading | None:
    """Return what a spreadsheet made of an id in a name, and of which, if that can be told."""
    form = spreadsheet_form(name)
    if not form:
        return None
    if "e" in form.casefold():
        return Reading(why="rounded", values={"name": form})
    return Reading(why="spreadsheet", values={"name": form, "known": re.sub(r"\.0+$|,", "", form)})


def may_be_an_id(name: str) -> bool:
    """Whether a name is a student id as it stands, with a digit at least."""
    try:
        return student_id(name) == name and any(each.isdigit() for each in name)
    except RefusedError:
        return False


def is_strong(student: str) -> bool:
    """Whether an id has so many digits that it is hardly a photo's number."""
    return sum(each.isdigit() for each in student) >= _FEWEST_DIGITS


def is_date(name: str) -> bool:
    """Whether eight digits may be a day, as many an id of eight digits may."""
    return re.fullmatch(_DATE.format(""), name) is not None


def shape(student: str) -> str:
    """Return the form of an id: that of 20DCS076 is 99AAA999."""
    return re.sub("[A-Za-z]", "A", re.sub(r"\d", "9", student))


def two_students(name: str, known: KnownNames) -> Reading | None:
    """Return the ids of a name that holds several."""
    several = known.several(name)
    return Reading(why="several", values={"students": several}) if several else None


def _form(name: str) -> str:
    """Return the form of an id or a section with runs of digits and of letters as one: those of CS2001-2 are A9-9."""
    return re.sub(r"(.)\1+", r"\1", shape(name))


def _ends(name: str) -> list[int]:
    """Return where an id that a name begins with may end, the latest first: no letter or digit follows."""
    inner = (end for end in range(len(name) - 1, 0, -1) if _alone(name[end]) and not _alone(name[end - 1]))
    return [len(name), *inner]


def _alone(sign: str) -> bool:
    return not (sign.isascii() and sign.isalnum())
