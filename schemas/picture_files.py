"""What people keep in folders, without what their systems put beside it."""

from pathlib import Path

__all__ = ["is_litter", "listed"]

_LITTER = {"thumbs.db", "desktop.ini", "__macosx", "@eadir", "$recycle.bin"}


def is_litter(path: Path) -> bool:
    """Say whether a file or folder is none of a person's: hidden, a Mac's ``._*``, Windows' thumbnails."""
    return path.name.startswith((".", "~$")) or path.name.casefold() in _LITTER


def listed(folder: Path) -> list[Path]:
    """Return what is in a folder, by name, without litter.

    Raises:
        OSError: it cannot be read.
    """
    return sorted(each for each in folder.iterdir() if not is_litter(each))
