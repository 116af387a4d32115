from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from producers.simulated_hall import Expected, Script, expected, load_script
from producers.simulated_hall.script import Mishap, Stretch, StudentRole
from schemas.messages import Absence, ClassHour, Verdict
from schemas.settings import Policy

SEOUL = ZoneInfo("Asia/Seoul")


def at(time: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-09T{time}").replace(tzinfo=SEOUL)


def stretches(*texts: str) -> tuple[Stretch, ...]:
    return tuple(Stretch(at(start), at(end)) for start, end in (text.split("-") for text in texts))


HOUR = ClassHour(
    section="EA0017-1", hall="E101", date=date(2026, 3, 9), period=1, starts_at=at("09:00"), ends_at=at("09:50")
)


def truth(
    *here: str,
    dark: tuple[str, ...] = (),
    every: int = 20,
    policy: Policy | None = None,
    seat: str = "A1",
    mishaps: tuple[Mishap, ...] = (),
) -> Expected:
    student = StudentRole(face="s1", here=stretches(*here), seat=seat, student_id="201912345", name="김하늘")
    script = Script(
        name="test", hall="E101", camera="front", zone="Asia/Seoul", record=stretches("08:58-09:54")[0],
        dark=stretches(*dark), every=timedelta(seconds=every), width=1280, height=720, seed=1, heads_down=0,
        faces="orl", hours=(HOUR,), students=(student,), strangers=(), lecturer=None, mishaps=mishaps,
    )  # fmt: skip
    return expected(script, policy)[HOUR.id, "201912345"]


@pytest.mark.parametrize(
    ("here", "verdict"),
    [
        pytest.param(["08:58-09:54"], "present", id="there all the time"),
        pytest.param(["09:10-09:50"], "present", id="ten minutes late are not late"),
        pytest.param(["09:10:20-09:50"], "late", id="a moment more is late"),
        pytest.param(["08:58-09:39"], "left_early", id="left eleven minutes before the end"),
        pytest.param(["08:58-09:41"], "present", id="left nine minutes before the end"),
        pytest.param(["09:15-09:30"], "late", id="late comes before left early"),
        pytest.param([], "absent", id="never there"),
        pytest.param(["08:58-09:00"], "absent", id="went when it began"),
        pytest.param(["08:58-09:20", "09:30-09:50"], "present", id="came back"),
    ],
)
def test_the_verdict_is_the_first_that_holds(here: list[str], verdict: str) -> None:
    assert truth(*here).verdict == verdict


@pytest.mark.parametrize(
    ("here", "dark", "verdict"),
    [
        pytest.param("09:14-09:50", "09:08-09:12", "present", id="may have come while it was dark"),
        pytest.param("09:19-09:50", "09:08-09:12", "late", id="was not there for minutes after it"),
        pytest.param("08:58-09:36", "09:38-09:44", "present", id="may have left while it was dark"),
        pytest.param("08:58-09:30", "09:38-09:44", "left_early", id="was not there for minutes before it"),
        pytest.param("08:58-09:20", "09:22-09:28", "left_early", id="had left long before the end all the same"),
    ],
)
def test_nobody_is_late_or_gone_because_it_was_dark(here: str, dark: str, verdict: str) -> None:
    assert truth(here, dark=(dark,)).verdict == verdict


def test_arrival_is_at_the_earliest_the_start_of_the_class_hour() -> None:
    assert truth("08:58-09:50").arrived_at == at("09:00")
    assert truth("09:03:07-09:50").arrived_at == at("09:03:07")


def test_a_short_break_is_no_departure() -> None:
    assert truth("08:58-09:20", "09:24:59-09:50").absences == ()


def test_a_longer_one_is_and_keeps_its_return() -> None:
    assert truth("08:58-09:20", "09:26-09:50").absences == (Absence(departed_at=at("09:20"), returned_at=at("09:26")),)


def test_who_does_not_come_back_has_departed() -> None:
    assert truth("08:58-09:31").departed_at == at("09:31")
    assert truth("08:58-09:46").departed_at is None  # four minutes are not enough to know


class TestInTheDark:
    DARK = ("09:12-09:46",)

    def test_who_was_never_shown_is_unobserved_not_absent(self) -> None:
        assert truth(dark=self.DARK).verdict == "unobserved"
        assert truth("09:15-09:40", dark=self.DARK).verdict == "unobserved"

    def test_who_was_shown_is_present(self) -> None:
        assert truth("08:58-09:54", dark=self.DARK) == Expected(verdict="present", arrived_at=at("09:00"))

    def test_nobody_departs(self) -> None:
        assert truth("08:58-09:30", dark=self.DARK).departed_at is None

    def test_a_short_outage_hides_no_absence(self) -> None:
        assert truth(dark=("09:10-09:20",)).verdict == "absent"

    def test_a_departure_before_the_dark_is_dated_by_the_script(self) -> None:
        assert truth("08:58-09:05", dark=self.DARK).departed_at == at("09:05")


class TestAMishap:
    """Of half the picture; seat A1 is at the left, the last one of the row at the right."""

    LEFT, RIGHT = "A1", "A4"

    @pytest.fixture
    def hour(self) -> Callable[..., Verdict]:
        def verdict(kind: str, when: str, *here: str, seat: str = self.LEFT) -> Verdict:
            mishaps = (Mishap(kind=kind, when=stretches(when)[0]),)
            return truth(*here, seat=seat, mishaps=mishaps).verdict

        return verdict

    def test_that_hides_all_makes_nobody_late(self, hour: Callable[..., Verdict]) -> None:
        assert hour("soft", "09:00-09:15", "09:12-09:50") == "present"

    def test_that_hides_nothing_is_none(self, hour: Callable[..., Verdict]) -> None:
        assert hour("dim", "09:00-09:15", "09:12-09:50") == "late"

    def test_that_hides_a_part_hides_who_sits_there(self, hour: Callable[..., Verdict]) -> None:
        assert hour("half", "09:00-09:15", "09:12-09:50") == "present"
        assert hour("half", "09:00-09:15", "09:12-09:50", seat=self.RIGHT) == "late"

    def test_who_was_never_seen_may_have_sat_in_the_hidden_part(self, hour: Callable[..., Verdict]) -> None:
        assert hour("half", "09:00-09:30") == "unobserved"
        assert hour("half", "09:00-09:20") == "absent"


def test_frames_too_far_apart_do_not_cover_the_hour() -> None:
    assert truth(every=180).verdict == "unobserved"
    assert truth(every=180, policy=Policy(frame_cover=timedelta(minutes=3))).verdict == "absent"


def test_the_demo_holds_every_verdict() -> None:
    truth_of_demo = expected(load_script("demo"))
    verdicts = [each.verdict for each in truth_of_demo.values()]
    assert {name: verdicts.count(name) for name in set(verdicts)} == {
        "present": 34,
        "late": 2,
        "left_early": 2,
        "absent": 6,
        "unobserved": 4,
    }
    assert sum(len(each.absences) for each in truth_of_demo.values()) == 3
