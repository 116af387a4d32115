"""Where commands print, and the bars that show how far they are."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

__all__ = ["console", "error_console", "frames_bar", "print_line"]

# Names of halls and people are other people's text: nothing in it is markup.
console = Console(markup=False, highlight=False)
error_console = Console(stderr=True, markup=False, highlight=False)


def print_line(text: str) -> None:
    """Print a line as it is, however long: whoever copies it or reads it with a program finds it whole."""
    console.print(text, soft_wrap=True)


def frames_bar(console: Console) -> Progress:
    """Return a bar of frames with counts and time; its tasks have a field ``rate``."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=console,
    )
