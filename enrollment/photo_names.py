"""What the name of a file or folder says of whom it shows: names in, readings out.

An id of a roster is believed wherever it stands alone. What no roster knows is taken for an id only if nothing else can
be meant: telephones, cameras and messengers give names too, and whoever is enrolled under one of those is nobody.
"""

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

from schemas.errors import RefusedError
from schemas.ids import student_id
from schemas.texts import cleaned, folded

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
_HEAD = re.compile(r"[0-9A-Za-z][0-9A-Za-z./-]*")
_COUNTED = re.compile(r"(.+)[-.](\d{1,3}|[A-Za-z]+)")
"""What may be a photo's number, or its name, behind an id, and may as well belong to the id."""

_FEWEST_DIGITS = 4
_FEWEST_SIGNS = 5


class Reading(NamedTuple):
    """What a name says. student: whom, if that is plain. why: else a word for what is wrong. values: said of it."""

    student: str = ""
    why: str = ""
    values: Mapping[str, str] = MappingProxyType({})


class KnownNames:
    """The ids and sections of all rosters."""

    def __init__(self, ids: Collection[str] = (), sections: Collection[str] = ()) -> None:
        """ids, sections: as the rosters write them."""
        self.ids = frozenset(ids)
        self._alike: dict[str, list[str]] = {}
        for each in sorted(self.ids):
            self._alike.setdefault(folded(each), []).append(each)
        self._sections = {folded(each) for each in sections}

    def named(self, name: str) -> str:
        """Return the id of a roster that a name is, begins with or, if it is the only one, holds; or nothing."""
        for end in _ends(name):
            if name[:end] in self.ids:
                return name[:end]
        if given_by_a_device(name):
            return ""
        starts = [at for at in range(1, len(name)) if _alone(name[at - 1])]
        within = {
            name[start:end]
            for start in starts
            for end in _ends(name)
            if end - start >= _FEWEST_SIGNS and name[start:end] in self.ids
        }
        longest = {each for each in within if not any(each != other and each in other for other in within)}
        return longest.pop() if len(longest) == 1 else ""

    def resembled(self, name: str) -> Reading | None:
        """Return the ids of rosters from which a name, or what it begins with, differs only in how it is written."""
        begun = next((name[:end] for end in _ends(name) if folded(name[:end]) in self._alike), None)
        if begun is None:
            return None
        known = ", ".join(self._alike[folded(begun)])
        return Reading(why="resembles", values={"name": begun, "known": known, "file": known.replace("/", "%2F")})

    def is_section(self, name: str) -> bool:
        """Whether a name is a section, however it is written, or begins with one."""
        return any(folded(name[:end]) in self._sections for end in _ends(name))


def plain(name: str) -> str:
    """Return a name as it is read: an id's slash can stand in no file's name, and is written %2F."""
    return re.sub("%2f", "/", cleaned(name), flags=re.IGNORECASE)


def given_by_a_device(name: str) -> bool:
    """Whether a telephone, a camera or a messenger names its pictures, or folders, like this."""
    return _DEVICE.match(name) is not None


def read_name(name: str, known: KnownNames) -> Reading:
    """Say whom a picture shows, by its name without its ending, as of ``plain``. A student whom no roster knows too."""
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
    if re.fullmatch(r"\d+\.0+", head):
        return Reading(why="spreadsheet", values={"name": head, "known": head.partition(".")[0]})
    counted = _COUNTED.fullmatch(head)
    if counted and not name[len(head) :].startswith("_"):
        return Reading(why="counter", values={"one": counted[1], "other": head})
    return Reading(head) if may_be_an_id(head) else Reading(why="nobody")


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


def _ends(name: str) -> list[int]:
    """Return where an id that a name begins with may end, the latest first: no letter or digit follows."""
    inner = (end for end in range(len(name) - 1, 0, -1) if _alone(name[end]) and not _alone(name[end - 1]))
    return [len(name), *inner]


def _alone(sign: str) -> bool:
    return not (sign.isascii() and sign.isalnum())
