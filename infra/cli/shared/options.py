"""The option ``--home`` and the settings that follow from it, and kinds of parameters."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, available_timezones

import click

from schemas.settings import Settings, duration, load_settings
from schemas.texts import nearest

__all__ = ["DurationParam", "MomentParam", "NameParam", "ZoneParam", "in_zone", "stretch", "with_settings"]

F = TypeVar("F", bound=Callable[..., Any])


def with_settings(function: F) -> F:
    """Give a command the option --home, and pass it the settings of that home as its first argument."""

    @click.option("--home", metavar="DIR", help="Where this site keeps its data (else NAUL_HOME, else ./.naul).")
    @wraps(function)
    def called(home: str | None, *args: Any, **kwargs: Any) -> Any:
        return function(load_settings(home), *args, **kwargs)

    return called  # type: ignore[return-value]


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


class MomentParam(click.ParamType):
    """A time of ISO 8601; without an offset it is in the site's zone."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it."""
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no time; write it like 2026-11-23T09:00:00 or 2026-11-23T00:00:00Z", param, ctx)


class ZoneParam(click.ParamType):
    """A time zone by its name, like Asia/Seoul."""

    name = "zone"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> ZoneInfo:
        """Read it."""
        if isinstance(value, ZoneInfo):
            return value
        zones = available_timezones()
        if value in zones:
            return ZoneInfo(value)
        near = nearest(value, zones)
        hint = f"did you mean {near}?" if near else "write it like Asia/Seoul"
        return self.fail(f"{value!r} is no time zone; {hint}", param, ctx)


class NameParam(click.ParamType):
    """A name that may stand in a key: no slash, no bar, nothing that cannot be printed."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read it."""
        text = str(value).strip()
        if not text or len(text.encode()) > 100 or not text.isprintable() or set(text) & set("/|"):
            self.fail(f"{text!r} cannot be a name: 1 to 100 bytes without / and |", param, ctx)
        return text


class DurationParam(click.ParamType):
    """A number with a unit, like ``5s``."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read it."""
        try:
            return duration(value) if isinstance(value, str) else timedelta(0)
        except ValueError as error:
            self.fail(str(error), param, ctx)
