"""The folder of one partition of a table: whose rows it holds, when somebody last kept it up to date, and its end.

A folder that nobody kept up to date for longer than a tombstone stands in the changelog holds rows that were erased
since, and nothing would ever say so. One of another changelog, or of another number of partitions, holds rows of
others. Both are deleted: the changelog is the copy that counts.
"""

import logging
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

__all__ = ["RowFolder", "delete_unused", "state_folder"]

log = logging.getLogger(__name__)


def state_folder(home: Path) -> Path:
    """Where the workers of a home keep their rows: a folder a worker, and in it one a partition."""
    return home / "faust"


class RowFolder:
    """``db`` is the database; ``of`` names the changelog that it follows, and its age is when it was last in use."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def database(self) -> Path:
        """Where the rows are."""
        return self.path / "db"

    @property
    def _of(self) -> Path:
        return self.path / "of"

    def prepare(self, changelog: str, lasts: timedelta) -> None:
        """Make the folder ready to be used; what it holds is deleted if that may not be trusted.

        changelog: names it beyond doubt. lasts: how long a tombstone stands in it.
        """
        if self.path.exists():
            why = self._distrusted(changelog, lasts)
            if why:
                self.delete(why)
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self._of.exists():
            self._of.write_text(changelog, "utf-8")
        self.touch()

    def _distrusted(self, changelog: str, lasts: timedelta) -> str:
        if not self._of.exists():
            return "nobody knows whose it is"
        if self._of.read_text("utf-8") != changelog:
            return "it is of another changelog"
        if self.unused_for() > lasts.total_seconds():
            return "it was not in use for so long that it may hold what was erased"
        return ""

    def touch(self) -> None:
        """Note that it is in use."""
        with suppress(FileNotFoundError):
            self._of.touch()

    def unused_for(self) -> float:
        """Return for how many seconds nobody used it."""
        with suppress(FileNotFoundError):
            return time.time() - self._of.stat().st_mtime
        return float("inf")

    def condemn(self) -> None:
        """Have it deleted before it is used again: something in it cannot be read."""
        with suppress(FileNotFoundError):
            self._of.unlink()

    def delete(self, why: str) -> None:
        """Delete it."""
        log.warning("%s is deleted, and made again from the changelog: %s", self.path, why)
        with suppress(FileNotFoundError):
            shutil.rmtree(self.path)


def delete_unused(folders: Iterable[Path], longer_than: timedelta) -> list[Path]:
    """Delete those folders of rows that nobody used for so long, and return them."""
    gone = []
    for each in map(RowFolder, folders):
        if each.database.exists() and each.unused_for() > longer_than.total_seconds():
            each.delete("nobody uses it any more")
            gone.append(each.path)
    return gone
