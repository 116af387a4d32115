"""Center and spread of a site's own class hours, without a label."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from infra.operations.site.site_units import FEWEST_FRAMES, units_of
from schemas.errors import RefusedError
from schemas.ids import class_hour_id
from schemas.messages import Candidate, Face, FrameRef, Observation

START = datetime(2026, 3, 9, tzinfo=UTC)


def hour(
    day: int, frames: int = FEWEST_FRAMES, *, center: float = 0.87, candidates: int = 40, faces: int = 3
) -> list[Observation]:
    rng = np.random.default_rng(day)
    return [
        Observation(
            hall="E101",
            camera="front",
            captured_at=START + timedelta(days=day, seconds=10 * n),
            engine="tiny@1+q8",
            frame=FrameRef(topic="frames", partition=0, offset=n),
            live=True,
            width=1920,
            height=1080,
            class_hour=class_hour_id("EA0017-1", date(2026, 3, 9) + timedelta(days=day), 1),
            candidates=tuple(Candidate(student_id=f"2019{each:05d}", version=1) for each in range(candidates)),
            faces=tuple(
                Face(
                    box=(0, 0, 30, 40),
                    score=0.9,
                    cosines=rng.normal(center, 0.03, candidates).astype("<f2").tobytes(),
                )
                for _ in range(faces)
            ),
        )
        for n in range(frames)
    ]


def test_the_median_of_the_hours_holds():
    found = units_of([*hour(1, center=0.86), *hour(2, center=0.87), *hour(3, center=0.95)])
    assert found.units == pytest.approx((0.87, 0.03), abs=0.002)
    assert (found.hours, found.faces) == (3, 3 * FEWEST_FRAMES * 3)


def test_a_frame_that_was_looked_at_twice_counts_once():
    with pytest.raises(RefusedError, match="1 are missing"):
        units_of([*hour(1), *hour(2, FEWEST_FRAMES - 1), *hour(2, FEWEST_FRAMES - 1)])


@pytest.mark.parametrize(
    ("seen", "missing"),
    [
        pytest.param([], "2 are missing (the fullest have 0 frames)", id="nothing was seen"),
        pytest.param(hour(1), "1 are missing (the fullest have 100 frames)", id="one hour"),
        pytest.param([*hour(1), *hour(2, 60)], "1 are missing (the fullest have 100, 60 frames)", id="a short one"),
        pytest.param([*hour(1), *hour(2, faces=0)], "1 are missing", id="an empty hall"),
        pytest.param([*hour(1), *hour(2, candidates=5)], "1 are missing", id="hardly anybody is enrolled"),
    ],
)
def test_too_few_hours_are_refused_with_how_many_are_missing(seen, missing):
    with pytest.raises(RefusedError) as refused:
        units_of(seen)
    assert missing in refused.value.message
