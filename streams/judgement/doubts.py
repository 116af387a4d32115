"""Why a verdict is in doubt: codes that pages translate, and what each says in a row's ``reason``."""

from collections.abc import Iterable
from typing import Final

from schemas.messages import DoubtCode
from schemas.rivals import TOO_ALIKE
from schemas.translations import Texts

__all__ = ["REASONS", "in_words"]

REASONS: Final[Texts] = {
    "came_unseen": "may have come in time, while nothing was covered",
    "came_elsewhere": "may have come in time, and sat elsewhere",
    "left_unseen": "may have left in time, while nothing was covered",
    "left_elsewhere": "may have left in time, and sat elsewhere",
    "left_head_down": "may have left in time, with the head down",
    "too_alike": TOO_ALIKE,
    "like_him": "somebody like him was seen, not surely enough",
    "no_camera": "no camera showed this class hour",
    "too_little": "too little of the class hour was covered",
    "far_away": "somebody sits too far away to be known; he may be this student",
    "no_face": "no face enrolled",
    "not_compared": "on the roster or enrolled only after the frames were looked at: send them again",
    "another_class": "hardly anybody of this section is here, and the hall is full of others: is the timetable right?",
    "never_moved": "the face never moved, like that of a picture",
    "inside_frame": "the face was inside a rectangle, like that of a picture",
    "new_on_roster": "not on the roster while the class hour could still be judged",
    "not_kept": "the mark was taken back; what the camera had said is no longer kept",
    "one_photo": "",
    "few_looks": "",
}
"""English, as rows have it. Empty: what makes another doubt worse; a page says it, a row need not."""


def in_words(doubts: Iterable[DoubtCode], rival: str = "") -> str:
    """Return the ``reason`` of a row. rival: whom ``too_alike`` means, by id."""
    return "; ".join(filter(None, (REASONS[each].format(rival=rival) for each in doubts)))
