"""What a token of the API may do: what its owner may, narrowed by scopes and sections. Pure."""

from collections.abc import Collection, Iterable
from typing import Final, Literal, TypeAlias, get_args

import msgspec

from infra.operations.accounts.access import DeskUser
from schemas.errors import RefusedError
from schemas.texts import cleaned, nearest, written_plainly
from schemas.translations import Text, Texts

__all__ = ["SCOPES", "SCOPE_TEXTS", "Scope", "TokenHolder", "scopes_of", "sections_of"]

Scope: TypeAlias = Literal[
    "halls:read",
    "timetable:read",
    "rosters:read",
    "enrolment:write",
    "attendance:read",
    "names:read",
    "pictures:read",
    "marks:write",
    "appeals:read",
    "appeals:write",
    "record:read",
    "people:read",
    "loads:write",
    "reports:read",
    "audit:read",
    "health:read",
    "runs:read",
    "runs:write",
    "site:write",
    "terms:write",
    "accounts:read",
    "accounts:write",
    "links:write",
]

SCOPES: Final[tuple[str, ...]] = get_args(Scope)

SCOPE_TEXTS: Final[Texts] = {
    "halls:read": "halls as they are now, and how much cameras showed: numbers alone",
    "timetable:read": "class hours with their totals, terms and their rules",
    "rosters:read": "who takes a section, from which date on",
    "enrolment:write": "photos enrolled in bulk, with what came of them; consent put on record and taken back",
    "attendance:read": "verdicts with their reasons, departures, standings, what happens in a hall",
    "names:read": "names of people beside their ids, wherever these are shown",
    "pictures:read": "the last frames, and faces cut out of frames",
    "marks:write": "decisions, roll calls and confirmations, in the owner's name",
    "appeals:read": "what students contest and ask beforehand, with the answers; a student's own term",
    "appeals:write": "contesting, asking and withdrawing in a student's name, answering in a person's",
    "record:read": "all that is kept of the owner, who is a student",
    "people:read": "who is on rosters from when until when, consent, how faces are enrolled",
    "loads:write": "files of rosters and timetables: what they would change, and loading them",
    "reports:read": "rates, who slips away, one student over all courses, named queries, files to take away",
    "audit:read": "who saw and did what",
    "health:read": "processes, lag, cameras, dead letters",
    "runs:read": "replays, what if, engines",
    "runs:write": "replays and what if: asked, cancelled, deleted, judged; engines checked and chosen",
    "site:write": "dead letters sent again or dismissed, kiosks ended",
    "terms:write": "loading the rule of a term, and what that would change",
    "accounts:read": "who may sign in and as what, tokens and webhooks: no secret",
    "accounts:write": "adding, changing and removing accounts, tokens of these scopes at most, and webhooks",
    "links:write": "addresses that sign somebody in, with all that he may",
}
"""What each allows, of what the owner may."""

MOST_SECTIONS = 1000


class TokenHolder(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks by a token, as his account is at this moment.

    owner: with all his rights. token: its name. sections: outside of which it may nothing; None: no such limit.
    """

    owner: DeskUser
    token: str
    scopes: frozenset[str]
    sections: frozenset[str] | None = None

    @property
    def person(self) -> DeskUser:
        """The owner with what he teaches narrowed; what he may by another role, ``reaches`` narrows."""
        if self.sections is None:
            return self.owner
        teaches = {section: role for section, role in self.owner.teaches.items() if section in self.sections}
        return msgspec.structs.replace(self.owner, teaches=teaches)

    @property
    def reaches_everything(self) -> bool:
        """Whether it may see what is of no single section."""
        return self.sections is None

    def has(self, scope: str) -> bool:
        """Whether it was given a scope."""
        return scope in self.scopes

    def reaches(self, section: str) -> bool:
        """Whether a section lies within its limit."""
        return self.sections is None or section in self.sections

    def narrowed(self, sections: Iterable[str] | None) -> frozenset[str] | None:
        """Return those of some sections that lie within its limit. None, of both: all there are."""
        if sections is None:
            return self.sections
        return frozenset(each for each in sections if self.reaches(each))


def scopes_of(asked: Collection[str]) -> frozenset[str]:
    """Return the scopes of these names.

    Raises:
        RefusedError: there is none such, or none was given.
    """
    for text in asked:
        if text not in SCOPES:
            near = nearest(text, SCOPES)
            hint = Text("; did you mean {near}?", near=near) if near else ""
            raise RefusedError(
                Text("{text!r} is no scope{hint}", text=text, hint=hint),
                Text("There are {scopes}.", scopes=", ".join(SCOPES)),
            )
    if not asked:
        raise RefusedError(
            "a token without a scope may do nothing", Text("There are {scopes}.", scopes=", ".join(SCOPES))
        )
    return frozenset(asked)


def sections_of(asked: Iterable[str]) -> frozenset[str] | None:
    """Return the sections of these names, of which each may be several with commas between; None: no limit.

    Raises:
        RefusedError: one is empty, or there are too many.
    """
    found = [written_plainly(each) for text in asked for each in cleaned(text).split(",")]
    if not all(found) or len(found) > MOST_SECTIONS:
        raise RefusedError("the sections of a token cannot be read", "Write them like EA0017-1,EA0018-2.")
    return frozenset(found) or None
