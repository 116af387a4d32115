"""Faces found in regions, each at its own scale, are the faces of the frame."""

import cv2
import numpy as np
import pytest

from streams.faces.engines import Engine
from streams.faces.pictures import Image
from streams.faces.regional_detection import detect_in
from streams.faces.regions import Region, work
from streams.faces.values import Detections

pytestmark = pytest.mark.slow

Box = tuple[int, int, int, int]


def whites(image: Image) -> Detections:
    """A detector of white rectangles on black: boxes of connected parts, the larger the surer."""
    _, _, stats, _ = cv2.connectedComponentsWithStats((image[..., 0] > 127).astype(np.uint8))
    boxes = np.array([(x, y, x + w, y + h) for x, y, w, h, _ in stats[1:]], np.float32).reshape(-1, 4)
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    order = np.argsort(-area)
    centres = np.repeat((boxes[:, None, :2] + boxes[:, None, 2:]) / 2, 5, axis=1)
    return Detections(boxes, (area / (area.max(initial=1) + 1)).astype(np.float32), centres).only(*order)


def picture(*boxes: Box) -> Image:
    image = np.zeros((400, 600, 3), np.uint8)
    for x1, y1, x2, y2 in boxes:
        image[y1:y2, x1:x2] = 255
    return image


def found(image: Image, *regions: Region) -> list[tuple[float, ...]]:
    faces = detect_in(whites, image, regions)
    np.testing.assert_allclose(faces.landmarks[:, 0], (faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2, atol=0.01)
    return sorted(tuple(round(float(each)) for each in box) for box in faces.boxes)


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_what_a_region_shows_comes_back_in_pixels_of_the_frame(scale: float) -> None:
    assert found(picture((100, 60, 140, 100)), Region(80, 40, 240, 200, scale)) == [(100, 60, 140, 100)]


def test_a_face_that_two_regions_show_is_found_once() -> None:
    image = picture((100, 100, 140, 140))
    assert found(image, Region(0, 0, 600, 200, 1.0), Region(0, 60, 600, 400, 0.5)) == [(100, 100, 140, 140)]


def test_a_face_that_a_border_cuts_is_taken_from_the_region_that_shows_it_whole() -> None:
    image = picture((100, 180, 140, 230))
    assert found(image, Region(0, 0, 600, 210, 1.0), Region(0, 160, 600, 400, 1.0)) == [(100, 180, 140, 230)]


def test_a_face_that_the_frame_itself_cuts_is_kept() -> None:
    image = picture((0, 100, 20, 140), (560, 360, 600, 400))
    assert len(found(image, Region(0, 0, 600, 400, 1.0))) == 2


def test_nothing_outside_of_the_regions_is_found() -> None:
    image = picture((100, 100, 140, 140), (300, 300, 340, 340))
    assert found(image, Region(0, 0, 600, 200, 1.0)) == [(100, 100, 140, 140)]


def test_work_is_told_in_frames() -> None:
    assert work((), 600, 400) == 1
    assert work((Region(0, 0, 600, 200, 1.0), Region(0, 200, 600, 400, 0.5)), 600, 400) == pytest.approx(0.625)


def test_faces_of_people_are_found_and_embedded_alike(centerface_dlib: Engine, hall: tuple[Image, list[Box]]) -> None:
    frame, places = hall
    regions = (Region(0, 20, 1280, 120, 0.8), Region(0, 200, 1280, 360, 0.6), Region(0, 400, 1280, 620, 0.4))
    plain, profiled = centerface_dlib.look(frame), centerface_dlib.look(frame, regions)
    assert work(regions, 1280, 720) < 0.3
    assert len(plain) == len(profiled) == len(places)
    by_place = [sorted(faces, key=lambda each: (round(each.box[1] / 150), each.box[0])) for faces in (plain, profiled)]
    for one, other in zip(*by_place, strict=True):
        assert np.allclose(one.box, other.box, atol=0.15 * (one.box[2] - one.box[0]))
        a, b = one.embedding, other.embedding
        assert a @ b / np.linalg.norm(a) / np.linalg.norm(b) > 0.97
