"""Who puts something in by hand."""

import os
import pwd
from getpass import getuser

from schemas.errors import RefusedError
from schemas.settings import Settings

__all__ = ["login_name", "mark_author"]


def mark_author(settings: Settings) -> str:
    """Return as whom a mark of a command stands on record: whom this machine, and Kafka, know him as.

    Nobody chooses it: not by an option, and not by the environment. Of a cluster the user there stands in brackets,
    unless he is called the same.

    Raises:
        RefusedError: this machine has no name for him.
    """
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError as error:
        raise RefusedError(
            "this machine does not say who you are", "A mark is by an account of this machine: sign in with one."
        ) from error
    return name if settings.kafka_user in ("", name) else f"{name} ({settings.kafka_user})"


def login_name() -> str:
    """Return who is at the keyboard, as far as he says: the default of every ``--by``.

    Raises:
        RefusedError: this machine does not say.
    """
    try:
        return getuser()
    except (KeyError, OSError) as error:
        raise RefusedError("this machine does not say who you are", "Give your name with --by.") from error
