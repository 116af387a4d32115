"""Entity tags (RFC 9110): what an answer is, so that it is not sent again, and what a change goes out from. Pure."""

import re
from hashlib import sha256

__all__ = ["etag_of", "matches", "named_tags"]

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


def etag_of(content: bytes) -> str:
    """Return the strong tag of a content."""
    return f'"{sha256(content).hexdigest()[:32]}"'


def named_tags(header: str) -> tuple[str, ...]:
    """Return the tags that a header lists, as they are written; of one that cannot be read: none."""
    found, place = list[str](), 0
    for each in _TAG.finditer(header):
        if header[place : each.start()].strip(" \t,"):
            return ()
        found.append(each[0])
        place = each.end()
    return tuple(found) if not header[place:].strip(" \t,") else ()


def matches(header: str, tag: str, *, weakly: bool) -> bool:
    """Whether a header (``If-Match``, ``If-None-Match``) names a tag; ``*`` names any that there is.

    tag: empty where there is nothing. weakly: ``W/`` before a tag does not matter.
    """
    if header.strip() == "*":
        return tag != ""
    if weakly:
        return tag != "" and tag.removeprefix("W/") in [each.removeprefix("W/") for each in named_tags(header)]
    return tag != "" and not tag.startswith("W/") and tag in named_tags(header)
