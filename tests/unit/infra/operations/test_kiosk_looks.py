"""What a kiosk's pictures show, and why a bad one is not taken, whatever somebody sends."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest

from infra.operations.kiosk.kiosk_looks import PHOTO, SMALL_PICTURE, look, portrait_of
from infra.operations.kiosk.kiosk_texts import AT_KIOSK, kiosk_text
from streams.faces.engines import Engine, load_engine
from streams.faces.pictures import Image, read_photo
from streams.faces.unfit_pictures import UNFIT, Unfit, UnfitPictureError
from tests.held_up import Held, hold_before
from tests.unit.faces.test_pictures import jpeg, png_bomb, with_exif_orientation, with_size

PICTURES = Path(__file__).parents[2] / "faces" / "pictures"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine("centerface-dlib")


@pytest.fixture(scope="module")
def orl() -> Callable[[int, int], Image]:
    """Picture 1 to 10 of person 1 to 40, large enough for a kiosk."""
    from producers.simulated_hall.actors import people_of

    people = people_of("orl")

    def read(person: int, picture: int) -> Image:
        image = read_photo(people.pictures(f"s{person}")[picture - 1])
        return cv2.resize(image, None, fx=1.7, fy=1.7, interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]

    return read


def before(*faces: Image, height: int = 256, width: int = 320) -> Image:
    """A kiosk's picture of a plain wall with faces side by side."""
    row = np.hstack([cv2.resize(each, faces[0].shape[1::-1]) for each in faces])
    y, x = height - row.shape[0], width - row.shape[1]
    return cv2.copyMakeBorder(row, y // 2, y - y // 2, x // 2, x - x // 2, cv2.BORDER_REPLICATE)  # type: ignore[return-value]


def saved(image: Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    PIL.Image.fromarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)).save(file, kind, **options)
    return file.getvalue()


def why(engine: Engine, photo: bytes) -> Unfit:
    with pytest.raises(UnfitPictureError) as refused:
        portrait_of(engine, photo)
    return refused.value.unfit


def test_a_face_is_where_it_is_and_looks_ahead(engine: Engine, orl: Callable[[int, int], Image]) -> None:
    picture = before(orl(1, 1))
    seen = look(engine, jpeg(picture))
    assert seen.reason is None
    assert seen.face
    x1, y1, x2, y2 = seen.face.box
    assert 0.25 < x1 < 0.45 < 0.55 < x2 < 0.75
    assert 0 < y1 < 0.4 < 0.6 < y2 < 1
    assert abs(seen.face.yaw) < 15
    assert seen.face.embedding.shape == (engine.dimension,)


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_a_larger_picture_shows_the_same(engine: Engine, orl: Callable[[int, int], Image], scale: int) -> None:
    picture = before(orl(2, 1))
    large = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    one, other = look(engine, jpeg(picture)), look(engine, jpeg(large))  # type: ignore[arg-type]
    assert one.face
    assert other.face
    assert one.face.box == pytest.approx(other.face.box, abs=0.02)
    assert one.face.yaw == pytest.approx(other.face.yaw, abs=4)


def test_the_side_is_the_persons_own(engine: Engine, orl: Callable[[int, int], Image]) -> None:
    picture = before(orl(1, 4))
    seen, mirrored = look(engine, jpeg(picture)), look(engine, jpeg(cv2.flip(picture, 1)))
    assert seen.face
    assert mirrored.face
    assert abs(seen.face.yaw) > 8
    assert seen.face.yaw * mirrored.face.yaw < 0
    nose, eyes = seen.face.landmarks[2], seen.face.landmarks[:2].mean(axis=0)
    assert (nose[0] > eyes[0]) == (seen.face.yaw > 0)  # his left is right in the picture


def test_what_is_wrong_with_a_look_is_told(engine: Engine, orl: Callable[[int, int], Image]) -> None:
    face = orl(3, 1)
    small = before(cv2.resize(face, None, fx=0.35, fy=0.35, interpolation=cv2.INTER_AREA))  # type: ignore[arg-type]
    three = before(*(cv2.resize(orl(person, 1), (100, 120)) for person in (1, 2, 3)))  # type: ignore[arg-type]
    at_edge = before(face)[:, 150:]
    pictures = {
        "no_face": np.full((256, 320, 3), 120, np.uint8),
        "faces": three,
        "small_face": small,
        "blurred": cv2.GaussianBlur(before(face), (0, 0), 9),
        "dark": (before(face) * 0.12).astype(np.uint8),
        "edge": at_edge,
    }
    said = {name: look(engine, jpeg(picture)).reason for name, picture in pictures.items()}  # type: ignore[arg-type]
    assert {name: each.cause if each else None for name, each in said.items()} == {name: name for name in pictures}


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"hello", b"\xff\xd8\xff", bytes(2 * 2**20)])
def test_a_look_at_what_is_no_picture_is_an_answer(engine: Engine, data: bytes) -> None:
    seen = look(engine, data)
    assert seen.reason
    assert seen.face is None


