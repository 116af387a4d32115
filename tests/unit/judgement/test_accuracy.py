"""What the rule reaches in halls of numbers. A floor against breaking it, no claim about real faces."""

import numpy as np
import pytest

SCRIPTS = {
    "present": ((0, 50),),
    "away": ((0, 20), (28, 50)),
    "late": ((14, 50),),
    "left_early": ((0, 30),),
    "absent": (),
}


def play(lecture, guest, *, size, every, seed):
    """Return pairs of (script, judgement): six in ten are there all the time, strangers take seats of the absent."""
    room = lecture(size=size, every=every, seed=seed)
    drawn = np.random.default_rng(seed).choice(list(SCRIPTS), size, p=[0.6, 0.1, 0.1, 0.08, 0.12])
    missing = np.flatnonzero(drawn == "absent")
    guests = [guest(seat=seat, face=seat) for seat in missing] + [guest(seat=size + 3, face=39)]
    facts = room.film({student: SCRIPTS[script] for student, script in enumerate(drawn)}, guests=guests)
    judged = room.judge(facts)
    return [(script, judged.students[name]) for script, name in zip(drawn, room.names, strict=True)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "every", "seeds"),
    [
        pytest.param(40, 10, range(3), id="forty students, a frame every 10 s"),
        pytest.param(12, 20, range(5), id="twelve students, a frame every 20 s"),
    ],
)
def test_verdicts_and_departures(lecture, guest, size, every, seeds):
    played = [pair for seed in seeds for pair in play(lecture, guest, size=size, every=every, seed=seed)]
    right = [{"away": "present"}.get(script, script) == found.verdict for script, found in played]
    proxies = [found for script, found in played if script == "absent" and found.arrived_at is not None]
    departures = [len(found.absences) == (script in ("away", "left_early")) for script, found in played]
    assert np.mean(right) >= 0.97
    assert not proxies
    assert np.mean(departures) >= 0.95
