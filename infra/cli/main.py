"""The command ``naul``. Each sub-command is the file of its name beside this one, loaded only when it is called."""

import sys
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path

import click

from producers.addresses import without_secrets
from schemas.errors import NaulError

__all__ = ["naul", "run"]

HERE = Path(__file__).parent
NO_COMMANDS = {"__init__", "main"}


class Commands(click.Group):
    """Finds sub-commands as files: ``dead-letters`` is ``dead_letters.py`` with a ``command`` in it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        files = (file.stem for file in HERE.glob("*.py"))
        return sorted(name.replace("_", "-") for name in files if name not in NO_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in (known := self.list_commands(ctx)):
            near = get_close_matches(cmd_name, known, n=1)
            ctx.fail(f"No such command {cmd_name!r}." + (f" Did you mean {near[0]!r}?" if near else ""))
        module = import_module(f"infra.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="naul", message="naul %(version)s")
def naul() -> None:
    """Who is present in a lecture hall, hour by hour, and who slipped away."""


def run() -> None:
    """Run the command line: exit status 0, 1 (failed) or 2 (usage)."""
    try:
        status = naul.main(standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except click.exceptions.Abort:
        click.echo("interrupted", err=True)
        sys.exit(1)
    except click.ClickException as error:
        error.message = without_secrets(error.message)  # which may repeat the address of a camera
        error.show()
        sys.exit(error.exit_code)
    except NaulError as error:
        click.echo(f"naul: {error}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)


if __name__ == "__main__":
    run()
