"""Photos in bulk whose process, or whose desk, is killed: what was said to be done is, and the rest is gone on with."""

import os
import signal
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path

import pytest
from msgspec.structs import replace

from enrollment.loaded import enrollments, rosters
from infra.machine.jobs import Job, cancel_job, files_of, find_job, job_notes
from infra.operations.people.photo_job import forget_photos, keep_photos, start_photos
from infra.operations.people.photo_progress import PhotoProgress, progress_of
from schemas.cluster import send
from schemas.messages import Roster, encode
from schemas.settings import Settings
from tests.integration.desk.conftest import NINE, STUDENTS, write_home
from tests.integration.infra.test_kiosk import photo


@pytest.fixture
def job(site: Settings) -> Job:
    """Return a job with photos of five students on a roster."""
    write_home(site)
    roster = encode(Roster(section="A", students=STUDENTS))
    send(site, [(site.topic("rosters"), b"A", roster, None, None)])
    sent = [
        (f"{student.student_id}_{picture}.jpg", BytesIO(photo(at, picture)))
        for at, student in enumerate(STUDENTS, 1)
        for picture in (1, 2, 3)
    ]
    return keep_photos(site, sent, rosters(site), id_="a1", account="office", by="office", now=NINE)


def worker(site: Settings, job: Job) -> int:
    return int((site.home / "jobs" / job.name / "pid").read_text("ascii"))


def now(site: Settings, job: Job) -> Job:
    found = find_job(site, job.name)
    assert found is not None
    return found


def progress(site: Settings, job: Job) -> PhotoProgress:
    return progress_of(site, now(site, job), job_notes(site, job.name))


def looked_at_one(site: Settings, job: Job) -> None:
    while not any(each.what == "looked" for each in job_notes(site, job.name)):
        time.sleep(0.02)


def ended(site: Settings, job: Job) -> PhotoProgress:
    while not now(site, job).ended:
        time.sleep(0.02)
    return progress(site, job)


def test_a_job_whose_process_is_killed_says_what_is_done_and_is_gone_on_with(site: Settings, job: Job) -> None:
    assert progress(site, job).state == "stopped"
    start_photos(site, job)
    assert progress(site, job).state == "running"
    looked_at_one(site, job)
    os.kill(worker(site, job), signal.SIGKILL)
    cut = ended(site, job)
    assert (cut.state, now(site, job).word) == ("stopped", "given_up")
    assert set(cut.enrolled) <= enrollments(site).keys()
    start_photos(site, job)
    done = ended(site, job)
    assert done.state == "done", (site.home / "jobs" / job.name / "log").read_text("utf-8")
    assert enrollments(site).keys() == {each.student_id for each in STUDENTS}
    assert done.counts["enrolled"] + done.counts["unchanged"] == len(STUDENTS)
    assert {each.version for each in enrollments(site).values()} == {1}
    while files_of(site, job.name).exists():  # they go when the result is on file
        time.sleep(0.02)


def test_a_job_that_is_cancelled_is_gone_on_with(site: Settings, job: Job) -> None:
    start_photos(site, job)
    looked_at_one(site, job)
    cancel_job(site, job.name)
    cut = ended(site, job)
    assert (cut.state, now(site, job).word) == ("stopped", "cancelled")
    assert set(cut.enrolled) <= enrollments(site).keys()
    start_photos(site, job)
    assert ended(site, job).state == "done"
    assert len(enrollments(site)) == len(STUDENTS)


def test_a_desk_that_is_killed_takes_no_job_with_it(site: Settings, job: Job) -> None:
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from infra.operations.people.photo_job import find_photos_job, start_photos\n"
        "from schemas.settings import load_settings\n"
        "site = load_settings(Path(sys.argv[1]), os.environ)\n"
        "start_photos(site, find_photos_job(site, sys.argv[2]))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    desk = subprocess.run([sys.executable, "-c", script, str(site.home), job.name], check=False)
    assert desk.returncode == -signal.SIGKILL
    assert ended(site, job).state == "done"
    assert len(enrollments(site)) == len(STUDENTS)


def test_a_job_that_runs_is_not_begun_twice(site: Settings, job: Job) -> None:
    start_photos(site, job)
    first = worker(site, job)
    start_photos(site, job)
    assert worker(site, job) == first
    assert ended(site, job).state == "done"
    start_photos(site, job)
    assert [each.what for each in job_notes(site, job.name)].count("started") == 1


def test_kafka_away_is_told_and_the_photos_stay(site: Settings, job: Job) -> None:
    write_home(replace(site, kafka="127.0.0.1:9"))
    start_photos(site, job)
    assert ended(site, job).state == "stopped"
    assert now(site, job).why == ("Kafka did not answer.", "Go on when it does.")
    assert len(list(files_of(site, job.name).iterdir())) == 3 * len(STUDENTS)


def test_an_erasure_ends_the_job_and_leaves_nothing_of_it(site: Settings, job: Job) -> None:
    start_photos(site, job)
    looked_at_one(site, job)
    process = worker(site, job)
    forget_photos(site)
    while Path(f"/proc/{process}").exists():
        time.sleep(0.02)
    assert list(site.home.rglob("*.jpg")) == []
    assert find_job(site, job.name) is None
