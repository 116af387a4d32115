"""Bytes to pixels, and every reason why not."""

import re
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from schemas.errors import BadMessageError, RefusedError
from streams.faces.pictures import MAX_FRAME_BYTES, Image, decode_jpeg, picture_digest, read_photo

RNG = np.random.default_rng(0)
NOISY: Image = RNG.integers(0, 255, (96, 128, 3), np.uint8)
FLAT: Image = np.full((96, 128, 3), 77, np.uint8)
LIT_ABOVE: Image = np.vstack([NOISY, FLAT])


def jpeg(image: Image, **options: int) -> bytes:
    names = {"quality": cv2.IMWRITE_JPEG_QUALITY, "progressive": cv2.IMWRITE_JPEG_PROGRESSIVE}
    names |= {"optimize": cv2.IMWRITE_JPEG_OPTIMIZE, "restart": cv2.IMWRITE_JPEG_RST_INTERVAL}
    return cv2.imencode(".jpg", image, [number for key, value in options.items() for number in (names[key], value)])[
        1
    ].tobytes()


def with_exif_orientation(data: bytes, orientation: int) -> bytes:
    tiff = b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0) + b"\0\0\0\0"
    segment = b"Exif\0\0" + tiff
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + data[2:]


def with_size(data: bytes, width: int, height: int) -> bytes:
    """The same JPEG, claiming another size in its header."""
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def png_bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("options", [{}, {"progressive": 1}, {"optimize": 1}, {"restart": 4}], ids=str)
@pytest.mark.parametrize("image", [NOISY, FLAT, LIT_ABOVE, NOISY[:1, :1]], ids=["noisy", "flat", "half flat", "1 x 1"])
def test_a_whole_jpeg_is_decoded(image: Image, options: dict[str, int], capfd: pytest.CaptureFixture[str]) -> None:
    decoded = decode_jpeg(jpeg(image, quality=95, **options))
    assert (decoded.shape, decoded.dtype) == (image.shape, np.uint8)
    assert abs(decoded.mean() - image.mean()) < 5
    assert capfd.readouterr().err == ""


def test_a_grey_jpeg_has_three_channels() -> None:
    assert decode_jpeg(jpeg(NOISY[..., 0])).shape == (96, 128, 3)


def test_bytes_after_the_end_of_a_jpeg_do_no_harm() -> None:
    np.testing.assert_array_equal(decode_jpeg(jpeg(NOISY) + b"\0" * 100), decode_jpeg(jpeg(NOISY)))


@pytest.mark.parametrize(
    ("orientation", "turned"),
    [
        (1, lambda picture: picture),
        (2, np.fliplr),
        (3, lambda picture: np.rot90(picture, 2)),
        (4, np.flipud),
        (5, lambda picture: picture.swapaxes(0, 1)),
        (6, lambda picture: np.rot90(picture, -1)),
        (7, lambda picture: np.rot90(picture.swapaxes(0, 1), 2)),
        (8, np.rot90),
    ],
)
def test_a_frame_is_upright_as_its_exif_says(orientation: int, turned: Callable[[Image], Image]) -> None:
    seen = decode_jpeg(with_exif_orientation(jpeg(NOISY), orientation))
    np.testing.assert_array_equal(seen, turned(decode_jpeg(jpeg(NOISY))))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [(96, 128), (93, 125)])
