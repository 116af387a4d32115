"""A class hour as a whole: twelve students on their seats, heads down a third of the time, a frame every 20 s."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.settings import Policy
from streams.judgement.observations import Facts, Marked
from tests.lecture import START, Guest, Lecture

SOMEBODY = 5


def of(room, judged, student=SOMEBODY):
    return judged.students[room.names[student]]


def verdicts(room, judged):
    return [judged.students[name].verdict for name in room.names]


@pytest.mark.parametrize(
    ("there", "dark", "verdict", "review"),
    [
        pytest.param([(0, 50)], [], "present", False, id="there all the time is present"),
        pytest.param([], [], "absent", False, id="never there is absent"),
        pytest.param([(15, 50)], [], "late", False, id="coming after a quarter of an hour is late"),
        pytest.param([(0, 30)], [], "left_early", False, id="gone twenty minutes before the end is leaving early"),
        pytest.param([(15, 30)], [], "late", False, id="late and gone early is late"),
        pytest.param([(0, 20), (30, 50)], [], "present", False, id="away and back is present"),
        pytest.param([], [(10, 45)], "unobserved", True, id="never seen by a camera that was dark is unobserved"),
        pytest.param([(0, 50)], [(10, 45)], "present", False, id="seen before and after an outage is present"),
        pytest.param([(0, 46)], [(20, 45)], "present", False, id="an outage makes nobody leave"),
        pytest.param([(0, 50)], [(0, 15)], "present", True, id="an outage makes nobody late: a person decides"),
        pytest.param([(0, 30)], [(30, 43)], "present", True, id="an outage makes nobody leave early"),
        pytest.param([(0, 20)], [(22, 34)], "left_early", False, id="who is not back after an outage has left"),
    ],
)
def test_the_verdict(lecture, there, dark, verdict, review):
    room = lecture()
    judged = room.judge(room.film({SOMEBODY: there}, dark=dark))
    assert (of(room, judged).verdict, of(room, judged).review) == (verdict, review)


def test_an_outage_changes_nobodys_verdict_to_a_worse_one(lecture):
    room = lecture()
    judged = room.judge(room.film(dark=[(0, 12), (20, 31), (40, 50)]))
    assert set(verdicts(room, judged)) == {"present"}


def test_arrival_departure_and_return_are_told_whatever_the_verdict(lecture):
    room = lecture(hidden=0)
    found = of(room, room.judge(room.film({SOMEBODY: [(12, 20), (28, 35)]})))
    assert room.minute(found.arrived_at) == pytest.approx(12, abs=0.4)
    times = [(room.minute(each.left_at), room.minute(each.back_at)) for each in found.absences]
    assert times == [(pytest.approx(20, abs=0.7), pytest.approx(28, abs=0.7)), (pytest.approx(35, abs=0.7), None)]
    assert found.departed_at == found.absences[-1].left_at
    assert found.seconds_present / 60 == pytest.approx(15, abs=1)


def test_coverage_is_told_with_its_gaps(lecture):
    room = lecture(hidden=0)
    judged = room.judge(room.film(dark=[(20, 30)]))
    assert judged.frames == 120
    assert judged.seconds_covered / 60 == pytest.approx(40.5, abs=0.7)
    (start, end) = max(judged.gaps, key=lambda gap: gap[1] - gap[0])
    assert (room.minute(start), room.minute(end)) == (pytest.approx(20.5, abs=0.5), pytest.approx(30, abs=0.5))
    parts = sorted([*judged.covered, *judged.gaps])
    assert all(one[1] == two[0] for one, two in pairwise(parts))
    assert (parts[0][0], parts[-1][1]) == (room.hour.starts_at, room.hour.ends_at)


def test_faces_of_strangers_are_counted_as_unknown(lecture, guest):
    room = lecture(hidden=0)
    facts = room.film(guests=[guest(seat=20), guest(seat=25, face=1)])
    assert room.judge(facts).unknown_faces == pytest.approx(2, abs=0.2)


def test_an_hour_without_frames_knows_nothing(lecture):
    room = lecture()
    judged = room.judge(Facts())
    assert set(verdicts(room, judged)) == {"unobserved"}
    assert (judged.frames, judged.seconds_covered, judged.unknown_faces, judged.version) == (0, 0.0, 0.0, 1)
    assert judged.gaps == ((room.hour.starts_at, room.hour.ends_at),)


def test_a_hall_without_faces_has_absent_students(lecture):
    room = lecture()
    assert set(verdicts(room, room.judge(room.film({student: [] for student in range(12)})))) == {"absent"}


def test_a_roster_without_any_known_face_is_unobserved(lecture):
    room = lecture(known=0)
    judged = room.judge(room.film())
    assert set(verdicts(room, judged)) == {"unobserved"}
    assert judged.unknown_faces > 5


# ---------------------------------------------------------------- while it runs


def test_nobody_is_absent_before_the_hour_is_closed(lecture):
    room = lecture()
    facts = room.film({SOMEBODY: []})
    running = of(room, room.judge(facts, closed=False))
    assert (running.verdict, running.review) == ("unobserved", False)
    assert of(room, room.judge(facts)).verdict == "absent"


def test_in_its_first_minutes_there_is_nothing_to_decide(lecture):
    room = lecture(size=20, minutes=10, hidden=0.2)
    film = room.film({SOMEBODY: [(4, 10)]})
    facts = Facts()
    for number, seen in enumerate(film.observations):
        facts = facts.with_(seen)
        if seen.captured_at < START + 300 and number % 3 == 0:
            judged = room.judge(facts, closed=False)
            assert not any(each.review for each in judged.students.values()), f"{seen.captured_at - START} s"
    assert set(verdicts(room, room.judge(facts, closed=False))) == {"present"}


def test_another_class_is_noticed_while_it_sits_there(lecture, guest):
    room = lecture(size=20, minutes=10, hidden=0.2)
    strangers = [guest(seat=number) for number in range(20)]
    facts = room.film({number: [] for number in range(20)}, guests=strangers)
    judged = room.judge(facts, closed=False)
    assert {each.doubts[:1] for each in judged.students.values()} == {("another_class",)}


def test_who_has_come_is_present_within_minutes(lecture):
    room = lecture(hidden=0)
    judged = room.judge(room.film(dark=[(4, 50)]), closed=False)
    assert set(verdicts(room, judged)) == {"present"}


def test_who_is_gone_has_departed_until_he_returns(lecture):
    room = lecture(hidden=0)
    away, back = [room.film({SOMEBODY: [(0, 15), (24, 50)]}, dark=[(until, 50)]) for until in (22, 30)]
    assert of(room, room.judge(away, closed=False)).departed_at is not None
    returned = of(room, room.judge(back, closed=False))
    assert returned.departed_at is None
    assert len(returned.absences) == 1


# ---------------------------------------------------------------- who can be judged at all


def test_a_student_whose_face_is_not_known_is_never_absent(lecture):
    room = lecture(known=11)
    found = of(room, room.judge(room.film({11: []})), 11)
    assert (found.verdict, found.review) == ("unobserved", True)


def test_a_student_enrolled_in_the_middle_of_the_hour_is_not_late_for_it(lecture):
    room = lecture(hidden=0)
    others = [student for student in range(12) if student != SOMEBODY]
    facts = room.film(candidates=others, dark=[(30, 50)])
    facts = room.film(dark=[(0, 30)], facts=facts)
    found = of(room, room.judge(facts))
    assert room.minute(found.arrived_at) == pytest.approx(30, abs=0.5)
    assert (found.verdict, found.review) == ("present", True)


def test_a_student_enrolled_in_the_middle_and_not_seen_is_not_absent(lecture):
    room = lecture()
    others = [student for student in range(12) if student != SOMEBODY]
    facts = room.film({SOMEBODY: []}, candidates=others, dark=[(30, 50)])
    facts = room.film({SOMEBODY: []}, dark=[(0, 30)], facts=facts)
    assert of(room, room.judge(facts)).verdict == "unobserved"


@pytest.mark.parametrize(
    ("guests", "size", "expected"),
    [
        pytest.param([Guest(seat=SOMEBODY)], 1, "absent", id="a stranger in his seat who can be told from him"),
        pytest.param([Guest(seat=SOMEBODY)], 0.3, "unobserved", id="the same too far away: it may be he"),
        pytest.param([Guest(seat=SOMEBODY, there=((0, 4),))], 0.3, "absent", id="far away for four minutes of fifty"),
        pytest.param([], 0.3, "absent", id="nobody there, and all others are known"),
    ],
)
def test_a_face_too_small_to_be_known_makes_nobody_absent(lecture, guests, size, expected):
    room = lecture()
    facts = Facts()
    for seen in room.film({SOMEBODY: []}, guests=guests).observations:
        facts = facts.with_(replace(seen, width=round(seen.width * size), boxes=seen.boxes * np.float32(size)))
    judged = room.judge(facts)
    assert of(room, judged).verdict == expected
    assert of(room, judged).review == (expected == "unobserved")


def test_between_review_and_accept_a_person_decides(lecture):
    room = lecture()
    facts = room.film()
    p = of(room, room.judge(facts)).p
    found = of(room, room.judge(facts, policy=Policy(accept=1.0)))
    assert 0.9 <= p < 1
    assert (found.verdict, found.review, found.arrived_at) == ("unobserved", True, None)
    assert found.confidence == pytest.approx(p, abs=0.1)


def test_observations_of_two_engines_are_refused(lecture):
    room = lecture(minutes=5)
    facts = room.film()
    other = type(facts.observations[0])(**{**_fields(facts.observations[0]), "engine": "other"})
    with pytest.raises(ValueError, match="other, test"):
        room.judge(facts.with_(other))


def _fields(seen):
    return {name: getattr(seen, name) for name in seen.__dataclass_fields__}


def test_frames_outside_the_class_hour_do_not_count(lecture):
    room = lecture(minutes=20)
    inside = room.judge(room.film())
    outside = [type(s)(**{**_fields(s), "captured_at": s.captured_at - 1200}) for s in room.film().observations]
    facts = room.film()
    for seen in outside:
        facts = facts.with_(seen)
    assert room.judge(facts).frames == inside.frames == 60


# ---------------------------------------------------------------- seats, cameras, strangers


def test_a_student_who_changes_seats_stays_present(lecture):
    room = lecture()
    found = of(room, room.judge(room.film(moves={SOMEBODY: [(25, 27)]})))
    assert (found.verdict, found.absences) == ("present", ())


@pytest.mark.parametrize("seed", range(6))
def test_a_look_alike_stranger_in_an_absent_students_seat_is_not_him(lecture, guest, seed):
    room = lecture(size=20, seed=seed)
    facts = room.film({SOMEBODY: []}, guests=[guest(seat=SOMEBODY, like=SOMEBODY)])
    assert of(room, room.judge(facts)).verdict in ("absent", "unobserved")
    assert of(room, room.judge(facts)).p < 0.9


def test_two_who_look_alike_are_both_present(lecture):
    room = lecture(hidden=0.2)
    room.identities[3] = room.like(SOMEBODY, 0.6)
    room.templates[3] = room.identities[3] / np.linalg.norm(room.identities[3])
    judged = room.judge(room.film())
    assert of(room, judged, 3).verdict == of(room, judged).verdict == "present"


def test_two_cameras_are_better_than_either(lecture):
    room = lecture(every=40)
    judged = room.judge(room.film({SOMEBODY: [(0, 30)]}, cameras=["left", "right"]))
    expected = ["present"] * 12
    expected[SOMEBODY] = "left_early"
    assert verdicts(room, judged) == expected


def test_a_camera_that_goes_dark_makes_nobody_depart_whom_only_it_shows(lecture):
    """Each camera shows its half of the hall; the left one dies."""
    room = lecture(hidden=0)
    left, right = range(6), range(6, 12)
    facts = room.film({student: [] for student in right}, cameras=["left"], dark=[(20, 50)])
    facts = room.film({student: [] for student in left}, cameras=["right"], facts=facts)
    judged = room.judge(facts)
    assert set(verdicts(room, judged)) == {"present"}
    assert judged.seconds_covered == pytest.approx(3000, abs=10)


def test_the_resolution_of_the_frames_may_change_within_the_hour(lecture):
    room = lecture()
    facts = Facts()
    for index, seen in enumerate(room.film({SOMEBODY: []}).observations):
        scale = (1, 0.5)[index % 2]
        changed = {"boxes": seen.boxes * scale, "width": int(seen.width * scale), "height": int(seen.height * scale)}
        facts = facts.with_(type(seen)(**{**_fields(seen), **changed}))
    assert verdicts(room, room.judge(facts)) == ["present"] * 5 + ["absent"] + ["present"] * 6


@pytest.mark.parametrize("every", [10, 30, 60])
def test_the_interval_of_the_frames_does_not_decide(lecture, every):
    room = lecture(every=every)
    judged = room.judge(room.film({2: [(0, 30)], 4: [(15, 50)], SOMEBODY: []}))
    expected = ["present"] * 12
    expected[2], expected[4], expected[SOMEBODY] = "left_early", "late", "absent"
    assert verdicts(room, judged) == expected


def test_a_student_with_one_photo_is_recognised(lecture):
    room = lecture(photos=1)
    judged = room.judge(room.film({SOMEBODY: []}))
    assert verdicts(room, judged) == ["present"] * 5 + ["absent"] + ["present"] * 6


# ---------------------------------------------------------------- marks


def a_mark(room, verdict, at=0.0, name="1", by="Kim", student=SOMEBODY):
    return Marked(name, at, by, "was there", "mark", {room.names[student]: verdict})


def test_a_mark_wins_over_the_camera_and_the_times_stay(lecture):
    room = lecture()
    facts = room.film({SOMEBODY: [(15, 50)]})
    seen, marked = room.judge(facts), room.judge(facts.with_marks(a_mark(room, "present", at=7.0)))
    found = of(room, marked)
    assert (found.verdict, found.source, found.reason, found.marked_at) == ("present", "Kim", "was there", 7.0)
    assert (found.review, found.confidence) == (False, 1.0)
    assert found.arrived_at == of(room, seen).arrived_at
    assert marked.version == seen.version + 1
    assert of(room, marked, 0) == of(room, seen, 0)


def test_the_latest_mark_wins(lecture):
    room = lecture(minutes=5)
    facts = Facts().with_marks(a_mark(room, "absent", 2.0, "1", "Lee")).with_marks(a_mark(room, "late", 1.0, "2"))
    found = of(room, room.judge(facts))
    assert (found.verdict, found.source) == ("absent", "Lee")


def test_what_the_camera_says_is_kept_beside_a_mark(lecture):
    room = lecture(minutes=5)
    seen, marked = room.judge(Facts()), room.judge(Facts().with_marks(a_mark(room, "present")))
    assert of(room, marked).judged == of(room, seen)
    assert (of(room, marked).doubts, of(room, marked).reason) == (("no_camera",), "was there")
    assert of(room, seen).judged is None


MARKS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from("abcd"), st.sampled_from(["present", "late", "absent", "as_judged"])),
    max_size=6,
    unique_by=lambda each: each[1],
)


@given(st.data(), MARKS)
def test_taken_back_it_is_as_if_nobody_had_ever_marked_him(data, said):
    room = Lecture(minutes=5, size=2)
    marks = [a_mark(room, verdict, float(at), name, student=0) for at, name, verdict in said]
    back = a_mark(room, "as_judged", at=4.0, name="back", student=0)
    other = a_mark(room, "late", at=1.0, name="other", student=1)
    facts = Facts()
    for each in data.draw(st.permutations([*marks, back, other])):
        facts = facts.with_marks(each)
    found, plain = room.judge(facts), room.judge(Facts().with_marks(other))
    assert replace(of(room, found, 0), marked_at=None) == of(room, plain, 0)
    assert of(room, found, 0).marked_at == 4.0
    assert of(room, found, 1) == of(room, plain, 1)
    assert found.version == plain.version + len(marks) + 1


@given(st.data(), MARKS)
def test_in_whatever_order_marks_come_the_latest_holds(data, said):
    room = Lecture(minutes=5, size=1)
    facts = Facts()
    for at, name, verdict in data.draw(st.permutations(said)):
        facts = facts.with_marks(a_mark(room, verdict, float(at), name, student=0))
    _, _, last = max(said, default=(0, "", "as_judged"))
    assert of(room, room.judge(facts), 0).verdict == ("unobserved" if last == "as_judged" else last)


def test_a_mark_for_somebody_who_is_not_on_the_roster_changes_nothing(lecture):
    room = lecture(minutes=5)
    facts = Facts().with_marks(Marked("1", 0.0, "Kim", "", "rollcall", {"209999999": "present"}))
    assert set(room.judge(facts).students) == set(room.names)


# ---------------------------------------------------------------- laws

FRAMES = 24
numbers = st.integers(0, FRAMES - 1)


class ShortHour:
    """Ten students, twelve minutes; student 2 is not there, student 4 leaves after five."""

    there = (0, 1, 3, 5, 6, 7, 8, 9)

    def __init__(self, lecture):
        self.room = lecture(size=10, minutes=12, every=30, hidden=0)
        self.seen = self.room.film({2: [], 4: [(0, 5)]}).observations
        assert len(self.seen) == FRAMES

    def judge(self, order, **other):
        facts = Facts()
        for number in order:
            facts = facts.with_(self.seen[number])
        return self.room.judge(facts, **other)


@pytest.fixture(scope="session")
def short(lecture):
    return ShortHour(lecture)


@given(order=st.permutations(range(FRAMES)), again=st.lists(numbers), random=st.randoms())
@settings(max_examples=25)
def test_order_and_repetition_of_the_facts_do_not_matter(short, order, again, random):
    people = random.sample(short.room.people, len(short.room.people))
    assert short.judge([*order, *again], people=people) == short.judge(range(FRAMES))


@given(first=st.sets(numbers), second=st.sets(numbers))
@settings(max_examples=25)
def test_the_version_grows_with_the_facts_and_closing_counts_as_one(short, first, second):
    before, after = short.judge(first, closed=False), short.judge(first | second, closed=False)
    assert after.version > before.version if second - first else after == before
    assert short.judge(first | second).version == after.version + 1


@given(kept=st.sets(numbers))
@settings(max_examples=25)
def test_more_frames_of_a_student_never_lower_present(short, kept):
    some, everything = short.judge(kept), short.judge(range(FRAMES))
    for student in short.there:
        assert of(short.room, everything, student).verdict == "present"
        assert of(short.room, some, student).verdict in ("present", "unobserved")


@given(kept=st.sets(numbers))
@settings(max_examples=25)
def test_lost_frames_take_evidence_away_and_give_none(short, kept):
    judged = short.judge(kept)
    for student in short.there:
        assert of(short.room, judged, student).absences == ()
    assert of(short.room, judged, 2).verdict in ("absent", "unobserved")
    assert of(short.room, judged, 2).arrived_at is None


@pytest.mark.parametrize("there", [{3: ()}, {4: ()}, {}], ids=["the one is away", "the other is", "both are there"])
def test_twins_are_told_as_a_pair_and_never_guessed(lecture, there):
    room = lecture(size=20)
    room.twins(3, 4)
    judged = room.judge(room.film(there))
    pair = [of(room, judged, each) for each in (3, 4)]
    assert [each.verdict for each in pair] == ["unobserved", "unobserved"]
    assert room.names[4] in pair[0].reason
    assert room.names[3] in pair[1].reason
    assert {of(room, judged, each).verdict for each in range(20) if each not in (3, 4)} == {"present"}
