"""Bytes to pixels, and every reason why not."""

import io
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from schemas.errors import BadMessageError, RefusedError
from streams.faces.jpeg_files import outline
from streams.faces.pictures import MAX_FRAME_BYTES, MAX_PIXELS, Image, decode_jpeg, photo_of, picture_digest, read_photo
from streams.faces.unfit_pictures import UnfitPictureError

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
    at = re.search(b"\xff[\xc0\xc2]", data).start() + 5  # type: ignore[union-attr]
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
    pytest.param(b"\0\0\0\x18ftypheic" + bytes(99), "a HEIC, not a JPEG", id="a HEIC"),
    pytest.param(b'{"schema": "tick/1"}', "JSON, not a JPEG", id="a message of another topic"),
    pytest.param(b"hello", "an unknown format (it begins with 68 65 6c 6c 6f)", id="text"),
    pytest.param(CAMERA[: len(CAMERA) // 2], "truncated JPEG", id="cut in half"),
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


# ---------------------------------------------------------------- whole or cut


@given(
    arrays(np.uint8, (40, 56, 3), elements=st.integers(0, 255)),
    st.floats(0, 0.999),
    st.sampled_from([{}, {"progressive": 1}, {"optimize": 1}]),
    st.booleans(),
)
def test_no_beginning_of_a_jpeg_is_taken_for_a_whole_one(
    image: Image, share: float, options: dict[str, int], ended: bool
) -> None:
    data = jpeg(image, **options)
    beginning = data[: int(share * (len(data) - 2))] + b"\xff\xd9" * ended
    with suppress(BadMessageError):
        np.testing.assert_array_equal(decode_jpeg(beginning), decode_jpeg(data))


WAYS = {
    "baseline": {},
    "a colour a pixel": {"subsampling": 0},
    "a colour every four pixels": {"subsampling": 2},
    "optimised": {"optimize": True},
    "progressive": {"progressive": True},
    "progressive, a colour a pixel": {"progressive": True, "subsampling": 0},
    "restarts": {"restart_marker_blocks": 3},
    "restarts, progressive": {"progressive": True, "restart_marker_blocks": 5},
    "fine": {"quality": 98},
    "coarse": {"quality": 20},
    "with a preview": {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0" + jpeg(NOISY)},
}
SMOOTH: Image = np.asarray(cv2.GaussianBlur(NOISY[:93, :123], (0, 0), 3), np.uint8)


def encoded(image: Image, **options: Any) -> bytes:
    file = io.BytesIO()
    PIL.Image.fromarray(image[..., ::-1] if image.ndim == 3 else image).save(file, "JPEG", **options)
    return file.getvalue()


@pytest.mark.parametrize("ended", [False, True], ids=["cut", "cut, with an end marker put after it"])
@pytest.mark.parametrize("options", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("image", [NOISY, SMOOTH, SMOOTH[..., 0], LIT_ABOVE], ids=["noisy", "smooth", "grey", "flat"])
def test_a_cut_jpeg_is_refused_wherever_it_is_cut_unless_nothing_is_lost(
    image: Image, options: dict[str, Any], ended: bool
) -> None:
    data = encoded(image, **options)
    whole, size = decode_jpeg(data), len(data) - 2
    for cut in (*range(1, 45), *RNG.integers(45, size - 2, 30)):
        with suppress(BadMessageError):
            found = decode_jpeg(data[: size - cut] + b"\xff\xd9" * ended)
            assert found.shape == whole.shape, cut
            assert np.array_equal(found, whole), cut


@pytest.mark.parametrize("options", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("image", [NOISY, SMOOTH[..., 0], FLAT, NOISY[:1, :1]], ids=["noisy", "grey", "flat", "1 x 1"])
def test_a_whole_jpeg_without_an_end_marker_is_taken(
    image: Image, options: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    data = encoded(image, **options)
    np.testing.assert_array_equal(decode_jpeg(data[:-2]), decode_jpeg(data))
    assert capfd.readouterr().err == ""


@given(st.integers(1, 70), st.integers(1, 70), st.sampled_from(list(WAYS.values())), st.integers(1, 100))
def test_every_whole_jpeg_is_taken(width: int, height: int, options: dict[str, Any], quality: int) -> None:
    data = encoded(NOISY[:height, :width], **{"quality": quality} | options)
    assert decode_jpeg(data).shape == decode_jpeg(data[:-2]).shape == (height, width, 3)


@pytest.mark.parametrize("options", [{"quality": 95}, {"quality": 95, "progressive": True}], ids=str)
def test_a_large_frame_is_whole_or_refused(options: dict[str, Any]) -> None:
    large = encoded(np.tile(NOISY, (4, 4, 1)), **options)
    assert len(large) > 100_000
    np.testing.assert_array_equal(decode_jpeg(large), decode_jpeg(large[:-2]))
    for end in (b"", b"\xff\xd9"):
        for cut in (len(large) // 2, len(large) - 1000, len(large) - 100):
            with pytest.raises(BadMessageError, match="truncated"):
                decode_jpeg(large[:cut] + end)


def test_a_progressive_picture_without_its_last_scans_is_refused() -> None:
    data = encoded(NOISY, progressive=True)
    scans = [found.start() for found in re.finditer(rb"\xff\xda", data)]
    for at in scans[1:]:
        with pytest.raises(BadMessageError, match="its last scans are missing"):
            decode_jpeg(data[:at] + b"\xff\xd9")


@pytest.mark.parametrize("wrong", [-40, -20, -1, 1, 3, 100, 60_000])
@pytest.mark.parametrize("kind", [0xFE, 0xE2, 0xEF], ids=["a comment", "APP2", "APP15"])
@pytest.mark.parametrize("before", [b"\xff\xdb", b"\xff\xda", b"\xff\xd9"], ids=["in front", "late", "at the end"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_segment_that_may_be_skipped_may_lie_about_its_length(
    wrong: int, kind: int, before: bytes, progressive: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    data = encoded(SMOOTH, progressive=progressive)
    text = b"camera 1, firmware 2.80, a comment of forty"
    segment = b"\xff" + bytes([kind]) + struct.pack(">H", max(0, len(text) + 2 + wrong)) + text
    at = data.rindex(before) if before == b"\xff\xd9" else data.index(before)
    lying = data[:at] + segment + data[at:]
    np.testing.assert_array_equal(decode_jpeg(lying), decode_jpeg(data))
    np.testing.assert_array_equal(decode_jpeg(lying[:-2]), decode_jpeg(data))
    assert len(picture_digest(lying)) == 8
    assert capfd.readouterr().err == ""
    with pytest.raises(BadMessageError, match="truncated"):
        decode_jpeg(lying[: lying.index(b"\xff\xda") + 200])


@pytest.mark.parametrize("wrong", [-30, -1, 1, 50, 20_000])
def test_exif_that_lies_about_its_length_still_turns_the_picture_and_its_preview_is_not_taken(wrong: int) -> None:
    preview = jpeg(SMOOTH)
    whole = with_exif_orientation(jpeg(NOISY), 6)
    length, at = int.from_bytes(whole[4:6]), 4 + int.from_bytes(whole[4:6])
    lying = whole[:4] + struct.pack(">H", length + len(preview) + wrong) + whole[6:at] + preview + whole[at:]
    np.testing.assert_array_equal(decode_jpeg(lying), decode_jpeg(whole))


def test_bytes_between_two_segments_do_no_harm() -> None:
    data = jpeg(NOISY)
    at = data.index(b"\xff\xdb")
    np.testing.assert_array_equal(decode_jpeg(data[:at] + bytes(7) + b"\xff" + data[at:]), decode_jpeg(data))


def test_looking_at_frames_loads_no_reader_of_other_formats() -> None:
    script = (
        "import sys; from pathlib import Path; from streams.faces.pictures import decode_jpeg; "
        "decode_jpeg(sys.stdin.buffer.read()); "
        "print([each for each in sys.modules if each.startswith(('pi_heif', 'PIL')) and 'Plugin' in each + 'pi_heif'])"
    )
    large = encoded(np.tile(NOISY, (4, 4, 1)), quality=95)
    done = subprocess.run([sys.executable, "-c", script], input=large, stdout=subprocess.PIPE, check=True)
    assert done.stdout == b"[]\n"


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


DRAWN = Path(__file__).parent / "pictures"
"""A drawn picture of 120 x 80: as a PNG, as a HEIC, and as a HEIC that lies on its side and says so."""


def drawn() -> Image:
    return np.asarray(cv2.imread(str(DRAWN / "drawn.png")), np.uint8)


def off(one: Image, other: Image) -> float:
    assert one.shape == other.shape
    return float(np.abs(one.astype(int) - other).mean())


@pytest.mark.parametrize("name", ["drawn.heic", "turned.heic", "drawn.png"])
def test_a_photo_of_a_telephone_is_upright_as_its_container_says(name: str) -> None:
    assert off(read_photo(DRAWN / name), drawn()) < 2


KINDS: dict[str, dict[str, Any]] = {
    "png": {}, "webp": {}, "avif": {}, "bmp": {}, "tiff": {}, "tif": {"compression": "tiff_lzw"}, "ppm": {},
    "jpg": {"subsampling": 0}, "jfif": {"subsampling": 0},
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_photo_may_be_in_any_usual_format(tmp_path: Path, kind: str) -> None:
    PIL.Image.fromarray(drawn()[..., ::-1]).save(tmp_path / f"photo.{kind}", **KINDS[kind])
    assert off(read_photo(tmp_path / f"photo.{kind}"), drawn()) < 5


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "avif", "tiff"])
def test_a_photo_of_any_format_is_upright_as_its_exif_says(tmp_path: Path, kind: str, orientation: int) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    picture = PIL.Image.fromarray(drawn()[..., ::-1])
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}.get(orientation)  # PIL.Image.Transpose
    (picture if back is None else picture.transpose(back)).save(tmp_path / f"photo.{kind}", exif=exif)
    assert off(read_photo(tmp_path / f"photo.{kind}"), drawn()) < 5


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "LA", "CMYK", "I;16"])
def test_a_photo_may_have_any_usual_pixels(tmp_path: Path, mode: str) -> None:
    grey = PIL.Image.fromarray(drawn()[..., ::-1]).convert("L")
    sixteen = PIL.Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    picture = sixteen if mode == "I;16" else PIL.Image.fromarray(drawn()[..., ::-1]).convert(mode)
    picture.save(tmp_path / "photo.tiff")
    wanted = grey if mode == "I;16" else picture.convert("RGB")
    found = read_photo(tmp_path / "photo.tiff")
    assert off(found, np.asarray(wanted.convert("RGB"))[..., ::-1]) < 1


def test_of_several_pictures_in_a_file_the_first_is_taken(tmp_path: Path) -> None:
    first, second = (PIL.Image.fromarray(each[..., ::-1]) for each in (drawn(), 255 - drawn()))
    for kind in ("webp", "png", "avif"):
        first.save(tmp_path / f"film.{kind}", save_all=True, append_images=[second])
        assert off(read_photo(tmp_path / f"film.{kind}"), drawn()) < 5
    cv2.imwritemulti(str(tmp_path / "pages.tiff"), [drawn(), 255 - drawn()])
    assert off(read_photo(tmp_path / "pages.tiff"), drawn()) == 0


@pytest.mark.parametrize("kind", ["png", "webp", "avif", "bmp", "tiff", "ppm", "heic"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_cut_photo_of_any_format_is_refused(
    tmp_path: Path, kind: str, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("PIL.ImageFile.LOAD_TRUNCATED_IMAGES", True)  # as face_recognition does when it is imported
    whole, path = tmp_path / f"whole.{kind}", tmp_path / f"cut.{kind}"
    if kind == "heic":
        whole = DRAWN / "drawn.heic"
    else:
        PIL.Image.fromarray(drawn()[..., ::-1]).save(whole)
    data = whole.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(RefusedError, match=r"truncated \w+: a part of the picture is missing\n") as refused:
        read_photo(path)
    assert refused.value.remedy == "Copy it again from where it came."


def test_a_photo_of_a_hundred_megapixels_is_taken(tmp_path: Path) -> None:
    large = np.repeat(np.repeat(drawn(), 105, 0), 100, 1)
    path = tmp_path / "telephone.jpg"
    cv2.imwrite(str(path), large)
    found = read_photo(path, 1600)
    assert found.shape == (2100, 3000, 3)
    assert off(np.asarray(cv2.resize(found, (120, 80), interpolation=cv2.INTER_AREA), np.uint8), drawn()) < 3
    assert read_photo(path).size // 3 <= MAX_PIXELS


def test_a_large_photo_of_another_format_is_read_at_a_half(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    cv2.imwrite(str(path), np.repeat(np.repeat(drawn(), 4, 0), 4, 1))
    assert read_photo(path, 200).shape == (160, 240, 3)
    assert off(read_photo(path, 120), drawn()) == 0


def test_a_raw_file_that_holds_a_preview_is_refused_by_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "raw.tif"
    PIL.Image.fromarray(drawn()).save(path, tiffinfo={0x00FE: 1})
    with pytest.raises(RefusedError, match="a camera's raw file, which Naul does not read\n  Save it as a JPEG"):
        read_photo(path)


PNG = cv2.imencode(".png", NOISY)[1].tobytes()


@pytest.mark.parametrize(
    ("data", "reason", "remedy"),
    [
        pytest.param(b"", "zero bytes", "Copy it again", id="nothing"),
        pytest.param(CAMERA[: len(CAMERA) // 2], "truncated JPEG", "Copy it again", id="a cut JPEG"),
        pytest.param(PNG[: len(PNG) // 2], "truncated PNG", "Copy it again", id="a cut PNG"),
        pytest.param(png_bomb(20_000, 9_000), "20000 x 9000 pixels", "Make it smaller", id="a PNG bomb"),
        pytest.param(b"P5 20000 9000 255\n", "20000 x 9000 pixels", "Make it smaller", id="a PGM bomb"),
        pytest.param(with_size(CAMERA, 40_000, 40_000), "40000 x 40000 pixels", "Make it smaller", id="a JPEG bomb"),
        pytest.param(
            with_size(encoded(NOISY, progressive=True, subsampling=0), 15_000, 10_000),
            "15000 x 10000 pixels",
            "Make it smaller",
            id="a progressive JPEG whose numbers fill the memory",
        ),
        pytest.param(b"P5 100 60 255\n", "truncated PGM", "Copy it again", id="a PGM without pixels"),
        pytest.param(b"\0\0\0\x18ftypheic" + bytes(99), "corrupted HEIC", "save it as a JPEG", id="no HEIC after all"),
        pytest.param(b"GIF89a" + bytes(99), "a GIF, which Naul does not read", "Save it as a JPEG", id="a GIF"),
        pytest.param(b"%PDF-1.7", "a PDF, which Naul does not read", "Save it as a JPEG", id="a PDF"),
        pytest.param(b"\0\0\0\x18ftypisom", "a video", "Save it as a JPEG", id="a video"),
        pytest.param(b"hello, world", "an unknown format", "Give a photo", id="text"),
    ],
)
def test_a_bad_photo_is_refused_by_name_reason_and_remedy(
    tmp_path: Path, data: bytes, reason: str, remedy: str
) -> None:
    path = tmp_path / "201912345.jpg"
    path.write_bytes(data)
    with pytest.raises(RefusedError, match=re.escape(f"{path}: {reason}")) as refused:
        read_photo(path)
    assert remedy in refused.value.remedy


def test_a_file_of_more_bytes_than_a_photo_has_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.jpg"
    with path.open("wb") as file:
        file.truncate(201 * 2**20)
    with pytest.raises(RefusedError, match="more than the 209,715,200 of the largest photograph\n  Make it smaller"):
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


@pytest.mark.parametrize("name", ["drawn.heic", "turned.heic", "drawn.png"])
def test_a_photo_is_the_same_from_a_file_and_from_its_bytes(name: str) -> None:
    file = Path(__file__).parent / "pictures" / name
    np.testing.assert_array_equal(photo_of(file.read_bytes()), read_photo(file))


class CountedBytes(bytes):
    """A file that counts how many bytes are searched for end markers."""

    searched = 0

    def find(self, what: Any, start: Any = 0, end: Any = None) -> int:
        found = super().find(what, start)
        CountedBytes.searched += (found if found >= 0 else len(self)) - start
        return found


@pytest.mark.parametrize(
    "junk",
    [
        pytest.param(b"\xff\xd8" * 50_000, id="beginnings of pictures that never end"),
        pytest.param(b"\xff\xe0\x00\x04\xff\xd8" * 20_000, id="segments with such a beginning"),
    ],
)
def test_a_file_is_searched_once_whatever_stands_before_its_picture(junk: bytes) -> None:
    """A frame of 4 MB of them would have kept a worker busy for hours."""
    CountedBytes.searched = 0
    with pytest.raises(UnfitPictureError):
        outline(CountedBytes(b"\xff\xd8" + junk))
    assert CountedBytes.searched < 2 * len(junk)


def test_a_picture_of_countless_scans_is_not_decoded() -> None:
    """Each has 23 bytes, and costs a pass over the whole picture."""
    data = io.BytesIO()
    PIL.Image.new("RGB", (64, 64)).save(data, "JPEG", progressive=True)
    whole = data.getvalue()
    scan = whole[whole.rfind(b"\xff\xda") : -2]
    decode_jpeg(whole)
    with pytest.raises(BadMessageError, match="more than 100 scans"):
        decode_jpeg(whole[:-2] + scan * 100 + whole[-2:])


def test_bytes_before_a_marker_are_passed_over() -> None:
    whole = jpeg(np.full((40, 40, 3), 99, np.uint8))
    assert decode_jpeg(whole[:2] + b"\xff" * 5000 + whole[2:]).shape == decode_jpeg(whole).shape
