"""Whose a place is of which names do not say it. The names given here are right, but for what a test forgets."""

import numpy as np
import pytest

from streams.judgement.association import associate
from streams.judgement.hall import Hall, units
from streams.judgement.identity import Gallery, Identification
from streams.judgement.matching import NOBODY
from streams.judgement.places import places_of
from streams.judgement.tracklets import FEWEST_FACES, tracklets_of
from tests.lecture import CALIBRATION, START

SOMEBODY, ANOTHER, FREE = 5, 6, 27
APART, ACCEPT = 300.0, 0.8


class Told:
    """An hour, and names by who sits on which seat from which minute to which."""

    def __init__(self, room, facts, sits):
        self.room = room
        self.hall = Hall.of(facts.observations, room.names)
        self.looks = Identification(
            self.hall,
            Gallery(room.templates.astype(float), np.full(room.size, room.photos)),
            CALIBRATION,
            units(self.hall, CALIBRATION),
        )
        self.named = np.full(len(self.hall.frame), NOBODY)
        for student, seat, start, end in [*sits, *((each, each, 0, 99) for each in range(room.size))]:
            here = self.at(seat, start, end)
            self.named[here[self.named[here] == NOBODY]] = student

    def at(self, seat, start=0.0, end=99.0):
        """Return the faces on a seat."""
        x, y, width = self.room.place(seat)
        minute = (self.hall.time - START) / 60
        away = np.hypot(self.hall.places[:, 0] - x, self.hall.places[:, 1] - y)
        return np.flatnonzero((away < 0.6 * width) & (minute >= start) & (minute < end))

    def forget(self, seat, start, end):
        """Nobody is named on a seat."""
        self.named[self.at(seat, start, end)] = NOBODY
        return self

    def associate(self):
        """Return what is made of it."""
        places = [places_of(self.hall, self.named, student) for student in range(self.room.size)]
        return associate(
            self.looks, self.looks.identities(places, accept=ACCEPT), self.named, accept=ACCEPT, apart=APART
        )

    def names(self, seat, start, end):
        """Return who is named on a seat in the end, without nobody."""
        return set(self.associate().named[self.at(seat, start, end)].tolist()) - {NOBODY}


@pytest.mark.parametrize("seed", range(4))
def test_an_unknown_who_appears_when_somebody_vanishes_and_is_like_him_is_he(lecture, seed):
    room = lecture(seed=seed, size=20)
    told = Told(room, room.film(moves={SOMEBODY: [(25, FREE)]}), [])
    told.forget(FREE, 0, 99)
    assert told.names(FREE, 25, 50) == {SOMEBODY}
    assert told.names(SOMEBODY, 0, 25) == {SOMEBODY}


@pytest.mark.parametrize("seed", range(4))
def test_a_stranger_who_comes_when_somebody_leaves_is_a_stranger(lecture, guest, seed):
    room = lecture(seed=seed, size=20)
    told = Told(room, room.film({SOMEBODY: [(0, 25)]}, guests=[guest(seat=FREE, there=[(25, 50)])]), [])
    assert told.names(FREE, 0, 50) == set()


@pytest.mark.parametrize("seed", range(4))
def test_a_stranger_who_takes_the_seat_of_somebody_who_left_is_not_he(lecture, guest, seed):
    room = lecture(seed=seed, size=20, hidden=0)
    told = Told(room, room.film({SOMEBODY: [(0, 25)]}, guests=[guest(seat=SOMEBODY, there=[(26, 50)])]), [])
    told.forget(SOMEBODY, 25, 50)
    his = told.associate().named[told.at(SOMEBODY, 26, 50)] == SOMEBODY
    assert his.sum() < FEWEST_FACES  # where exactly one ends and the other begins, a few looks do not tell


@pytest.mark.parametrize("seed", range(4))
def test_who_sat_at_his_seat_before_he_was_known_there_is_he(lecture, seed):
    room = lecture(seed=seed, size=20)
    told = Told(room, room.film(), []).forget(SOMEBODY, 0, 40)
    assert told.names(SOMEBODY, 0, 40) == {SOMEBODY}


@pytest.mark.parametrize("seed", range(4))
def test_who_is_elsewhere_is_not_at_a_second_place(lecture, guest, seed):
    room = lecture(seed=seed, size=20)
    twin = guest(seat=FREE, like=SOMEBODY, likeness=0.95)
    assert Told(room, room.film(guests=[twin]), []).names(FREE, 0, 50) == set()


def test_when_two_change_places_each_is_where_he_sits(lecture):
    room = lecture(size=20)
    told = Told(room, room.film(moves={SOMEBODY: [(25, ANOTHER)], ANOTHER: [(25, SOMEBODY)]}), [])
    told.forget(SOMEBODY, 25, 99).forget(ANOTHER, 25, 99)
    assert told.names(SOMEBODY, 25, 50) == {ANOTHER}
    assert told.names(ANOTHER, 25, 50) == {SOMEBODY}


def test_a_name_that_a_few_faces_have_by_chance_is_not_his(lecture):
    room = lecture(size=20)
    told = Told(room, room.film(), [])
    chance = told.at(ANOTHER)[10:30:5]
    told.named[chance] = SOMEBODY
    assert SOMEBODY not in told.associate().named[chance]


def test_an_unknown_of_whom_it_is_not_sure_may_be_whom_one_misses(lecture, guest):
    room = lecture(size=20)
    likeness = [
        Told(room, room.film({SOMEBODY: []}, guests=[guest(seat=FREE, like=SOMEBODY, likeness=part)]), [])
        .associate()
        .identities[SOMEBODY]
        for part in (0.3, 0.7)
    ]
    assert likeness[0].maybe < 0.01
    assert likeness[1].maybe > 0.2


def test_an_outage_does_not_end_a_tracklet_and_another_person_does(lecture):
    room = lecture(size=20, hidden=0)
    told = Told(
        room, room.film({SOMEBODY: [(0, 15), (30, 50)]}, dark=[(15, 30)], moves={7: [(25, 8)], 8: [(25, 7)]}), []
    )
    seats = [each.place for each in tracklets_of(told.looks, APART)]
    for seat, expected in ((SOMEBODY, 1), (7, 2), (9, 1)):
        there = [each for each in seats if np.isin(told.at(seat), each.faces).any()]
        assert len(there) == expected, seat


def test_a_long_absence_ends_a_tracklet(lecture):
    room = lecture(size=20, hidden=0)
    told = Told(room, room.film({SOMEBODY: [(0, 15), (25, 50)]}), [])
    assert sum(np.isin(told.at(SOMEBODY), each.place.faces).any() for each in tracklets_of(told.looks, APART)) == 2
