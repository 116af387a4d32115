"""Whether an engine may become the live one: what is refused, with the remedy, and what is kept of who chose it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.operations.engines.choose_engine import ChoiceInputs, ChoiceRequest, decide, soon
from schemas.errors import RefusedError
from schemas.messages import EngineChoice, Enrollment, EnrollmentTemplate, Evaluated, Roster, Student
from sinks.runs.evaluations import Recorded
from streams.reference.engine_schedule import EngineSchedule

NOON = datetime(2026, 3, 9, 3, 0, tzinfo=UTC)
SET, NEW = "set@1", "new@1"
WISH = ChoiceRequest(NEW, NOON, "kim")
JUDGED = Recorded("reference", "marks", NOON, NEW, 47, 48)


def enrolled(student: str, *engines: str) -> Enrollment:
    templates = tuple(EnrollmentTemplate(engine=each, photos=2, sealed=b"sealed") for each in engines)
    return Enrollment(student_id=student, version=1, enrolled_at=NOON, consent_on_file=True, templates=templates)


def known(*people: Enrollment, said: tuple[EngineChoice, ...] = (), **other: Any) -> ChoiceInputs:
    roster = Roster(section="EA", students=tuple(Student(student_id=each.student_id, name="얼") for each in people))
    values: dict[str, Any] = {
        "engine_schedule": EngineSchedule(SET, said),
        "rosters": [roster],
        "enrollments": {each.student_id: each for each in people},
        "evaluations": [JUDGED],
        "judged": {},
    }
    return ChoiceInputs(**values | other)


def chosen(engine: str, at: datetime) -> EngineChoice:
    return EngineChoice(engine=engine, at=at, said_at=at, by="lee")


def hours(value: float) -> timedelta:
    return timedelta(hours=value)


def test_it_rests_on_the_latest_evaluation() -> None:
    earlier = JUDGED._replace(run="earlier", right=1)
    choice = decide(WISH, known(evaluations=[earlier, JUDGED]), NOON - hours(1))
    assert choice == EngineChoice(
        engine=NEW, at=NOON, said_at=NOON - hours(1), by="kim",
        evaluated=Evaluated(run="reference", truth="marks", right=47, of=48),
    )  # fmt: skip


def test_students_without_templates_of_it_are_named_with_the_remedy() -> None:
    people = [enrolled(f"20191234{number}", SET) for number in range(3)]
    with pytest.raises(RefusedError) as refused:
        decide(WISH, known(*people, enrolled("201999999", SET, NEW)), NOON)
    assert refused.value.message == "enrolled students whom new@1 does not know (3): 201912340, 201912341, 201912342"
    assert refused.value.remedy == "Enrol them for it: naul enroll PHOTOS --engine new --consent-on-file"


def test_of_many_students_without_templates_ten_are_named() -> None:
    with pytest.raises(RefusedError, match=r"\(13\): 2000, 2001, .*, 2009 and 3 more\n"):
        decide(WISH, known(*(enrolled(f"{2000 + number}", SET) for number in range(13))), NOON)


def test_who_takes_no_course_or_is_not_enrolled_at_all_hinders_nothing() -> None:
    stranger = enrolled("201900001", SET)
    facts = known(enrolled("201900002", NEW), enrolled("201900003"))
    assert decide(WISH, facts._replace(enrollments={**facts.enrollments, "201900001": stranger}), NOON)


def test_what_nobody_evaluated_is_refused_with_the_remedy() -> None:
    with pytest.raises(RefusedError, match="nobody has evaluated new@1") as refused:
        decide(WISH, known(evaluations=[]), NOON)
    assert "naul evaluate RUN --truth" in refused.value.remedy


def test_that_it_was_chosen_without_an_evaluation_stays_on_record() -> None:
    choice = decide(WISH._replace(without_evaluation=True), known(evaluations=[]), NOON)
    assert choice
    assert (choice.evaluated, choice.without_evaluation) == (None, True)


def test_an_evaluation_that_is_there_counts_though_none_was_asked_for() -> None:
    choice = decide(WISH._replace(without_evaluation=True), known(), NOON)
    assert choice
    assert choice.evaluated
    assert not choice.without_evaluation


def test_back_to_what_was_live_before_needs_no_evaluation() -> None:
    choice = decide(WISH._replace(engine=SET), known(said=(chosen(NEW, NOON - hours(5)),), evaluations=[]), NOON)
    assert choice
    assert (choice.evaluated, choice.without_evaluation) == (None, False)


def test_what_only_will_be_live_needs_one() -> None:
    facts = known(said=(chosen(NEW, NOON + hours(5)),), evaluations=[])
    with pytest.raises(RefusedError, match="nobody has evaluated"):
        decide(WISH, facts, NOON)


def test_class_hours_that_were_judged_are_not_changed() -> None:
    judged = {"EA|2026-03-09|3": NOON - hours(1), "EA|2026-03-09|4": NOON, "EA|2026-03-09|5": NOON + hours(1)}
    with pytest.raises(RefusedError) as refused:
        decide(WISH, known(judged=judged), NOON + hours(3))
    assert refused.value.message.endswith("judged live already (2), the last one EA|2026-03-09|5")
    assert decide(WISH._replace(at=NOON + hours(2)), known(judged=judged), NOON + hours(3))


def test_judged_class_hours_that_keep_their_engine_do_not_matter() -> None:
    later = chosen(SET, NOON + hours(1))
    assert decide(WISH, known(said=(later,), judged={"EA|2026-03-09|5": NOON + hours(1)}), NOON)


def test_what_is_in_force_then_is_not_chosen_again() -> None:
    lacking = enrolled("201912345", SET)
    assert decide(WISH._replace(engine=SET), known(lacking, evaluations=[]), NOON) is None
    facts = known(lacking, said=(chosen(NEW, NOON - hours(1)),), judged={"EA|2026-03-09|4": NOON})
    assert decide(WISH, facts, NOON) is None


def test_a_moment_is_kept_in_utc_whatever_it_was_said_in() -> None:
    seoul = datetime.fromisoformat("2026-03-09T12:00:00+09:00")
    choice = decide(WISH._replace(at=seoul), known(), NOON)
    assert choice
    assert choice.at.isoformat() == "2026-03-09T03:00:00+00:00"


def test_a_choice_made_now_holds_from_a_whole_second_soon() -> None:
    assert soon(NOON + timedelta(milliseconds=900)) == NOON + timedelta(seconds=10)
