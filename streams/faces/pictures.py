"""Bytes to pixels, and every reason why not, in words.

A picture that decodes only in part is worse than none: its grey half would be proof that nobody sits there. Decoders
fill what is missing and say nothing, but what stands in a file decides less than what came out of it: a JPEG without
an end marker, or with a comment whose length lies, may be whole. So three things are asked of it:

* One scan that holds everything is decoded without its end marker. Then OpenCV gives up, rather than fill, when it
  wants more bytes than there are, save the few that it always reads ahead.
* If no end marker stood there, or there are several scans, so that a decoder needs one, or the file is small, the
  picture is decoded again with other bytes after its data: only a complete one stays the same.
* A progressive picture must bring every coefficient to its last bit: the headers of its scans tell.

What is not seen: a cut within the last few dozen bytes of a large file, that is a block in a corner, if somebody put an
end marker after it; and changed bytes in the middle that still decode, for JPEG has no checksum.
"""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from os import SEEK_END
from pathlib import Path
from threading import Condition
from types import ModuleType
from typing import Any, BinaryIO, Final, NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from schemas.errors import BadMessageError
from streams.faces.jpeg_files import END, JpegOutline, first_scan, outline
from streams.faces.unfit_pictures import UnfitPictureError

__all__ = [
    "MAX_FRAME_BYTES",
    "MAX_PHOTO_BYTES",
    "MAX_PIXELS",
    "Image",
    "PhotoBounds",
    "decode_jpeg",
    "photo_of",
    "picture_digest",
    "read_photo",
]

Image: TypeAlias = NDArray[np.uint8]
"""(height, width, 3), blue green red."""

MAX_FRAME_BYTES = 4 * 2**20
MAX_PHOTO_BYTES = 200 * 2**20
MAX_PIXELS = 40_000_000
"""Of a frame, and of what is read of a photograph."""

_MOST_HELD = 800_000_000
"""Bytes that photographs may need while they are decoded, one or several at a time."""

_AHEAD = bytes(8)
"""What libjpeg reads ahead of what it needs, at most."""

_MORE = tuple(
    each * 127 + b"".join(b"\xff" + bytes([restart]) + each * 32 for restart in range(0xD0, 0xD8))
    for each in (b"\xaa\xaa", b"\x55\x55")
)
"""Put after the data of a JPEG: a decoder that still waits for blocks takes them from here, restart after restart.

They begin with different bits, so that a cut within a byte is noticed too; libjpeg itself fills in zeros.
"""

_SMALL = 32 * 2**10
"""Bytes of a JPEG that is decoded more than once in any case, which costs a millisecond."""

_READ_AT = {1: cv2.IMREAD_COLOR, 2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4}
"""How OpenCV is asked for the whole, a half or a quarter of a side; for a JPEG it takes that from the frequencies."""


class _Format(NamedTuple):
    """A kind of file. plugin: of Pillow, which reads it; empty if nothing does. held: bytes a pixel, as measured."""

    name: str
    plugin: str = ""
    held: int = 0

    @property
    def kind(self) -> str:
        """Its name alone."""
        return self.name.partition(" ")[2]


_FILMS = ("PNG", "WEBP", "AVIF")
"""Plugins of kinds whose several pictures are a film; those of a HEIC or a TIFF are takes or pages."""

_JPEG: Final = _Format("a JPEG")
_FORMATS: Final = (
    (re.compile(rb"\xff\xd8"), _JPEG),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), _Format("a PNG", "PNG", 5)),
    (re.compile(rb"P[1-6]\s"), _Format("a PGM", "PPM", 5)),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), _Format("a WebP", "WEBP", 16)),
    (re.compile(rb"....ftyp(?:....){0,20}?avi[fs]", re.DOTALL), _Format("an AVIF", "AVIF", 9)),
    (re.compile(rb"....ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)", re.DOTALL), _Format("a HEIC", "HEIF", 7)),
    (re.compile(rb"BM.{4}\0\0\0\0", re.DOTALL), _Format("a BMP", "BMP", 5)),
    (re.compile(rb"II\*\0.{4}CR", re.DOTALL), _Format("a camera's raw file")),
    (re.compile(rb"II[*+]\0|MM\0[*+]"), _Format("a TIFF", "TIFF", 8)),
    (re.compile(rb"....ftypcrx", re.DOTALL), _Format("a camera's raw file")),
    (re.compile(rb"....ftyp(?:iso|mp4|avc|qt|M4V|MSNV|3g)", re.DOTALL), _Format("a video (MP4, MOV)")),
    (re.compile(rb"GIF8"), _Format("a GIF")),
    (re.compile(rb"\0\0\0\x0cjP  |\xffO\xffQ"), _Format("a JPEG 2000")),
    (re.compile(rb"\0\0\0\x0cJXL |\xff\x0a"), _Format("a JPEG XL")),
    (re.compile(rb"8BPS"), _Format("a Photoshop file")),
    (re.compile(rb"%PDF"), _Format("a PDF")),
)
_NO_PICTURE = {b"PK\x03\x04": "a ZIP file", b"\x1f\x8b": "a gzip file", b"{": "JSON", b"<": "HTML or XML"}

