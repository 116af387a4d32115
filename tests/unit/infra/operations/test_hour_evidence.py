"""Why somebody counts as what he counts: the strip of his hour, and what is said of it in sentences."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from infra.operations.class_hours.evidence_texts import mark_sentence, sentences
from infra.operations.class_hours.hour_evidence import HourEvidence, StoredEvidence, evidence_of
from schemas.errors import RefusedError
from schemas.messages import Absence, Attendance, CameraVerdict, Coverage, Gap, Mark, MarkBatch, Roster, Student, decode
from schemas.settings import Policy
from sinks.hour_rows import FramesNamed, HourRows, VerdictVersion
from sinks.rows import attendance_row, coverage_row
from tests.examples import example
from tests.unit.streams.paper import NINE, class_hour

HOUR = class_hour(1)
HE = "201912345"
SEOUL = ZoneInfo("Asia/Seoul")
LISTED = Roster(
    section="EA0017-1", students=(Student(student_id=HE, name="최민서"),), version=3,
    loaded_at=NINE - timedelta(days=7), by="registrar",
)  # fmt: skip


def at(minute: float) -> datetime:
    return NINE + timedelta(minutes=minute)


def gap(start: float, end: float, reason: str = "") -> Gap:
    return Gap(starts_at=at(start), ends_at=at(end), reason=reason)  # type: ignore[arg-type]


def away(left: float, back: float | None = None) -> Absence:
    return Absence(departed_at=at(left), returned_at=None if back is None else at(back), gone_by=at(left + 5))


def batch(name: str, minute: float, verdict: Any, *, by: str = "Prof. Kim", reason: str = "", **mark: Any) -> MarkBatch:
    kind: Any = "rollcall" if name == "roll" else "mark"
    return MarkBatch(
        id=name, class_hour=HOUR.id, hall="E101", kind=kind, by=by, at=at(minute), reason=reason,
        marks=(Mark(student_id=HE, verdict=verdict, **mark),),
    )  # fmt: skip


def evidence(
    gaps: Iterable[Gap] = (), marks: Iterable[MarkBatch] = (), named: FramesNamed | None = None, now: float = 600,
    versions: Iterable[VerdictVersion] = (), **said: Any,
) -> HourEvidence:  # fmt: skip
    usual: dict[str, Any] = {
        "judged": None, "doubts": (), "arrived_at": at(0.25), "departed_at": None, "absences": (),
        "policy": Policy().version, "seconds_present": 2900.0,
    }  # fmt: skip
    row = replace(decode(example("attendance"), Attendance), **(usual | said))
    covered = replace(decode(example("coverage"), Coverage), gaps=tuple(gaps), final=row.final)
    rows = HourRows([attendance_row(row)], coverage_row(covered))
    stored = StoredEvidence(rows, named, tuple(versions))
    return evidence_of(HOUR, HE, stored, batches=[*marks], roster=LISTED, now=at(now))


def drawn(it: HourEvidence) -> list[tuple[str, float, float, str]]:
    def minute(moment: datetime) -> float:
        return (moment - NINE) / timedelta(minutes=1)

    return [(each.kind, minute(each.starts_at), minute(each.ends_at), each.reason) for each in it.segments]


# ---------------------------------------------------------------- the strip


@pytest.mark.parametrize(
    ("said", "gaps", "expected"),
    [
        pytest.param({"arrived_at": at(0)}, [], [("seen", 0, 50, "")], id="there all the time"),
        pytest.param({"arrived_at": None}, [], [("not_seen", 0, 50, "")], id="never there"),
        pytest.param(
            {"arrived_at": at(12), "absences": (away(20, 29), away(40))}, [],
            [("not_seen", 0, 12, ""), ("seen", 12, 20, ""), ("away", 20, 29, ""), ("seen", 29, 40, ""),
             ("away", 40, 50, "")],
            id="late, away and back, left early",
        ),
        pytest.param(
            {"arrived_at": at(0), "absences": (away(20, 40),)}, [gap(10, 25, "dark"), gap(30, 32)],
            [("seen", 0, 10, ""), ("unseeable", 10, 25, "dark"), ("away", 25, 30, ""), ("no_frame", 30, 32, ""),
             ("away", 32, 40, ""), ("seen", 40, 50, "")],
            id="what nobody could see is nothing else",
        ),
        pytest.param(
            {"arrived_at": None}, [gap(0, 30, "deleted"), gap(30, 50, "blurred")],
            [("no_frame", 0, 30, "deleted"), ("unseeable", 30, 50, "blurred")], id="an hour that nobody saw",
        ),
        pytest.param({"arrived_at": at(0)}, [gap(3, 3.9)], [("seen", 0, 50, "")], id="what is short is no gap"),
    ],
)  # fmt: skip
def test_the_strip(said: dict[str, Any], gaps: list[Gap], expected: list[tuple[str, float, float, str]]) -> None:
    assert drawn(evidence(gaps, **said)) == expected


def test_while_the_class_hour_runs_the_strip_ends_where_it_was_judged_last() -> None:
    running = evidence([gap(20, 50)], final=False, now=20)
    assert drawn(running) == [("not_seen", 0, 0.25, ""), ("seen", 0.25, 20, "")]
    assert drawn(evidence(final=False, now=-5)) == []


minutes = st.lists(st.integers(0, 50), max_size=7, unique=True).map(sorted)


@given(minutes, minutes, st.booleans())
def test_the_strip_leaves_nothing_out_and_neighbours_differ(came: list[int], dark: list[int], final: bool) -> None:
    absences = tuple(away(left, back) for left, back in zip(came[1::2], [*came[2::2], None], strict=False))
    gaps = [gap(start, end, "dark") for start, end in zip(dark[::2], dark[1::2], strict=False)]
    it = evidence(gaps, arrived_at=at(came[0]) if came else None, absences=absences, final=final, now=33)
    assert not it.segments or it.segments[0].starts_at == HOUR.starts_at
    last = next((each.starts_at for each in gaps if each.ends_at == HOUR.ends_at), HOUR.ends_at)  # not judged yet
    until = HOUR.ends_at if final else min(last, at(33))
    assert not it.segments or it.segments[-1].ends_at == until
    assert all(each.starts_at < each.ends_at for each in it.segments)
    for one, two in pairwise(it.segments):
        assert one.ends_at == two.starts_at
        assert (one.kind, one.reason) != (two.kind, two.reason)
    unseeable = sum((s.ends_at - s.starts_at for s in it.segments if s.kind == "unseeable"), timedelta())
    assert unseeable == sum((max(min(g.ends_at, until) - g.starts_at, timedelta()) for g in gaps), timedelta())


def test_of_whom_nothing_was_said_nothing_is_known() -> None:
    rows = HourRows([], None)
    with pytest.raises(RefusedError, match="nothing is known of 1001"):
        evidence_of(HOUR, "1001", StoredEvidence(rows), batches=[], roster=LISTED, now=NINE)


# ---------------------------------------------------------------- in sentences


def test_who_came_and_went_is_told_in_english() -> None:
    it = evidence(
        [gap(33, 36, "dark")], named=FramesNamed(131, at(0.25), at(49)), absences=(away(20, 29),),
        seconds_present=2445.0,
    )  # fmt: skip
    assert sentences(it, "en", SEOUL) == (
        "최민서 (201912345), EA0017-1, 2026-03-09 period 1 (09:00-09:50, E101): present.",
        "No person has changed this: it is what the camera says.",
        "First seen at 09:00:15.",
        "Away from 09:20:00 to 09:29:00.",
        "There for 41 of 50 observed minutes; the class hour has 50.",
        "131 frames, from 09:00:15 to 09:49:00, took a face for this student by themselves; all together decide, so "
        "that this is a hint only.",
        "The camera saw this student with a probability of 99.7%; faces were looked at in 41 different minutes.",
        "From 09:33 to 09:36 (3 min) nothing could be seen: dark.",
        "The rule of that verdict: late is who comes more than 10 min after the start, left early who goes more than "
        "10 min before the end, away who is not seen for 5 observed min. Absent is only who was never seen while at "
        "least 50% of the class hour was observed.",
        "The faces were compared by the engine centerface-dlib@1-530a2c1e.",
        "The roster is version 3, loaded on 2026-03-02 09:00 by registrar.",
        "Nobody marked anything.",
        "This is version 451 of the verdict.",
    )


VERSIONS = [
    VerdictVersion(12, "unobserved", "camera", 1, "", None, 60.0, 0),
    VerdictVersion(40, "present", "camera", 0, "", None, 620.0, 0),
    VerdictVersion(451, "late", "Prof. Kim", 0, "train", at(60), 3000.0, 1),
]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "en",
            (
                "From version 12 on, after 1 observed minutes, the camera said: unobserved, to be decided by a person.",
                "From version 40 on, after 10 observed minutes, the camera said: present.",
                "Version 451: late, by Prof. Kim.",
                "This is version 451 of the verdict.",
            ),
        ),
        (
            "ko",
            (
                "12판부터(1분 관찰 후) 카메라의 판정: 미확인, 사람이 결정할 것.",
                "40판부터(10분 관찰 후) 카메라의 판정: 출석.",
                "451판: 지각, Prof. Kim.",
                "지금은 451판입니다.",
            ),
        ),
    ],
)
def test_what_was_said_before_is_told(language: str, told: tuple[str, ...]) -> None:
    assert sentences(evidence(versions=VERSIONS), language, SEOUL)[-4:] == told


DOUBTED: dict[str, Any] = {
    "arrived_at": None, "seconds_present": 0.0, "p": 0.41, "looks": 1, "doubts": ("like_him", "few_looks"),
    "verdict": "late", "source": "Prof. Kim",
    "judged": CameraVerdict(verdict="unobserved", confidence=0.41, review=True),
}  # fmt: skip
MARKED = [
    batch("roll", 2, "present"),
    batch("2", 55, "as_judged", reason="typed into the wrong row"),
    batch("3", 60, "late", reason="train", looks_like="201977777"),
]


def test_what_people_said_and_what_the_camera_says_are_told_beside_each_other_in_korean() -> None:
    told = sentences(evidence(marks=MARKED, **DOUBTED), "ko", SEOUL)
    assert told[:5] == (
        "최민서(201912345), EA0017-1, 2026-03-09 1교시(09:00-09:50, E101): 지각.",
        "수정한 사람: Prof. Kim. 카메라의 판정: 미확인.",
        "이 학생이라고 할 만큼 확실한 화면이 없습니다.",
        "관찰된 50분 중 0분 동안 있었습니다. 교시는 모두 50분입니다.",
        "한 장만으로 이 학생이라고 본 화면은 없습니다.",
    )
    assert "이 학생일 수 있는 사람이 있었습니다(확률 41%). 얼굴이 보인 시간이 2분이 안 됩니다." in told[6]
    assert told[-4:-1] == (
        "2026-03-09 09:02: Prof. Kim, 출석(출석 부르기).",
        "2026-03-09 09:55: Prof. Kim, 수정 취소; 사유: typed into the wrong row.",
        "2026-03-09 10:00: Prof. Kim, 지각; 카메라가 본 사람은 201977777; 사유: train.",
    )


def test_what_was_taken_back_is_the_cameras_word_again() -> None:
    told = sentences(evidence(marks=MARKED[:2], **DOUBTED), "en", SEOUL)
    assert told[0].endswith("unobserved.")
    assert told[1] == "No person has changed this: it is what the camera says."
    assert "2026-03-09 09:55: Prof. Kim took back what was marked; the reason: typed into the wrong row." in told


def test_a_confirmation_is_told_as_one() -> None:
    mark = evidence(marks=[batch("1", 55, "present", confirmed=True)]).marks[0]
    expected = "2026-03-09 09:55: Prof. Kim found right what the camera had judged, present."
    assert mark_sentence(mark, "en", SEOUL) == expected


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"withdrawn": True}, "No longer on the roster"),
        ({"final": False}, "still judged"),
        ({"policy": "of a later Naul"}, "cannot say what that means"),
        ({"absences": (away(30),)}, "Last seen at 09:30:00, surely gone by 09:35:00."),
        ({"absences": (Absence(departed_at=at(30)),)}, "Last seen at 09:30:00."),
        ({"source": "kim", "marks": MARKED}, "what the camera said then was not kept"),
    ],
)
def test_what_else_must_be_said(said: dict[str, Any], text: str) -> None:
    assert text in " ".join(sentences(evidence(**said), "en", SEOUL))


# ---------------------------------------------------------------- the rule


@given(
    st.builds(
        Policy, late_after=st.integers(0, 10800).map(lambda each: timedelta(seconds=each)),
        enough_coverage=st.sampled_from([0.0, 0.5, 0.75]),
        frame_cover=st.sampled_from([timedelta(seconds=0.5), timedelta(minutes=1)]),
    )
)  # fmt: skip
def test_a_policy_is_read_back_from_what_verdicts_are_stored_with(policy: Policy) -> None:
    assert Policy.of_version(policy.version) == policy


@pytest.mark.parametrize(
    "text", ["", "p", "6/6/3/6/1/0.5/0.9/0.5/7", "600/600/300/60/120/9/0.9/0.5", "nan/1/1/1/1/1/1/1"]
)
def test_what_is_no_policy_of_this_naul_is_none(text: str) -> None:
    assert Policy.of_version(text) is None
