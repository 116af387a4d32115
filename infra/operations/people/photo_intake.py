"""Photos as they are sent: files, or ZIPs of them, into a folder from which nothing escapes."""

import zipfile
from pathlib import Path, PurePosixPath
from typing import IO

from schemas.archives import MALFORMED, open_zip, packed_in
from schemas.errors import RefusedError
from schemas.translations import Text

__all__ = ["MOST_BYTES", "PhotoIntake"]

MOST_FILES = 20_000
MOST_ENTRIES = 2 * MOST_FILES
"""Of a ZIP, which lists its folders, too, and on a Mac a second file for each."""
MOST_BYTES = 4 * 2**30
"""Of all files that are sent together, unpacked."""

_PIECE = 2**20


class PhotoIntake:
    """Takes photos as they come."""

    def __init__(self, photos: Path) -> None:
        """photos: a folder of their own."""
        self._photos = photos
        self._left = MOST_BYTES
        self.files = 0

    def add(self, name: str, content: IO[bytes]) -> None:
        """Take a file that was sent, or all that a ZIP holds.

        Raises:
            RefusedError: they are too many or too large, or the ZIP cannot be read.
        """
        if not name.casefold().endswith(".zip"):
            self._take(name, content)
            return
        try:
            with open_zip(content, MOST_ENTRIES) as packed:
                for each in packed_in(packed):
                    with packed.open(each) as inner:
                        self._take(_name_in(each), inner)
        except MALFORMED as error:
            raise RefusedError(
                Text("{file} cannot be unpacked ({detail})", file=name, detail=error),
                "Pack it again as a ZIP without a password, or send the photos themselves.",
            ) from error

    def _take(self, name: str, content: IO[bytes]) -> None:
        self.files += 1
        if self.files > MOST_FILES:
            raise RefusedError(Text("these are more than {most} photos", most=MOST_FILES), "Send them in parts.")
        place = _place(self._photos, name)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.touch(mode=0o600)
        with place.open("wb") as file:
            while piece := content.read(_PIECE):
                self._left -= len(piece)
                if self._left < 0:
                    raise RefusedError(
                        Text("these photos have more than {most} GB", most=MOST_BYTES // 2**30), "Send them in parts."
                    )
                file.write(piece)


def _place(photos: Path, name: str) -> Path:
    """Return where a file of this name goes: in no other folder, and over no other file."""
    parts = PurePosixPath(name.replace("\\", "/").replace("\0", "")).parts
    safe = [each.encode()[:200].decode("utf-8", "ignore") for each in parts if each not in ("/", "..", ".")]
    place = photos.joinpath(*(safe or ["photo"]))
    for parent in reversed(place.parents):
        if parent.is_file():
            return _place(photos, "_".join(safe))
    stem, suffix, number = place.stem, place.suffix, 2
    while place.exists():
        place = place.with_name(f"{stem}_{number}{suffix}")
        number += 1
    return place


def _name_in(info: zipfile.ZipInfo) -> str:
    """Return a name within a ZIP: Windows in Korea writes CP949, and says nothing of it."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("cp949")
    except UnicodeError:
        return info.filename