_PILLOW_FAILS = (OSError, ValueError, SyntaxError, TypeError, EOFError, LookupError, ArithmeticError, RuntimeError)
"""What Pillow's readers raise of files that are not as they should be."""


_CUT = re.compile("truncated|end of file|incomplete|extent in iloc", re.IGNORECASE)
"""What Pillow and its decoders say of a file that ends too early."""

_LONG = b"\0\0\0\x01"
"""Instead of the length of a box: it follows, in 8 bytes."""


def decode_jpeg(data: bytes) -> Image:
    """Decode a frame, upright as its EXIF says (a telephone marks how it was held): boxes are pixels of that.

    Raises:
        BadMessageError: empty, too large, no JPEG, truncated, or corrupted.
    """
    if len(data) > MAX_FRAME_BYTES:
        raise BadMessageError(f"{len(data):,} bytes, more than the {MAX_FRAME_BYTES:,} of the largest frame")
    if not data.startswith(b"\xff\xd8"):
        found = _format(data)
        raise BadMessageError(f"{found.name if isinstance(found, _Format) else found}, not a JPEG")
    try:
        seen = outline(data)
        _refuse_huge(seen.width, seen.height, MAX_PIXELS, "JPEG")
        return _decoded_jpeg(seen, 1)
    except UnfitPictureError as error:
        raise BadMessageError(error.message) from error


def picture_digest(data: bytes) -> bytes:
    """Return 8 bytes that two frames share only if they are the same to the last pixel: no living camera takes two.

    data: a JPEG that was decoded. What stands before its pixels, such as the time in its EXIF, does not count.
    """
    return blake2b(data[first_scan(data) :], digest_size=8).digest()


class PhotoBounds(NamedTuple):
    """What a photograph may be at most. animated: whether the first picture of a film is taken for one."""

    size: int = MAX_PHOTO_BYTES
    pixels: int = 16 * MAX_PIXELS
    animated: bool = True


