"""Which of the two languages a page speaks, and how dates are written in it."""

from functools import cache

from babel import Locale

from schemas.translations import LANGUAGES

__all__ = ["locale", "preferred"]


@cache
def locale(language: str) -> Locale:
    """Return how a language writes dates and numbers."""
    return Locale.parse(language)


def preferred(accept_language: str, default: str) -> str:
    """Return the language that a browser wishes, of those that there are.

    accept_language: the header, like ``ko-KR,ko;q=0.9,en;q=0.8``.
    """
    wishes = []
    for place, part in enumerate(accept_language.split(",")):
        name, _, weight = part.strip().partition(";q=")
        try:
            wishes.append((-float(weight or 1), place, name.split("-")[0].lower()))
        except ValueError:
            continue
    return next((name for _, _, name in sorted(wishes) if name in LANGUAGES), default)
