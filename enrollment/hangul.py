"""Whether a text that was read as Korean can be Korean."""

import re
from collections.abc import Sequence

__all__ = ["can_be_korean", "most_doubtful"]

_SURNAMES = frozenset(
    "가간갈감강개견경계고곡공곽관교구국군궁권근금기길김나난남낭내노누단담당대도독돈동두라랑려련렴류룡리림마만망매맹"
    "명모목묘묵문미민박반방배백범변보복봉부비빈빙사삼상서석선설섭성소손송수순승시신심십아안애야양어엄여연염엽영예"
    "오옥온옹왕요용우운울원위유육윤은음이인임자장전점정제조종좌주준즙지진차창채척천초총최추축춘춤탁탄태판팽편평포표"
    "풍피필하학한함해허현형호홍화환황후흥"
)
"""First syllables of the family names in Korea's census, in both spellings of what begins with ㄹ."""

_COMMON = frozenset(
    "가각간갈감갑강개객갱거건걸검겁게격견결겸경계고곡곤골공과곽관괄광괘괴굉교구국군굴궁권궐궤귀규균귤극근글금급긍기긴"
    "길김끽나낙난날남납낭내냉너네녀년념녕노녹논농뇌누눈눌뉴느늑늘능니닉님다단달담답당대덕도독돈돌동두둔득들등디따라락"
    "란랄람랍랑래랭략량러레려력련렬렴렵령례로록론롱뢰료룡루류륙륜률륭르륵름릉리린림립마막만말맑망매맥맹머며멱면멸명모"
    "목몰몽묘무묵문물미민믿밀바박반발밝방배백버번벌범법벽변별병보복본볼봄봉부북분불붕브비빈빙빛사삭산살삼삽상새색샘생"
    "서석선설섬섭성세소속손솔송수숙순술숭스슬습승시식신실심십싱쌍써씨아악안알암압앙애액야약양어억언얼엄업에여역연열염"
    "엽영예오옥온올옹와완왕왜외요욕용우욱운울움웅워원월위유육윤율융으은을음읍응의이익인일임입잉자작잔잠장재쟁저적전절"
    "점접정제조족존졸종좌죄주죽준줄중즉즐증지직진질짐집징차착찬찰참창채책처척천철첨청체초촉촌총최추축춘출충취측층치칙"
    "친칠침칭카컴코크키타탁탄탈탐탑탕태택터테토통퇴투트특티파판팔패팽퍼편평폐포폭표푸품풍프피필하학한할함합항해핵행향"
    "허헌헐험혁현혈협형혜호혹혼홀홍화확환활황회획효후훈훤휘휴흉흑흔흘흠흡흥희히힘"
)
"""Syllables of names and of the words of sections: readings of Hanja, native names, words from English."""

_HAN = "\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(f"[a-z가-힣{_HAN}]+")
_KOREAN = re.compile(f"[가-힣{_HAN}]")
_PIECES = re.compile(f"[a-z]+|[가-힣]+|[{_HAN}]+")
_NAME = re.compile("[가-힣]{2,4}")

MOSTLY = 2 / 3
"""Of the different syllables of a text, so many are common; of what other languages' bytes happen to be, a quarter."""

SOME = 1 / 2
"""So many are enough where every word that is as long as a name begins like one."""


def can_be_korean(text: str) -> bool:
    """Say whether a text holds Korean names or words, and not other bytes that happen to be Hangul.

    The bytes of other languages read as Korean are Hangul, Hanja and small letters side by side in one word, and mostly
    syllables that no name has. A few rare ones are in many a Korean file. A text of Hanja alone, or of none of both,
    may be meant.
    """
    words = [each for each in _WORD.findall(text) if _KOREAN.search(each)]
    if sum(map(_mixed, words)) * 4 > len(words):
        return False
    names = [each for each in words if _NAME.fullmatch(each)]
    share = _common(text)
    return share >= MOSTLY or (share >= SOME and all(each[0] in _SURNAMES for each in names))


def most_doubtful(lines: Sequence[str]) -> int:
    """Return which line can least be Korean, from 0."""
    return max(range(len(lines)), key=lambda at: (not can_be_korean(lines[at]), -_common(lines[at])))


def _mixed(word: str) -> bool:
    return len(_PIECES.findall(word)) > 1


def _common(text: str) -> float:
    """Return how many of the different syllables are common, 0 to 1."""
    syllables = set(re.findall("[가-힣]", text))
    return len(syllables & _COMMON) / len(syllables) if syllables else 1