def read_photo(path: Path, enough: int = MAX_PIXELS) -> Image:
    """Read a photograph: JPEG, PNG, PGM or PPM, HEIC, AVIF, WebP, BMP or TIFF; the first picture of several.

    It is upright as its EXIF or its container says. enough: pixels of the longer side. What has twice or four times as
    many, or more than ``MAX_PIXELS``, is read at a half or a quarter.

    Raises:
        UnfitPictureError: it cannot be read, or is too large, truncated or corrupted; the file is named.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            return _photo(file, size, enough, PhotoBounds())
    except OSError as error:
        raise UnfitPictureError("unreadable", file=path, detail=error.strerror or str(error)) from error
    except UnfitPictureError as error:
        raise UnfitPictureError(error.unfit.cause, file=path, **error.unfit.values) from error


def photo_of(data: bytes, enough: int = MAX_PIXELS, bounds: PhotoBounds = PhotoBounds()) -> Image:  # noqa: B008
    """Read a photograph that is no file; see ``read_photo``.

    Raises:
        UnfitPictureError: it is no photograph, or too large, truncated, corrupted, or animated.
    """
    return _photo(io.BytesIO(data), len(data), enough, bounds)


def _photo(file: BinaryIO, size: int, enough: int, bounds: PhotoBounds) -> Image:
    """size: of the file, bytes."""
    if size > bounds.size:
        raise UnfitPictureError("bytes", size=size, most=bounds.size)
    found = _format(file.read(128))
    file.seek(0)
    if found == _JPEG:
        return _jpeg_photo(file.read(), enough, bounds)
    if isinstance(found, _Format) and found.plugin:
        return _other_photo(file, found, enough, bounds)
    if found == "zero bytes":
        raise UnfitPictureError("empty")
    if isinstance(found, _Format):
        raise UnfitPictureError("format", found=found.name)
    raise UnfitPictureError("no_picture", found=found)


def _format(head: bytes) -> _Format | str:
    """Return what a file is by its first bytes; if it is no picture, what it is instead, in words."""
    if not head:
        return "zero bytes"
    known = next((each for magic, each in _FORMATS if magic.match(head)), None)
    other = next((name for magic, name in _NO_PICTURE.items() if head.startswith(magic)), None)
    return known or other or f"an unknown format (it begins with {head[:8].hex(' ')})"


# ---------------------------------------------------------------- JPEG


def _jpeg_photo(data: bytes, enough: int, bounds: PhotoBounds) -> Image:
    seen = outline(data)
    most = _MOST_HELD * seen.width * seen.height // seen.coefficients if seen.coefficients else bounds.pixels
    _refuse_huge(seen.width, seen.height, min(most, bounds.pixels), "JPEG")
    part = _part(seen.width, seen.height, enough)
    with _held(seen.coefficients + 7 * seen.width * seen.height // part**2):
        return _decoded_jpeg(seen, part)


def _decoded_jpeg(seen: JpegOutline, part: int) -> Image:
    """Decode a JPEG at a whole, half or quarter of a side."""
    if not seen.finished:
        raise UnfitPictureError("truncated", kind="JPEG", detail="its last scans are missing")
    if seen.huffman and not (seen.streamed and seen.ended and len(seen.plain) > _SMALL):
        _refuse_doubtful(seen, part)
    image = _opened(seen.plain + (_AHEAD if seen.streamed else END), _READ_AT[part])
    if image is None:
        _by_pillow(seen.plain + END, part)
        raise UnfitPictureError("truncated", kind="JPEG", detail="a part of the picture is missing")
    return image


def _refuse_doubtful(seen: JpegOutline, part: int) -> None:
    """Refuse a picture that changes with what stands after its data: less is tried if it is large and has its end."""
    decoded = _by_pillow(seen.plain + END, part)
    for more in _MORE[:1] if seen.ended and len(seen.plain) > _SMALL else _MORE:
        if _by_pillow(seen.plain + more + END, part) != decoded:
            raise UnfitPictureError("truncated", kind="JPEG", detail="a part of the picture is missing")


def _by_pillow(data: bytes, part: int) -> bytes:
    """Return the pixels as they are stored. Pillow, because OpenCV complains on stderr of what follows the data."""
    from PIL.JpegImagePlugin import JpegImageFile

    try:
        with JpegImageFile(io.BytesIO(data)) as picture:
            bare = "YCbCr" if picture.mode == "RGB" else picture.mode
            picture.draft(bare, (max(1, picture.width // part), max(1, picture.height // part)))
            return picture.tobytes()
    except _PILLOW_FAILS as error:
        raise UnfitPictureError("corrupted", kind="JPEG", detail=str(error)) from error


def _opened(data: bytes, how: int) -> Image | None:
    try:
        image: Image | None = cv2.imdecode(np.frombuffer(data, np.uint8), how)
    except cv2.error as error:
        raise UnfitPictureError("corrupted", kind="JPEG", detail=str(error.err)) from error
    return image


# ---------------------------------------------------------------- every other format


def _other_photo(file: BinaryIO, form: _Format, enough: int, bounds: PhotoBounds) -> Image:
    """Read what Pillow reads: the first picture, whole, then shrunk."""
    pillow = _pillow()
    try:
        with pillow.open(file, formats=[form.plugin]) as picture:
            _refuse_huge(picture.width, picture.height, min(_MOST_HELD // form.held, bounds.pixels), form.kind)
            if not bounds.animated and form.plugin in _FILMS and (frames := getattr(picture, "n_frames", 1)) > 1:
                raise UnfitPictureError("animated", kind=form.kind, count=frames)
            if form.plugin == "TIFF" and _is_raw(picture):
                raise UnfitPictureError("format", found="a camera's raw file")
            with _held(form.held * picture.width * picture.height):
                return _upright(picture, enough)
    except _PILLOW_FAILS as error:
        if isinstance(error, UnfitPictureError):
            raise
        said = next(iter(str(error).splitlines()), "")
        if isinstance(error, pillow.UnidentifiedImageError):
            said = "its beginning cannot be read"
        if isinstance(error, EOFError) or _CUT.search(said) or _ends_early(file):
            raise UnfitPictureError("truncated", kind=form.kind, detail="a part of the picture is missing") from error
        raise UnfitPictureError("corrupted", kind=form.kind, detail=said) from error


def _ends_early(file: BinaryIO) -> bool:
    """Whether a file ends before what its own lengths say: of a WebP, a TIFF, or the boxes of a HEIC or AVIF."""
    size = file.seek(0, SEEK_END)
    file.seek(0)
    head = file.read(12)
    if head[:4] == b"RIFF":
        return int.from_bytes(head[4:8], "little") + 8 > size
    if head[:2] in (b"II", b"MM"):
        return int.from_bytes(head[4:8], "little" if head[:2] == b"II" else "big") >= size
    at, kinds = 0, set[bytes]()
    while head[4:8] == b"ftyp" and at < size:
        file.seek(at)
        box = file.read(16)
        length = int.from_bytes(box[8:16] if box[:4] == _LONG else box[:4], "big")
        if at + length > size or len(box) < 8:
            return True
        if length < 8:  # it reaches to the end, however far that is
            return False
        kinds.add(box[4:8])
        at += length
    return bool(kinds) and b"mdat" not in kinds


def _upright(picture: Any, enough: int) -> Image:
    from PIL.ImageOps import exif_transpose

    picture.load()
    part = _part(picture.width, picture.height, enough)
    if picture.mode == "F":
        raise UnfitPictureError("format", found="a picture whose pixels are fractions")
    if picture.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut rather than scale
        grey, turn = np.asarray(picture), picture.getexif()
        picture = _pillow().fromarray(np.clip(grey // 256, 0, 255).astype(np.uint8))
        picture.getexif().update(turn)
    elif picture.mode not in ("L", "RGB"):
        picture = picture.convert("RGB")
    if part > 1:
        picture = picture.reduce(part)
    exif_transpose(picture, in_place=True)
    how = cv2.COLOR_GRAY2BGR if picture.mode == "L" else cv2.COLOR_RGB2BGR
    return np.asarray(cv2.cvtColor(np.asarray(picture), how), np.uint8)


def _pillow() -> ModuleType:
    """Return Pillow with everything that it can read here; a worker, who gets frames alone, never loads it.

    Its own bound on pixels is lifted, for what it warns of is bound here, and it keeps its warnings to itself. It is to
    refuse what is cut, whatever others want of it: face_recognition lets everything pass once it is imported.
    """
    import PIL.Image
    import PIL.ImageFile
    from pi_heif import register_heif_opener  # type: ignore[import-untyped]  # it comes without types

    register_heif_opener()
    warnings.filterwarnings("ignore", module="PIL")
    PIL.Image.MAX_IMAGE_PIXELS = None
    PIL.ImageFile.LOAD_TRUNCATED_IMAGES = False
    return PIL.Image


def _is_raw(picture: Any) -> bool:
    """Whether a TIFF is what a camera's sensor saw, and its first picture a small preview (DNG, NEF, ARW)."""
    tags = picture.tag_v2
    return tags.get(0x00FE, 0) & 1 == 1 or 0xC612 in tags


# ---------------------------------------------------------------- bounds


def _part(width: int, height: int, enough: int) -> int:
    """Return by what each side is divided: 1, 2 or 4."""
    longer, pixels = max(width, height), width * height
    return next((each for each in (4, 2) if longer >= each * enough or pixels > (each / 2) ** 2 * MAX_PIXELS), 1)


def _refuse_huge(width: int, height: int, most: int, kind: str) -> None:
    if not width * height:
        raise UnfitPictureError("corrupted", kind=kind, detail=f"{width} x {height} pixels")
    if width * height > most:
        millions = width * height / 1e6
        raise UnfitPictureError("pixels", width=width, height=height, millions=millions, most=most / 1e6)


_room = Condition()
_in_use = 0


@contextmanager
def _held(needed: int) -> Iterator[None]:
    """Wait until a photograph that needs so many bytes may be decoded beside those that other threads decode."""
    global _in_use
    with _room:
        _room.wait_for(lambda: not _in_use or _in_use + needed <= _MOST_HELD)
        _in_use += needed
    try:
        yield
    finally:
        with _room:
            _in_use -= needed
            _room.notify_all()