def test_a_cut_frame_is_refused_however_it_is_turned(orientation: int, size: tuple[int, int]) -> None:
    data = with_exif_orientation(jpeg(NOISY[: size[0], : size[1]]), orientation)
    with pytest.raises(BadMessageError, match="truncated JPEG"):
        decode_jpeg(data[: len(data) // 2] + b"\xff\xd9")


CAMERA = jpeg(NOISY, quality=90)

BAD = [
    pytest.param(b"", "zero bytes", id="nothing"),
    pytest.param(cv2.imencode(".png", NOISY)[1].tobytes(), "a PNG, not a JPEG", id="a PNG"),
    pytest.param(b"GIF89a" + bytes(99), "a GIF, not a JPEG", id="a GIF"),
    pytest.param(b"RIFF\0\0\0\0WEBPVP8 ", "a WebP, not a JPEG", id="a WebP"),
    pytest.param(b"\0\0\0\x18ftypheic" + bytes(99), "a HEIC", id="a HEIC"),
    pytest.param(b'{"schema": "tick/1"}', "JSON, not a JPEG", id="a message of another topic"),
    pytest.param(b"hello", "an unknown format (it begins with 68 65 6c 6c 6f)", id="text"),
    pytest.param(CAMERA[: len(CAMERA) // 2], "truncated JPEG", id="cut in half"),
    pytest.param(CAMERA[:-2], "truncated JPEG", id="only the end marker is missing"),
    pytest.param(CAMERA[:2], "truncated JPEG", id="only the first marker"),
    pytest.param(CAMERA[:100], "truncated JPEG", id="cut in the header"),
    pytest.param(CAMERA[: len(CAMERA) // 2] + b"\xff\xd9", "truncated JPEG", id="cut, with an end marker put after it"),
    pytest.param(
        jpeg(NOISY, restart=4)[: len(CAMERA) // 2] + b"\xff\xd9", "truncated JPEG", id="cut, with restart markers"
    ),
    pytest.param(with_size(CAMERA, 10_000, 6_000), "10000 x 6000 pixels (60.0 million)", id="a bomb of 60 megapixels"),
    pytest.param(with_size(CAMERA, 0, 96), "0 x 96 pixels", id="no width"),
    pytest.param(with_size(CAMERA, 128, 960), "truncated JPEG", id="more rows claimed than there are"),
    pytest.param(b"\xff\xd8" + bytes(500), "corrupted JPEG: no segment at byte 2", id="zeros after the first marker"),
    pytest.param(b"\xff\xd8\xff\xd9", "corrupted JPEG: it holds no picture", id="no segments"),
    pytest.param(CAMERA[:25] + RNG.bytes(300) + CAMERA[325:], "corrupted", id="tables overwritten"),
    pytest.param(CAMERA + bytes(MAX_FRAME_BYTES), "more than the 4,194,304 of the largest frame", id="too many bytes"),
]


@pytest.mark.parametrize(("data", "reason"), BAD)
def test_a_bad_frame_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(BadMessageError, match=re.escape(reason)):
        decode_jpeg(data)


@given(
    arrays(np.uint8, (40, 56, 3), elements=st.integers(0, 255)),
    st.floats(0, 0.999),
    st.sampled_from([{}, {"progressive": 1}, {"optimize": 1}]),
)
def test_no_beginning_of_a_jpeg_is_taken_for_a_whole_one(image: Image, share: float, options: dict[str, int]) -> None:
    data = jpeg(image, **options)
    with pytest.raises(BadMessageError):
        decode_jpeg(data[: int(share * len(data))])


@given(st.binary(max_size=300), st.integers(0, len(CAMERA)), st.integers(0, 300))
def test_whatever_arrives_is_decoded_or_refused_and_nothing_else(noise: bytes, at: int, lost: int) -> None:
    for data in (noise, b"\xff\xd8" + noise, CAMERA[:at] + noise + CAMERA[at + lost :]):
        with suppress(BadMessageError):
            assert decode_jpeg(data).shape[2] == 3


def test_a_photo_is_upright_as_its_exif_says(tmp_path: Path) -> None:
    (tmp_path / "phone.jpg").write_bytes(with_exif_orientation(jpeg(NOISY), 6))
    assert read_photo(tmp_path / "phone.jpg").shape == (128, 96, 3)


@pytest.mark.parametrize(
    ("enough", "shape"),
    [
        pytest.param(24, (31, 24, 3), id="a quarter has enough"),
        pytest.param(30, (31, 24, 3), id="just"),
        pytest.param(32, (62, 47, 3), id="a quarter has too few"),
        pytest.param(63, (123, 93, 3), id="a half has too few"),
    ],
)
def test_of_a_large_photo_no_more_is_read_than_is_enough(tmp_path: Path, enough: int, shape: tuple[int, ...]) -> None:
    path = tmp_path / "phone.jpg"
    smooth = cv2.GaussianBlur(NOISY[:93, :123], (0, 0), 6)
    path.write_bytes(with_exif_orientation(jpeg(smooth), 6))
    found = read_photo(path, enough)
    assert found.shape == shape
    whole = cv2.resize(read_photo(path), (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
    assert np.abs(found.astype(int) - whole).mean() < 2


@pytest.mark.parametrize("enough", [24, 60])
@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("options", [{}, {"restart": 4}], ids=str)
def test_a_cut_photo_is_refused_when_it_is_not_read_whole_too(
    tmp_path: Path, enough: int, orientation: int, options: dict[str, int]
) -> None:
    data = with_exif_orientation(jpeg(NOISY[:93, :125], **options), orientation)
    path = tmp_path / "phone.jpg"
    path.write_bytes(data[: len(data) // 2] + b"\xff\xd9")
    with pytest.raises(RefusedError, match="truncated JPEG"):
        read_photo(path, enough)


@pytest.mark.parametrize("kind", ["png", "pgm", "jpg", "ppm"])
def test_a_photo_may_be_jpeg_png_or_pgm(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"photo.{kind}"
    cv2.imwrite(str(path), NOISY[..., 0] if kind == "pgm" else NOISY)
    assert read_photo(path).shape == (96, 128, 3)


PNG = cv2.imencode(".png", NOISY)[1].tobytes()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "zero bytes, not a JPEG, PNG or PGM", id="nothing"),
        pytest.param(CAMERA[: len(CAMERA) // 2], "truncated JPEG", id="a cut JPEG"),
        pytest.param(PNG[: len(PNG) // 2], "truncated PNG", id="a cut PNG"),
        pytest.param(png_bomb(10_000, 6_000), "10000 x 6000 pixels", id="a PNG bomb"),
        pytest.param(b"P5 10000 6000 255\n", "10000 x 6000 pixels", id="a PGM bomb"),
        pytest.param(b"P5 100 60 255\n", "corrupted picture", id="a PGM without pixels"),
        pytest.param(b"\0\0\0\x18ftypheic" + bytes(99), "a HEIC", id="straight from a telephone"),
    ],
)
def test_a_bad_photo_is_refused_by_name_and_reason(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "201912345.jpg"
    path.write_bytes(data)
    with pytest.raises(RefusedError, match=re.escape(f"{path}: {reason}")):
        read_photo(path)


def test_a_photo_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=r"nobody\.jpg: cannot be read"):
        read_photo(tmp_path / "nobody.jpg")


def test_a_picture_is_known_again_whatever_its_exif_says() -> None:
    taken = jpeg(NOISY, quality=90)
    assert picture_digest(with_exif_orientation(taken, 3)) == picture_digest(taken)
    assert len(picture_digest(taken)) == 8


@pytest.mark.parametrize("options", [{}, {"progressive": 1}, {"optimize": 1}, {"restart": 4}], ids=str)
def test_one_pixel_that_differs_makes_another_picture(options: dict[str, int]) -> None:
    other = NOISY.copy()
    other[40, 50] ^= 16
    assert picture_digest(jpeg(other, **options)) != picture_digest(jpeg(NOISY, **options))
