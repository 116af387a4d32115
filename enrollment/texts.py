"""What people read when they mark students, call the roll or enrol, in the language of the site."""

from typing import Final

from schemas.settings import Settings

__all__ = ["say"]

_WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "marked": "{name} ({student}) is marked {verdict} in {hour}.",
        "begin": "Roll call of {section}, {hour}: {count} students. y present, n absent, l late, b back, q stop.",
        "resume": "Going on after {done} of {count} answers.",
        "ask": "{at:>3}/{count}  {student}  {name}: present? [Y/n/l(ate)/b(ack)/q]",
        "again": "Answer y, n, l, b or q.",
        "kept": "Stopped. {done} of {count} answers are kept; run the same command to go on.",
        "sent": "Sent as one message: {present} present, {late} late, {absent} absent.",
        "student": "student",
        "improve": "what to improve",
        "and_more": "... and {count} more; --report FILE has all",
        "photo": "photo {number}",
        "small": "the face is rather small; from nearer, or cut out of a larger picture, it shows more",
        "blurred": "the face is not quite sharp; holding still and a clean lens help",
        "turned": "the head is turned aside; looking into the camera helps",
        "tilted": "the head is tilted; upright is better",
        "dark": "the face is rather dark; light from the front helps",
        "flat": "the face has little contrast; less haze, glare or light from behind helps",
        "optional": "good enough beside the others; {what}",
        "poor": "one photo without these flaws is enough",
        "single": "only one photo: take a second one at the kiosk",
        "disagree": "{photos} are unlike each other: see that both show this person, and take a third",
        "odd": "{photos}: unlike the rest; is it the same person?",
        "none": "no usable photo: take a new one",
        "totals": "{engine}: {people} people, {fine} need nothing. One photo only: {single}. Photos that disagree: "
        "{disagree}. No photo without a flaw: {poor}. No usable photo: {none}.",
        "singles": "With one photo only: {count}. They are recognised clearly less often, and sooner "
        "mistaken for others, than people with two or three. The remedy is a second photo, e.g. from the kiosk.",
        "same": "Warning: {one} and {other} have the same face (cosine {cosine:.3f}); both are enrolled. "
        "Erase one id with `naul forget`, unless they are twins.",
        "alike": "{one} and {other} ({sections}) are hard to tell apart: of 100 looks of the one, up to {looks:.0f} "
        "would be given to the other. More photos of both help.",
        "alike_apart": "{count} more pairs are as alike and share no roster; --report FILE names them.",
        "elsewhere": "{count} people are enrolled for other engines only: enrol their photos again for {engine}.",
        "alike_none": "Nobody of a roster is too alike to another one to be told apart.",
    },
    "ko": {
        "marked": "{name} ({student}): {hour} {verdict} 처리했습니다.",
        "begin": "{section} {hour} 출석을 부릅니다. {count}명. Enter/y: 출석, n: 결석, l: 지각, b: 뒤로, q: 중단.",
        "resume": "{count}명 중 {done}명 다음부터 이어서 부릅니다.",
        "ask": "{at:>3}/{count}  {student}  {name}: 출석? [Y/n/l(지각)/b(뒤로)/q]",
        "again": "y, n, l, b, q 중 하나로 답하세요.",
        "kept": "중단했습니다. {count}명 중 {done}명의 답을 보관했으니 같은 명령으로 이어 가세요.",
        "sent": "한 번에 전송했습니다: 출석 {present}, 지각 {late}, 결석 {absent}.",
        "student": "학번",
        "improve": "개선할 점",
        "and_more": "... 외 {count}건; 전체는 --report FILE로 볼 수 있습니다",
        "photo": "사진 {number}",
        "small": "얼굴이 조금 작습니다. 더 가까이에서 찍거나 큰 사진에서 얼굴 주위를 잘라 올리면 더 좋습니다",
        "blurred": "얼굴이 다소 흐립니다. 움직이지 않고 렌즈를 닦고 찍으면 더 좋습니다",
        "turned": "고개가 옆으로 돌아가 있습니다. 카메라를 바라보면 더 좋습니다",
        "tilted": "고개가 기울어 있습니다. 머리를 바로 세우면 더 좋습니다",
        "dark": "얼굴이 다소 어둡습니다. 앞에서 빛을 비추면 더 좋습니다",
        "flat": "얼굴의 명암이 약합니다. 뿌연 빛, 반사, 역광을 피하면 더 좋습니다",
        "optional": "다른 사진이 있어 그대로 써도 됩니다. {what}",
        "poor": "이런 점이 없는 사진이 한 장만 있어도 충분합니다",
        "single": "사진이 한 장뿐입니다. 키오스크에서 한 장 더 찍으세요",
        "disagree": "{photos}: 사진이 서로 다릅니다. 모두 본인인지 확인하고 세 번째 사진을 찍으세요",
        "odd": "{photos}: 나머지 사진과 다릅니다. 같은 사람입니까?",
        "none": "쓸 수 있는 사진이 없습니다. 새로 찍으세요",
        "totals": "{engine}: {people}명 중 {fine}명은 이상 없음. 사진 한 장: {single}. 서로 다른 사진: {disagree}. "
        "온전한 사진 없음: {poor}. 쓸 수 있는 사진 없음: {none}.",
        "singles": "{count}명은 사진이 한 장뿐입니다. 사진이 두세 장인 사람보다 인식률이 뚜렷이 낮고 다른 사람으로 "
        "오인되기 쉽습니다. 키오스크 등에서 사진을 한 장 더 찍으면 해결됩니다.",
        "same": "경고: {one}, {other}의 얼굴이 같습니다(코사인 {cosine:.3f}). 둘 다 등록되어 있습니다. "
        "쌍둥이가 아니라면 한 학번을 `naul forget`으로 지우세요.",
        "alike": "{one}, {other}({sections})는 구별하기 어렵습니다. 한 사람의 모습 100번 중 많게는 {looks:.0f}번이 "
        "다른 사람으로 보입니다. 두 사람의 사진을 늘리면 나아집니다.",
        "alike_apart": "같은 명단에 없는 닮은 쌍이 {count}개 더 있습니다. --report FILE로 볼 수 있습니다.",
        "elsewhere": "{count}명은 다른 엔진에만 등록되어 있습니다. {engine} 엔진으로 사진을 다시 등록하세요.",
        "alike_none": "같은 명단에서 구별하기 어려울 만큼 닮은 사람은 없습니다.",
    },
}


def say(settings: Settings, text: str, **values: object) -> str:
    """Return a text by its name, its values filled in."""
    return _WORDS[settings.language][text].format(**values)
