"""Pictures that are held up: who is asked about, and that nothing else comes of it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.faces.frame_view import REGIONS, THUMBNAIL
from streams.judgement import held_up
from streams.judgement.doubts import REASONS
from streams.judgement.hall import Hall
from streams.judgement.observations import Facts
from streams.judgement.places import Place
from tests.lecture import Lecture

NEVER_MOVED, INSIDE = REASONS["never_moved"], REASONS["inside_frame"]

STUDENT = 5


def changed(facts, change):
    """Return facts with every observation changed, each with its number."""
    new = Facts()
    for number, seen in enumerate(facts.observations):
        new = new.with_(change(number, seen))
    return new


def at_seat(room, seen, student):
    """Return the row of the face at a student's seat, a list of one or none."""
    x, y, width = room.seat(student)
    middles = (seen.boxes[:, :2] + seen.boxes[:, 2:]) / 2
    return np.flatnonzero(np.hypot(*(middles - (x, y)).T) < 0.8 * width)[:1].tolist()


def nailed(room, facts, student, jitter=0.003):
    """Return facts in which the face at a student's seat moves by the noise of the detector only, in face widths."""
    rng = np.random.default_rng(1)
    x, y, width = room.seat(student)

    def change(_, seen):
        boxes = seen.boxes.copy()
        for row in at_seat(room, seen, student):
            still = np.array([x - width / 2, y - width * 0.6, x + width / 2, y + width * 0.6])
            boxes[row] = still + rng.normal(0, jitter * width, 4)
        return replace(seen, boxes=boxes)

    return changed(facts, change)


def framing(room, facts, student, share):
    """Return facts in which the face at a student's seat is inside a rectangle in this part of the frames."""
    return changed(
        facts,
        lambda number, seen: replace(
            seen, framed=tuple(at_seat(room, seen, student)) if (number * 7 % 10) < 10 * share else ()
        ),
    )


def asked(room, judged):
    return {name: each.reason for name, each in judged.students.items() if each.review}


# ---------------------------------------------------------------- a face that never moves


def test_a_face_that_never_moves_is_asked_about_and_stays_present(lecture):
    room = lecture()
    judged = room.judge(nailed(room, room.film(), STUDENT))
    assert asked(room, judged) == {room.names[STUDENT]: NEVER_MOVED}
    assert judged.students[room.names[STUDENT]].verdict == "present"


def test_people_who_sway_are_not(lecture):
    room = lecture()
    assert asked(room, room.judge(room.film())) == {}


@pytest.mark.parametrize(("minutes", "expected"), [(4, False), (6, True)])
def test_a_moment_of_stillness_is_nothing(lecture, minutes, expected):
    room = lecture(hidden=0)
    facts = nailed(room, room.film({STUDENT: [(10, 10 + minutes)]}), STUDENT)
    reason = room.judge(facts).students[room.names[STUDENT]].reason
    assert (NEVER_MOVED in reason) == expected


@pytest.mark.parametrize(("jitter", "expected"), [(0.007, True), (0.03, False)])
def test_how_still_a_picture_is(lecture, jitter, expected):
    room = lecture()
    judged = room.judge(nailed(room, room.film(), STUDENT, jitter))
    assert bool(asked(room, judged)) == expected


def seated(still, shaking, count=60):
    """Return a hall of so many people in thirty frames, and their places; the first is a picture if still.

    shaking: of the camera, in face widths.
    """
    rng = np.random.default_rng(2)
    times, width = np.arange(0, 600, 20.0), 0.05
    sway = np.array([0.1, 0.04]) * np.sin(
        times[:, None, None] / rng.uniform(10, 100, (count, 2)) + rng.uniform(0, 6, (count, 2))
    )
    sway[:, 0] *= not still
    middles = rng.uniform(0.1, 0.9, (count, 2)) + width * (sway + rng.normal(0, shaking, (len(times), 1, 2)))
    faces = np.dstack([middles, width * (1 + rng.normal(0, 0.005, (len(times), count)))])
    rows = np.arange(faces[..., 0].size).reshape(-1, count)
    hall = Hall(
        frames=(),
        camera_of=np.zeros(len(times), np.intp),
        view_of=np.zeros(len(times), np.intp),
        times=times,
        compared=np.ones((len(times), count), bool),
        frame=np.repeat(np.arange(len(times)), count),
        places=faces.reshape(-1, 3),
        has_look=np.ones(rows.size, bool),
        cosines=np.zeros((rows.size, count), np.float32),
    )
    return hall, [Place(0, *np.median(faces[:, each], axis=0), rows[:, each]) for each in range(count)]


@pytest.mark.parametrize("still", [True, False])
@pytest.mark.parametrize("shaking", [0.0, 0.03, 0.3])
def test_a_camera_that_shakes_neither_hides_a_picture_nor_makes_one(still, shaking):
    hall, places = seated(still, shaking)
    shift = held_up.shake(hall, places)
    told = [held_up.never_moved(hall, [place], shift) for place in places]
    assert told == [still] + [False] * 59


def test_what_few_faces_do_is_not_taken_for_a_shaking_camera():
    """Of one or two people the middle is what they do themselves: they would all seem still."""
    hall, places = seated(still=False, shaking=0.0, count=2)
    assert not held_up.shake(hall, places).any()


# ---------------------------------------------------------------- a picture that is sent again


