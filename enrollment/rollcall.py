"""A roll call: answers one after the other, kept after each, sent as one message at the end.

The answers so far stand in a small file of the home until Kafka has acknowledged them. It is replaced whole after
every answer, so Ctrl-C, a closed terminal, kill -9 or a power cut lose at most the answer being typed.
"""

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote

import msgspec

from schemas.errors import RefusedError
from schemas.messages import Moment, Roster, Student, Verdict
from schemas.translations import Text
from schemas.unreadable import UNREADABLE

__all__ = ["RollCall", "back", "complete", "file_of", "keep", "next_student", "read_answer", "resume"]

Answer = Verdict | Literal["back", "quit"]

_ANSWERS: Final[dict[str, Answer]] = {
    "": "present",
    "y": "present",
    "n": "absent",
    "l": "late",
    "b": "back",
    "q": "quit",
}
_HANGUL: Final = str.maketrans("ㅛㅜㅣㅠㅂ", "ynlbq")
"""What the same keys give while the keyboard is set to Korean."""


class RollCall(msgspec.Struct, frozen=True, kw_only=True):
    """A roll call as far as it is.

    id: of the message that it becomes; sent twice it counts once. at: of the last answer.
    """

    id: str
    class_hour: str
    by: str
    at: Moment
    answers: dict[str, Verdict]

    def answered(self, student: str, verdict: Verdict, at: datetime) -> "RollCall":
        """Return the roll call with one more answer."""
        return msgspec.structs.replace(self, at=at, answers={**self.answers, student: verdict})

    def without(self, student: str) -> "RollCall":
        """Return the roll call as if this student had not been asked."""
        answers = {each: verdict for each, verdict in self.answers.items() if each != student}
        return msgspec.structs.replace(self, answers=answers)


def read_answer(text: str) -> Answer | None:
    """Return what a typed answer means, or None if it means nothing. Only Enter is present."""
    return _ANSWERS.get(text.strip().lower().translate(_HANGUL))


def next_student(call: RollCall, roster: Roster) -> Student | None:
    """Return the first student without an answer, or None when everybody has one."""
    return next((each for each in roster.students if each.student_id not in call.answers), None)


def back(call: RollCall, roster: Roster) -> RollCall:
    """Return the roll call one student earlier; at the first it stays as it is."""
    ids = [each.student_id for each in roster.students]
    student = next_student(call, roster)
    at = ids.index(student.student_id) if student else len(ids)
    return call.without(ids[at - 1]) if at else call


def complete(call: RollCall, roster: Roster) -> dict[str, Verdict]:
    """Return the answers for the students that the roster has now."""
    return {each.student_id: call.answers[each.student_id] for each in roster.students}


def file_of(home: Path, class_hour: str) -> Path:
    """Return where the answers of a class hour's roll call are kept."""
    return home / f"rollcall-{quote(class_hour, safe='')}.json"


def keep(file: Path, call: RollCall) -> None:
    """Write the answers so far, for the owner alone. What stood there stays until the new text is on the disk."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(msgspec.json.encode(call))
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)


def resume(file: Path) -> RollCall | None:
    """Return the roll call that was interrupted, or None if there is none.

    Raises:
        RefusedError: the file cannot be read.
    """
    with suppress(FileNotFoundError):
        try:
            return msgspec.json.decode(file.read_bytes(), type=RollCall)
        except UNREADABLE as error:
            raise RefusedError(
                Text("{file} holds no roll call: {error}", file=file, error=error), "Remove it to begin anew."
            ) from error
    return None
