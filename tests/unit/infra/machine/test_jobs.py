"""Jobs outlive whoever asked, and the files say what became of them, however their process ended."""

import fcntl
import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from infra.machine.jobs import (
    Asked,
    Job,
    JobFiles,
    cancel_job,
    delete_job,
    files_of,
    find_job,
    job_notes,
    jobs,
    keep_job,
    start_job,
    sweep_jobs,
)
from schemas.errors import RefusedError
from schemas.settings import Settings
from schemas.translations import Text

NINE = datetime(2026, 3, 9, tzinfo=UTC)
ASKED = Asked(id="a1", kind="paper", work="tests.tools.paper_job", by="kim", at=NINE, what=msgspec.Raw(b'"work"'))


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def asked(what: str, id_: str = "a1") -> Asked:
    return replace(ASKED, id=id_, what=msgspec.Raw(msgspec.json.encode(what)))


def until(site: Settings, name: str, fulfilled: Callable[[Job], object]) -> Job:
    while not ((job := find_job(site, name)) and fulfilled(job)):
        time.sleep(0.02)
    return job


def pid(site: Settings, name: str) -> int:
    return int((site.home / "jobs" / name / "pid").read_text("ascii"))


def test_a_job_that_is_done_has_its_result_and_who_asked(site: Settings) -> None:
    assert start_job(site, "one", asked("work")).word in ("started", "running", "done")
    job = until(site, "one", lambda each: each.ended)
    assert (job.word, job.asked.by, job.what(str)) == ("done", "kim", "work")
    assert job.progress
    assert msgspec.json.decode(job.progress.result) == {"worked": True}


def test_what_a_job_fails_by_is_said_in_the_language_of_whoever_reads_it(site: Settings) -> None:
    start_job(site, "one", asked("refuse"))
    job = until(site, "one", lambda each: each.ended)
    message, remedy = job.why
    assert (job.word, message, remedy) == ("failed", "there is no term '2026-9'", "Did you mean 2026-1?")
    assert isinstance(message, Text)
    assert message.said("ko") != message
    assert "2026-9" in message.said("ko")


def test_a_job_that_breaks_says_that_its_log_has_it(site: Settings) -> None:
    start_job(site, "one", asked("break"))
    job = until(site, "one", lambda each: each.ended)
    assert job.word == "failed"
    assert "log" in job.why[1]
    assert "ZeroDivisionError" in (site.home / "jobs" / "one" / "log").read_text("utf-8")


def test_a_job_that_is_killed_is_found_as_given_up_and_can_go_on(site: Settings) -> None:
    start_job(site, "one", asked("wait"))
    until(site, "one", lambda each: each.progress and each.progress.done == 3)
    os.kill(pid(site, "one"), signal.SIGKILL)
    job = until(site, "one", lambda each: each.ended)
    assert job.word == "given_up"
    assert job.progress
    assert job.progress.done == 3
    start_job(site, "one", asked("wait"))
    assert until(site, "one", lambda each: each.progress).word == "running"
    cancel_job(site, "one")
    assert until(site, "one", lambda each: each.ended).word == "cancelled"


def test_a_job_that_is_cancelled_ends(site: Settings) -> None:
    start_job(site, "one", asked("wait"))
    cancel_job(site, "one")  # it may not have begun
    assert until(site, "one", lambda each: each.ended).word == "cancelled"
    cancel_job(site, "one")
    cancel_job(site, "none")


def test_asked_twice_by_one_id_it_is_one_and_of_a_kind_one_is_done_at_a_time(site: Settings) -> None:
    start_job(site, "one", asked("wait"))
    assert start_job(site, "two", asked("wait")).name == "one"
    with pytest.raises(RefusedError, match="one is under way"):
        start_job(site, "two", asked("wait", "a2"))
    with pytest.raises(RefusedError, match="one is under way"):
        delete_job(site, "one")
    cancel_job(site, "one")
    until(site, "one", lambda each: each.ended)
    with pytest.raises(RefusedError, match="there is a run one"):
        start_job(site, "one", asked("work", "a2"))
    delete_job(site, "one")
    assert jobs(site) == []


