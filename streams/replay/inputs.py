"""Digests of everything that a replay hangs on beside its frames: equal ones, equal results."""

from collections.abc import Mapping
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import msgspec

from schemas.cluster import View
from schemas.messages import Enrollment, decode, encode
from schemas.runs import Inputs
from schemas.settings import Settings

__all__ = ["code_digest", "inputs_of"]

HOUSE = Path(__file__).parents[2]
ROOMS = ("schemas", "streams")
"""What decides; the others bring and take."""


def inputs_of(settings: Settings) -> Inputs:
    """Return the digests of what was said until now of timetable, rosters, people, marks and profiles.

    Raises:
        UnavailableError: the broker does not answer.
    """
    return Inputs(**{name: _of(settings, name) for name in Inputs.__struct_fields__})


def code_digest() -> str:
    """Return the version of Naul, and a digest of the source of what decides."""
    digest = sha256()
    for room in ROOMS:
        for file in sorted((HOUSE / room).rglob("*.py")):
            digest.update(f"{file.relative_to(HOUSE)}\0".encode() + file.read_bytes())
    return f"{version('naul')} {digest.hexdigest()[:16]}"


def _of(settings: Settings, topic: str) -> str:
    view: View[bytes] = View(settings, topic, _unsealed if topic == "enrollments" else lambda value: value)
    try:
        view.catch_up()
        return _digest(view.items)
    finally:
        view.close()


def _unsealed(value: bytes) -> bytes:
    """Return an enrolment without the seals of its templates: sealed by another key they are the same templates.

    Nothing, where there is no template: consent alone is nothing that anybody is judged by.
    """
    enrollment: Enrollment = decode(value, Enrollment)
    if not enrollment.templates:
        return b""
    templates, previous = (
        tuple(msgspec.structs.replace(each, sealed=b"") for each in those)
        for those in (enrollment.templates, enrollment.previous)
    )
    return encode(msgspec.structs.replace(enrollment, templates=templates, previous=previous))


def _digest(items: Mapping[str, bytes]) -> str:
    digest = sha256()
    for key, value in sorted((key, value) for key, value in items.items() if value):
        digest.update(key.encode() + b"\0" + value + b"\n")
    return digest.hexdigest()
