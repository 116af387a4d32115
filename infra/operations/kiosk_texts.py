"""What a kiosk says to who stands before it, in Korean and English, each with what to do."""

from typing import Final, Literal

from enrollment.people_texts import unfit_in
from streams.faces.unfit_pictures import Unfit

__all__ = ["AT_KIOSK", "kiosk_text", "mark_reason"]

Language = Literal["ko", "en"]

AT_KIOSK: Final[dict[str, dict[Language, str]]] = {
    "no_face": {
        "en": "No face is seen. Stand before the camera, with your whole head in the picture.",
        "ko": "얼굴이 보이지 않습니다. 머리 전체가 나오도록 카메라 앞에 서 주세요.",
    },
    "faces": {
        "en": "{count} faces are seen. One person at a time, please.",
        "ko": "얼굴이 {count}개 보입니다. 한 사람씩 서 주세요.",
    },
    "small_face": {"en": "You are too far away. Come closer.", "ko": "너무 멉니다. 더 가까이 와 주세요."},
    "edge": {
        "en": "Your face is not wholly in the picture. Move to the middle.",
        "ko": "얼굴이 화면 밖으로 나갔습니다. 가운데로 와 주세요.",
    },
    "blurred": {
        "en": "The picture is blurred. Hold still; if that does not help, wipe the lens.",
        "ko": "화면이 흐립니다. 잠시 움직이지 마세요. 그래도 흐리면 렌즈를 닦아 주세요.",
    },
    "dark": {
        "en": "It is too dark. Let light fall on your face from the front.",
        "ko": "너무 어둡습니다. 얼굴 앞쪽에 빛이 비치게 해 주세요.",
    },
    "turned": {"en": "Look straight into the camera.", "ko": "카메라를 똑바로 봐 주세요."},
    "stranger": {
        "en": "You were not recognised. Try again without cap or mask; else ask the professor.",
        "ko": "알아보지 못했습니다. 모자나 마스크를 벗고 다시 해 보고, 안 되면 교수님께 말씀드리세요.",
    },
    "not_on_roster": {
        "en": "You were not recognised as a student of this class hour. See whether this is the right hall, or ask the "
        "professor.",
        "ko": "이 교시의 수강생으로 확인되지 않았습니다. 강의실이 맞는지 보고, 맞다면 교수님께 말씀드리세요.",
    },
    "unsure": {
        "en": "It is not certain who you are. Come closer, look into the camera and try again; else ask the professor.",
        "ko": "누구인지 확실하지 않습니다. 더 가까이에서 카메라를 보고 다시 해 보고, 안 되면 교수님께 말씀드리세요.",
    },
    "alike": {
        "en": "Two students look so alike that nobody is named. Try again, or ask the professor.",
        "ko": "닮은 학생이 있어 확정하지 못했습니다. 다시 해 보거나 교수님께 말씀드리세요.",
    },
    "no_hour": {
        "en": "There is no class hour in {hall} now. A kiosk opens a quarter of an hour before one.",
        "ko": "지금 {hall}에는 수업이 없습니다. 키오스크는 수업 15분 전부터 쓸 수 있습니다.",
    },
    "nobody_enrolled": {
        "en": "Nobody who takes the class hours in {hall} has an enrolled face. Ask the professor.",
        "ko": "{hall} 수업의 수강생 중 얼굴이 등록된 사람이 없습니다. 교수님께 말씀드리세요.",
    },
    "over": {"en": "The class hour is over. Ask the professor.", "ko": "수업이 끝났습니다. 교수님께 말씀드리세요."},
    "expired": {
        "en": "That took too long. Start again, and turn your head slowly and clearly.",
        "ko": "시간이 지났습니다. 다시 시작해서 고개를 천천히, 크게 돌려 주세요.",
    },
    "wrong_side": {
        "en": "That was the other side. Start again.",
        "ko": "반대쪽으로 돌렸습니다. 다시 시작해 주세요.",
    },
    "other_face": {
        "en": "Another face came into the picture. Start again, alone before the camera.",
        "ko": "다른 얼굴이 나왔습니다. 카메라 앞에 혼자 서서 다시 시작해 주세요.",
    },
    "picture": {
        "en": "The face lies inside a rectangle, like that of a picture. Stand before a plain wall, or ask the "
        "professor.",
        "ko": "얼굴이 사진처럼 네모 안에 있습니다. 배경이 없는 곳에 서거나 교수님께 말씀드리세요.",
    },
    "wait": {
        "en": "That was often. Try again in {seconds} seconds.",
        "ko": "너무 자주 시도했습니다. {seconds}초 뒤에 다시 해 주세요.",
    },
    "marked_by_person": {
        "en": "The professor has already decided for this class hour. Ask the professor if that is wrong.",
        "ko": "이 교시는 교수님이 이미 처리했습니다. 사실과 다르면 교수님께 말씀드리세요.",
    },
}
"""By cause. Files that are no photos are told as at enrolment."""

_REASON: Final[dict[Language, tuple[str, str]]] = {
    "en": ("face recognised, probability {probability:.3f}", ", head turned when asked"),
    "ko": ("얼굴 인식, 확률 {probability:.3f}", ", 요청에 따라 고개를 돌림"),
}


def kiosk_text(language: Language, reason: Unfit) -> str:
    """Say why a kiosk does not go on, and what to do."""
    own = AT_KIOSK.get(reason.cause)
    return own[language].format(**reason.values) if own else f"{unfit_in(language, reason)}."


def mark_reason(language: Language, probability: float, *, turned: bool) -> str:
    """Return the reason that is kept with a mark."""
    plain, more = _REASON[language]
    return plain.format(probability=probability) + (more if turned else "")