def test_what_is_no_job_is_passed_over(site: Settings) -> None:
    for name, text in {"empty": None, "broken": b"{", "other": b"{}"}.items():
        folder = JobFiles(site, name).folder
        folder.mkdir(parents=True)
        if text:
            (folder / "asked.json").write_bytes(text)
    assert jobs(site) == []
    assert find_job(site, "../broken") is None


def kept(site: Settings, name: str, what: str, id_: str = "a1") -> Job:
    """Keep a job that needs a file and waits for others of its kind."""
    folder = site.home / f"came-{id_}"
    (folder / "files").mkdir(parents=True)
    (folder / "files" / "paper").write_text("white", "utf-8")
    return keep_job(site, name, replace(asked(what, id_), waits=True), folder)


def test_a_job_is_kept_with_what_it_needs_until_somebody_begins_it(site: Settings) -> None:
    job = kept(site, "one", "note")
    assert (job.word, job.ended) == ("kept", True)
    assert kept(site, "one", "note") == job, "asked for twice it is one"
    assert [each.name for each in site.home.iterdir()] == ["jobs"]
    assert (files_of(site, "one") / "paper").read_text("utf-8") == "white"
    start_job(site, "one", job.asked)
    assert until(site, "one", lambda each: each.ended).word == "done"
    assert start_job(site, "one", job.asked).word == "done", "what is done is not done again"
    start_job(site, "one", replace(job.asked, what=msgspec.Raw(b'"work"')))
    assert until(site, "one", lambda each: each.ended and each.what(str) == "work").word == "done"


def test_notes_are_there_line_by_line_whatever_becomes_of_the_process(site: Settings) -> None:
    start_job(site, "one", asked("note"))
    until(site, "one", lambda each: each.ended)
    assert [(each.what, each.values) for each in job_notes(site, "one")] == [("began", {}), ("wrote", {"lines": 3})]
    with (site.home / "jobs" / "one" / "notes.jsonl").open("ab") as file:
        file.write(b'{"what":"cut o')
    assert len(list(job_notes(site, "one"))) == 2
    assert list(job_notes(site, "none")) == []


def test_a_job_that_waits_for_its_kind_begins_when_the_other_has_ended(site: Settings) -> None:
    for name, what, id_ in (("one", "wait", "a1"), ("two", "work", "a2")):
        start_job(site, name, kept(site, name, what, id_).asked)
        until(site, name, lambda each: each.progress or each.name == "two")
    assert until(site, "two", lambda each: True).word == "started"
    os.kill(pid(site, "one"), signal.SIGKILL)
    assert until(site, "two", lambda each: each.ended).word == "done"


def test_a_job_that_waits_can_be_cancelled(site: Settings) -> None:
    start_job(site, "one", kept(site, "one", "wait").asked)
    until(site, "one", lambda each: each.progress)
    start_job(site, "two", kept(site, "two", "work", "a2").asked)
    cancel_job(site, "two")
    assert until(site, "two", lambda each: each.ended).word == "cancelled"
    cancel_job(site, "one")
    until(site, "one", lambda each: each.ended)


def test_jobs_nobody_came_back_to_go_and_all_of_a_kind_at_once_even_those_at_work(site: Settings) -> None:
    kept(site, "one", "wait")
    start_job(site, "two", kept(site, "two", "wait", "a2").asked)
    until(site, "two", lambda each: each.progress)
    process, old = pid(site, "two"), time.time() - 100
    for name in ("one", "two"):
        os.utime(site.home / "jobs" / name, (old, old))
    sweep_jobs(site, "other", 0)
    sweep_jobs(site, "paper", 200)
    assert {each.name for each in jobs(site)} == {"one", "two"}
    sweep_jobs(site, "paper", 50)
    assert [each.name for each in jobs(site)] == ["two"], "it is at work"
    sweep_jobs(site, "paper", 0)
    assert jobs(site) == []
    while Path(f"/proc/{process}").exists():
        time.sleep(0.02)
    assert [each.name for each in (site.home / "jobs").iterdir() if each.is_dir()] == []


def test_who_looks_is_in_nobodys_way(site: Settings) -> None:
    files = JobFiles(site, kept(site, "one", "work").name)
    with files._lock(fcntl.LOCK_SH):
        assert files.held() is False, "another one who looks does no work"
