"""Errors as a tree: the class says what the caller does next, the text says what a person does next.

NaulError
├── BadMessageError      can never succeed: dead-letter it and go on
├── UnavailableError     may succeed later: commit nothing, back off, try again
│   ├── ForbiddenError   Kafka does not let this user do it, until somebody grants it
│   └── StoreAwayError   it is the store that does not answer
├── CorruptStateError    a row of our own state cannot be read: stop, and condemn no message for it
└── RefusedError         a person's input is refused: nothing of it was applied
    └── SettingsError    a setting is unknown, malformed or out of bounds
"""

from schemas.translations import say

__all__ = [
    "BadMessageError",
    "CorruptStateError",
    "ForbiddenError",
    "NaulError",
    "RefusedError",
    "SettingsError",
    "StoreAwayError",
    "UnavailableError",
]


class NaulError(Exception):
    """Anything that Naul says about itself.

    message: what is wrong, naming the file and line, the message or the setting.
    remedy: what a person can do about it; empty only where the message already says so.
    Both are English; a ``Text``, and whatever the catalogue has, is said in the language of whoever reads it.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.message = message
        self.remedy = remedy

    def said(self, language: str) -> str:
        """Return both in a language (``ko`` or ``en``)."""
        return "\n  ".join(say(language, each) for each in (self.message, self.remedy) if each)

    def __str__(self) -> str:
        return f"{self.message}\n  {self.remedy}" if self.remedy else self.message


class BadMessageError(NaulError):
    """Can never succeed: dead-letter it and go on."""


class UnavailableError(NaulError):
    """May succeed later: do not commit, back off, try again."""


class ForbiddenError(UnavailableError):
    """The user of this process may not do at Kafka what was asked: it is granted, or it is done without."""


class StoreAwayError(UnavailableError):
    """The store does not answer, or not in time."""


class CorruptStateError(NaulError):
    """A row of a worker's own state cannot be read: the process ends. No message is to blame for it."""


class RefusedError(NaulError):
    """What a person gave is refused, and nothing of it was applied."""


class SettingsError(RefusedError):
    """A setting is unknown, malformed or out of bounds."""
