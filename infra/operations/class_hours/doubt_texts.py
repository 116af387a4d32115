"""Why a verdict is in doubt, in the words that a person who decides reads."""

from typing import Final

from infra.operations.class_hours.decide_hour import Doubt
from schemas.translations import Texts, say

__all__ = ["doubt_text"]

_TEXTS: Final[Texts] = {
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
}
"""By code."""


def doubt_text(language: str, doubt: Doubt) -> str:
    """Return a doubt as a sentence. language: ``ko`` or ``en``."""
    return say(language, _TEXTS[doubt.code], **doubt.values)