def thumbnails(facts, noise):
    """Return facts with thumbnails, those of the middle third the same but for noise, grey values at most."""
    rng, scene = np.random.default_rng(3), np.random.default_rng(4).integers(20, 200, THUMBNAIL)
    third = len(facts.observations) // 3

    def change(number, seen):
        picture = scene + rng.integers(-noise, noise + 1, THUMBNAIL)
        if not third <= number < 2 * third:
            picture[number % 30, 5:9] += 30  # somebody moved
        return replace(seen, thumbnail=picture.astype(np.uint8), detail=np.full(REGIONS, 40, np.uint8))

    return changed(facts, change), third


@pytest.mark.parametrize(("noise", "expected"), [(0, True), (1, True), (8, False)])
def test_a_frozen_picture_counts_once_whatever_its_noise(lecture, noise, expected):
    facts, third = thumbnails(lecture().film(), noise)
    fresh = held_up.fresh(facts.observations)
    assert len(facts.observations) - len(fresh) == (third - 1) * expected


def test_a_frame_covers_nothing_once_it_is_repeated(lecture):
    facts, third = thumbnails(lecture().film(), 0)
    taken = facts.observations
    fresh = held_up.fresh(taken)
    until = held_up.repeated_from(fresh, taken)
    assert np.isfinite(until).sum() == 1
    assert until[third] == taken[third + 1].captured_at


def test_an_empty_hall_may_be_still(lecture):
    facts, _ = thumbnails(lecture().film({n: [] for n in range(12)}), 0)
    assert len(held_up.fresh(facts.observations)) == len(facts.observations)


# ---------------------------------------------------------------- a face inside a rectangle


@pytest.mark.parametrize(("share", "expected"), [(0.2, False), (0.4, False), (0.7, True), (1.0, True)])
def test_a_face_that_is_mostly_inside_a_rectangle_is_asked_about(lecture, share, expected):
    room = lecture()
    judged = room.judge(framing(room, room.film(), STUDENT, share))
    assert asked(room, judged) == ({room.names[STUDENT]: INSIDE} if expected else {})


def test_four_sightings_inside_one_are_too_few(lecture):
    room = lecture(hidden=0)
    facts = framing(room, room.film({STUDENT: [(40, 41.2)]}), STUDENT, 1)
    assert INSIDE not in room.judge(facts).students[room.names[STUDENT]].reason


def test_all_that_is_in_doubt_is_told(lecture):
    room = lecture(hidden=0)
    facts = framing(room, nailed(room, room.film(dark=[(0, 15)]), STUDENT), STUDENT, 1)
    reason = room.judge(facts).students[room.names[STUDENT]].reason
    assert reason == f"may have come in time, while nothing was covered; {NEVER_MOVED}; {INSIDE}"


# ---------------------------------------------------------------- the same picture twice


def pictured(facts, name):
    """Return facts whose frames have digests; name: of the number of a frame."""
    return changed(facts, lambda number, seen: replace(seen, picture=name(number)))


def test_a_frozen_camera_covers_nothing(lecture):
    """It hangs after ten minutes."""
    room = lecture()
    facts = pictured(room.film({STUDENT: []}), lambda number: bytes([min(number, 30)]))
    judged = room.judge(facts)
    assert (judged.frames, judged.repeated) == (31, 119)
    assert judged.seconds_covered == pytest.approx(31 * 20, abs=21)
    assert judged.students[room.names[STUDENT]].verdict == "unobserved"
    assert not any(each.absences for each in judged.students.values())


def test_a_recording_that_is_played_again_seats_nobody_longer(lecture):
    room = lecture(hidden=0)
    judged = room.judge(pictured(room.film(), lambda number: bytes([number % 45])))
    assert max(each.seconds_present for each in judged.students.values()) == pytest.approx(45 * 20, abs=21)


def test_two_cameras_may_show_the_same_picture(lecture):
    """As of a test pattern; what each of them shows is its own."""
    room = lecture(minutes=5)
    facts = pictured(room.film(cameras=["left", "right"]), lambda number: bytes([number // 2]))
    assert room.judge(facts).repeated == 0


def test_frames_whose_digest_is_not_known_all_count(lecture):
    room = lecture(minutes=5)
    judged = room.judge(room.film())
    assert (judged.frames, judged.repeated) == (15, 0)


# ---------------------------------------------------------------- it only asks


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 3),
    still=st.sets(st.integers(0, 11), max_size=12),
    framed=st.sets(st.integers(0, 11), max_size=12),
    there=st.sampled_from([[(0, 50)], [(15, 50)], [(0, 30)], [(0, 20), (30, 50)]]),
)
def test_no_verdict_and_no_time_changes(seed, still, framed, there):
    room = Lecture(seed=seed, every=40)
    facts = room.film({STUDENT: there})
    for student in still:
        facts = nailed(room, facts, student)
    with_doubts = changed(
        facts,
        lambda _, seen: replace(seen, framed=tuple(row for one in framed for row in at_seat(room, seen, one))),
    )
    judged = room.judge(with_doubts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(held_up, "doubts", lambda *_, **__: ())
        plain = room.judge(with_doubts)
    for name, one in judged.students.items():
        without = plain.students[name]
        assert replace(one, review=False, reason="", doubts=()) == replace(without, review=False, reason="", doubts=())
        assert one.review >= without.review
        assert one.reason.startswith(without.reason)
    assert judged.covered == plain.covered
    assert asked(room, judged).keys() >= {
        room.names[each] for each in framed if plain.students[room.names[each]].arrived_at
    }
