"""An observation as a row: the same facts come out of it, as of the message as it came, and nobody who was erased."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import CorruptStateError
from schemas.messages import Face, Observation, Visitor, encode
from streams.attend.fact_rows import is_packed
from streams.attend.fact_store import FactStore
from streams.attend.facts import packed, seen, unpacked
from streams.attend.hour_schedule import without
from streams.faces.template_cipher import TemplateCipher, look_context
from streams.judgement.observations import Seen
from tests.unit.streams.paper import NINE, PaperReference, PaperRows, class_hour, observation

HOUR = class_hour(1).id
HE, SHE, GUEST = "201912345", "201954321", "201877001"
CIPHER = TemplateCipher(bytes(range(32)))
RNG = np.random.default_rng(7)
LOOKS = RNG.normal(0, 0.1, (3, 128)).astype(np.float32)


def filmed() -> Observation:
    """He, she, and somebody without a name whose look was not kept; he may be a guest, too."""
    context = look_context("E101", "front", NINE)
    cosines = [np.array(each, "<f2").tobytes() for each in ((0.99, 0.85), (0.8, 0.97), (0.7, 0.6))]
    sealed = [CIPHER.seal(look, context, half=True) for look in LOOKS[:2]]
    return observation(
        0,
        picture=b"pixels",
        detail=bytes(144),
        thumbnail=bytes(range(256)) * 9,
        visitors=900,
        faces=(
            Face(box=(1.5, 2, 30, 40), score=0.9, cosines=cosines[0], student=HE, look=sealed[0], framed=True),
            Face(box=(50, 2, 80, 40), score=0.8, cosines=cosines[1], student=SHE, look=sealed[1]),
            Face(box=(90, 2, 99, 9), score=0.7, cosines=cosines[2], visitor=Visitor(student_id=GUEST, cosine=0.9)),
        ),
    )


def store(table: dict[str, bytes]) -> FactStore:
    return FactStore(PaperRows(table), PaperReference().engine_of, lambda: CIPHER)


def rows_of(table: dict[str, bytes]) -> list[bytes]:
    return [value for key, value in table.items() if "|o|" in key]


def assert_same(found: Seen, wanted: Seen) -> None:
    for name in Seen.__dataclass_fields__:
        mine, theirs = getattr(found, name), getattr(wanted, name)
        if isinstance(theirs, np.ndarray) and name != "scores":
            np.testing.assert_array_equal(mine, theirs, name)
        elif name not in ("scores", "again"):
            assert mine == theirs, name


def test_what_comes_out_of_a_row_is_what_the_message_said() -> None:
    table: dict[str, bytes] = {}
    message = filmed()
    value = encode(message)
    assert store(table).observe(message, value)
    [row] = rows_of(table)
    assert is_packed(row)
    assert len(row) < 0.7 * len(value)
    wanted = seen(message, value, cipher=lambda: CIPHER)
    for each in (store(table), store(table)):  # of the one that took it, and of one that reads it
        [fact] = each.facts(HOUR).observations
        assert_same(fact.whole(), wanted)
        assert (fact.key, fact.rank, fact.digest) == (wanted.key, wanted.rank, wanted.digest)
        with pytest.raises(TypeError, match="let go"):
            len(fact.looks)


def test_what_an_older_naul_kept_is_read_as_it_came() -> None:
    message = filmed()
    value = encode(message)
    key = f"{HOUR}|o|E101/front|{NINE.isoformat()}|{message.engine}"
    table = {key: value}
    older = store(table)
    [fact] = older.facts(HOUR).observations
    assert_same(fact.whole(), seen(message, value, cipher=lambda: CIPHER))
    assert not older.observe(message, value)
    assert table == {key: value}


def test_looks_are_on_the_disk_only_under_seal_and_for_their_row_alone() -> None:
    table: dict[str, bytes] = {}
    store(table).observe(filmed(), encode(filmed()))
    numbers = packed(LOOKS[:1].astype(np.float16).astype(np.float32))[1].tobytes()
    assert numbers not in b"".join(table.values())
    [key] = [key for key in table if "|o|" in key]
    other = key.replace("front", "rear")
    table[other] = table.pop(key)
    [fact] = store(table).facts(HOUR).observations
    with pytest.raises(CorruptStateError, match="does not open"):
        fact.whole()


@pytest.mark.parametrize("student", [HE, SHE, GUEST])
def test_whoever_is_taken_out_is_in_no_row_and_neither_is_his_look(student: str) -> None:
    table: dict[str, bytes] = {}
    message = filmed()
    kept = store(table)
    kept.observe(message, encode(message))
    assert kept.erase(HOUR, student, without)
    assert not [value for value in table.values() if student.encode() in value]
    left = without(message, student)
    assert isinstance(left, Observation)
    wanted = seen(left, encode(left), cipher=lambda: CIPHER)
    [fact] = store(table).facts(HOUR).observations
    assert_same(fact.whole(), replace(wanted, digest=fact.digest))
    assert kept.facts(HOUR).rank + kept.erased(HOUR) > seen(message, b"", cipher=lambda: CIPHER).rank
    before = dict(table)
    assert not kept.erase(HOUR, student, without)
    assert table == before


def test_a_row_whose_people_are_unknown_is_named() -> None:
    table: dict[str, bytes] = {}
    store(table).observe(filmed(), encode(filmed()))
    [people] = [key for key in table if "|c|" in key]
    del table[people]
    with pytest.raises(CorruptStateError, match=r"\|c\|"):
        store(table).facts(HOUR)


@given(st.integers(0, 2**32 - 1), st.floats(1e-4, 1e3))
def test_looks_in_8_bits_are_near_and_packing_them_again_changes_nothing(seed: int, size: float) -> None:
    looks = np.random.default_rng(seed).normal(0, size, (4, 64)).astype(np.float32)
    looks[1] = np.nan
    looks[2] = 0
    once = unpacked(*packed(looks))
    for number in (0, 3):
        assert np.abs(once[number] - looks[number]).max() <= 0.501 / 127 * np.abs(looks[number]).max()
    assert np.isnan(once[1]).all()
    assert not once[2].any()
    np.testing.assert_array_equal(unpacked(*packed(once)), once)
