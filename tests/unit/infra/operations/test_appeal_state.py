"""What has become of an appeal, in whatever order its messages come and however often."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from infra.operations.appeals.appeal_register import appeal_key
from infra.operations.appeals.appeal_state import AppealState, contested_counts, states_of, upholding
from schemas.messages import Appeal, AppealAnswered, Appealed, AppealKind, AppealWithdrawn, Verdict, decode
from tests.examples import example

ASKED = decode(example("appealed"), Appealed)
ANSWERED = decode(example("appeal_answered"), AppealAnswered)
WITHDRAWN = decode(example("appeal_withdrawn"), AppealWithdrawn)
AT = datetime(2026, 3, 10, tzinfo=UTC)


def answer(name: str, minute: int, verdict: str | None = "present") -> AppealAnswered:
    return replace(ANSWERED, answer=name, at=AT + timedelta(minutes=minute), verdict=verdict)


def withdrawn(minute: int) -> AppealWithdrawn:
    return replace(WITHDRAWN, at=AT + timedelta(minutes=minute))


MINUTES = st.integers(0, 3)
ENDS = st.one_of(
    st.builds(answer, st.sampled_from("abc"), MINUTES, st.sampled_from([None, "present", "late"])),
    st.builds(withdrawn, MINUTES),
)
MESSAGES = st.lists(st.one_of(ENDS, ENDS.map(lambda each: replace(each, id="other")), st.just(ASKED)), max_size=8)


@given(MESSAGES, st.randoms(use_true_random=False))
def test_the_order_and_repetition_of_messages_change_nothing(messages: list[Appeal], chance: Random) -> None:
    shuffled = [*messages, *messages[:3]]
    chance.shuffle(shuffled)
    assert states_of(messages) == states_of(shuffled)


@given(MESSAGES)
def test_exactly_one_thing_holds_and_only_of_what_is_asked(messages: list[Appeal]) -> None:
    states = states_of(messages)
    assert set(states) == ({ASKED.id} if ASKED in messages else set())
    for state in states.values():
        assert state.answer is None or state.withdrawn is None
        ends = [each for each in messages if each.id == state.id and not isinstance(each, Appealed)]
        assert (state.word == "open") == (not ends)
        first = state.answer or state.withdrawn
        assert first is None or first.at == min(each.at for each in ends)


def test_the_earlier_answer_holds_and_of_a_withdrawal_and_an_answer_the_earlier() -> None:
    for ends, word, name in (
        ([], "open", ""),
        ([answer("b", 1), answer("a", 2, None)], "upheld", "b"),
        ([answer("b", 1, None), answer("a", 1)], "upheld", "a"),
        ([answer("b", 1, None), withdrawn(2)], "refused", "b"),
        ([answer("b", 2), withdrawn(1)], "withdrawn", ""),
        ([answer("b", 1), withdrawn(1)], "upheld", "b"),
    ):
        state = states_of([ASKED, *ends])[ASKED.id]
        assert state.word == word
        assert (state.answer.answer if state.answer else "") == name
        assert state.section == "EA0017-1"


def test_nothing_that_is_said_of_an_appeal_replaces_another_thing_in_the_topic() -> None:
    messages: list[Appeal] = [ASKED, answer("a", 1), answer("b", 1), WITHDRAWN]
    assert len({appeal_key(each) for each in messages}) == 4
    assert not any(each.student_id in appeal_key(each) for each in messages)


def test_how_often_cameras_were_contested_is_counted_by_hall_and_engine() -> None:
    def state(name: str, verdict: str | None = "present", **asked: object) -> AppealState:
        return AppealState(replace(ASKED, id=name, **asked), answer(name, 1, verdict) if verdict != "open" else None)

    counts = contested_counts([
        state("a", hall="E101", engine="one@1", kind="contest"),
        state("b", None, hall="E101", engine="one@1", kind="contest"),
        state("c", "open", hall="E101", engine="one@1", kind="contest"),
        state("d", hall="E101", engine="two@1", kind="contest"),
        state("e", hall="B12", engine="one@1", kind="contest"),
        state("f", hall="E101", engine="", kind="contest"),
        state("g", "excused", hall="E101", engine="one@1", kind="excuse", contested=None),
    ])  # fmt: skip
    assert counts == [("B12", "one@1", 1, 1, 0), ("E101", "one@1", 3, 1, 1), ("E101", "two@1", 1, 1, 0)]


def test_no_answer_upholds_by_what_is_contested_or_by_what_is_worse() -> None:
    def of(contested: Verdict | None, kind: AppealKind = "contest") -> set[Verdict]:
        return set(upholding(replace(ASKED, kind=kind, contested=contested)))

    assert of("absent") == {"present", "late", "left_early", "excused", "official_leave"}
    assert of("unobserved") == {"present", "late", "left_early", "excused", "official_leave"}
    assert of("late") == {"present", "left_early", "excused", "official_leave"}
    assert of("official_leave") == {"present", "excused"}
    assert of("present") == {"excused"}
    assert of(None, "excuse") == {"excused", "official_leave"}
