"""Who it is: looks of different minutes are averaged, and repetition is no evidence."""

import numpy as np
import pytest

from streams.judgement.hall import Hall, Units
from streams.judgement.identity import Gallery, Identification, posterior
from streams.judgement.places import Place, places_of

UNITS = Units(0.873, 0.034)


def identities(room, facts, calibration, accept=0.9):
    hall = Hall.of(facts.observations, room.names)
    gallery = Gallery(room.templates.astype(np.float64), np.full(room.size, room.photos))
    llr = calibration.llr((hall.cosines - UNITS.center) / UNITS.spread, 1, gallery.photos)
    first = hall.names(llr)
    places = [places_of(hall, first, student) for student in range(room.size)]
    return Identification(hall, gallery, calibration, UNITS).identities(places, accept=accept)


def test_probabilities_of_all_and_nobody_are_one():
    llr, everybody = np.array([3.0, 1.0, -2.0]), np.ones(3, bool)
    named = sum(posterior(llr, student, everybody) for student in range(3))
    nobody = 0.2 / (0.2 + 0.8 / 3 * np.exp(llr).sum())
    assert named + nobody == pytest.approx(1)


def test_two_who_are_equally_likely_are_both_in_doubt():
    assert posterior(np.array([50.0, 50.0]), 0, np.ones(2, bool)) == pytest.approx(0.5)


def test_overwhelming_evidence_does_not_overflow():
    assert posterior(np.array([2000.0, -2000.0]), 0, np.ones(2, bool)) == pytest.approx(1)
    assert posterior(np.array([2000.0, -2000.0]), 1, np.ones(2, bool)) == pytest.approx(0)


def test_students_who_are_there_are_established_and_others_are_not(lecture, calibration):
    room = lecture(size=12)
    found = identities(room, room.film({3: (), 7: ()}), calibration)
    assert [student for student, each in enumerate(found) if not each.established] == [3, 7]


def test_looks_of_one_minute_establish_nobody(lecture, calibration):
    room = lecture(size=12, every=5, hidden=0)
    found = identities(room, room.film({5: [(20, 20.9)]}), calibration)
    assert found[5].minutes == 1
    assert not found[5].established


def test_a_stranger_repeated_a_thousand_times_does_not_add_up(lecture, guest, calibration):
    room = lecture(size=12, every=3, hidden=0)
    facts = room.film({5: ()}, guests=[guest(seat=5, like=5)])
    found = identities(room, facts, calibration)[5]
    assert len(facts.observations) == 1000
    assert found.minutes <= 25
    assert not found.established


def test_whoever_has_left_the_candidates_holds_nobody_back():
    llr, everybody = np.array([6.0, 5.0, -5.0]), np.ones(3, bool)
    assert posterior(llr, 1, everybody) < 0.5 < 0.9 < posterior(llr, 1, np.array([False, True, True]))


def test_the_place_where_someone_else_is_taken_for_him_does_not_count(lecture, guest, calibration):
    room = lecture(size=12, hidden=0)
    facts = room.film({5: [(0, 25)]}, guests=[guest(seat=25, like=5, there=[(25, 50)])])
    own = Place(0, *room.place(5), faces=np.zeros(0, np.intp))
    assert [where(each) for each in identities(room, facts, calibration)[5].places] == [where(own)]


def where(place):
    return round(place.x, 1), round(place.y, 1)
