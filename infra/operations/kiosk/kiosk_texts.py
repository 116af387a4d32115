"""What a kiosk says to who stands before it, each with what to do."""

from typing import Final

from schemas.translations import Language, Texts, say
from streams.faces.unfit_pictures import Unfit

__all__ = ["AT_KIOSK", "kiosk_text", "mark_reason"]

AT_KIOSK: Final[Texts] = {
    "no_face": "No face is seen. Stand before the camera, with your whole head in the picture.",
    "faces": "{count} faces are seen. One person at a time, please.",
    "small_face": "You are too far away. Come closer.",
    "edge": "Your face is not wholly in the picture. Move to the middle.",
    "blurred": "The picture is blurred. Hold still; if that does not help, wipe the lens.",
    "dark": "It is too dark. Let light fall on your face from the front.",
    "turned": "Look straight into the camera.",
    "stranger": "You were not recognised. Try again without cap or mask; else ask the professor.",
    "not_on_roster": "You were not recognised as a student of this class hour. See whether this is the "
    "right hall, or ask the professor.",
    "unsure": "It is not certain who you are. Come closer, look into the camera and try again; else ask the professor.",
    "alike": "Two students look so alike that nobody is named. Try again, or ask the professor.",
    "no_hour": "There is no class hour in {hall} now. A kiosk opens a quarter of an hour before one.",
    "nobody_enrolled": "Nobody who takes the class hours in {hall} has an enrolled face. Ask the professor.",
    "over": "The class hour is over. Ask the professor.",
    "expired": "That took too long. Start again, and turn your head slowly and clearly.",
    "wrong_side": "That was the other side. Start again.",
    "other_face": "Another face came into the picture. Start again, alone before the camera.",
    "picture": "The face lies inside a rectangle, like that of a picture. Stand before a plain "
    "wall, or ask the professor.",
    "wait": "That was often. Try again in {seconds} seconds.",
    "marked_by_person": "The professor has already decided for this class hour. Ask the professor if that is wrong.",
}
"""By cause. Files that are no photos are told as at enrolment."""


def kiosk_text(language: Language, reason: Unfit) -> str:
    """Say why a kiosk does not go on, and what to do."""
    own = AT_KIOSK.get(reason.cause)
    return say(language, own, **reason.values) if own else f"{reason.said(language)}."


def mark_reason(language: Language, probability: float, *, turned: bool) -> str:
    """Return the reason that is kept with a mark."""
    plain = say(language, "face recognised, probability {probability:.3f}", probability=probability)
    return plain + (say(language, ", head turned when asked") if turned else "")
