"""What a replay does again, and the folder in which it keeps what it has seen so far."""

import pickle
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.operations.runs.replay_files import WorkFiles
from schemas.errors import RefusedError, SettingsError
from schemas.settings import Policy, Settings, load_policy
from streams.replay import FramePart, Plan, ReplayRequest, choose
from tests.unit.schemas.test_runs import NINE, manifest
from tests.unit.streams.paper import observation

MINE, OTHER = "mine@1", "other@1"
PART = FramePart(hour="EA|2026-03-09|1", hall="E101", camera="front", partition=1, offsets=(3, 5, 6))


def request(**other: Any) -> ReplayRequest:
    return ReplayRequest(run="r", since=NINE, until=NINE + timedelta(hours=1))._replace(**other)


@pytest.mark.parametrize(
    ("asked", "engine", "seen", "kind", "because"),
    [
        ({}, MINE, {MINE: 9}, "frames", "the same engine"),
        ({"policy": Policy()}, MINE, {MINE: 9}, "sightings", "only the policy"),
        ({"policy": Policy()}, MINE, {OTHER: 9}, "frames", "no sightings are left"),
        ({"policy": Policy()}, OTHER, {MINE: 9, OTHER: 9}, "frames", "other@1 looks, in place of mine@1"),
        ({"from_sightings": True}, OTHER, {OTHER: 1}, "sightings", "as asked"),
    ],
)
def test_only_what_must_be_is_done_again_and_it_says_why(
    asked: dict[str, Any], engine: str, seen: dict[str, int], kind: str, because: str
) -> None:
    chosen, why = choose(request(**asked), live=MINE, engine=engine, seen=seen)
    assert chosen == kind
    assert because in why


def test_several_engines_make_a_run_each() -> None:
    assert request().runs == {"r": None}
    assert request(engines=("sface",)).runs == {"r": "sface"}
    assert request(engines=("sface", "dlib")).runs == {"r-sface": "sface", "r-dlib": "dlib"}


def test_sightings_of_another_engine_are_none_of_this_one() -> None:
    with pytest.raises(RefusedError, match="no sightings of other@1 are left of this time; there are some of mine@1"):
        choose(request(from_sightings=True), live=MINE, engine=OTHER, seen={MINE: 9})


@pytest.fixture
def files(tmp_path: Path) -> WorkFiles:
    return WorkFiles(Settings(home=tmp_path), "mine")


def test_what_is_begun_is_read_again_by_whoever_goes_on(files: WorkFiles) -> None:
    written = manifest(run="mine"), Plan(parts=(PART,), hours=(PART.hour,), records=3)
    with files.held():
        files.begin(*written)
        with files.keeping(PART) as keep:
            for each in (observation(1), None, observation(2)):
                keep(each)
    assert files.read() == written
    assert files.done(PART)
    assert [bool(line) for line in files.lines(PART)] == [True, False, True]
    others = [path for path in files.folder.rglob("*") if stat.S_IMODE(path.stat().st_mode) != 0o600]
    assert others == []
    assert stat.S_IMODE(files.folder.stat().st_mode) == 0o700
    files.delete()
    assert not files.folder.exists()


def test_a_part_that_is_broken_off_was_not_done(files: WorkFiles) -> None:
    with files.held(), pytest.raises(KeyboardInterrupt), files.keeping(PART) as keep:  # noqa: PT012
        keep(observation(1))
        raise KeyboardInterrupt
    assert not files.done(PART)


def test_what_was_deleted_meanwhile_is_told(files: WorkFiles) -> None:
    told = pytest.raises(RefusedError, match="deleted meanwhile: somebody was forgotten")
    with files.held(), told, files.keeping(PART) as keep:
        keep(observation(1))
        files.delete()
    with pytest.raises(RefusedError, match="deleted meanwhile") as refused:
        files.lines(PART)
    assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value), "a worker says it to who asked"  # noqa: S301


def test_a_run_is_worked_at_by_one_process(files: WorkFiles, tmp_path: Path) -> None:
    other = WorkFiles(Settings(home=tmp_path), "mine")
    with files.held(), pytest.raises(RefusedError, match="under way already"), other.held():
        pass


def test_nothing_begun_is_nothing_to_go_on_with(files: WorkFiles, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="no replay mine is under way"):
        files.read()
    with pytest.raises(RefusedError, match="no name of a run"):
        WorkFiles(Settings(home=tmp_path), "../live")


def test_a_policy_of_a_file_changes_what_is_in_it(tmp_path: Path) -> None:
    file, base = tmp_path / "stricter.toml", Policy(accept=0.9)
    for text in ('late_after = "5min"\n', '[policy]\nlate_after = "5min"\n'):
        file.write_text(text, "utf-8")
        assert load_policy(file, base) == Policy(accept=0.9, late_after=timedelta(minutes=5))


@pytest.mark.parametrize(
    ("text", "said"),
    [("late_aftr = 3", "did you mean late_after"), ("accept = 2", "accept"), ("late_after = 5", "has no unit")],
)
def test_a_policy_that_cannot_be_is_refused_by_the_name_of_its_file(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "stricter.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=said) as refused:
        load_policy(file, Policy())
    assert str(file) in str(refused.value)
