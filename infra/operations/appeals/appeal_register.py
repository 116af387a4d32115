"""What students contest and ask, as of now: read from its topic and kept warm."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import NamedTuple

from infra.operations.accounts.access import DeskUser, may_answer_appeal
from infra.operations.appeals.appeal_state import AppealState, states_of
from schemas.cluster import View, send
from schemas.messages import Appeal, AppealAnswered, Appealed, AppealWithdrawn, decode, encode
from schemas.settings import Settings

__all__ = ["AppealRegister", "KnownAppeals", "appeal_key"]


class KnownAppeals(NamedTuple):
    """Appeals by their id, and those of each student, the latest first. changes: of the topic, when it was read."""

    by_id: Mapping[str, AppealState]
    by_student: Mapping[str, Sequence[AppealState]]
    open: Sequence[AppealState]
    changes: int = -1

    def of(self, student: str, class_hour: str) -> list[AppealState]:
        """Return what a student (an id) asked about a class hour (its id), the latest first."""
        return [each for each in self.by_student.get(student, ()) if each.asked.class_hour == class_hour]

    def to_answer(self, user: DeskUser) -> list[AppealState]:
        """Return what nobody has answered yet and the user may, the one that waits longest first."""
        return [each for each in self.open if may_answer_appeal(user, each.section)]


NONE = KnownAppeals({}, {}, ())


class AppealRegister:
    """Answers with what was acknowledged before the question. For any thread; they take turns."""

    def __init__(self, settings: Settings) -> None:
        """Connect when first asked."""
        self._settings = settings
        self._view: View[Appeal] | None = None
        self._reading = Lock()
        self._answering = Lock()
        self.known = NONE
        """As they were read last."""

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Let nobody else ask or answer meanwhile: what was read is still true when what follows from it is sent."""
        with self._answering:
            yield

    def now(self) -> KnownAppeals:
        """Return all appeals.

        Raises:
            UnavailableError: the broker does not answer; what was read before is still ``known``.
        """
        with self._reading:
            if self._view is None:
                self._view = View(self._settings, "appeals", lambda value: decode(value, Appeal))
            self._view.catch_up()
            if self._view.changes != self.known.changes:
                self.known = _known(self._view.items.values(), self._view.changes)
            return self.known

    def tell(self, message: Appeal) -> None:
        """Send a message, and return when every replica has it.

        Raises:
            UnavailableError: it was not acknowledged; sending it again does no harm.
        """
        topic = self._settings.topic("appeals")
        send(self._settings, [(topic, appeal_key(message).encode(), encode(message), None, None)])

    def close(self) -> None:
        """Let the connection go."""
        with self._reading:
            if self._view:
                self._view.close()
            self._view = None


def appeal_key(message: Appeal) -> str:
    """Return the key of a message: nothing that is said of an appeal replaces another thing."""
    match message:
        case Appealed():
            what = "asked"
        case AppealAnswered():
            what = message.answer
        case AppealWithdrawn():
            what = "withdrawn"
    return f"{message.id}|{what}"


def _known(messages: Iterable[Appeal], changes: int) -> KnownAppeals:
    by_id = states_of(messages)
    in_time = sorted(by_id.values(), key=lambda each: (each.asked.at, each.id))
    by_student = defaultdict[str, list[AppealState]](list)
    for each in reversed(in_time):
        by_student[each.asked.student_id].append(each)
    waiting = [each for each in in_time if each.word == "open"]
    return KnownAppeals(by_id, dict(by_student), waiting, changes)
