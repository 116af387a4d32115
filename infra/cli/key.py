"""``naul key``: the key that seals templates and looks, the key pair of frames, and another one for each."""

from datetime import UTC, datetime
from functools import partial

import click

from infra.cli.shared.console import console, told_table
from infra.cli.shared.options import with_settings
from schemas.settings import Settings
from schemas.translations import say

__all__ = ["command"]


@click.group()
def command() -> None:
    """Show, rotate and retire the keys that seal templates and looks. Those of frames: `naul key frames`.

    \b
    Examples:
      naul key rotate
      naul key list
    """  # noqa: D301


@command.command("new")
@with_settings
def new_(settings: Settings) -> None:
    """Make the first key of a site of several machines, so that all of them have the same; one that is there stays.

    On one machine `naul enroll` makes it.

    \b
    Example:
      naul key new
    """  # noqa: D301
    from infra.operations.privacy.rotate_key import first_key

    tell = partial(say, settings.language)
    key, made = first_key(settings, now=lambda: datetime.now(UTC))
    console.print(tell("Made the key {key}." if made else "The key {key} is here already.", key=key))
    console.print(
        tell("Copy {key_file} to every machine that runs workers or a desk, and back it up.",
             key_file=settings.key_file), soft_wrap=True,
    )  # fmt: skip


@command.command("list")
@with_settings
def list_(settings: Settings) -> None:
    """List the keys: which one seals, how many templates each sealed, and from when on an old one can go.

    \b
    Example:
      naul key list
    """  # noqa: D301
    from infra.operations.privacy.key_uses import key_uses

    table = told_table(settings, "key", "made", "", "templates", "can be retired from")
    for each in key_uses(settings):
        until = _when(settings, each.retire_from) if not each.seals else ""
        table.add_row(
            each.id,
            _when(settings, each.made_at),
            say(settings.language, "seals" if each.seals else "opens"),
            str(each.templates),
            until,
        )
    console.print(table)


@command.command("rotate")
@with_settings
def rotate_(settings: Settings) -> None:
    """Make another key, which seals from now on, and seal every template anew. What old keys sealed still opens.

    Interrupted, it goes on when it is called again. Back the key file up, and copy it to every machine of the site.

    \b
    Example:
      naul key rotate
    """  # noqa: D301
    from infra.operations.privacy.rotate_key import rotate

    tell = partial(say, settings.language)
    with console.status(tell("sealing anew")) as status:
        done = rotate(
            settings,
            now=lambda: datetime.now(UTC),
            report=lambda count, total: status.update(
                tell("sealing anew: {count} of {total} enrolments", count=count, total=total)
            ),
        )
    console.print(
        tell(
            "Made the key {key}; {count} enrolments were sealed anew."
            if done.made
            else "Went on with the key {key}; {count} enrolments were sealed anew.",
            key=done.key,
            count=done.resealed,
        )
    )
    if done.closed:
        console.print(tell("No key here opens a template of: {names}. Enrol them again.", names=", ".join(done.closed)))
    console.print(
        tell("Copy {key_file} to every machine that runs workers, and back it up.", key_file=settings.key_file)
    )
    console.print(tell("`naul key list` says when the old keys can be retired."))


@command.command("retire")
@with_settings
def retire_(settings: Settings) -> None:
    """Remove the keys by which nothing in the topics is sealed any more. It cannot be undone.

    \b
    Example:
      naul key retire
    """  # noqa: D301
    from infra.operations.privacy.rotate_key import retire

    gone = retire(settings, now=datetime.now(UTC))
    console.print(
        say(
            settings.language,
            "Removed {gone}. Backups of that time no longer open with this file.",
            gone=", ".join(gone),
        )
    )


@command.group()
def frames() -> None:
    """Make, show and retire the key pairs that frames are sealed for.

    A camera needs the public part alone, and can look at nothing with it; whoever looks at pictures needs the private
    one.

    \b
    Examples:
      naul key frames new
      naul key frames list
    """  # noqa: D301


@frames.command()
@with_settings
def new(settings: Settings) -> None:
    """Make a key pair. The first is sealed for at once, a later one after `naul key frames use`; all of them open.

    \b
    Example:
      naul key frames new
    """  # noqa: D301
    from infra.operations.privacy.frames_keys import make_frames_key

    made = make_frames_key(settings, now=lambda: datetime.now(UTC))
    tell = partial(say, settings.language)
    console.print(tell("Made the key {key} for frames.", key=made))
    console.print(
        tell(
            "Copy {key_file} into the home of every machine that runs workers or a desk, and back it up.",
            key_file=settings.frames_key_file,
        ),
        soft_wrap=True,
    )
    console.print(tell("When that is done: naul key frames use"))


@frames.command()
@with_settings
def use(settings: Settings) -> None:
    """Let cameras seal for the newest key pair: those of this home at once, others when they have its public part.

    \b
    Example:
      naul key frames use
    """  # noqa: D301
    from infra.operations.privacy.frames_keys import seal_for_newest

    tell = partial(say, settings.language)
    console.print(tell("Frames are sealed for {key}.", key=seal_for_newest(settings)))
    console.print(
        tell(
            "Copy {key_file} into the home of every camera on another machine: it is no secret.",
            key_file=settings.frames_public_key_file,
        ),
        soft_wrap=True,
    )


@frames.command("list")
@with_settings
def list_frames(settings: Settings) -> None:
    """List the key pairs: when each was made and last used, and from when on an old one can go.

    \b
    Example:
      naul key frames list
    """  # noqa: D301
    from infra.operations.privacy.frames_keys import frames_key_uses

    table = told_table(settings, "key", "made", "", "last frame", "can be retired from")
    for each in frames_key_uses(settings):
        what = say(settings.language, "seals" if each.seals else "opens")
        used = _when(settings, each.used_at) if each.used_at else ""
        until = _when(settings, each.retire_from) if each.retire_from else ""
        table.add_row(each.id, _when(settings, each.made_at), what, used, until)
    console.print(table)


@frames.command("retire")
@with_settings
def retire_frames(settings: Settings) -> None:
    """Remove the private keys for which no frame in the topics is sealed any more. It cannot be undone.

    \b
    Example:
      naul key frames retire
    """  # noqa: D301
    from infra.operations.privacy.frames_keys import retire_frames_keys

    gone = retire_frames_keys(settings, now=datetime.now(UTC))
    console.print(say(settings.language, "Removed {gone}.", gone=", ".join(gone)))


def _when(settings: Settings, moment: datetime | None) -> str:
    return f"{moment.astimezone(settings.zone):%Y-%m-%d %H:%M}" if moment else say(settings.language, "unknown")
