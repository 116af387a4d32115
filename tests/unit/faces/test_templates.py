"""Photographs to templates: the right person is the nearest, and photographs that teach nothing are refused."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from schemas.errors import RefusedError
from streams.faces.engines import Engine
from streams.faces.pictures import Image, read_photo
from streams.faces.portraits import ENOUGH, sit
from streams.faces.templates import blend, cosines, inspect_photo, study, template
from streams.faces.values import Detections

pytestmark = pytest.mark.slow

Orl = Callable[[int, int], Image]


def beside(left: Image, right: Image) -> Image:
    return np.hstack([cv2.resize(each, (each.shape[1] * 112 // each.shape[0], 112)) for each in (left, right)])


def test_the_nearest_template_is_the_right_persons(engine: Engine, orl: Orl) -> None:
    people = range(1, 9 if engine.frees_gil else 5)
    templates = np.stack([template(engine, [orl(person, n) for n in (1, 2)]).vector for person in people])
    probes = np.stack(
        [inspect_photo(engine, orl(person, probe)).found.embedding for person in people for probe in (7, 9)]
    )
    scores = cosines(probes, templates)
    own = np.repeat(np.eye(len(people), dtype=bool), 2, axis=0)
    assert (scores.argmax(1) == own.argmax(1)).all()
    assert scores[own].min() > np.median(scores[~own])


def test_faces_in_the_back_of_a_hall_are_recognised(
    centerface_dlib: Engine, orl: Orl, hall: tuple[Image, list[tuple[int, int, int, int]]]
) -> None:
    frame, places = hall
    templates = np.stack(
        [template(centerface_dlib, [orl(person, 2), orl(person, 3)]).vector for person in range(1, 19)]
    )
    found = centerface_dlib.look(frame)
    scores = cosines(np.stack([each.embedding for each in found]), templates)
    right = 0
    for face, row in zip(found, scores, strict=True):
        x, y = (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2
        (seat,) = (seat for seat, (x1, y1, x2, y2) in enumerate(places) if x1 < x < x2 and y1 < y < y2)
        right += int(row.argmax() == seat)
    assert right >= 17


def test_a_template_has_unit_length_and_counts_its_photos(engine: Engine, orl: Orl) -> None:
    made = template(engine, [orl(4, 1), orl(4, 2)])
    assert made.photos == 2
    assert (made.vector.shape, made.vector.dtype) == ((128,), np.float32)
    assert np.linalg.norm(made.vector) == pytest.approx(1)


def test_the_same_photos_give_the_same_template(engine: Engine, orl: Orl) -> None:
    one, other = (template(engine, [orl(4, 1)]).vector for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_the_order_of_photos_does_not_matter(centerface_dlib: Engine, orl: Orl) -> None:
    photos = [orl(4, 1), orl(4, 2), orl(4, 5)]
    one, other = template(centerface_dlib, photos), template(centerface_dlib, photos[::-1])
    np.testing.assert_allclose(one.vector, other.vector, atol=1e-6)


def test_one_look_at_a_photo_serves_for_its_template_and_for_what_is_known_of_it(engine: Engine, orl: Orl) -> None:
    photos = [orl(4, 1), orl(4, 2)]
    studies = [study(engine, photo) for photo in photos]
    np.testing.assert_array_equal(blend([each.share for each in studies]).vector, template(engine, photos).vector)
    known = inspect_photo(engine, photos[0])
    np.testing.assert_array_equal(studies[0].portrait.found.embedding, known.found.embedding)
    assert (studies[0].portrait.width, studies[0].portrait.pose) == (known.width, known.pose)


def test_a_photo_is_searched_for_its_face_once(centerface_dlib: Engine, orl: Orl) -> None:
    searched = []
    detect = centerface_dlib.detect

    def counted(image: Image) -> Detections:
        searched.append(image.shape)
        return detect(image)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(centerface_dlib, "detect", counted)
        study(centerface_dlib, orl(4, 1))
    assert len(searched) == 1


def test_a_template_needs_a_photo(centerface_dlib: Engine) -> None:
    with pytest.raises(RefusedError, match="there is no photograph"):
        template(centerface_dlib, [])


def test_cosines_of_nobody_are_empty() -> None:
    nobody = np.empty((0, 128), np.float32)
    some = np.ones((3, 128), np.float32)
    assert cosines(nobody, some).shape == (0, 3)
    assert cosines(some, nobody).shape == (3, 0)


def test_cosines_do_not_depend_on_the_length_of_embeddings() -> None:
    rng = np.random.default_rng(0)
    faces, people = rng.normal(size=(4, 8)).astype(np.float32), rng.normal(size=(3, 8)).astype(np.float32)
    np.testing.assert_allclose(cosines(faces * 7, people), cosines(faces, people), atol=1e-6)
    np.testing.assert_allclose(np.diag(cosines(faces, faces)), 1, atol=1e-6)


# ---------------------------------------------------------------- photographs


def test_a_tight_photo_is_taken_and_measured_in_its_own_pixels(engine: Engine, orl: Orl) -> None:
    small = inspect_photo(engine, orl(6, 1))
    large = inspect_photo(engine, cv2.resize(orl(6, 1), None, fx=12, fy=12, interpolation=cv2.INTER_CUBIC))
    assert 60 < small.width < 95
    assert large.width == pytest.approx(12 * small.width, rel=0.15)
    assert np.allclose(np.array(large.found.box) / 12, small.found.box, atol=10)
    assert cosines(large.found.embedding[None], small.found.embedding[None]) > 0.9
    assert small.others == 0


@pytest.mark.parametrize(
    "margin", [pytest.param(0, id="the head fills it"), pytest.param(1400, id="a third of its width")]
)
def test_a_telephones_photo_read_at_half_gives_the_same_face(
    centerface_dlib: Engine, orl: Orl, tmp_path: Path, margin: int
) -> None:
    head = cv2.resize(orl(6, 1), (1500, 1826), interpolation=cv2.INTER_CUBIC)
    photo = cv2.copyMakeBorder(head, margin, 1400, margin, margin, cv2.BORDER_REPLICATE)
    cv2.imwrite(str(tmp_path / "phone.jpg"), photo)
    whole, half = (study(centerface_dlib, read_photo(tmp_path / "phone.jpg", each)) for each in (9999, ENOUGH))
    assert cosines(half.portrait.found.embedding[None], whole.portrait.found.embedding[None]) > 0.999
    assert half.portrait.width == pytest.approx(whole.portrait.width / 2, rel=0.02)
    assert half.portrait.sharpness == pytest.approx(whole.portrait.sharpness, rel=0.1)


def test_a_small_face_in_a_large_photo_is_embedded_in_all_its_detail(centerface_dlib: Engine, orl: Orl) -> None:
    photo = cv2.copyMakeBorder(orl(6, 1), 700, 500, 900, 400, cv2.BORDER_REPLICATE)
    small, alone = inspect_photo(centerface_dlib, photo), inspect_photo(centerface_dlib, orl(6, 1))
    assert np.allclose(np.array(small.found.box) - (900, 700, 900, 700), alone.found.box, atol=10)
    seen = sit(centerface_dlib, photo)
    assert max(seen.image.shape) < 500
    assert np.allclose(seen.face_in_photo.boxes[0], small.found.box, atol=0.01)
    assert cosines(small.found.embedding[None], alone.found.embedding[None]) > 0.97


def test_a_photo_without_a_face_is_refused(engine: Engine) -> None:
    rng = np.random.default_rng(0)
    wall = cv2.GaussianBlur(rng.integers(0, 255, (300, 200, 3), np.uint8), (0, 0), 5)
    with pytest.raises(RefusedError, match="no face was found"):
        inspect_photo(engine, wall)


def test_a_photo_of_two_people_is_refused(engine: Engine, orl: Orl) -> None:
    with pytest.raises(RefusedError, match="2 faces of similar size were found"):
        inspect_photo(engine, beside(orl(1, 1), orl(2, 1)))


def test_somebody_small_behind_is_no_reason_to_refuse(centerface_dlib: Engine, orl: Orl) -> None:
    photo = cv2.copyMakeBorder(orl(1, 1), 20, 20, 20, 60, cv2.BORDER_REPLICATE)
    photo[10:55, 122:159] = cv2.resize(orl(2, 1), (37, 45), interpolation=cv2.INTER_AREA)
    taken = inspect_photo(centerface_dlib, photo)
    assert taken.others == 1
    assert taken.width > 60


@pytest.mark.parametrize(
    ("left", "taken"),
    [
        pytest.param(100, True, id="the larger face holds the middle"),
        pytest.param(5, False, id="neither face holds the middle"),
    ],
)
def test_a_face_of_two_thirds_the_width_counts_unless_the_larger_holds_the_middle(
    centerface_dlib: Engine, orl: Orl, left: int, taken: bool
) -> None:
    photo = cv2.copyMakeBorder(orl(1, 1), 20, 20, left, 100, cv2.BORDER_REPLICATE)
    other = cv2.resize(orl(2, 1), None, fx=0.67, fy=0.67, interpolation=cv2.INTER_AREA)
    photo[40 : 40 + other.shape[0], -other.shape[1] - 5 : -5] = other
    if taken:
        assert inspect_photo(centerface_dlib, photo).others == 1
    else:
        with pytest.raises(RefusedError, match="2 faces of similar size"):
            inspect_photo(centerface_dlib, photo)


def test_a_face_that_is_too_small_is_refused_with_the_width_that_is_needed(centerface_dlib: Engine, orl: Orl) -> None:
    photo = cv2.copyMakeBorder(cv2.resize(orl(1, 1), (46, 56)), 80, 80, 80, 80, cv2.BORDER_REPLICATE)
    with pytest.raises(RefusedError, match=r"the face is 3\d pixels wide, too small\n  At least 40"):
        inspect_photo(centerface_dlib, photo)


def test_a_blurred_face_is_refused(centerface_dlib: Engine, orl: Orl) -> None:
    large = cv2.resize(orl(11, 1), None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    with pytest.raises(RefusedError, match="the face is too blurred"):
        inspect_photo(centerface_dlib, cv2.GaussianBlur(large, (0, 0), 9))
