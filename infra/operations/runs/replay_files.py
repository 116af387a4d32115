"""The folder of a replay under way, ``HOME/runs/NAME``: what it is of, what is planned, what was seen so far.

What was seen holds sealed looks: the folder is the user's alone, and gone when the replay is finished.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from schemas.errors import RefusedError
from schemas.messages import Observation, encode
from schemas.runs import Manifest
from schemas.settings import Settings
from schemas.translations import Text
from schemas.unreadable import UNREADABLE
from sinks.store.replay_rows import replay
from streams.replay import FramePart, Plan

__all__ = ["WorkFiles"]


class WorkFiles:
    """A file a part, a line a frame: what it showed, empty if it could not be looked at. A file appears whole."""

    def __init__(self, settings: Settings, run: str) -> None:
        """run: its name.

        Raises:
            RefusedError: it is no name of a replay.
        """
        self.run = replay(run)
        self.folder = settings.home / "runs" / run

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder: nobody else works at this run meanwhile.

        Raises:
            RefusedError: somebody does.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise RefusedError(
                    Text("the run {run} is under way already", run=self.run), "Wait until it is finished."
                ) from error
            yield
        finally:
            os.close(descriptor)

    def begun(self) -> bool:
        """Whether there is a replay to go on with."""
        return (self.folder / "plan.json").is_file()

    def begin(self, manifest: Manifest, plan: Plan) -> None:
        """Write down what is to be done."""
        self._write("manifest.json", msgspec.json.encode(manifest))
        self._write("plan.json", msgspec.json.encode(plan))

    def read(self) -> tuple[Manifest, Plan]:
        """Read it again.

        Raises:
            RefusedError: nothing was begun, or another version of Naul began it.
        """
        if not self.begun():
            raise RefusedError(
                Text("no replay {run} is under way", run=self.run), "See `naul runs list`; start one without --resume."
            )
        try:
            return (
                msgspec.json.decode((self.folder / "manifest.json").read_bytes(), type=Manifest),
                msgspec.json.decode((self.folder / "plan.json").read_bytes(), type=Plan),
            )
        except (OSError, *UNREADABLE) as error:
            raise RefusedError(
                Text("{folder}: {error}", folder=self.folder, error=error), "Delete the folder and start again."
            ) from error

    def done(self, part: FramePart) -> bool:
        """Whether a part was looked at to its end."""
        return self._file(part).is_file()

    @contextmanager
    def keeping(self, part: FramePart) -> Iterator[Callable[[Observation | None], None]]:
        """Give what takes what each frame of a part showed. All of it is there afterwards, or none."""
        with self._writing(self._file(part).name) as file:
            yield lambda each: _line(file, encode(each) if each else b"")

    def lines(self, part: FramePart) -> list[bytes]:
        """Return the messages of a part, in the order of its frames; empty: could not be looked at.

        Raises:
            RefusedError: the folder was deleted meanwhile; so do all that write.
        """
        try:
            return self._file(part).read_bytes().split(b"\n")[:-1]
        except FileNotFoundError as error:
            raise self._gone() from error

    def delete(self) -> None:
        """Delete everything.

        Raises:
            RefusedError: somebody did meanwhile.
        """
        try:
            shutil.rmtree(self.folder)
        except FileNotFoundError as error:
            raise self._gone() from error

    def _gone(self) -> RefusedError:
        return RefusedError(
            Text(
                "what the replay {run} has seen was deleted meanwhile: somebody was forgotten, or the run deleted",
                run=self.run,
            ),
            "Start it again.",
        )

    def _file(self, part: FramePart) -> Path:
        return self.folder / f"{part.name}.jsonl"

    def _write(self, name: str, line: bytes) -> None:
        with self._writing(name) as file:
            _line(file, line)

    @contextmanager
    def _writing(self, name: str) -> Iterator[IO[bytes]]:
        fresh = self.folder / f"{name}.new"
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                yield file
            fresh.replace(self.folder / name)
        except FileNotFoundError as error:
            raise self._gone() from error


def _line(file: IO[bytes], line: bytes) -> None:
    file.write(line + b"\n")
