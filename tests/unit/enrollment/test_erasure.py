"""What is rewritten so that nothing of a student is left."""

from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from enrollment.erasure import (
    erased_record,
    erasure_of,
    forget_answers,
    forget_records,
    reference_records,
    student_digest,
)
from enrollment.rollcall import RollCall, file_of, keep, resume
from schemas.cluster import EVERYWHERE
from schemas.messages import (
    Appeal,
    Appealed,
    AppealWithdrawn,
    Enrollment,
    EnrollmentTemplate,
    Erased,
    Forget,
    Mark,
    MarkBatch,
    Roster,
    Student,
    decode,
)
from schemas.settings import Settings
from streams.faces.template_cipher import TemplateCipher
from tests.examples import example

AT = datetime(2026, 11, 23, tzinfo=UTC)
TEMPLATE = EnrollmentTemplate(engine="e", photos=1, sealed=b"s")
ENROLLED = Enrollment(
    student_id="1001", version=2, enrolled_at=AT, consent_on_file=True, templates=(TEMPLATE,), previous=(TEMPLATE,)
)


def roster(section: str, *students: str) -> Roster:
    return Roster(section=section, students=tuple(Student(student_id=each, name="N") for each in students))


def batch(name: str, *students: str) -> MarkBatch:
    marks = tuple(Mark(student_id=each, verdict="present") for each in students)
    return MarkBatch(id=name, class_hour="A|2026-11-23|1", hall="E101", kind="mark", by="k", at=AT, marks=marks)


def appealed(student: str) -> Appealed:
    return replace(decode(example("appealed"), Appealed), student_id=student)


def test_only_what_names_the_student_is_rewritten_and_without_him() -> None:
    erasure = erasure_of(
        "1001",
        {"1001": ENROLLED},
        [roster("A", "1001", "1002"), roster("B", "1002")],
        [batch("x", "1001"), batch("y", "1001", "1002"), batch("z", "1002")],
        {"a|asked": appealed("1001"), "b|asked": appealed("1002")},
    )
    assert erasure.templates == 2
    assert erasure.rosters == (roster("A", "1002"),)
    assert erasure.batches == (batch("x"), batch("y", "1002"))
    assert erasure.appeals == ("a|asked",)
    assert not erasure.nothing


def test_whoever_was_taken_for_somebody_else_is_not_named_there_any_more() -> None:
    [mark] = batch("x", "1002").marks
    taken_for = replace(batch("x"), marks=(replace(mark, looks_like="1001"),))
    assert erasure_of("1001", {}, [], [taken_for], {}).batches == (batch("x", "1002"),)


def test_a_stranger_leaves_nothing_to_erase() -> None:
    assert erasure_of("9999", {"1001": ENROLLED}, [roster("A", "1001")], [batch("x", "1001")], {}).nothing


def test_the_enrolment_gets_a_tombstone_even_if_none_was_seen_and_so_does_whatever_is_said_of_an_appeal() -> None:
    withdrawn = AppealWithdrawn(id="a", class_hour="A|2026-11-23|1", student_id="9999", at=AT)
    asked: dict[str, Appeal] = {"a|asked": appealed("9999"), "a|withdrawn": withdrawn}
    records = reference_records(Settings(prefix="site"), erasure_of("9999", {}, [], [], asked))
    assert records == [
        ("site-enrollments", b"9999", None, None, None),
        ("site-appeals", b"a|asked", None, None, None),
        ("site-appeals", b"a|withdrawn", None, None, None),
    ]


def test_every_partition_of_the_sightings_is_told() -> None:
    records = forget_records(Settings(prefix="site"), "1001", [])
    assert [partition for *_, partition, _ in records] == [EVERYWHERE]
    assert {(name, key) for name, key, *_ in records} == {("site-sightings", b"1001")}
    assert all(decode(value, Forget) == Forget(student_id="1001") for _, _, value, _, _ in records)


def test_every_row_that_stands_gets_a_tombstone() -> None:
    *_, record = forget_records(Settings(prefix="site"), "1001", ["live|A|2026-11-23|1|1001"])
    assert record == ("site-attendance", b"live|A|2026-11-23|1|1001", None, None, None)


def test_an_unfinished_roll_call_forgets_too(tmp_path: Path) -> None:
    call = RollCall(id="x", class_hour="A|2026-11-23|1", by="k", at=AT, answers={"1001": "late", "1002": "absent"})
    file = file_of(tmp_path, call.class_hour)
    keep(file, call)
    assert forget_answers(tmp_path, "1001".__eq__) == 1
    assert resume(file) == call.without("1001")
    assert forget_answers(tmp_path, "1001".__eq__) == 0


def test_who_erased_whom_is_on_record_for_those_alone_who_hold_the_key(tmp_path: Path) -> None:
    cipher = TemplateCipher.create(tmp_path / "key")
    digest = student_digest(cipher, "1001")
    name, key, value, *_ = erased_record(Settings(prefix="site"), Erased(student=digest, by="lee", at=AT))
    assert (name, decode(value, Erased)) == ("site-erasures", Erased(student=digest, by="lee", at=AT))
    assert b"1001" not in key + (value or b"")
    assert digest == student_digest(TemplateCipher.open(tmp_path / "key"), "1001")
    assert digest != student_digest(TemplateCipher.create(tmp_path / "other"), "1001")
