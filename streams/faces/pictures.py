"""Bytes to pixels, and every reason why not, in words.

A picture that decodes only in part is worse than none: its grey half would be proof that nobody sits there. OpenCV
fills what is missing and says nothing, so the file's structure is checked first, and a picture that ends in a flat
block is decoded twice more, small, with and without other bytes after its data: only a complete one stays the same.
Changed bytes in the middle that still decode cannot be told from a picture: JPEG has no checksum.
"""

import io
import re
from hashlib import blake2b
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
import PIL.Image
from numpy.typing import NDArray

from schemas.errors import BadMessageError, RefusedError

__all__ = ["MAX_FRAME_BYTES", "MAX_PHOTO_BYTES", "MAX_PIXELS", "Image", "decode_jpeg", "picture_digest", "read_photo"]

Image: TypeAlias = NDArray[np.uint8]
"""(height, width, 3), blue green red."""

MAX_FRAME_BYTES = 4 * 2**20
MAX_PHOTO_BYTES = 40 * 2**20
MAX_PIXELS = 40_000_000

_MAGIC = {
    b"\x89PNG\r\n\x1a\n": "a PNG",
    b"GIF8": "a GIF",
    b"BM": "a BMP",
    b"II*\0": "a TIFF",
    b"MM\0*": "a TIFF",
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a ZIP file",
    b"\x1f\x8b": "a gzip file",
    b"{": "JSON",
    b"<": "HTML or XML",
}
_MARKER = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])")
_NEXT = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""In the data of a scan: anything but a stuffed byte or a restart is a marker. Searching 4 MB takes 30 ms with
``_MARKER``, and 2 ms where a pattern begins with a plain byte."""

_MORE = bytes(range(1, 255)) * 2
"""Put before the end marker of a JPEG: a decoder that still waits for blocks takes them from here.

