"""Real faces become templates, are found again, and are kept secret."""

import csv
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import Result

from enrollment.loaded import enrollments
from enrollment.photos import FoundPhotos
from enrollment.portrayals import Portrayal, portray, record, renewed
from enrollment.replacing import Replaced
from infra.operations.engines.choose_engine import publish
from infra.operations.people.enroll_people import EnrollObserver, EnrollRequest, EnrollResult, enroll_people
from schemas.cluster import View, send
from schemas.errors import NaulError, RefusedError
from schemas.messages import EngineChoice, Enrollment, EnrollmentTemplate
from schemas.settings import Settings
from schemas.translations import say
from streams.faces.calibration import calibration_file, calibration_of, written
from streams.faces.engines import Engine, engine_id, engine_names, load_engine
from streams.faces.template_cipher import TemplateCipher, template_context
from tests.contract.engines import graphs

Naul = Callable[..., Result]
Portrait = Callable[[int, int, Path], Path]


class Quiet(EnrollObserver):
    def understood(self, found: FoundPhotos) -> None: ...

    def written(self, students: Sequence[str]) -> None: ...

    def begin(self, photos: int, engines: int) -> None: ...

    def portrayed(self, portrayal: Portrayal) -> None: ...

    def overtaken(self, student: str) -> None: ...

    def unplaced(self, student: str) -> None: ...

    def replacing(self, those: Sequence[Replaced]) -> bool:
        return True

    def advance(self, photos: int) -> None: ...


@pytest.fixture
def photos(tmp_path: Path, portrait: Portrait) -> Path:
    """Three people with two photos each."""
    folder = tmp_path / "photos"
    for person in (1, 2, 3):
        for picture in (1, 2):
            portrait(person, picture, folder / f"100{person}" / f"{picture}.png")
    return folder


def test_without_consent_nothing_is_looked_at(run: Naul, site: Settings, photos: Path) -> None:
    result = run("enroll", str(photos))
    assert isinstance(result.exception, RefusedError)
    assert "consent" in result.exception.message
    assert "Add --consent-on-file" in result.exception.remedy
    assert not site.key_file.exists()
    assert enrollments(site) == {}


def test_people_are_enrolled_and_nothing_readable_leaves_the_machine(run: Naul, site: Settings, photos: Path) -> None:
    result = run("enroll", str(photos), "--consent-on-file")
    assert (result.exception, result.return_value) == (None, 0), result.output
    assert f"{photos}/1001/1.png: taken" in result.output
    assert "Enrolled 3, replaced 0, unchanged 0, without a usable photo 0." in result.output
    found = enrollments(site)
    assert sorted(found) == ["1001", "1002", "1003"]
    assert all(each.version == 1 and each.consent_on_file and not each.previous for each in found.values())
    assert stat.S_IMODE(site.key_file.stat().st_mode) == 0o600
    (stored,) = found["1001"].templates
    assert (stored.engine, stored.photos) == (engine_id(site.engine), 2)
    vector = TemplateCipher.open(site.key_file).open_sealed(stored.sealed, template_context("1001", stored.engine))
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    raw: View[bytes] = View(site, "enrollments", bytes)
    raw.catch_up()
    raw.close()
    assert all(vector[:2].tobytes() not in value for value in raw.items.values())


def test_who_is_erased_while_his_photos_are_looked_at_stays_erased(site: Settings, photos: Path) -> None:
    class Eraser(Quiet):
        def __init__(self) -> None:
            self.told: list[str] = []

        def portrayed(self, portrayal: Portrayal) -> None:
            if portrayal.student_id == "1002":
                send(site, [(site.topic("enrollments"), b"1002", None, None, None)])

        def overtaken(self, student: str) -> None:
            self.told.append(student)

    def enroll(observer: EnrollObserver) -> EnrollResult:
        return enroll_people(
            site, EnrollRequest(photos=photos, consent_on_file=True), observer, datetime(2026, 3, 9, tzinfo=UTC)
        )

    enroll(Quiet())
    cv2.imwrite(str(photos / "1002" / "3.png"), cv2.imread(str(photos / "1002" / "1.png"))[2:])
    eraser = Eraser()
    result = enroll(eraser)
    assert eraser.told == ["1002"]
    assert (result.enrolled, result.unchanged) == (0, 2)
    assert sorted(enrollments(site)) == ["1001", "1003"]


