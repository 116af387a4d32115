"""What of a site's inputs does not fit together, at any time."""

from collections.abc import Collection, Iterable

from enrollment.consistency import Loaded, Mismatch, mismatches
from enrollment.loaded import class_hours, enrollments, rosters
from infra.operations.load_texts import say
from schemas.settings import Settings

__all__ = ["open_mismatches", "told"]

NAMED = 5
"""Names that a sentence holds; more are counted."""


def open_mismatches(settings: Settings, about: Collection[str] = ()) -> tuple[Mismatch, ...]:
    """Return what does not fit, the most harmful first. about: sections; of others nothing is told of their own.

    Raises:
        UnavailableError: the broker does not answer.
    """
    found = mismatches(Loaded(rosters(settings), class_hours(settings), enrollments(settings).keys()))
    return tuple(each for each in found if _concerns(each, about))


def told(settings: Settings, found: Iterable[Mismatch]) -> list[str]:
    """Return a sentence for each, in the site's language, with what to do."""
    return [
        say(
            settings,
            each.kind,
            names=_listed(settings, each.names),
            count=len(each.names),
            of=each.of,
            near="".join(say(settings, "looks_like", name=name, near=near) for name, near in each.near[:NAMED]),
        )
        for each in found
    ]


def _listed(settings: Settings, names: Collection[str]) -> str:
    shown = ", ".join(list(names)[:NAMED])
    return shown + (say(settings, "and_more", count=len(names) - NAMED) if len(names) > NAMED else "")


def _concerns(mismatch: Mismatch, about: Collection[str]) -> bool:
    sections = mismatch.kind in ("no_roster", "no_hours")
    return not (about and sections) or not set(about).isdisjoint(mismatch.names)
