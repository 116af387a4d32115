"""A running hour is learnt now and then: that makes it cheap to judge, and never another judgement."""

import functools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.settings import Policy
from streams.judgement import learning
from streams.judgement.learning import Memory, settled
from streams.judgement.observations import Facts, Marked
from tests.lecture import START, Guest, pictured

SIZE, FRAMES = 9, 36
GUEST = Guest(seat=11)
FEWER, STRICT = range(SIZE - 1), Policy(accept=0.95)


class Short:
    """Eight minutes of nine students who come and go, and of a guest; a second camera is switched on in between."""

    def __init__(self, lecture):
        self.room = lecture(size=SIZE, minutes=8, every=20, hidden=0.2)
        self.visitors = self.room.enrol([GUEST], 5)
        there = {1: [(2, 8)], 2: [(0, 3)], 3: [(0, 2), (5, 8)], 4: []}
        facts = self.room.film(there, guests=[GUEST], visitors=self.visitors)
        other = self.room.film(there, guests=[GUEST], visitors=self.visitors, cameras=("back",))
        facts = facts.join(Facts({key: each for key, each in other.seen.items() if each.captured_at > START + 240}))
        self.seen = pictured(facts, 0, dark=[(3, 4.5)]).observations

    def newer(self, number):
        """Return a frame as it was looked at again, when somebody had been enrolled anew."""
        return replace(self.seen[number], reference=self.seen[number].reference + 1)


@pytest.fixture(scope="session")
def short(lecture):
    made = Short(lecture)
    assert len(made.seen) == FRAMES
    return made


numbers = st.lists(st.integers(0, FRAMES - 1), max_size=20)
judgements = st.fixed_dictionaries(
    {"closed": st.booleans(), "fewer": st.booleans(), "policy": st.sampled_from([Policy(), STRICT])}
)


@given(steps=st.lists(st.tuples(numbers, numbers, st.booleans(), judgements), min_size=1, max_size=6))
@settings(max_examples=20)
def test_what_was_learnt_before_or_let_go_changes_no_judgement_in_whatever_order_the_facts_come(short, steps):
    memory, facts = Memory(), Facts()
    slim = functools.cache(lambda whole: whole.slim(lambda: whole))
    thin = Facts()
    for first, again, marked, how in steps:
        for each in (*(short.seen[number] for number in first), *(short.newer(number) for number in again)):
            facts, thin = facts.with_(each), thin.with_(slim(each))
        if marked:
            mark = Marked("1", START, "kim", "", "mark", {short.room.names[0]: "late"})
            facts, thin = facts.with_marks(mark), thin.with_marks(mark)
        people = [short.room.people[each] for each in (FEWER if how.pop("fewer") else range(SIZE))]
        given_ = {"people": people, "visitors": short.visitors, **how}
        assert short.room.judge(thin, memory=memory, **given_) == short.room.judge(facts, **given_)


def running(room, facts, memory, **other):
    """Yield what is said of a running hour after each frame, as it comes, and when that was taken."""
    so_far = Facts()
    for each in facts.observations:
        so_far = so_far.with_(each)
        yield each.captured_at - START, room.judge(so_far, closed=False, memory=memory, **other)


def test_an_hour_is_learnt_once_a_minute_however_often_it_is_judged(lecture, monkeypatch):
    room = lecture(size=5, minutes=6, every=5)
    learnt = []
    once = learning.recognise
    monkeypatch.setattr(learning, "recognise", lambda hall, sought: learnt.append(hall) or once(hall, sought))
    assert sum(1 for _ in running(room, room.film(), Memory())) == 72
    assert len(learnt) == 7, "of nothing, and then when a quarter of each minute is over"


@pytest.mark.parametrize(
    ("newest", "first"), [(14, 0), (15, 3), (74, 3), (75, 15), (134.9, 15)], ids=lambda each: f"{each:g}"
)
def test_how_far_an_hour_is_learnt_the_latest_frame_says(lecture, newest, first):
    room = lecture(size=1, minutes=4, every=5)  # frames after 1, 6, 11 seconds and so on
    frames = [each for each in room.film().observations if each.captured_at - START < newest]
    frames.append(replace(frames[-1], captured_at=START + newest))
    assert START % 60 == 0
    assert settled(frames) == first
    assert settled([]) == 0


def test_who_comes_in_is_known_when_he_was_looked_at_in_a_second_minute(lecture):
    room = lecture(size=12, minutes=12, every=5, hidden=0)
    facts = room.film({5: [(7.5, 12)]})
    here = [at for at, judged in running(room, facts, Memory()) if judged.students[room.names[5]].arrived_at]
    assert 480 < here[0] <= 500


def test_who_leaves_has_left_with_the_first_frame_that_says_so(lecture):
    room = lecture(size=12, minutes=14, every=5, hidden=0)
    facts = room.film({5: [(0, 7.5)]})
    gone = [at for at, judged in running(room, facts, Memory()) if judged.students[room.names[5]].departed_at]
    assert 745 <= gone[0] <= 755


def test_of_those_who_sit_there_nothing_else_is_said_between(lecture):
    room = lecture(size=12, minutes=10, every=10, hidden=0)
    for at, judged in running(room, room.film({4: []}), Memory()):
        if at > 150:
            assert [judged.students[name].verdict for name in room.names] == [
                "unobserved" if name == room.names[4] else "present" for name in room.names
            ]
