"""A worker process of replays: looks at the frames of a part, judges a class hour, gives way to what is live."""

import os
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from infra.operations.runs.replay_files import WorkFiles
from schemas.messages import MarkBatch, Observation, decode
from schemas.runs import Manifest
from schemas.settings import Settings
from streams.replay import Decoded, FramePart, JudgedHour, Log, Plan, Replayer, records_of

__all__ = ["Timed", "Worker", "judge_hour", "look_at", "open_worker"]

NICE = 19


class Timed(NamedTuple):
    """A class hour as it was judged, and how many seconds of a core that took."""

    judged: JudgedHour
    seconds: float


class Worker:
    """Holds what every part and every class hour of some runs need. They are of the same frames."""

    def __init__(self, runs: Sequence[tuple[Settings, Manifest]], done: Any, share: float) -> None:
        """settings: with engine, policy and name of the run. done: a shared count of records that are done.

        share: of a core that this process takes at most, 0 to 1.
        """
        self._runs = {manifest.run: Replayer(settings, manifest) for settings, manifest in runs}
        self._files = {manifest.run: WorkFiles(settings, manifest.run) for settings, manifest in runs}
        self._kinds = {manifest.run: manifest.kind for _, manifest in runs}
        self._log = Log(runs[0][0])
        self._done, self._share = done, share
        self._rested = time.monotonic(), time.process_time()

    def look_at(self, part: FramePart, runs: Iterable[str]) -> float:
        """Look at the frames of a part, keep what each run is shown, and return how many seconds of a core it took."""
        before, decode = time.process_time(), Decoded()
        with ExitStack() as opened:
            work = [
                (
                    opened.enter_context(self._files[run].keeping(part)),
                    opened.enter_context(self._runs[run].looking(decode)),
                )
                for run in runs
            ]
            self._wake()
            for record in records_of(self._log, part):
                for keep, look in work:
                    keep(look(record, part.hour))
                    self._count()
        return time.process_time() - before

    def judge_hour(self, run: str, name: str, plan: Plan, marks: Iterable[MarkBatch]) -> Timed | None:
        """Judge a class hour; None: the timetable no longer knows it. plan: of this hour (``Plan.of``)."""
        before, mine, files = time.process_time(), self._runs[run], self._files[run]
        self._wake()
        if self._kinds[run] == "frames":
            lines = (line for part in plan.parts for line in files.lines(part) if line)
            found = mine.looked(decode(line, Observation) for line in lines)
        else:
            found = mine.seen_live(self._log, name, plan, self._count)
        judged = mine.judge(name, found, marks)
        return judged and Timed(judged, time.process_time() - before)

    def _count(self) -> None:
        with self._done.get_lock():
            self._done.value += 1
        self._rest()

    def _wake(self) -> None:
        self._rested = time.monotonic(), time.process_time()

    def _rest(self) -> None:
        """Sleep until this process has had no more than its share since it rested last."""
        at, used = self._rested
        if (left := (time.process_time() - used) / self._share - (time.monotonic() - at)) > 0:
            time.sleep(left)
        self._wake()


_worker: Worker | None = None


def open_worker(runs: list[tuple[Settings, Manifest]], done: Any, share: float) -> None:
    """Begin a worker process."""
    global _worker
    _give_way()
    _worker = Worker(runs, done, share)


def _give_way() -> None:
    """Let whatever is live go first.

    Linux may weigh sessions before processes (sched(7), autogroup): to be nice counts only within the terminal from
    which a replay was started, if its workers have no session of their own.
    """
    os.nice(NICE)
    os.setsid()
    for _ in range(20):
        try:
            Path("/proc/self/autogroup").write_text(str(NICE), "ascii")
        except BlockingIOError:
            time.sleep(0.1)  # the kernel takes ten of these a second
        except OSError:  # it has none
            return
        else:
            return


def look_at(part: FramePart, runs: list[str]) -> float:
    """See ``Worker.look_at``."""
    return _opened().look_at(part, runs)


def judge_hour(run: str, name: str, plan: Plan, marks: list[MarkBatch]) -> Timed | None:
    """See ``Worker.judge_hour``."""
    return _opened().judge_hour(run, name, plan, marks)


def _opened() -> Worker:
    if _worker is None:
        raise RuntimeError("the worker was not opened")
    return _worker
