"""The commands with the first sentence of each one's help: who lists or completes them waits for none to be loaded.

``tests/unit/infra/cli/test_commands.py`` holds it equal to what the commands say themselves.
"""

from collections.abc import Mapping
from typing import Final

from schemas.translations import Texts

__all__ = ["COMMANDS"]

COMMANDS: Final[Mapping[str, Texts]] = {
    "Setting up": {
        "access": "Say who may do what at Kafka: cameras, workers, desks, engineers (docs/kafka-access.md).",
        "demo": "Play a simulated lecture hall through Kafka, the workers and the store, and compare with its script.",
        "doctor": "Check this machine, and hold what the site was told against each other.",
        "enroll": "Enrol the people whose photos are in the folder PHOTOS.",
        "plan": "Reckon what a site of a size needs: brokers, workers, cores, memory, disk, and its bottleneck.",
        "people": "Look at the people who are enrolled, and put consent on record.",
        "roster": "Load class lists and look at them.",
        "term": "Load what absence costs in a term, and show who is near the limit.",
        "token": "Make and revoke the tokens with which programs ask the desk (docs/api.md).",
        "timetable": "Load the timetable and look at it.",
        "webhook": "Tell other systems what happens, by signed requests (docs/api.md).",
        "user": "Add, change and remove the accounts of the desk, and sign them out.",
    },
    "Running": {
        "up": "Start Kafka (unless NAUL_KAFKA names a cluster), the topics, recognise, attend, the sink and the desk.",
        "down": "Stop everything on this machine, within 10 s.",
        "status": "Show processes, the live engine, lag of each stage, last frame of each hall, dead letters.",
        "camera": "Send frames of a camera or a recording; learn where a camera's faces are.",
        "topics": "Compare Kafka's topics with what this site wants, change them, spread them wider.",
        "wait": "Return when all stages have processed everything that was in the topics at the call.",
        "worker": "Run one part, for sites on several machines.",
        "backup": "Copy the whole site into the new DIRECTORY, while it runs.",
        "restore": "Make a site of the backup in DIRECTORY, in a fresh home (--home).",
    },
    "Looking": {
        "desk": "Print the address of the desk, with a link that signs you in once.",
        "export": "Write a term as a file: tables, what Moodle and Canvas import, registers by a map of columns.",
        "report": "Print attendance, departures, coverage, or the answer of a query.",
        "watch": "Show a hall live: who is present, arrived, departed; unknown faces, coverage, lag.",
        "identify": "Say who is in PHOTO: a line a face, with the probability, or nobody.",
    },
    "Correcting": {
        "mark": "Mark STUDENT in a class hour by hand.",
        "rollcall": "Call the roll of SECTION in the terminal.",
        "dead-letters": "Look at messages that were refused, and send them again.",
        "forget": "Erase STUDENT: templates, places in rosters, marks, appeals, attendance.",
    },
    "For engineers": {
        "engine": "List, test, add and choose engines: what finds faces and makes them comparable.",
        "calibrate": "Fit the constants that turn similarities into probabilities, and say how well they hold.",
        "frames": "Keep frames for longer than Kafka keeps them.",
        "replay": "Judge frames of the past with another engine or policy, as a run beside the live one.",
        "runs": "List, show, compare and delete runs: what is live, and the replays beside it.",
        "evaluate": "Judge RUN by the truth: verdicts right with interval, false presences and absences, times, "
        "confidence.",
        "key": "Show, rotate and retire the keys that seal templates and looks.",
        "state": "Mend what the workers keep for themselves.",
        "store": "Print what the users of a ClickHouse server may.",
    },
}
"""By who uses them, in the order in which they are needed."""
