"""The command ``naul``. Each sub-command is the file of its name beside this one, loaded only when it is called."""

import os
import sys
from functools import partial
from importlib import import_module

import click
from click.shell_completion import CompletionItem

from infra.cli.shared.commands import COMMANDS
from infra.cli.shared.errors import let_click_speak, mute_libraries, print_unexpected, site_language, without_passwords
from infra.cli.shared.help import told
from schemas.errors import NaulError
from schemas.texts import nearest
from schemas.translations import Text, say

__all__ = ["naul", "run"]


class Commands(click.Group):
    """Finds sub-commands as files: ``dead-letters`` is ``dead_letters.py`` with a ``command`` in it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(name for group in COMMANDS.values() for name in group)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in (known := self.list_commands(ctx)):
            if ctx.resilient_parsing:  # a line that is not finished is being completed
                return None
            near = nearest(cmd_name, known)
            if not near:
                ctx.fail(Text("No such command {name!r}.", name=cmd_name))
            ctx.fail(Text("No such command {name!r}. Did you mean {near!r}?", name=cmd_name, near=near))
        module = import_module(f"infra.cli.{cmd_name.replace('-', '_')}")
        return _spoken(module.command, site_language(sys.argv[1:], os.environ))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        language = site_language(sys.argv[1:], os.environ)
        widest = max(map(len, self.list_commands(ctx)))
        for title, group in COMMANDS.items():
            with formatter.section(say(language, title)):
                formatter.write_dl([(name.ljust(widest), say(language, said)) for name, said in group.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        language = site_language(sys.argv[1:], os.environ)
        found = [
            CompletionItem(name, help=say(language, said))
            for group in COMMANDS.values()
            for name, said in group.items()
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)  # the options; the group's asks each command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="naul", message="naul %(version)s")
def naul() -> None:
    """Who is present in a lecture hall, hour by hour, and who slipped away."""


def _spoken(command: click.Command, language: str) -> click.Command:
    return command if language == "en" else told(command, partial(say, language))


def run() -> None:
    """Run the command line: exit status 0, 1 (failed) or 2 (usage). No password that was typed is printed."""
    sys.excepthook = print_unexpected
    mute_libraries()
    language = site_language(sys.argv[1:], os.environ)
    let_click_speak(language)
    try:
        status = _spoken(naul, language).main(prog_name="naul", standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except click.exceptions.Abort:
        click.echo(say(language, "interrupted"), err=True)
        sys.exit(1)
    except click.ClickException as error:
        error.message = without_passwords(say(language, error.message))
        error.show()
        sys.exit(error.exit_code)
    except NaulError as error:
        click.echo(f"naul: {without_passwords(error.said(language))}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)


if __name__ == "__main__":
    run()
