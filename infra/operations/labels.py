"""The words that people read on live screens and tables, in Korean and English."""

from typing import Final

__all__ = ["WORDS", "word"]

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "present": "present",
        "late": "late",
        "left_early": "left early",
        "absent": "absent",
        "unobserved": "unobserved",
        "arrived": "arrived",
        "departed": "departed",
        "returned": "returned",
        "here": "here",
        "of": "of",
        "faces": "faces in the last frame",
        "unknown": "unknown",
        "covered": "covered",
        "last_frame": "last frame",
        "waiting": "frames waiting",
        "nothing": "nothing yet: waiting for frames of this hall",
        "disk_full": "no frames are taken: the disk of Kafka is nearly full",
        "clock_wrong": "its frames are refused: the clock of its machine is wrong",
        "id": "id",
        "name": "name",
        "since": "since",
        "gone": "gone",
        "status": "status",
        "happened": "what happened",
    },
    "ko": {
        "present": "출석",
        "late": "지각",
        "left_early": "조퇴",
        "absent": "결석",
        "unobserved": "미확인",
        "arrived": "도착",
        "departed": "이탈",
        "returned": "복귀",
        "here": "현재",
        "of": "/",
        "faces": "마지막 화면의 얼굴",
        "unknown": "모르는 얼굴",
        "covered": "관찰됨",
        "last_frame": "마지막 화면",
        "waiting": "대기 중인 화면",
        "nothing": "아직 없음: 이 강의실의 화면을 기다리는 중",
        "disk_full": "화면을 받지 않습니다: Kafka의 디스크가 거의 찼습니다",
        "clock_wrong": "화면을 받지 않습니다: 카메라를 보내는 컴퓨터의 시계가 틀립니다",
        "id": "학번",
        "name": "이름",
        "since": "도착",
        "gone": "이탈",
        "status": "상태",
        "happened": "일어난 일",
    },
}


def word(language: str, name: str) -> str:
    """Return a word in a language (``ko`` or ``en``)."""
    return WORDS[language][name]