def test_the_same_photos_change_nothing_and_another_photo_makes_the_next_version(
    run: Naul, site: Settings, photos: Path, portrait: Portrait
) -> None:
    run("enroll", str(photos), "--consent-on-file")
    first = enrollments(site)
    portrait(1, 3, photos / "1001_3.PNG")
    result = run("enroll", str(photos), "--consent-on-file")
    assert "Enrolled 0, replaced 1, unchanged 2" in result.output
    second = enrollments(site)
    assert second["1002"] == first["1002"]
    assert second["1001"].version == 2
    assert second["1001"].templates[0].photos == 3
    assert second["1001"].previous == first["1001"].templates


def test_fewer_photos_or_others_replace_enrolled_ones_only_if_that_is_meant(
    run: Naul, site: Settings, photos: Path, tmp_path: Path, portrait: Portrait
) -> None:
    run("enroll", str(photos), "--consent-on-file")
    first, less = enrollments(site), tmp_path / "less"
    portrait(1, 1, less / "1001.png")
    portrait(2, 3, less / "1002" / "3.png")
    (less / "1002" / "4.png").write_bytes(b"no picture")
    portrait(3, 3, less / "1003" / "3.png")
    portrait(3, 4, less / "1003" / "4.png")
    portrait(4, 1, less / "1004.png")
    said = (
        "1001: enrolled photos: 2; photos of this folder that would replace them: 1.",
        "put all photos of a person into one folder",
    )
    dry = run("enroll", str(less), "--dry-run")
    assert (dry.exception, dry.return_value) == (None, 1)
    refused = run("enroll", str(less), "--consent-on-file")
    assert (refused.exception, refused.return_value) == (None, 1)
    for text in said:
        assert text in dry.output.lower(), text
        assert text in refused.output.lower(), text
    assert "1002: enrolled photos: 2; photos of this folder that would replace them: 1." in refused.output
    assert "Left as they are: 1001, 1002." in refused.output
    assert "Enrolled 1, replaced 1, unchanged 0" in refused.output
    after = enrollments(site)
    assert {student: after[student] for student in ("1001", "1002")} == {each: first[each] for each in ("1001", "1002")}
    assert sorted(after) == ["1001", "1002", "1003", "1004"]
    meant = run("enroll", str(less), "--consent-on-file", "--yes")
    assert "1001: enrolled photos: 2; photos of this folder that would replace them: 1." in meant.output
    assert "Enrolled 0, replaced 2, unchanged 2" in meant.output
    assert {student: each.templates[0].photos for student, each in enrollments(site).items()} == {
        "1001": 1,
        "1002": 1,
        "1003": 2,
        "1004": 1,
    }
    portrait(4, 2, less / "1004.png")
    for words in (("--dry-run",), ("--consent-on-file",)):
        another = run("enroll", str(less), *words)
        assert "1004: enrolled photos: 1; photos of this folder that would replace them: 1." in another.output
        assert another.return_value == 1


