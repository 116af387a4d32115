"""Which engine is live when: a function of event time and of what was chosen, however it came."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from schemas.messages import EngineChoice
from streams.reference.engine_schedule import EngineSchedule
from tests.unit.streams.paper import NINE, class_hour

HOURS = [class_hour(period) for period in range(1, 5)]


def minutes(value: float) -> timedelta:
    return timedelta(minutes=value)


def choice(engine: str, at: float, said: float = 0, by: str = "kim") -> EngineChoice:
    return EngineChoice(engine=engine, at=NINE + minutes(at), said_at=NINE + minutes(said), by=by)


said = st.lists(
    st.builds(choice, st.sampled_from("abc"), st.integers(-60, 300), st.integers(-60, 300), st.sampled_from("xy"))
)
moments = st.integers(-90, 330).map(lambda each: NINE + minutes(each))


def test_before_the_first_choice_the_engine_that_is_set_is_live() -> None:
    engine_schedule = EngineSchedule("set@1", [choice("b@1", 60)])
    assert engine_schedule.at(NINE + minutes(59.99)) == "set@1"
    assert engine_schedule.at(NINE + minutes(60)) == "b@1"


def test_a_class_hour_keeps_the_engine_in_force_at_its_start() -> None:
    engine_schedule = EngineSchedule("set@1", [choice("b@1", 30)])
    assert [engine_schedule.of(hour) for hour in HOURS[:2]] == ["set@1", "b@1"]


def test_a_choice_at_the_very_start_of_a_class_hour_holds_for_it() -> None:
    assert EngineSchedule("set@1", [choice("b@1", 60)]).of(HOURS[1]) == "b@1"


def test_of_one_moment_what_was_said_last_holds() -> None:
    assert (
        EngineSchedule("set@1", [choice("b@1", 60, said=2), choice("c@1", 60, said=1)]).at(NINE + minutes(60)) == "b@1"
    )


def test_it_tells_which_engines_come_and_which_were_live() -> None:
    engine_schedule = EngineSchedule("set@1", [choice("b@1", 60), choice("c@1", 120), choice("b@1", 180)])
    assert engine_schedule.since(NINE) == ("set@1", "b@1", "c@1")
    assert engine_schedule.since(NINE + minutes(121)) == ("c@1", "b@1")
    assert engine_schedule.before(NINE + minutes(60)) == {"set@1", "b@1"}


@given(said, st.randoms(use_true_random=False), moments)
def test_the_order_in_which_choices_come_does_not_matter(each: list[EngineChoice], random: object, at: object) -> None:
    shuffled = list(each)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = EngineSchedule("set@1", each), EngineSchedule("set@1", [*shuffled, *each])
    assert one.said == other.said
    assert one.at(at) == other.at(at)  # type: ignore[arg-type]


@given(said, st.integers(0, 300))
def test_a_choice_changes_no_class_hour_that_has_begun(each: list[EngineChoice], at: int) -> None:
    before = EngineSchedule("set@1", [one for one in each if one.at != NINE + minutes(at)])
    after = EngineSchedule("set@1", [*before.said, choice("new@1", at)])
    for hour in HOURS:
        if hour.starts_at < NINE + minutes(at):
            assert after.of(hour) == before.of(hour)
        else:
            first = next((one for one in after.said if one.at <= hour.starts_at and one.at > NINE + minutes(at)), None)
            assert after.of(hour) == ("new@1" if first is None else before.of(hour))