libjpeg fills missing blocks with the colour of the last one, so these change the picture if, and only if, it is cut.
"""

_SOF = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_SOS, _EOI = 0xDA, 0xD9

_READ_AT = {1: cv2.IMREAD_COLOR, 2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4}
"""How OpenCV is asked for the whole, a half or a quarter of a side; for a JPEG it takes that from the frequencies."""

_EXIF, _HEADER = b"Exif\0\0", 64 * 2**10
"""What marks the segment that may say how to turn a picture, and how far into the file it stands at most."""


def decode_jpeg(data: bytes) -> Image:
    """Decode a frame, upright as its EXIF says (a telephone marks how it was held): boxes are pixels of that.

    Raises:
        BadMessageError: empty, too large, no JPEG, truncated, or corrupted.
    """
    if len(data) > MAX_FRAME_BYTES:
        raise BadMessageError(f"{len(data):,} bytes, more than the {MAX_FRAME_BYTES:,} of the largest frame")
    if not data.startswith(b"\xff\xd8"):
        raise BadMessageError(f"{_kind(data)}, not a JPEG")
    return _decoded_jpeg(data)


def picture_digest(data: bytes) -> bytes:
    """Return 8 bytes that two frames share only if they are the same to the last pixel: no living camera takes two.

    data: a JPEG that was decoded. What stands before its pixels, such as the time in its EXIF, does not count.
    """
    at = 2
    while (marker := _MARKER.match(data, at)) and marker[1][0] != _SOS:
        at = marker.end() + max(2, int.from_bytes(data[marker.end() : marker.end() + 2]))
    return blake2b(data[at:], digest_size=8).digest()


def read_photo(path: Path, enough: int = MAX_PIXELS) -> Image:
    """Read a photograph (JPEG, PNG or PGM), upright as its EXIF says.

    enough: pixels of the longer side. A JPEG that has twice or four times as many is read at a half or a quarter.

    Raises:
        RefusedError: it cannot be read, or for any reason of ``decode_jpeg``; the file is named.
    """
    try:
        size = path.stat().st_size
        if size > MAX_PHOTO_BYTES:
            raise BadMessageError(f"{size:,} bytes, more than the {MAX_PHOTO_BYTES:,} of the largest photograph")
        return _decoded_photo(path.read_bytes(), enough)
    except OSError as error:
        raise RefusedError(f"{path}: cannot be read ({error.strerror})", "Give a JPEG or PNG file.") from error
    except BadMessageError as error:
        raise RefusedError(f"{path}: {error.message}", "Save it as a JPEG or PNG and try again.") from error


def _decoded_photo(data: bytes, enough: int) -> Image:
    if data.startswith(b"\xff\xd8"):
        return _decoded_jpeg(data, enough)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        if len(data) < 33 or b"IEND" not in data[-64:]:
            raise BadMessageError(f"truncated PNG: {len(data):,} bytes without an end")
        _refuse_huge(width=int.from_bytes(data[16:20]), height=int.from_bytes(data[20:24]))
    elif header := re.match(rb"P[56](?:\s+|#[^\n]*\n)+(\d{1,9})(?:\s+|#[^\n]*\n)+(\d{1,9})\s", data):
        _refuse_huge(width=int(header[1]), height=int(header[2]))
    else:
        raise BadMessageError(f"{_kind(data)}, not a JPEG, PNG or PGM")
    return _decoded(data)


def _decoded_jpeg(data: bytes, enough: int = MAX_PIXELS) -> Image:
    end, longer = _end_of_jpeg(data)
    part = next((each for each in (4, 2) if longer >= each * enough), 1)
    image = _decoded(data[: end + 2], _READ_AT[part])
    if _ends_flat(image, 8 // part, turned=_EXIF in data[:_HEADER]) and _small(
        data[:end] + _MORE + data[end:]
    ) != _small(data):
        raise BadMessageError("truncated JPEG: a part of the picture is missing before its end marker")
    return image


def _small(data: bytes) -> bytes:
    """Return the picture at an eighth of its size. Pillow, because OpenCV would complain of ``_MORE`` on stderr."""
    try:
        with PIL.Image.open(io.BytesIO(data), formats=["JPEG"]) as picture:
            picture.draft("L", (max(1, picture.width // 8), max(1, picture.height // 8)))
            return picture.tobytes()
    except OSError as error:
        raise BadMessageError(f"corrupted JPEG: {error}") from error


def _decoded(data: bytes, how: int = cv2.IMREAD_COLOR) -> Image:
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), how)
    except cv2.error as error:
        raise BadMessageError(f"corrupted picture: {error.err}") from error
    if image is None:
        raise BadMessageError("corrupted picture: it does not decode")
    result: Image = image
    return result


def _end_of_jpeg(data: bytes) -> tuple[int, int]:
    """Return where the end marker of a JPEG stands, having walked all its segments, and the longer side in pixels.

    Raises:
        BadMessageError: the data ends first, something stands where a segment should, or the picture is too large.
    """
    truncated = BadMessageError(f"truncated JPEG: {len(data):,} bytes without an end marker")
    at, longer = 2, 0
    while True:
        marker = _MARKER.match(data, at)
        if marker is None:
            if not data[at:].strip(b"\xff"):
                raise truncated
            raise BadMessageError(f"corrupted JPEG: no segment at byte {at:,}")
        kind, at = marker[1][0], marker.end()
        if kind == _EOI:
            if not longer:
                raise BadMessageError("corrupted JPEG: it holds no picture")
            return at - 2, longer
        length = int.from_bytes(data[at : at + 2])
        if at + max(length, 2) > len(data):
            raise truncated
        if kind in _SOF:
            height, width = int.from_bytes(data[at + 3 : at + 5]), int.from_bytes(data[at + 5 : at + 7])
            _refuse_huge(width=width, height=height)
            longer = max(width, height)
        at += max(length, 2)
        if kind == _SOS:
            following = _NEXT.search(data, at)
            if following is None:
                raise truncated
            at = following.start()


def _ends_flat(image: Image, block: int, *, turned: bool) -> bool:
    """Whether the last block, so many pixels wide, is of one colour.

    turned: it may lie in any corner, for EXIF may have turned the image.
    """
    height, width = ((side - 1) % block + 1 for side in image.shape[:2])
    blocks = [image[-height:, -width:]]
    if turned:
        blocks += [image[:height, :width], image[:height, -width:], image[-height:, :width]]
    return any(bool((block == block[0, 0]).all()) for block in blocks)


def _refuse_huge(*, width: int, height: int) -> None:
    if not 0 < width * height <= MAX_PIXELS:
        raise BadMessageError(
            f"{width} x {height} pixels ({width * height / 1e6:.1f} million), outside of 1 to {MAX_PIXELS:,}"
        )


def _kind(data: bytes) -> str:
    if not data:
        return "zero bytes"
    if data[4:8] == b"ftyp":
        return "a HEIC, AVIF or MP4"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "a WebP"
    found = next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), None)
    return found or f"an unknown format (it begins with {data[:8].hex(' ')})"