def test_what_is_no_portrait_is_reported_with_its_reason_and_crashes_nothing(
    run: Naul, site: Settings, photos: Path, portrait: Portrait
) -> None:
    (photos / "1001" / "wall.png").write_bytes(cv2.imencode(".png", np.full((200, 200, 3), 200, np.uint8))[1].tobytes())
    (photos / "1001" / "notes.jpg").write_text("no picture")
    (photos / "1001" / "cut.png").write_bytes((photos / "1001" / "1.png").read_bytes()[:2000])
    (photos / "1001" / "copy.png").write_bytes((photos / "1001" / "1.png").read_bytes())
    pair = np.hstack([cv2.imread(str(photos / f"100{each}" / "1.png")) for each in (1, 2)])
    cv2.imwrite(str(photos / "1001" / "pair.png"), pair)
    (photos / "1004").mkdir()
    (photos / "1005.png").write_bytes(b"")
    result = run("enroll", str(photos), "--consent-on-file")
    assert result.exception is None, result.exception
    assert result.return_value == 1
    for text in (
        "1001/wall.png: refused, no face was found",
        "1001/notes.jpg: refused, an unknown format",
        "1001/cut.png: refused, truncated PNG",
        "1001/copy.png: refused, it is the same picture as 1.png",
        "1001/pair.png: refused, 2 faces",
        "1004: the folder holds no photo",
        "1005.png: refused, zero bytes",
        "There is no photo yet of: 1004",
        "Copy the files again, they are cut or damaged, of: 1005",
    ):
        assert text in result.output, text
    assert "Take new photos" not in result.output
    assert sorted(enrollments(site)) == ["1001", "1002", "1003"]


def test_only_those_are_photographed_anew_whose_photos_show_no_face_and_others_are_told_what_helps(
    run: Naul, photos: Path, tmp_path: Path, portrait: Portrait
) -> None:
    wall = np.full((200, 200, 3), 200, np.uint8)
    cv2.imwrite(str(photos / "1004.png"), wall)
    (photos / "1005.png").write_bytes(b"GIF89a" + bytes(99))
    pair = np.hstack([cv2.imread(str(photos / f"100{each}" / "1.png")) for each in (1, 2)])
    cv2.imwrite(str(photos / "1006.png"), pair)
    cv2.imwrite(str(photos / "1007.png"), wall[:150])
    (photos / "1007_2.png").write_bytes((photos / "1001" / "1.png").read_bytes()[:2000])
    result = run("enroll", str(photos), "--consent-on-file")
    assert (result.exception, result.return_value) == (None, 1)
    for text in (
        "1005.png: refused, a GIF, which Naul does not read. Save it as a JPEG",
        "1004.png: refused, no face was found. Take one from the front, with the whole head in the picture",
        "Take new photos of: 1004\n",
        "Save the photos as JPEG of: 1005\n",
        "Cut the photos so that one person is in them, of: 1006\n",
        "Copy the files again, they are cut or damaged, of: 1007\n",
    ):
        assert text in result.output, text


def test_photos_by_class_are_held_against_the_rosters_and_what_was_understood_is_said_first(
    run: Naul, site: Settings, tmp_path: Path, portrait: Portrait
) -> None:
    folder = tmp_path / "photos"
    portrait(1, 1, folder / "CS2001-2" / "20DCS076.png")
    portrait(1, 2, folder / "CS2001-2" / "20DCS076-2.png")
    portrait(2, 1, folder / "CS2001-2" / "20DCS077" / "IMG_1234.png")
    portrait(3, 1, folder / "20dcs078.png")
    portrait(4, 1, folder / "KakaoTalk_20260309.png")
    portrait(5, 1, folder / "99XYZ123.png")
    (folder / "list.xlsx").write_bytes(b"PK")
    unknown = run("enroll", str(folder), "--dry-run")
    assert (unknown.exception, unknown.return_value) == (None, 1)
    assert "No roster is loaded, so that the ids could not be checked." in unknown.output
    assert "photos of a student CS2001-2, or a class with 20DCS076 in it?" in unknown.output
    roster = "section,student_id,name\nCS2001-2,20DCS076,Kim\nCS2001-2,20DCS077,Lee\nCS2001-2,20DCS078,Park\n"
    (tmp_path / "roster.csv").write_text(roster)
    run("roster", "load", str(tmp_path / "roster.csv"))
    said = (
        f"{folder}: 3 people, 4 photos.",
        "Passed over, no photos (1): list.xlsx. Save them as JPEG or PNG if they are.",
        "Not taken, named by a telephone, camera or messenger (1): KakaoTalk_20260309.png.",
        f"Not taken, {folder}/20dcs078.png: 20dcs078 is on no roster; 20DCS078 is. Rename it to 20DCS078.",
        "1 of 3 ids are on no roster: 99XYZ123.",
    )
    for result in (run("enroll", str(folder), "--dry-run"), run("enroll", str(folder), "--consent-on-file")):
        assert (result.exception, result.return_value) == (None, 1)
        for text in said:
            assert text in result.output, text
    assert result.output.index(said[-1]) < result.output.index("20DCS076.png: taken")
    assert {student: each.templates[0].photos for student, each in enrollments(site).items()} == {
        "20DCS076": 2,
        "20DCS077": 1,
        "99XYZ123": 1,
    }
    with (site.home / "naul.toml").open("a") as settings:
        settings.write('language = "ko"\n')
    korean = run("enroll", str(folder), "--dry-run").output
    for text in ("학생 3명, 사진 4장.", "명단에 없는 학번 20dcs078. 명단의 학번은 20DCS078입니다."):
        assert text in korean, text


