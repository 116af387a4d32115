"""A stretch of frames or sightings judged once more, by the code that judges live. Nothing is sent, nothing committed.

stretch  the records of a topic between offsets that stand still
plan     which frames belong to which class hour: what is to be looked at
looking  the frames of a camera in a class hour, each looked at as live would
judging  the facts of a class hour, and what is told of it
inputs   digests of everything that the result hangs on
"""

from streams.replay.inputs import code_digest, inputs_of
from streams.replay.judging import Told, facts_of, looked, marks_of, result_of, tell
from streams.replay.looking import look
from streams.replay.plan import Frames, Part, Plan, Sightings, Window, hours_of, missing_of
from streams.replay.stretch import Log, Offsets

__all__ = [
    "Frames",
    "Log",
    "Offsets",
    "Part",
    "Plan",
    "Sightings",
    "Told",
    "Window",
    "code_digest",
    "facts_of",
    "hours_of",
    "inputs_of",
    "look",
    "looked",
    "marks_of",
    "missing_of",
    "result_of",
    "tell",
]
