"""Secrets in files of a home: one file each, readable by its owner alone."""

import fcntl
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from schemas.errors import RefusedError
from schemas.translations import Text

__all__ = ["create_secret", "held_alone", "new_secret_file", "read_secret", "replace_file", "secret_draft"]


def read_secret(file: Path) -> str:
    """Return what a file holds, without the white space around it; nothing if there is no such file.

    Raises:
        RefusedError: others may read it, or it cannot be read.
    """
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        text = file.read_text("utf-8").strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedError(
            Text("{file}: this secret cannot be read ({error})", file=file, error=error),
            "Is it yours? It is text, and nothing else.",
        ) from error
    if mode & 0o177:
        raise RefusedError(
            Text("{file}: others may read this secret (mode {mode:04o})", file=file, mode=mode),
            Text("Run: chmod 600 {file}", file=file),
        )
    return text


def create_secret(file: Path) -> str:
    """Return what a file holds; if there is none, make it, with a secret that nobody can guess.

    Raises:
        RefusedError: as of ``read_secret``.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with secret_draft(file, secrets.token_urlsafe(32)) as draft, suppress(FileExistsError):
        os.link(draft, file)  # whole or not at all, and never in place of one that another process made meanwhile
    return read_secret(file)


@contextmanager
def new_secret_file(file: Path) -> Iterator[Callable[[str], None]]:
    """Make a file for a secret that is still to come, and give what writes it; without one the file goes again.

    Raises:
        RefusedError: there is such a file already, or none can be made.
    """
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise RefusedError(
            Text("{file}: no secret can be written there ({reason})", file=file, reason=error.strerror),
            "Name a file that is not there yet, in a folder that is yours.",
        ) from error
    written = False
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:

        def keep(secret: str) -> None:
            nonlocal written
            opened.write(f"{secret}\n")
            opened.flush()
            os.fsync(opened.fileno())
            written = True

        try:
            yield keep
        finally:
            if not written:
                file.unlink()


@contextmanager
def secret_draft(file: Path, text: str) -> Iterator[Path]:
    """Give a file beside another one that holds this text, on disk; at the end it is gone, unless it was renamed."""
    draft = file.with_name(f".{file.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def replace_file(file: Path, text: str) -> None:
    """Write a file anew: whoever reads it meets the old one or the new one, also after a power cut."""
    with secret_draft(file, text) as draft:
        draft.replace(file)
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def held_alone(file: Path, remedy: str) -> Iterator[None]:
    """Keep others from changing keys of a home; what one that was killed left half done of this one is removed.

    Raises:
        RefusedError: there is no such folder; with this remedy.
    """
    try:
        descriptor = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise RefusedError(Text("{path}: there is no key here ({error})", path=file, error=error), remedy) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        for name in (f"{file.name}.*-*", f".{file.name}.*-*"):
            for draft in file.parent.glob(name):
                draft.unlink(missing_ok=True)
        yield
    finally:
        os.close(descriptor)
