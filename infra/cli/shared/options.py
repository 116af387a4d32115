"""The option ``--home`` and the settings that follow from it, and kinds of parameters."""

import os
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, available_timezones

import click

from infra.machine.private_home import close_door
from producers.login import login_name
from schemas.paths import on_disk
from schemas.settings import Settings, duration, load_settings
from schemas.texts import cleaned, nearest, written_plainly
from schemas.translations import Text

__all__ = [
    "DayParam",
    "DurationParam",
    "IdParam",
    "MomentParam",
    "NameParam",
    "PathParam",
    "TextParam",
    "ZoneParam",
    "by_option",
    "in_zone",
    "stretch",
    "with_settings",
]

ABBREVIATIONS = {
    "KST": "Asia/Seoul", "JST": "Asia/Tokyo", "SGT": "Asia/Singapore", "HKT": "Asia/Hong_Kong", "ICT": "Asia/Bangkok",
    "WIB": "Asia/Jakarta", "MSK": "Europe/Moscow", "BST": "Europe/London", "CEST": "Europe/Berlin",
    "EEST": "Europe/Helsinki", "EDT": "America/New_York", "CDT": "America/Chicago", "MDT": "America/Denver",
    "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles", "AEST": "Australia/Sydney", "AEDT": "Australia/Sydney",
}  # fmt: skip
"""What people call zones of which the short name is none."""

F = TypeVar("F", bound=Callable[..., Any])


def with_settings(function: F) -> F:
    """Give a command the option --home, and pass it the settings of that home as its first argument."""

    @click.option(
        "--home",
        type=PathParam(),
        metavar="DIR",
        help="Where this site keeps its data (else NAUL_HOME, else ./.naul).",
    )
    @wraps(function)
    def called(home: str | None, *args: Any, **kwargs: Any) -> Any:
        settings = load_settings(home)
        close_door(settings.home)
        try:
            return function(settings, *args, **kwargs)
        finally:
            close_door(settings.home)  # it may be made only now

    return called  # type: ignore[return-value]


def by_option(what: str) -> Callable[[F], F]:
    """Give a command the option --by: who puts something in. what: its help."""
    return click.option("--by", type=TextParam(), default=login_name, show_default="your login name", help=what)


def in_zone(settings: Settings, moment: datetime) -> datetime:
    """Return a moment; one without an offset is in the site's zone."""
    return moment if moment.tzinfo else moment.replace(tzinfo=settings.zone)


def stretch(settings: Settings, since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """Return --from and --until as moments.

    Raises:
        UsageError: there is nothing between them.
    """
    since, until = in_zone(settings, since), in_zone(settings, until)
    if until <= since:
        raise click.UsageError("--until must be after --from.")
    return since, until


class PathParam(click.Path):
    """A path, found however its Hangul is composed."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read it."""
        return super().convert(os.fspath(on_disk(value)), param, ctx)


class TextParam(click.ParamType):
    """Text that is kept, or compared with what is: as ``cleaned`` leaves it, so that it matches however it is typed.

    Reasons, who says so: what a name may not hold may stand in them.
    """

    name = "text"

    _clean = staticmethod(cleaned)

    def __init__(self, *, empty: bool = False) -> None:
        """empty: whether nothing is an answer, too."""
        self._empty = empty

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read it."""
        text = self._clean(str(value))
        if not (text or self._empty):
            self.fail("it is empty", param, ctx)
        if not text.isprintable():
            self.fail(Text("{text!r} has characters that cannot be printed", text=text), param, ctx)
        return text


class IdParam(TextParam):
    """A student id: whatever its dashes were typed as, they are ``-``."""

    _clean = staticmethod(written_plainly)


class NameParam(IdParam):
    """A name that may stand in a key: no slash, no bar, nothing that cannot be printed."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read it."""
        text = super().convert(value, param, ctx)
        if len(text.encode()) > 100 or set(text) & set("/|"):
            self.fail(Text("{text!r} cannot be a name: 1 to 100 bytes without / and |", text=text), param, ctx)
        return text


class MomentParam(click.ParamType):
    """A time of ISO 8601; without an offset it is in the site's zone."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it."""
        try:
            return value if isinstance(value, datetime) else datetime.fromisoformat(written_plainly(value))
        except ValueError:
            self.fail(
                Text("{value!r} is no time; write it like 2026-11-23T09:00:00 or 2026-11-23T00:00:00Z", value=value),
                param,
                ctx,
            )


class ZoneParam(click.ParamType):
    """A time zone by its name, like Asia/Seoul."""

    name = "zone"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> ZoneInfo:
        """Read it."""
        if isinstance(value, ZoneInfo):
            return value
        zones = available_timezones()
        if (text := cleaned(value)) in zones:
            return ZoneInfo(text)
        cities = [each for each in sorted(zones) if each.rpartition("/")[2].casefold() == text.casefold()]
        short = re.fullmatch("[A-Za-z]{2,5}", text)  # near to it are other abbreviations alone
        near = ABBREVIATIONS.get(text.upper()) or (cities[0] if cities else None if short else nearest(text, zones))
        hint = Text("did you mean {near}?", near=near) if near else Text("write it like Asia/Seoul")
        return self.fail(Text("{text!r} is no time zone; {hint}", text=text, hint=hint), param, ctx)


class DayParam(click.DateTime):
    """A date, like 2026-11-23."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it."""
        found: datetime = super().convert(written_plainly(value) if isinstance(value, str) else value, param, ctx)
        return found


class DurationParam(click.ParamType):
    """A number with a unit, like ``5s``."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read it."""
        try:
            return value if isinstance(value, timedelta) else duration(value)
        except ValueError as error:
            self.fail(error.args[0], param, ctx)
