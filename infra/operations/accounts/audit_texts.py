"""What stands in the audit as a few English words, as a sentence for whoever reads it.

The table keeps the words as they were written, for it is never rewritten: each that was ever written stays known here.
"""

import re
from typing import Final, get_args

from infra.operations.class_hours.labels import word
from schemas.messages import Verdict
from schemas.translations import Texts, say, say_as

__all__ = ["detail_text"]

_WORDS: Final[Texts] = {
    "taken back": "back to as judged",
    "undone": "undone",
    "password": "by password",
    "link": "by a link",
    "openid": "by OpenID",
    "openid, bound to its subject": "by OpenID, for the first time",
    "made as student by openid": "made for a student who signed in by OpenID",
    "consent given": "given",
    "consent taken back": "taken back: the templates are erased",
    "contest": "contested",
    "excuse": "asked to be excused",
    "refused": "refused",
    "appeals": "what students contest and ask",
    "own record": "all that is kept of oneself",
    "no such account": "no such account",
    "disabled": "the account is closed",
    "wrong password": "wrong password",
    "void link": "the link was void",
    "void token": "the token was void",
    "denied at the provider": "denied at the provider",
    "there is no account of that name": "no such account",
    "the account may not sign in so": "the account may not sign in so",
    "the account is bound to another subject": "the account is bound to somebody else there",
    "its state is unknown, or was used before": "begun elsewhere, or used before",
    "another browser began it": "another browser began it",
    "it took too long": "it took too long",
}
"""Details that have no values, verdicts apart."""

_VERDICTS: Final = frozenset(get_args(Verdict))

_NAMED: Final[Texts] = {
    r"disable": "closed",
    r"no openid for": "no longer by OpenID",
    r"remove": "removed",
    r"sign out": "signed out everywhere",
    r"password of": "a new password",
    r"link for": "a sign-in link",
    r"kiosk link for (?P<hall>.+?) to": "a link to a kiosk in {hall}",
    r"token (?P<token>[a-z0-9._-]+) for": "the token {token} was made",
    r"no token (?P<token>[a-z0-9._-]+) for": "the token {token} was revoked",
    r"webhook to (?P<host>\S+)": "told by webhooks: {host}",
    r"no webhook to (?P<host>\S+)": "no longer told by webhooks: {host}",
    r"add as (?P<roles>[^:]+):": "made: {roles}",
    r"change to (?P<roles>[^:]+):": "now {roles}",
}
"""What was done to an account, by a pattern; its name follows, but that of a student stands as whom it is about."""

_COUNTED: Final[Texts] = {
    r"(?P<count>\d+) as judged": "{count} confirmed as judged",
    r"(?P<count>\d+) answers": "{count} answers",
}
"""As older desks told what was done to many at once."""

_REPORTS: Final[Texts] = {
    "attendance": "every verdict",
    "rates": "rates",
    "slipping": "who slips away",
    "standing": "who is near the limit",
    "student": "one student",
    "moodle": "for Moodle",
    "canvas": "for Canvas",
    "register": "a register",
}
"""What a report or an export is of; what follows is the term or the days, the section, and the format."""
_REPORT: Final = re.compile(rf"({'|'.join(_REPORTS)})(?: by (\w+))? of (.+)")
_BY_TOKEN: Final = re.compile(r"(?:(.+), )?by token ([a-z0-9._-]+)")
"""What was done through the API."""
_RUN: Final[Texts] = {
    r"start (?P<name>\S+)": "{name}: started",
    r"cancel (?P<name>\S+)": "{name}: cancelled",
    r"resume (?P<name>\S+)": "{name}: gone on with",
    r"delete (?P<name>\S+)": "{name}: deleted",
    r"evaluate (?P<name>\S+)": "{name}: judged by marks",
    r"use (?P<name>\S+)": "{name}: made the live one",
    r"check (?P<name>\S+)": "{name}: checked",
    r"retry all": "all sent again",
    r"retry (?P<name>\d+)": "{name} sent again",
    r"dismiss all": "all dismissed",
    r"dismiss (?P<name>\d+)": "{name} dismissed",
}
"""What engineers did to replays, engines and dead letters."""

_TAUGHT: Final = re.compile(r"(no longer )?(\S+) (professor|assistant)")
_ROLES: Final = {"professor", "assistant", "student", "registrar", "engineer", "kiosk"}


def detail_text(language: str, detail: str) -> str:
    """Return a detail in a language; what is no known one, as the name of a hall, is returned as it is."""
    if by_token := _BY_TOKEN.fullmatch(detail):
        what = detail_text(language, by_token[1]) if by_token[1] else ""
        if not what:
            return say(language, "by the token {token}", token=by_token[2])
        return say(language, "{what}, by the token {token}", what=what, token=by_token[2])
    if detail in _WORDS:
        return say(language, _WORDS[detail])
    if detail in _VERDICTS:
        return word(language, detail)
    if (verdict := re.fullmatch(r"(\w+) as judged", detail)) and verdict[1] in _VERDICTS:
        return say(language, "{verdict}, confirmed as judged", verdict=word(language, verdict[1]))
    for pattern, text in {**_COUNTED, **_RUN}.items():
        if found := re.fullmatch(pattern, detail):
            return say(language, text, **found.groupdict())
    for pattern, text in _NAMED.items():
        if found := re.fullmatch(rf"{pattern}(?: (?P<name_>[^*]*))?\*?", detail):
            values = found.groupdict()
            name = values.pop("name_", None)
            if "roles" in values:
                values["roles"] = _roles(language, values["roles"])
            said = say(language, text, **values)
            return f"{name}: {said}" if name else said
    if report := _REPORT.fullmatch(detail):
        return f"{say(language, _REPORTS[report[1]])}: {report[3]}"
    if fault := re.fullmatch(r"openid: (.+)", detail):
        return say(language, "OpenID: {fault}", fault=say(language, _WORDS.get(fault[1], fault[1])))
    taught = [_TAUGHT.fullmatch(each) for each in detail.split(", ")]
    if all(taught):
        return ", ".join(_taught(language, each) for each in taught if each)
    return detail


def _taught(language: str, found: re.Match[str]) -> str:
    values = {"name": found[2], "role": say_as(language, "role", found[3])}
    return say(language, "{name} no longer {role}", **values) if found[1] else say(language, "{name} {role}", **values)


def _roles(language: str, roles: str) -> str:
    said = {"openid": "OpenID", "disabled": say(language, "closed"), "nothing": say(language, "without a role")}
    return ", ".join(
        say_as(language, "role", each) if each in _ROLES else said.get(each, each) for each in roles.split(", ")
    )
