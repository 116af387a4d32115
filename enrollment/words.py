"""What professors read when they mark students or call the roll, in the language of the site."""

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
    },
    "ko": {
        "marked": "{name} ({student}): {hour} {verdict} 처리했습니다.",
        "begin": "{section} {hour} 출석을 부릅니다. {count}명. Enter/y: 출석, n: 결석, l: 지각, b: 뒤로, q: 중단.",
        "resume": "{count}명 중 {done}명 다음부터 이어서 부릅니다.",
        "ask": "{at:>3}/{count}  {student}  {name}: 출석? [Y/n/l(지각)/b(뒤로)/q]",
        "again": "y, n, l, b, q 중 하나로 답하세요.",
        "kept": "중단했습니다. {count}명 중 {done}명의 답을 보관했으니 같은 명령으로 이어 가세요.",
        "sent": "한 번에 전송했습니다: 출석 {present}, 지각 {late}, 결석 {absent}.",
    },
}


def say(settings: Settings, text: str, **values: object) -> str:
    """Return a text by its name, its values filled in."""
    return _WORDS[settings.language][text].format(**values)
