"""What an older Naul wrote, as this one reads it: a step a version, by tag.

A message or a row of state whose tag is no longer read is taken through these steps until it is. So topics, tables and
stores of an older version are read in place; nothing is written again for it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

__all__ = ["UPCASTERS", "upcast"]

Step: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes the fields of one version and returns those of the next, its tag (``schema``) included."""


def _closed_1(fields: dict[str, Any]) -> dict[str, Any]:
    """Rows of closed class hours had no tag before."""
    return fields | {"schema": "closed/1"}


def _observation_2(fields: dict[str, Any]) -> dict[str, Any]:
    """Faces had a quality before, which nothing was judged by; a field that is not known is passed over."""
    return fields | {"schema": "observation/2"}


UPCASTERS: Final[Mapping[str, Step]] = {
    "closed/0": _closed_1,
    "observation/1": _observation_2,
}
"""By the tag that a step takes."""


def upcast(fields: dict[str, Any], known: set[str], *, untagged: str = "") -> dict[str, Any] | None:
    """Return what an older version wrote as one of the tags that a reader knows; None: no steps lead there.

    untagged: what stands for a missing tag.
    """
    tag = fields.get("schema", untagged)
    while not isinstance(tag, str) or tag not in known:
        step = UPCASTERS.get(tag) if isinstance(tag, str) else None
        if step is None:
            return None
        fields = step(fields)
        tag = fields["schema"]
    return fields