def test_photos_of_other_formats_are_enrolled(run: Naul, site: Settings, tmp_path: Path, portrait: Portrait) -> None:
    (tmp_path / "photos").mkdir()
    for picture, ending in enumerate(("webp", "avif", "bmp", "tiff"), start=1):
        face = cv2.imread(str(portrait(1, picture, tmp_path / "face.png")))
        cv2.imwrite(str(tmp_path / "photos" / f"1001_{ending}.{ending}"), face)
    result = run("enroll", str(tmp_path / "photos"), "--consent-on-file")
    assert (result.exception, result.return_value) == (None, 0), result.output
    assert enrollments(site)["1001"].templates[0].photos == 4


def test_a_folder_without_people_is_refused_and_why_is_said(run: Naul, tmp_path: Path, portrait: Portrait) -> None:
    portrait(1, 1, tmp_path / "photos" / "me.png")
    result = run("enroll", str(tmp_path / "photos"), "--consent-on-file")
    assert "no photo in" in str(result.exception)
    assert "Not taken, no student id in the name (1): me.png." in result.output


def test_one_face_under_two_ids_is_named_now_and_later(
    run: Naul, site: Settings, photos: Path, tmp_path: Path, portrait: Portrait
) -> None:
    for picture in (3, 4):
        portrait(1, picture, photos / f"1009_{picture}.png")
        portrait(2, picture, tmp_path / "later" / f"2002_{picture}.png")
    now = run("enroll", str(photos), "--consent-on-file")
    assert "Warning: 1001 and 1009 have the same face" in now.output
    assert now.output.count("have the same face") == 1
    later = run("enroll", str(tmp_path / "later"), "--consent-on-file")
    assert "Warning: 1002 and 2002 have the same face" in later.output
    assert {"1001", "1002", "1009", "2002"} <= set(enrollments(site))


def test_a_photo_of_somebody_else_is_named(run: Naul, photos: Path, portrait: Portrait) -> None:
    portrait(10, 1, photos / "1001" / "stranger.png")
    result = run("enroll", str(photos), "--consent-on-file")
    assert "stranger.png: unlike the rest; is it the same person?" in result.output
    assert result.output.count("unlike") == 1


def test_a_second_engine_adds_its_templates_and_keeps_the_first_ones(run: Naul, site: Settings, photos: Path) -> None:
    run("enroll", str(photos), "--consent-on-file")
    first = enrollments(site)["1001"]
    run("enroll", str(photos), "--consent-on-file", "--engine", "face-recognition")
    second = enrollments(site)["1001"]
    assert [each.engine.partition("@")[0] for each in second.templates] == ["centerface-dlib", "face-recognition"]
    assert second.templates[0] == first.templates[0]
    assert second.previous == ()


