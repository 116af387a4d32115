"""Photos in bulk whose process, or whose desk, is killed: what was said to be done is, and the rest is gone on with."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from enrollment.loaded import enrollments
from infra.operations.people.photo_jobs import PhotoIntake, PhotoJob, is_running, job_notes, keep_job, start_job
from infra.operations.people.photo_progress import PhotoProgress, progress_in
from schemas.cluster import send
from schemas.messages import Roster, encode
from schemas.settings import Settings
from tests.integration.desk.conftest import NINE, STUDENTS
from tests.integration.infra.test_kiosk import photo

JOB = PhotoJob(id="0" * 32, account="office", by="office", at=NINE)


@pytest.fixture
def photos(site: Settings) -> Path:
    """Return the folder of a job with photos of five students on a roster."""
    roster = encode(Roster(section="A", students=STUDENTS))
    send(site, [(site.topic("rosters"), b"A", roster, None, None)])
    folder = keep_job(site, JOB)
    intake = PhotoIntake(folder)
    for at, student in enumerate(STUDENTS, 1):
        for picture in (1, 2, 3):
            intake.add(f"{student.student_id}_{picture}.jpg", BytesIO(photo(at, picture)))
    return folder.parent


def wait_until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.02)


def worker() -> int:
    """Return the process that does the job."""
    for each in Path("/proc").iterdir():
        with suppress(OSError):  # it has ended meanwhile
            if each.name.isdigit() and JOB.id in (each / "cmdline").read_bytes().decode("utf-8", "replace"):
                return int(each.name)
    raise AssertionError("nobody does the job")


def ended(site: Settings, folder: Path) -> PhotoProgress:
    wait_until(lambda: not is_running(folder))
    return progress_in(site, folder)


def test_a_job_whose_process_is_killed_says_what_is_done_and_is_gone_on_with(site: Settings, photos: Path) -> None:
    start_job(site, JOB)
    assert progress_in(site, photos).state == "running"
    wait_until(lambda: any(each.what == "looked" for each in job_notes(photos)))
    os.kill(worker(), signal.SIGKILL)
    cut = ended(site, photos)
    assert cut.state == "stopped"
    assert set(cut.enrolled) <= enrollments(site).keys()
    start_job(site, JOB)
    done = ended(site, photos)
    assert done.state == "done"
    assert enrollments(site).keys() == {each.student_id for each in STUDENTS}
    assert done.counts["enrolled"] + done.counts["unchanged"] == len(STUDENTS)
    assert {each.version for each in enrollments(site).values()} == {1}
    assert not (photos / "photos").exists(), "photos are not kept"


def test_a_desk_that_is_killed_takes_no_job_with_it(site: Settings, photos: Path) -> None:
    told = msgspec.json.encode(site, enc_hook=str).decode()
    script = (
        "import os, sys, msgspec\n"
        "from infra.operations.people.photo_jobs import job_of, start_job\n"
        "from schemas.settings import Settings\n"
        "site = msgspec.json.decode(sys.argv[1], type=Settings, dec_hook=lambda kind, value: kind(value))\n"
        f"start_job(site, job_of(site, '{JOB.id}')[0])\n"
        "os.kill(os.getpid(), 9)\n"
    )
    desk = subprocess.run([sys.executable, "-c", script, told], check=False)
    assert desk.returncode == -signal.SIGKILL
    assert ended(site, photos).state == "done"
    assert len(enrollments(site)) == len(STUDENTS)


def test_a_job_that_runs_is_not_begun_twice(site: Settings, photos: Path) -> None:
    start_job(site, JOB)
    first = worker()
    start_job(site, JOB)
    assert worker() == first
    assert ended(site, photos).state == "done"
    assert [each.what for each in job_notes(photos)].count("started") == 1


def test_kafka_away_is_told_and_the_photos_stay(site: Settings, photos: Path) -> None:
    start_job(replace(site, kafka="127.0.0.1:9"), JOB)
    stopped = ended(site, photos)
    assert stopped.state == "stopped"
    assert stopped.failed is not None, (photos / "log").read_text()
    assert stopped.failed == ("Kafka did not answer.", "Go on when it does.")
    assert len(list((photos / "photos").iterdir())) == 3 * len(STUDENTS)
