"""A stretch of frames or sightings judged once more, by the code that judges live. Nothing is sent, nothing committed.

stretch   the records of a topic between offsets that stand still
plan      which frames belong to which class hour: what is to be looked at
planning  from a request to plans: what must be done again, and why
looking   frames of a camera in a class hour, each looked at as live would
judging   the facts of a class hour, and what is told of it
replayer  a run under way
inputs    digests of everything that the result hangs on
tables    all of it in one call, as Arrow tables
"""

from streams.replay.inputs import code_digest, inputs_of
from streams.replay.judging import HourResult, facts_of, looked, marks_by_hour, result_of, tell
from streams.replay.looking import Decoded, looking
from streams.replay.plan import FramePart, Frames, Plan, Sightings, Window, gaps_of, hours_of
from streams.replay.planning import Planned, ReplayRequest, calibration_digest, choose, plan_runs, settings_of
from streams.replay.replayer import JudgedHour, Replayer, records_of
from streams.replay.stretch import Log, Offsets
from streams.replay.tables import Tables, replay

__all__ = [
    "Decoded",
    "FramePart",
    "Frames",
    "HourResult",
    "JudgedHour",
    "Log",
    "Offsets",
    "Plan",
    "Planned",
    "ReplayRequest",
    "Replayer",
    "Sightings",
    "Tables",
    "Window",
    "calibration_digest",
    "choose",
    "code_digest",
    "facts_of",
    "gaps_of",
    "hours_of",
    "inputs_of",
    "looked",
    "looking",
    "marks_by_hour",
    "plan_runs",
    "records_of",
    "replay",
    "result_of",
    "settings_of",
    "tell",
]