def test_a_held_up_picture_is_looked_at_like_any_other(engine: Engine, orl: Callable[[int, int], Image]) -> None:
    wall = np.full((256, 320, 3), 200, np.uint8)
    held = hold_before(wall, orl(4, 1), 128, Held(20, 0, 0, 110), 160, 128)
    seen = look(engine, jpeg(held))
    assert seen.face
    assert seen.face.framed


# ---------------------------------------------------------------- the photo


def test_a_photo_is_taken_in_every_format_that_telephones_send(
    engine: Engine, orl: Callable[[int, int], Image]
) -> None:
    picture = before(orl(5, 1))
    photos = [jpeg(picture, quality=95), saved(picture, "PNG"), saved(picture, "WEBP"), saved(picture, "AVIF")]
    found = [portrait_of(engine, each).found.box for each in photos]
    assert all(each == pytest.approx(found[0], abs=6) for each in found)


def test_a_heic_is_read(engine: Engine) -> None:
    assert why(engine, (PICTURES / "drawn.heic").read_bytes()).cause == "no_face"


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_photo_that_exif_turns_is_taken_upright(
    engine: Engine, orl: Callable[[int, int], Image], orientation: int
) -> None:
    picture = before(orl(6, 1))
    back = {3: cv2.ROTATE_180, 6: cv2.ROTATE_90_COUNTERCLOCKWISE, 8: cv2.ROTATE_90_CLOCKWISE}[orientation]
    stored = with_exif_orientation(jpeg(cv2.rotate(picture, back)), orientation)
    assert portrait_of(engine, stored).found.box == pytest.approx(portrait_of(engine, jpeg(picture)).found.box, abs=8)


def test_files_that_are_no_photo_are_told_apart(engine: Engine, orl: Callable[[int, int], Image]) -> None:
    picture = before(orl(7, 1))
    whole = jpeg(picture)
    frames = [PIL.Image.fromarray(np.full((64, 64, 3), grey, np.uint8)) for grey in (10, 200)]

    def film(kind: str) -> bytes:
        file = io.BytesIO()
        frames[0].save(file, kind, save_all=True, append_images=frames[1:])
        return file.getvalue()

    files = {
        "empty": (b"",),
        "bytes": (whole + bytes(40 * 2**20), bytes(PHOTO.size + 1)),
        "format": (b"%PDF-1.7\n" + bytes(99), film("GIF")),
        "no_picture": (b"hello, I am a text", b"PK\x03\x04" + bytes(99)),
        "truncated": (whole[: len(whole) // 2], saved(picture, "PNG")[:2000]),
        "animated": (film("PNG"), film("WEBP"), film("AVIF")),
        "pixels": (with_size(whole, 60_000, 60_000), png_bomb(50_000, 50_000), with_size(whole, 10_000, 9_000)),
    }
    said = {name: {why(engine, each).cause for each in those} for name, those in files.items()}
    assert said == {name: {name} for name in files}


def test_what_is_wrong_with_a_photo_is_told(engine: Engine, orl: Callable[[int, int], Image]) -> None:
    face = orl(8, 1)
    pictures = {
        "no_face": np.full((480, 640, 3), 120, np.uint8),
        "faces": before(*(orl(person, 1) for person in (1, 2, 3)), height=480, width=640),
        "small_face": before(cv2.resize(face, (30, 37)), height=400, width=500),  # type: ignore[arg-type]
        "blurred": cv2.GaussianBlur(before(face), (0, 0), 6),
        "dark": (before(face) * 0.12).astype(np.uint8),
    }
    said = {name: why(engine, jpeg(picture)).cause for name, picture in pictures.items()}  # type: ignore[arg-type]
    assert said == {name: name for name in pictures}


# ---------------------------------------------------------------- in words

VALUES = {
    "found": "a PDF", "size": 10**9, "most": 2e8, "width": 30.0, "height": 4000, "millions": 200.0, "kind": "PNG",
    "detail": "no end", "remedy": "Try again.", "count": 3, "least": 40.0, "sharpness": 0.01, "name": "1.jpg",
    "bright": 40.0, "degrees": 31.0, "hall": "E101", "seconds": 12,
}  # fmt: skip


@pytest.mark.parametrize("cause", [*AT_KIOSK, *(each for each in UNFIT if each != "other")])
def test_every_reason_is_said_in_both_languages(cause: str) -> None:
    english, korean = (kiosk_text(language, Unfit(cause, VALUES)) for language in ("en", "ko"))  # type: ignore[arg-type]
    assert english.isascii()
    assert any("가" <= each <= "힣" for each in korean)
    for said in (english, korean):
        assert said.endswith(".")
        assert "{" not in said
        assert ".." not in said


def test_a_browser_cannot_send_what_a_telephone_can() -> None:
    assert SMALL_PICTURE.size < PHOTO.size
