"""The facts of a class hour as a replay has them, and what is told of it. Pure but for reference and marks.

Whatever comes twice, in whatever order, is the same set of facts, and the same facts are told alike.
"""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from typing import NamedTuple

import msgspec

from schemas.cluster import View
from schemas.messages import Attendance, Coverage, MarkBatch, Observation, decode, encode
from schemas.settings import Settings
from streams.attend.facts import marked, seen
from streams.attend.hour_judgement import case, decide, rows
from streams.attend.outgoing import Provenance
from streams.faces.calibration import Calibration
from streams.judgement.observations import Facts, Seen
from streams.reference.reference_data import Reference

__all__ = ["HourResult", "facts_of", "looked", "marks_by_hour", "result_of", "tell"]


class HourResult(NamedTuple):
    """What a replay says of a class hour."""

    attendance: list[Attendance]
    coverage: Coverage


def looked(observation: Observation, reference: Reference) -> Seen:
    """Return an observation that was made just now as it is judged.

    Between two accounts of a frame the message's digest decides, and sealing is never twice the same: what was sealed
    decides in its place.
    """
    found = seen(observation, b"", cipher=lambda: reference.cipher)
    digest = sha256(encode(msgspec.structs.replace(observation, faces=())))
    for array in (found.boxes, found.scores, found.cosines, found.looks):
        digest.update(array.tobytes())
    return replace(found, digest=digest.digest())


def marks_by_hour(settings: Settings) -> dict[str, list[MarkBatch]]:
    """Return all that people marked, by class hour.

    Raises:
        UnavailableError: the broker does not answer.
    """
    view: View[MarkBatch] = View(settings, "marks", lambda value: decode(value, MarkBatch))
    with closing(view):
        view.catch_up()
    found: dict[str, list[MarkBatch]] = {}
    for batch in view.items.values():
        found.setdefault(batch.class_hour, []).append(batch)
    return found


def facts_of(observations: Iterable[Seen], marks: Iterable[MarkBatch]) -> Facts:
    """Return the facts of a class hour."""
    facts = Facts()
    for each in observations:
        facts = facts.with_(each)
    for batch in marks:
        facts = facts.with_marks(marked(batch))
    return facts


def tell(
    reference: Reference, telling: Provenance, calibration: Calibration, facts: Facts, *, closed: bool
) -> HourResult:
    """Return what is told of a class hour. closed: whether it ended before the replay's end."""
    it = case(reference, telling.hour, facts)
    judged = decide(it, telling.policy, calibration, closed=closed)
    return HourResult(*rows(telling, judged, it, final=closed))


def result_of(told: Iterable[HourResult]) -> str:
    """Return a hex digest of all that is told, whatever the run is called and in whatever order it came."""
    lines = [
        encode(msgspec.structs.replace(each, run=""))
        for attendance, coverage in told
        for each in (*attendance, coverage)
    ]
    digest = sha256()
    for line in sorted(lines):
        digest.update(line + b"\n")
    return digest.hexdigest()
