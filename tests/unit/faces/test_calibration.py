"""What a similarity is worth as evidence."""

import math
import tomllib
from datetime import date
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.faces.calibration import Calibration, Made, Proof, calibration_file, calibration_of, written
from streams.faces.engines import engine_names

DLIB = calibration_of("centerface-dlib")


@pytest.mark.parametrize("name", engine_names())
def test_every_engine_has_one(name: str) -> None:
    assert 0 < calibration_of(name).spread < 1


@pytest.mark.parametrize(("looks", "s"), [(1, 1.54), (3, 2.08), (7, 2.29)])
def test_evidence_is_balanced_at_the_scores_that_were_measured(looks: int, s: float) -> None:
    assert abs(DLIB.llr(s, looks, 2)) < 0.1


def test_more_looks_than_were_measured_add_nothing() -> None:
    assert DLIB.llr(4.0, 50, 3) == DLIB.llr(4.0, 15, 3) > DLIB.llr(4.0, 14, 3)


def test_one_photo_has_constants_of_its_own_and_several_share_theirs() -> None:
    a, b, c, d = DLIB.single
    assert DLIB.llr(2.5, 3, 1) == pytest.approx((a + b * math.log(3)) * 2.5 + c * math.log(3) + d)
    assert DLIB.llr(2.5, 3, 2) == DLIB.llr(2.5, 3, 5) != DLIB.llr(2.5, 3, 1)


def test_scores_looks_and_photos_broadcast() -> None:
    s = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 4.0]])
    llr = DLIB.llr(s, np.array([[1], [4]]), np.array([1, 2, 3]))
    assert llr.shape == (2, 3)
    assert llr[1, 2] == DLIB.llr(4.0, 4, 3)
    assert llr[0, 0] == DLIB.llr(1.0, 1, 1)


def test_a_spread_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="spread must be above 0"):
        Calibration(center=0, spread=0, several=DLIB.several, single=DLIB.single)


MADE = Made(
    command='naul calibrate --faces "a folder"',
    data="얼굴 40",
    day=date(2026, 11, 23),
    engine="tiny@1-00",
    people=40,
    faces=1000,
    several=Proof(
        constants=((1.0, 2.0, 3.0, 4.0), (5.0, 6.0, 7.0, 8.0)),
        cllr=(0.1, 0.2),
        least_cllr=(0.05, 0.1),
        error=(0.01, 0.02),
        reliability=((0.05, 0.04, 0.5), (0.95, 0.96, 0.5)),
        found=((1, 0.01, 0.7),),
        accepted=((1, 0.8, 0.0, 0.01),),
    ),
)


@pytest.mark.parametrize("made", [None, MADE, msgspec.structs.replace(MADE, several=None)])
def test_what_is_written_is_read_again(made: Made | None, tmp_path: Path) -> None:
    stood = msgspec.structs.replace(DLIB, made=made)
    file = calibration_file("tiny", tmp_path)
    file.parent.mkdir(parents=True)
    file.write_text(written(stood), "utf-8")
    assert calibration_of("tiny", tmp_path) == stood


@given(st.text())
def test_any_text_of_a_command_is_written_as_toml(text: str) -> None:
    made = msgspec.structs.replace(MADE, command=text)
    assert tomllib.loads(written(msgspec.structs.replace(DLIB, made=made)))["made"]["command"] == text


def test_how_a_calibration_was_made_changes_no_evidence() -> None:
    assert msgspec.structs.replace(DLIB, made=MADE).llr(3.0, 3, 2) == DLIB.llr(3.0, 3, 2)


def test_the_packaged_one_says_how_well_it_holds_for_others() -> None:
    made = DLIB.made
    assert made is not None
    for proof in (made.several, made.single):
        assert proof is not None
        assert max(proof.cllr) < 0.15
        assert all(strangers < 0.02 for *_, strangers in proof.accepted)
