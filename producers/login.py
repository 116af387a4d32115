"""Who puts something in by hand: the default of every ``--by``."""

from getpass import getuser

from schemas.errors import RefusedError

__all__ = ["login_name"]


def login_name() -> str:
    """Return who is at the keyboard.

    Raises:
        RefusedError: this machine does not say.
    """
    try:
        return getuser()
    except (KeyError, OSError) as error:
        raise RefusedError("this machine does not say who you are", "Give your name with --by.") from error
