"""``naul runs`` and ``naul evaluate`` as they are typed."""

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from infra.cli.evaluate import command as evaluate_command
from infra.cli.runs import command as runs_command
from infra.machine.topic_creation import create_topics
from infra.operations.runs.replay_files import WorkFiles
from schemas.errors import RefusedError
from schemas.messages import Attendance, Coverage, Face, Observation, decode, encode
from schemas.settings import Settings
from sinks.batch import Batch, write
from sinks.runs.store import write_run
from sinks.store import open_store
from tests.examples import example
from tests.unit.sinks.runs.paper import manifest

Naul = Callable[..., Result]
STUDENTS = {"201912345": "최민서", "201912346": "<b>이하나</b>", "201912347": "박둘"}
LIVE = {"201912345": "present", "201912346": "absent", "201912347": "late"}
OTHER = {"201912345": "present", "201912346": "present", "201912347": "absent"}
TRUTH = """section,date,period,student_id,verdict,arrived_at,departed_at
EA0017-1,2026-03-09,1,201912345,present,09:00:00,
EA0017-1,2026-03-09,1,201912346,present,,
EA0017-1,2026-03-09,1,201912347,late,,
"""


@pytest.fixture(scope="module")
def judged(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a site whose live run and a replay differ in two verdicts; a person said the one of 201912347.

    Copy it: to write both runs for each test takes much longer.
    """
    verdict, coverage = decode(example("attendance"), Attendance), decode(example("coverage"), Coverage)
    observation = decode(example("observation"), Observation)
    home = tmp_path_factory.mktemp("judged") / "home"
    shutil.copytree(migrated, home, symlinks=True)

    def batch(run: str, verdicts: dict[str, str], frames: int, marked: str = "") -> Batch:
        found = Batch(run)
        for student, word in verdicts.items():
            said = replace(
                verdict, run=run, student_id=student, name=STUDENTS[student], verdict=word,  # type: ignore[arg-type]
                source="kim" if student == marked else "camera",
            )  # fmt: skip
            found.take("attendance", b"", encode(said if word != "absent" else replace(said, arrived_at=None)))
        said = replace(coverage, run=run, frames=frames, seconds_covered=coverage.seconds_covered * frames / 150)
        found.take("attendance", b"", encode(said))
        if run == "other":
            for second, student, width in ((0, "201912346", 40), (1, "201912346", 40), (2, "201912345", 50)):
                left = 120 - width / 2
                face = Face(box=(left, 50, left + width, 100), score=0.9, student=student)
                at = coverage.starts_at + timedelta(seconds=second)
                found.take("sightings", b"", encode(replace(observation, captured_at=at, faces=(face,))))
        return found

    settings = Settings(home=home)
    with open_store(settings) as store:
        write(store, batch("live", LIVE, 150, marked="201912347"))
    write_run(settings, manifest("other", frames=120), batch("other", OTHER, 120))
    return home


@pytest.fixture
def embedded(judged: Path, tmp_path: Path) -> Settings:
    home = tmp_path / "home"
    shutil.copytree(judged, home, symlinks=True)
    return Settings(home=home)


@pytest.fixture
def naul(embedded: Settings) -> Naul:
    def run(*arguments: str, **options: Any) -> Result:
        command = evaluate_command if arguments[0] == "evaluate" else runs_command
        words = arguments[1:] if arguments[0] == "evaluate" else arguments
        return CliRunner().invoke(command, [*words, "--home", str(embedded.home)], **options)

    return run


@pytest.fixture
def truth(tmp_path: Path) -> str:
    file = tmp_path / "truth.csv"
    file.write_text(TRUTH, "utf-8")
    return str(file)


def test_runs_are_listed_live_first(naul: Naul) -> None:
    lines = naul("list").output.splitlines()
    assert [line.split()[0] for line in lines if line.startswith(("live", "other"))] == ["live", "other"]


def test_a_replay_that_is_not_finished_is_listed_with_how_to_go_on(naul: Naul, embedded: Settings) -> None:
    folder = embedded.home / "runs" / "interrupted"
    folder.mkdir(parents=True)
    begun = manifest("interrupted", finished_at=None)
    (folder / "manifest.json").write_bytes(msgspec.json.encode(begun))
    assert naul("list").output.splitlines()[-1].split()[0] == "interrupted"
    assert "naul replay --resume" in naul("list").output
    assert json.loads(naul("show", "interrupted").output)["finished_at"] is None
    assert naul("delete", "interrupted", "--yes").exit_code == 0
    assert not folder.exists()
    assert "interrupted" not in naul("list").output


def test_a_replay_that_is_under_way_is_not_deleted(naul: Naul, embedded: Settings) -> None:
    files = WorkFiles(embedded, "busy")
    with files.held():
        assert isinstance(naul("delete", "busy", "--yes").exception, RefusedError)
        assert files.folder.is_dir()
    files.delete()


def test_a_replay_shows_its_manifest_and_live_what_it_has(naul: Naul) -> None:
    assert json.loads(naul("show", "other").output)["why"] == "another engine looks"
    assert json.loads(naul("show", "live").output)["class_hours"] == 1


def test_a_replay_is_deleted_when_asked_twice(naul: Naul) -> None:
    assert naul("delete", "other", input="n\n").exit_code == 1
    assert naul("show", "other").exit_code == 0
    assert "Deleted the run other." in naul("delete", "other", input="y\n").output
    assert isinstance(naul("show", "other").exception, RefusedError)


def test_the_live_run_is_not_deleted(naul: Naul) -> None:
    error = naul("delete", "live", "--yes").exception
    assert isinstance(error, RefusedError)
    assert "professors" in error.message


def test_a_comparison_for_people_says_what_differs_and_which_hour_saw_less(naul: Naul) -> None:
    said = naul("compare", "live", "other").output
    assert "2 of 3 (66.7%" in said
    assert "Class hours of which a run saw less, or lacks frames: 1 of 1" in said
    assert "Cost" in said
    assert "<b>이하나</b>" in said


def test_a_comparison_as_csv_is_a_line_a_verdict_that_differs(naul: Naul) -> None:
    rows = list(csv.DictReader(io.StringIO(naul("compare", "live", "other", "--format", "csv").output, newline="")))
    assert [(row["student_id"], row["verdict_a"], row["verdict_b"], row["less_coverage"]) for row in rows] == [
        ("201912346", "absent", "present", "b"), ("201912347", "late", "absent", "b")
    ]  # fmt: skip
    assert (rows[1]["arrived_at_a"], rows[1]["arrived_at_b"]) == ("2026-03-09T09:00:15+09:00", "")


def test_a_comparison_as_json_is_everything(naul: Naul, truth: str) -> None:
    said = json.loads(naul("compare", "live", "other", "--truth", truth, "--format", "json").output)
    assert [(each["student_id"], each["right"]) for each in said["differing"]] == [
        ("201912346", "b"), ("201912347", None)  # the second one is a mark
    ]  # fmt: skip
    assert (said["right_a"], said["right_b"], said["cost_b"]["frames"]) == (0, 1, 120)
    assert said["statement"].startswith("other is right where live is wrong in 1 of 1")


def test_what_is_compared_and_evaluated_is_said_in_the_sites_language(
    naul: Naul, truth: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    english = {
        line: naul(*line, "--truth", truth).output for line in (("compare", "live", "other"), ("evaluate", "live"))
    }
    monkeypatch.setenv("NAUL_LANGUAGE", "ko")
    korean = {line: naul(*line, "--truth", truth).output for line in english}
    assert "A는 live, B는 other: 같은 학생과 교시의 판정 3건." in korean["compare", "live", "other"]
    assert "live: 맞은 판정 2건 중 1건(50.0%," in korean["evaluate", "live"]
    left = {"live", "other", "camera", "kim", "front", "csv", "json", "ms", "recall", "precision", "x1", "y1"}
    for line, said in korean.items():
        assert set(re.findall(r"[a-z]{2,}", said)) & set(re.findall(r"[a-z]{2,}", english[line])) <= left


def test_a_page_is_one_file_in_the_sites_language(
    naul: Naul, truth: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAUL_LANGUAGE", "ko")
    file = tmp_path / "other.html"
    naul("compare", "live", "other", "--truth", truth, "--format", "html", "--output", str(file))
    text = file.read_text("utf-8")
    assert "결석" in text
    assert '<html lang="ko">' in text
    assert "<h2>다른 판정</h2>" in text
    assert not re.search("[a-z]{4,} [a-z]{4,}", re.sub("<style>.*?</style>|<[^>]*>", "", text, flags=re.DOTALL))
    assert "&lt;b&gt;이하나" in text
    assert "<b>이하나" not in text


def test_an_evaluation_counts_what_the_camera_said(naul: Naul, truth: str) -> None:
    said = json.loads(naul("evaluate", "live", "--truth", truth, "--format", "json").output)
    assert (said["score"]["right"]["count"], said["score"]["right"]["of"], said["marked"]) == (1, 2, 1)
    assert said["score"]["false_absences"] == 1
    assert said["score"]["arrivals"]["off"]["median"] == 15.0


def test_an_evaluation_says_who_was_taken_for_whom(naul: Naul, tmp_path: Path) -> None:
    # 201912347 was not there, but live says late (a mark) and other says absent; 201912346 was not there either, and
    # other says present: of the three frames at her place two gave it her name and one that of 201912345.
    truth = tmp_path / "absent.csv"
    truth.write_text(re.sub("2346,present|2347,late", lambda found: found[0][:5] + "absent", TRUTH), "utf-8")
    said = json.loads(naul("evaluate", "other", "--truth", str(truth), "--format", "json").output)
    [wrong] = said["wrong"]
    place = wrong["place"]
    assert (wrong["student_id"], place["frames"], place["him"], place["nobody"]) == ("201912346", 3, 2, 0)
    assert place["others"] == [{"student_id": "201912345", "name": "최민서", "frames": 1}]
    assert place["box"] == [100.0, 50.0, 140.0, 100.0]
    assert {name: each["right"]["of"] for name, each in said["cameras"].items()} == {"E101/front": 2, "never named": 1}
    assert list(said["widths"]) == ["32 to 48 px", "48 to 64 px", "never named"]
    assert (said["detection"]["present"], said["detection"]["absent"], said["detection"]["told_false"]) == (1, 2, 1)
    text = naul("evaluate", "other", "--truth", str(truth)).output
    for title in ("Identification", "Who was taken for whom", "Faces that got the name of somebody who was not there"):
        assert f"\n{title}\n" in text
    page = naul("evaluate", "other", "--truth", str(truth), "--format", "html").output
    assert "at front 100,50 to 140,100: of 3 frames named him in 2, 201912345 최민서 in 1, nobody in 0" in page
    assert page.count("<svg xmlns") == 4


def test_what_live_saw_marks_a_class_hour_in_a_comparison_of_replays(naul: Naul) -> None:
    said = json.loads(naul("compare", "other", "other", "--format", "json").output)
    assert [(each["less"], each["live"] > each["a"]["share"]) for each in said["hours"]] == [("both", True)]


@pytest.fixture
def marking(embedded: Settings, broker: Any) -> None:
    """A Kafka with the marks of the site."""
    (embedded.home / "naul.toml").write_text(f'kafka = "{broker.settings.bootstrap}"\n', "utf-8")
    create_topics(replace(embedded, kafka=broker.settings.bootstrap))


@pytest.mark.usefixtures("marking")
def test_an_evaluation_by_marks_judges_a_replay(naul: Naul) -> None:
    said = json.loads(naul("evaluate", "other", "--truth", "marks", "--format", "json").output)
    assert [(each["student_id"], each["truth"], each["said"]["verdict"]) for each in said["wrong"]] == [
        ("201912347", "late", "absent")
    ]  # fmt: skip


def test_an_evaluation_for_people_and_for_a_spreadsheet(naul: Naul, truth: str) -> None:
    assert "other: right in 2 of 3 (66.7%" in naul("evaluate", "other", "--truth", truth).output
    rows = naul("evaluate", "other", "--truth", truth, "--format", "csv").output
    assert [row["of"] for row in csv.DictReader(io.StringIO(rows, newline=""))] == [
        "run", "hall", *["camera"] * 2, *["face width"] * 3, "section"
    ]  # fmt: skip


@pytest.mark.usefixtures("marking")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("compare", "live", "oter"), "did you mean other", id="no such run"),
        pytest.param(("evaluate", "live", "--truth", "marks"), "said by a person", id="marks judge no marks"),
        pytest.param(("evaluate", "live", "--truth", "/nowhere.csv"), "cannot read /nowhere.csv", id="no such file"),
        pytest.param(("compare", "live", "other", "--output", "/nowhere/a.csv"), "cannot write", id="no such folder"),
    ],
)
def test_a_mistake_is_named(naul: Naul, arguments: tuple[str, ...], said: str) -> None:
    error = naul(*arguments).exception
    assert isinstance(error, RefusedError)
    assert said in error.message


def test_without_marks_there_is_nothing_to_judge_by(naul: Naul, embedded: Settings) -> None:
    with open_store(embedded) as store:
        store.execute("ALTER TABLE attendance_rows DELETE WHERE source = 'kim' SETTINGS mutations_sync = 1")
    error = naul("evaluate", "other", "--truth", "marks").exception
    assert isinstance(error, RefusedError)
    assert "nobody has marked" in error.message
