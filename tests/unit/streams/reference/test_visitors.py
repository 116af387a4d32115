"""Who is enrolled and not on the roster is compared too: the matrix, the nearest, and what a frame then says."""

from datetime import UTC, datetime

import numpy as np
import pytest

from schemas.frames import FrameHeaders
from schemas.messages import Candidate, Enrollment, EnrollmentTemplate, FrameRef, Observation, decode, encode
from streams.attend.facts import seen
from streams.faces.template_cipher import TemplateCipher
from streams.faces.values import Found
from streams.recognise.engine_runner import FrameFaces
from streams.recognise.nearest_visitor import nearest
from streams.recognise.observing import HourGallery, observe
from streams.reference.reference_data import Candidates
from streams.reference.visitors import NO_VISITORS, Opened, Register, Visitors
from tests.lecture import CALIBRATION, Lecture
from tests.unit.streams.paper import NINE, class_hour

ROOM = Lecture(size=30, seed=4)
PHOTOS = [1 + place % 2 for place in range(30)]
OTHER = int((ROOM.identities @ ROOM.templates[9]).argmin())
"""Who is least like student 9."""


def enrolled(place: int) -> Enrollment:
    mine = EnrollmentTemplate(engine="e", photos=PHOTOS[place], sealed=b"%d" % place)
    return Enrollment(
        student_id=ROOM.names[place], version=1, enrolled_at=NINE, consent_on_file=True, templates=(mine,)
    )


class Opening:
    """Counts what is opened."""

    def __init__(self) -> None:
        self.opened: list[str] = []

    def __call__(self, enrollment: Enrollment) -> Opened | None:
        self.opened.append(enrollment.student_id)
        place = int(enrollment.templates[0].sealed)
        return None if place == 7 else (ROOM.templates[place], PHOTOS[place])


@pytest.fixture
def opening() -> Opening:
    return Opening()


@pytest.fixture
def register(opening: Opening) -> Register:
    made = Register(opening)
    made.catch_up({ROOM.names[place]: enrolled(place) for place in range(30)})
    return made


def visitors_of(register: Register, *roster: int) -> Visitors:
    rows = sorted(register.everybody.rows[ROOM.names[place]] for place in roster)
    return Visitors(register.everybody, np.array(rows, np.intp))


def content(register: Register) -> dict[str, tuple[list[float], int]]:
    everybody = register.everybody
    return {
        name: (everybody.templates[row].tolist(), int(everybody.photos[row])) for name, row in everybody.rows.items()
    }


def test_everybody_whose_template_opens_has_a_row(register: Register) -> None:
    assert content(register) == {
        ROOM.names[place]: (ROOM.templates[place].tolist(), PHOTOS[place]) for place in range(30) if place != 7
    }


def test_only_who_changed_is_opened_again(register: Register, opening: Opening) -> None:
    enrollments = dict(register._taken)
    before, shown = content(register), register.everybody.templates.copy()
    old = register.everybody
    opening.opened.clear()
    del enrollments[ROOM.names[3]]
    enrollments[ROOM.names[5]] = enrolled(5)
    register.catch_up(enrollments)
    assert opening.opened == [ROOM.names[5]]
    assert content(register) == {name: known for name, known in before.items() if name != ROOM.names[3]}
    np.testing.assert_array_equal(old.templates, shown, "whoever still compares with it is not disturbed")
    register.catch_up(enrollments)
    assert opening.opened == [ROOM.names[5]]


def test_when_all_are_erased_nobody_is_left(register: Register) -> None:
    register.catch_up({})
    assert register.everybody.students == ()
    assert nearest(np.ones((2, 128), np.float32), Visitors(register.everybody, np.zeros(0, np.intp)), CALIBRATION)[
        3
    ].tolist() == [False, False]


@pytest.mark.parametrize("roster", [(), (0, 1, 2), tuple(each for each in range(30) if each not in (4, 7))])
def test_the_nearest_is_the_best_of_all_who_are_not_on_the_roster(register: Register, roster: tuple[int, ...]) -> None:
    looks = ROOM.look(ROOM.identities).astype(np.float32)
    others = [place for place in range(30) if place not in (7, *roster)]
    cosines = (looks / np.linalg.norm(looks, axis=1, keepdims=True)) @ ROOM.templates[others].T
    llr = CALIBRATION.llr((cosines - CALIBRATION.center) / CALIBRATION.spread, 1, np.array(PHOTOS)[others])
    found = nearest(looks, visitors_of(register, *roster), CALIBRATION)
    names = [register.everybody.students[row] for row in found.row]
    assert names == [ROOM.names[others[best]] for best in llr.argmax(axis=1)]
    np.testing.assert_allclose(found.cosine, cosines[np.arange(30), llr.argmax(axis=1)], rtol=1e-5)
    np.testing.assert_allclose(found.llr[found.likely], llr.max(axis=1)[found.likely], rtol=1e-3, atol=1e-3)


def test_only_visitors_are_known(register: Register) -> None:
    known = visitors_of(register, 0, 1).known([ROOM.names[place] for place in (0, 2, 7)] + ["nobody"])
    assert list(known) == [ROOM.names[2]]
    assert known[ROOM.names[2]][1] == PHOTOS[2]
    assert NO_VISITORS.known(["nobody"]) == {}


def observed(register: Register, *, visitors: Visitors) -> tuple[Observation, TemplateCipher]:
    """Return what a frame of the hour of student 9 says that shows the other and him."""
    cipher, own = TemplateCipher(b"k" * 32), ROOM.identities[[OTHER, 9]] * 1.4
    look = FrameFaces(
        1280,
        720,
        [Found(box=(0, 0, 40, 50), score=0.9, embedding=each.astype(np.float32)) for each in own],
    )
    headers = FrameHeaders(
        hall="E101", camera="front", captured_at=datetime(2026, 3, 9, 0, 1, tzinfo=UTC), live=True, sequence=1
    )
    candidates = Candidates((Candidate(student_id=ROOM.names[9], version=1),), ROOM.templates[[9]], np.array([2]))
    return (
        observe(
            headers,
            FrameRef(topic="t", partition=0, offset=0),
            look,
            HourGallery(class_hour(1), candidates, cipher, visitors),
            engine="e",
            calibration=CALIBRATION,
        ),
        cipher,
    )


def test_a_frame_says_who_else_a_face_may_be_and_of_how_many(register: Register) -> None:
    said, cipher = observed(register, visitors=visitors_of(register, 9))
    visitor = said.faces[0].visitor
    assert visitor is not None
    assert (said.visitors, visitor.student_id) == (28, ROOM.names[OTHER])
    value = encode(said)
    judged = seen(decode(value, Observation), value, cipher=lambda: cipher)
    assert (judged.visitors, judged.visits[0]) == (28, (0, ROOM.names[OTHER], visitor.cosine))


def test_a_face_that_is_a_visitors_alone_leaves_no_look(register: Register) -> None:
    said, _ = observed(register, visitors=visitors_of(register, 9))
    assert [face.look is not None for face in said.faces] == [False, True]
    assert [face.student for face in said.faces] == [None, ROOM.names[9]]
