"""Whether a text that was read as Korean can be Korean."""

import re

__all__ = ["can_be_korean"]

_SURNAMES = frozenset(
    "가간갈감강개견경계고곡공곽관교구국군궁권근금기길김나난남낭내노누단담당대도독돈동두라랑려련렴류룡리림마만망매맹"
    "명모목묘묵문미민박반방배백범변보복봉부비빈빙사삼상서석선설섭성소손송수순승시신심십아안애야양어엄여연염엽영예"
    "오옥온옹왕요용우운울원위유육윤은음이인임자장전점정제조종좌주준즙지진차창채척천초총최추축춘춤탁탄태판팽편평포표"
    "풍피필하학한함해허현형호홍화환황후흥"
)
"""First syllables of the family names in Korea's census, in both spellings of what begins with ㄹ."""

_HAN = "\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(f"[a-z가-힣{_HAN}]*[가-힣{_HAN}][a-z가-힣{_HAN}]*")
_PIECES = re.compile(f"[a-z]+|[가-힣]+|[{_HAN}]+")
_NAME = re.compile("[가-힣]{2,4}")

MOSTLY = 0.5
"""Of the words that are as long as names, so many must begin like one; foreign names in Hangul are a minority."""


def can_be_korean(text: str) -> bool:
    """Say whether a text holds Korean names or words, and not other bytes that happen to be Hangul.

    The bytes of other languages read as Korean are Hangul, Hanja and small letters side by side in one word, and
    syllables with which no name begins. A text of Hanja alone, or of none of both, may be meant.
    """
    words = _WORD.findall(text)
    mixed = [each for each in words if len(_PIECES.findall(each)) > 1]
    if len(mixed) * 4 > len(words):
        return False
    names = [each for each in words if _NAME.fullmatch(each)]
    likely = sum(each[0] in _SURNAMES for each in names)
    return not names or likely >= MOSTLY * len(names)