def test_several_engines_look_in_one_go(run: Naul, site: Settings, tmp_path: Path, portrait: Portrait) -> None:
    portrait(1, 1, tmp_path / "photos" / "1001.png")
    result = run("enroll", str(tmp_path / "photos"), "--consent-on-file", "--all-engines")
    assert (result.exception, result.return_value) == (None, 0), result.output
    enrolled = enrollments(site)["1001"]
    assert [each.engine for each in enrolled.templates] == sorted(engine_id(name) for name in engine_names())
    assert enrolled.version == 1


# ---------------------------------------------------------------- going on, history, reports


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose photos an engine looked at."""
    seen: list[str] = []

    def spied(engines: list[Engine], student: str, *rest: Any) -> list[Portrayal]:
        seen.extend([student] * bool(engines))
        return portray(engines, student, *rest)

    monkeypatch.setattr("enrollment.pool.portray", spied)
    return seen


def test_a_run_that_was_interrupted_is_gone_on_with(
    run: Naul, site: Settings, photos: Path, looked_at: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.operations.people.enroll_people.BATCH", 1)

    def interrupted(portrayals: list[Portrayal], *rest: Any, **more: Any) -> Enrollment | None:
        if portrayals[0].student_id == "1003":
            raise KeyboardInterrupt
        return renewed(portrayals, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr("infra.operations.people.enroll_people.renewed", interrupted)
        run("enroll", str(photos), "--consent-on-file")
    first = enrollments(site)
    assert sorted(first) == ["1001", "1002"]
    looked_at.clear()
    result = run("enroll", str(photos), "--consent-on-file")
    assert looked_at == ["1003"]
    assert "Enrolled 1, replaced 0, unchanged 2" in result.output
    second = enrollments(site)
    assert sorted(second) == ["1001", "1002", "1003"]
    assert {student: second[student] for student in first} == first


def test_a_run_that_was_killed_is_gone_on_with(
    run: Naul, site: Settings, tmp_path: Path, looked_at: list[str], portrait: Portrait
) -> None:
    folder = tmp_path / "photos"
    for person in range(1, 7):
        portrait(person, 1, folder / f"100{person}" / "1.png")
    stuck = folder / "1005" / "1.png"
    stuck.unlink()
    os.mkfifo(stuck)  # whoever reads it waits for ever, so that the run cannot end before it is killed
    script = "import infra.operations.people.enroll_people as it; it.BATCH = 1; from infra.cli.main import run; run()"
    words = ["enroll", str(folder), "--consent-on-file", "--home", str(site.home)]
    with subprocess.Popen([sys.executable, "-c", script, *words], stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout
        assert any("1004/1.png: taken" in line for line in killed.stdout)
        killed.kill()
    first = enrollments(site)
    assert {"1001", "1002", "1003"} <= set(first) <= {"1001", "1002", "1003", "1004"}
    stuck.unlink()
    portrait(5, 1, stuck)
    result = run("enroll", str(folder), "--consent-on-file")
    assert sorted(looked_at) == [f"100{person}" for person in range(1, 7) if f"100{person}" not in first]
    assert f"Enrolled {6 - len(first)}, replaced 0, unchanged {len(first)}" in result.output
    second = enrollments(site)
    assert sorted(second) == [f"100{person}" for person in range(1, 7)]
    assert {each.version for each in second.values()} == {1}
    assert {student: second[student] for student in first} == first


def test_only_changed_photos_are_looked_at_again_and_those_with_a_refused_one_are_told_again(
    run: Naul, photos: Path, looked_at: list[str], portrait: Portrait
) -> None:
    (photos / "1001" / "wall.png").write_bytes(cv2.imencode(".png", np.full((200, 200, 3), 200, np.uint8))[1].tobytes())
    run("enroll", str(photos), "--consent-on-file")
    portrait(3, 5, photos / "1003" / "2.png")
    looked_at.clear()
    result = run("enroll", str(photos), "--consent-on-file")
    assert sorted(looked_at) == ["1001", "1003"]
    assert "wall.png: refused" in result.output
    assert "Enrolled 0, replaced 1, unchanged 2" in result.output


def test_another_engine_looks_at_photos_that_the_first_one_knows(
    run: Naul, tmp_path: Path, portrait: Portrait, looked_at: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    portrait(1, 1, tmp_path / "photos" / "1001.png")
    run("enroll", str(tmp_path / "photos"), "--consent-on-file")
    other = load_engine("centerface-dlib")
    assert other.calibration, "read before it gets another name"
    other.id = "other@1"
    monkeypatch.setattr("enrollment.pool.load_engine", lambda name, home: other)
    looked_at.clear()
    result = run("enroll", str(tmp_path / "photos"), "--consent-on-file")
    assert looked_at == ["1001"]
    assert "Enrolled 1" in result.output


def test_versions_are_shown_with_who_when_and_why(run: Naul, photos: Path, portrait: Portrait) -> None:
    run("enroll", str(photos), "--consent-on-file", "--by", "kim")
    portrait(1, 3, photos / "1001" / "3.png")
    run("enroll", str(photos), "--consent-on-file", "--by", "lee", "--why", "a third photo")
    lines = [line.split() for line in run("people", "show", "1001").output.splitlines()]
    assert [(line[0], line[3], *line[5:]) for line in lines[1:]] == [
        ("1", "2", "kim"),
        ("2", "3", "lee", "a", "third", "photo"),
    ]


def test_the_history_of_nobody_is_refused(run: Naul) -> None:
    assert "1009 is not enrolled" in str(run("people", "show", "1009").exception)


def test_the_full_report_names_every_photo(run: Naul, photos: Path, tmp_path: Path) -> None:
    (photos / "1002" / "2.png").write_text("no picture")
    run("enroll", str(photos), "--consent-on-file", "--report", str(tmp_path / "report.csv"))
    lines = (tmp_path / "report.csv").read_text("utf-8-sig").splitlines()
    rows = {(row["student_id"], row["photo"]): row for row in csv.DictReader(lines)}
    assert sorted(rows) == [(f"100{person}", f"{photo}.png") for person in (1, 2, 3) for photo in (1, 2)]
    assert rows["1002", "2.png"]["refused"].startswith("an unknown format")
    assert rows["1002", "1.png"]["person"] == "only one photo: take a second one, and enrol both from one folder"
    assert 50 < float(rows["1001", "1.png"]["width"]) < 95


def test_a_report_is_csv_or_json(run: Naul, photos: Path, tmp_path: Path, looked_at: list[str]) -> None:
    error = run("enroll", str(photos), "--consent-on-file", "--report", str(tmp_path / "report.xls")).exception
    assert "a report is a .csv or a .json file" in str(error)
    assert looked_at == []


def test_what_was_told_at_enrolment_is_told_again_later_without_photos(
    run: Naul, site: Settings, photos: Path, tmp_path: Path, portrait: Portrait
) -> None:
    (photos / "1002" / "2.png").unlink()
    portrait(10, 1, photos / "1003" / "2.png")
    for picture in (3, 4):
        portrait(1, picture, photos / f"1009_{picture}.png")
    run("enroll", str(photos), "--consent-on-file")
    result = run("people", "check", "--report", str(tmp_path / "report.json"))
    assert result.exception is None, result.exception
    for text in (
        "1001 and 1009 have the same face",
        "only one photo: take a second one, and enrol both from one folder",
        "photo 1, photo 2 are unlike each other",
        "4 people, 2 need nothing. One photo only: 1. Photos that disagree: 1.",
        "With one photo only: 1. They are recognised clearly less often",
        "The remedy is a second photo: put it beside the first one",
    ):
        assert text in result.output, text
    rows = json.loads((tmp_path / "report.json").read_text())
    assert [row["photo"] for row in rows if row["student_id"] == "1009"] == ["photo 1", "photo 2"]
    assert all(row["alike"].startswith("1009") for row in rows if row["student_id"] == "1001")
    with (site.home / "naul.toml").open("a") as settings:
        settings.write('language = "ko"\n')
    korean = run("people", "check").output
    for text in (
        "경고: 1001, 1009의 얼굴이 같습니다",
        "사진이 한 장뿐입니다. 한 장 더 찍어 같은 폴더에서 함께 등록하세요",
        "1명은 사진이 한 장뿐입니다.",
        "먼저 찍은 사진과 같은 폴더에 넣고 등록하세요.",
    ):
        assert text in korean, text


def test_people_of_one_roster_who_are_hard_to_tell_apart_are_named(run: Naul, site: Settings, tmp_path: Path) -> None:
    cipher, engine = TemplateCipher.create(site.key_file), engine_id(site.engine)
    # 0.96 is alike, and not yet one face.
    for student, angle in (("1001", 0.0), ("1002", np.arccos(0.96)), ("1003", -np.arccos(0.955))):
        vector = np.zeros(128, np.float32)
        vector[:2] = np.cos(angle), np.sin(angle)
        template = EnrollmentTemplate(
            engine=engine, photos=3, sealed=cipher.seal(vector, template_context(student, engine))
        )
        enrolled = Enrollment(
            student_id=student, version=1, enrolled_at=datetime.now(UTC), consent_on_file=True, templates=(template,)
        )
        send(site, [record(site, enrolled)])
    (tmp_path / "roster.csv").write_text("section,student_id,name\nA,1001,Kim\nA,1002,Lee\nB,1003,Park\n")
    run("roster", "load", str(tmp_path / "roster.csv"))
    output = run("people", "check").output
    assert "1001 and 1002 (A) are hard to tell apart: of 100 looks of the one, up to 4" in output
    assert "1 more pairs are as alike and share no roster" in output


def test_a_key_that_opens_nothing_is_said(run: Naul, site: Settings, photos: Path, tmp_path: Path) -> None:
    run("enroll", str(photos), "--consent-on-file")
    site.key_file.unlink()
    (tmp_path / "more").mkdir()
    (photos / "1003" / "1.png").rename(tmp_path / "more" / "1008.png")
    result = run("enroll", str(tmp_path / "more"), "--consent-on-file")
    assert "the key of this home does not open 3 enrolled templates (1001, ...)" in result.output


def test_a_face_is_identified_among_the_enrolled(run: Naul, photos: Path, tmp_path: Path, portrait: Portrait) -> None:
    run("enroll", str(photos), "--consent-on-file")
    (tmp_path / "roster.csv").write_text("section,student_id,name\nA,1001,Kim\nB,1002,Lee\n")
    run("roster", "load", str(tmp_path / "roster.csv"))
    known = str(portrait(1, 5, tmp_path / "known.png"))
    result = run("identify", known)
    assert result.exception is None, result.exception
    assert "1001" in result.output
    assert "Kim" in result.output
    assert "nobody" in run("identify", known, "--section", "B").output
    assert "nobody" in run("identify", str(portrait(9, 1, tmp_path / "stranger.png"))).output


def test_every_face_of_a_photo_is_named_once(run: Naul, photos: Path, tmp_path: Path, portrait: Portrait) -> None:
    run("enroll", str(photos), "--consent-on-file")
    both = [cv2.imread(str(portrait(person, 3, tmp_path / f"{person}.png"))) for person in (2, 1)]
    cv2.imwrite(str(tmp_path / "both.png"), cv2.resize(np.hstack(both), None, fx=2, fy=2))
    lines = [line for line in run("identify", str(tmp_path / "both.png")).output.splitlines() if "100" in line]
    assert ["1002" in lines[0], "1001" in lines[1], len(lines)] == [True, True, 2]


def test_a_photo_without_a_face_fails(run: Naul, photos: Path, tmp_path: Path) -> None:
    run("enroll", str(photos), "--consent-on-file")
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((200, 200, 3), 200, np.uint8))
    result = run("identify", str(tmp_path / "wall.png"))
    assert isinstance(result.exception, RefusedError)
    assert "no face was found" in result.exception.message


def test_nobody_enrolled_is_said_with_the_remedy(run: Naul, tmp_path: Path, portrait: Portrait) -> None:
    result = run("identify", str(portrait(1, 1, tmp_path / "a.png")))
    assert "Enrol people with `naul enroll`." in str(result.exception)


def test_what_is_refused_is_said_in_korean(run: Naul, site: Settings, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "roster.csv").write_text("section,student_id,name\nA,2.02E+08,Kim\n")
    (tmp_path / "timetable.csv").write_text("A,B12\n")
    with (site.home / "naul.toml").open("a") as settings:
        settings.write('language = "ko"\n')
    for words, said in (
        (("enroll", str(photos)), "--consent-on-file을 붙이세요"),
        (("enroll", str(tmp_path / "gone"), "--dry-run"), "그런 폴더가 없습니다"),
        (("enroll", str(tmp_path / "empty"), "--dry-run"), "사진이 없습니다"),
        (("roster", "load", str(tmp_path / "roster.csv")), "roster.csv 2행: '2.02E+08': 스프레드시트나"),
        (("timetable", "load", str(tmp_path / "timetable.csv")), "열 이름이 없습니다. 파일의 첫 줄에 이렇게"),
        (("identify", str(photos / "1001" / "1.png")), "엔진으로 등록된 사람이 없습니다"),
        (("identify", str(tmp_path / "roster.csv")), "사진이 아닙니다"),
    ):
        refused = run(*words).exception
        assert isinstance(refused, NaulError), words
        assert said in f"{say('ko', refused.message)}\n{say('ko', refused.remedy)}", words


def test_an_empty_folder_holds_nobody_and_what_a_dry_run_understood_is_listed_and_written(
    run: Naul, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    refused = run("enroll", str(tmp_path / "empty"), "--dry-run").exception
    assert str(refused) == (
        f"{tmp_path}/empty holds no photo\n  Name them <student id>/*.jpg or <student id>.jpg, like 201912345.jpg."
    )
    (photos / "me.png").write_bytes(b"")
    result = run("enroll", str(photos), "--dry-run", "--report", str(tmp_path / "names.csv"))
    assert (result.exception, result.return_value) == (None, 1)
    assert "  1001: 1001/1.png, 1001/2.png\n" in result.output
    with (tmp_path / "names.csv").open(encoding="utf-8-sig") as file:
        rows = {row["photo"]: row for row in csv.DictReader(file)}
    assert len(rows) == 7
    assert (rows["1002/2.png"]["student_id"], rows["1002/2.png"]["refused"]) == ("1002", "")
    assert "no student id in the name" in rows["me.png"]["refused"]


def test_people_are_enrolled_for_the_live_engine_and_for_the_one_that_comes(
    run: Naul, site: Settings, photos: Path
) -> None:
    graphs.put(site.home / "engines" / "tiny", "tiny", graphs.pixels())
    constants = written(calibration_of("centerface-dlib")).partition("[made]")[0]
    calibration_file("tiny", site.home).write_text(constants, "utf-8")
    tiny, now = engine_id("tiny", site.home), datetime.now(UTC)
    publish(site, EngineChoice(engine=tiny, at=now + timedelta(days=1), said_at=now, by="kim"))
    assert run("enroll", str(photos), "--consent-on-file").exception is None
    live = engine_id(site.engine)
    assert {each.engine for each in enrollments(site)["1001"].templates} == {live, tiny}
    assert "1001" in run("identify", str(photos / "1001" / "1.png")).output

    publish(site, EngineChoice(engine=tiny, at=now, said_at=now, by="kim"))
    assert "tiny is live" in run("doctor").output
    assert f"live engine: {tiny}" in run("status").output
    erase = [(site.topic("enrollments"), name.encode(), None, None, None) for name in ("1001", "1002", "1003")]
    send(site, erase)
    assert run("enroll", str(photos), "--consent-on-file", "--engine", "centerface-dlib").exception is None
    refused = run("identify", str(photos / "1001" / "1.png")).exception
    assert isinstance(refused, RefusedError)
    assert refused.message == "nobody is enrolled for the engine tiny"
