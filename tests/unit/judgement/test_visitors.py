"""Other enrolled people compete: who resembles an absent student and takes his seat is not given his name."""

import pytest

SEEDS = range(6)


def proxies(lecture, guest, likeness, *, enrolled, others=100):
    """Return in how many halls the guest on the seat of an absent student was taken for him."""
    taken = 0
    for seed in SEEDS:
        room = lecture(size=12, seed=seed)
        friend = guest(seat=5, like=5, likeness=likeness)
        visitors = room.enrol([friend], others) if enrolled else []
        judged = room.judge(room.film({5: ()}, guests=[friend], visitors=visitors), visitors=visitors)
        taken += judged.students[room.names[5]].verdict == "present"
    return taken


@pytest.mark.slow
def test_somebody_alike_in_an_absent_students_seat_takes_his_name_unless_he_is_enrolled(lecture, guest):
    assert proxies(lecture, guest, 0.7, enrolled=False) > 0, "or this shows nothing"
    assert [proxies(lecture, guest, each, enrolled=True) for each in (0.6, 0.7)] == [0, 0]
    assert proxies(lecture, guest, 0.8, enrolled=False) == len(SEEDS)
    assert proxies(lecture, guest, 0.8, enrolled=True) <= 1


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_who_is_there_is_lost_because_others_are_enrolled(lecture, guest, seed):
    room = lecture(size=12, seed=seed)
    friends = [guest(seat=20, face=3), guest(seat=5, like=5, likeness=0.6)]
    visitors = room.enrol(friends, 300)
    facts = room.film({5: ()}, guests=friends, visitors=visitors)
    alone, beside = room.judge(facts), room.judge(facts, visitors=visitors)
    assert facts.visitors, "or nobody competes"
    assert {n for n, each in alone.students.items() if each.arrived_at} - {room.names[5]} == {
        n for n, each in beside.students.items() if each.arrived_at
    }


def test_visitors_get_no_verdict(lecture, guest):
    room = lecture(size=12)
    visitors = room.enrol([guest(seat=20, face=3)])
    judged = room.judge(room.film(guests=[guest(seat=20, face=3)], visitors=visitors), visitors=visitors)
    assert list(judged.students) == room.names


def test_who_is_named_once_is_no_visitor(lecture, guest):
    room = lecture(size=12, hidden=0, every=60)
    visitors = room.enrol([guest(seat=20, face=3)])
    once = room.film(guests=[guest(seat=20, face=3, there=[(7, 8)])], visitors=visitors)
    assert sum(len(seen.visits) for seen in once.observations) == 1
    assert once.visitors == frozenset()
