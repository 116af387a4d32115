"""Until everything that was sent has arrived, and what was put aside."""

from datetime import timedelta
from typing import NamedTuple

from infra.machine.catch_up import StageProgress, catch_up
from infra.machine.lag import Cluster, backlog
from infra.operations.dead_letters.dead_letter_queue import dealt_with, read_letter
from infra.operations.frames.follow_frames import LETTERS, grouped
from schemas.frame_seals import FrameOpener
from schemas.settings import Settings

__all__ = ["WaitingLetters", "await_processing"]

READ = 1000
"""Letters whose reasons are read, the newest: each brings the message that it is about."""


class WaitingLetters(NamedTuple):
    """The dead letters that wait for a person: those that nobody has sent again or dismissed.

    reasons: of the newest of them, the most frequent first.
    """

    waiting: int
    reasons: tuple[tuple[str, int], ...] = ()


def await_processing(settings: Settings, *, timeout: timedelta, report: StageProgress) -> WaitingLetters:
    """Return when all stages have dealt with what was sent before the call: which dead letters wait for a person.

    Whenever they were put aside: what waits for a person is not in the reports, and nobody else will see to it.
    report: is told how far each stage is.

    Raises:
        UnavailableError: the time is over, nobody works at a stage, or the broker does not answer.
    """
    catch_up(settings, timeout=timeout, report=report)
    dealt = dealt_with(settings)
    with Cluster(settings) as cluster:
        ends = cluster.ends([LETTERS])
        begins = cluster.begins(ends)
        waiting = backlog(ends, begins, dict.fromkeys(ends, dealt.until))
        waiting -= sum(each >= min(begins.values()) for each in dealt.beyond)
        starts = {each: max(begins[each], dealt.until, end - READ) for each, end in ends.items()}
        if not waiting:
            return WaitingLetters(0)
        again, reasons, opener = 0, dict[tuple[object, ...], str](), FrameOpener(settings.frames_key_file)
        for letter in (read_letter(each, opener) for each in cluster.read(starts, ends)):
            if letter.offset in dealt.beyond:
                continue
            again += letter.same in reasons
            reasons.setdefault(letter.same, letter.text("reason"))
        return WaitingLetters(waiting - again, grouped(reasons.values()))
