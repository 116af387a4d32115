"""Why a verdict is in doubt, in the words that a person who decides reads, in Korean and English."""

from typing import Final

from infra.operations.decide_hour import Doubt

__all__ = ["doubt_text"]

_WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "came_unseen": "May have come in time: nobody could see the place then.",
        "came_elsewhere": "May have come in time: somebody alike sat at another place.",
        "left_unseen": "May have stayed long enough: nobody could see the place at the end.",
        "left_elsewhere": "May have stayed long enough: somebody alike sat at another place.",
        "left_head_down": "May have stayed long enough, with the head down.",
        "too_alike": "Between two students: it may as well be {other}.",
        "too_alike_unnamed": "Between two students who are too alike to tell apart.",
        "like_him": "Somebody who may be this student was there ({percent}% likely).",
        "no_camera": "No camera showed this class hour.",
        "too_little": "The hall could be seen for {minutes} of {of} minutes only.",
        "far_away": "Somebody sits too far away to be known; it may be this student.",
        "no_face": "No face is enrolled.",
        "not_compared": "Enrolled, or put on the roster, only after the frames were looked at.",
        "another_class": "Hardly anybody of this section is here, and the hall is full: the timetable may be wrong.",
        "never_moved": "The face never moved: it may be a picture.",
        "inside_frame": "The face was inside a rectangle: it may be a picture.",
        "new_on_roster": "Came onto the roster when the class hour could no longer be judged.",
        "not_kept": "The mark was taken back, and what the camera had said is no longer kept.",
        "one_photo": "Only one photo is enrolled.",
        "few_looks": "Looked at in fewer than two minutes.",
        "other": "{reason}",
    },
    "ko": {
        "came_unseen": "제시간에 왔을 수 있습니다. 그때 자리가 보이지 않았습니다.",
        "came_elsewhere": "제시간에 왔을 수 있습니다. 닮은 사람이 다른 자리에 있었습니다.",
        "left_unseen": "끝까지 있었을 수 있습니다. 끝날 때 자리가 보이지 않았습니다.",
        "left_elsewhere": "끝까지 있었을 수 있습니다. 닮은 사람이 다른 자리에 있었습니다.",
        "left_head_down": "고개를 숙인 채 끝까지 있었을 수 있습니다.",
        "too_alike": "두 학생 중 누구인지 알 수 없습니다. 다른 한 사람: {other}.",
        "too_alike_unnamed": "너무 닮은 두 학생 중 누구인지 알 수 없습니다.",
        "like_him": "이 학생일 수 있는 사람이 있었습니다(확률 {percent}%).",
        "no_camera": "이 교시를 비춘 카메라가 없습니다.",
        "too_little": "강의실이 {of}분 중 {minutes}분만 보였습니다.",
        "far_away": "너무 멀어 누구인지 알 수 없는 사람이 있습니다. 이 학생일 수 있습니다.",
        "no_face": "등록된 얼굴이 없습니다.",
        "not_compared": "화면을 분석한 뒤에 등록되었거나 명단에 올랐습니다.",
        "another_class": "이 분반 학생은 거의 없는데 강의실은 차 있습니다. 시간표가 틀렸을 수 있습니다.",
        "never_moved": "얼굴이 전혀 움직이지 않았습니다. 사진일 수 있습니다.",
        "inside_frame": "얼굴이 네모난 테두리 안에 있었습니다. 사진일 수 있습니다.",
        "new_on_roster": "교시를 더는 판정할 수 없을 때 명단에 올랐습니다.",
        "not_kept": "수정을 취소했지만 카메라가 판정한 내용이 남아 있지 않습니다.",
        "one_photo": "등록된 사진이 한 장뿐입니다.",
        "few_looks": "얼굴이 보인 시간이 2분이 안 됩니다.",
        "other": "{reason}",
    },
}


def doubt_text(language: str, doubt: Doubt) -> str:
    """Return a doubt as a sentence. language: ``ko`` or ``en``."""
    return _WORDS[language][doubt.code].format(**doubt.values)
