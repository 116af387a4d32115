"""A replay as a job: in a process of its own, as ``naul replay`` makes one, with its progress in files of the home.

``python -m infra.operations.runs.replay_job HOME NAME``; the name of the job is that of the run.
"""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count

import msgspec

from infra.machine.jobs import Asked, Job, JobReport, delete_job, find_job, jobs, serve, start_job
from infra.operations.runs import replay as replaying
from infra.operations.runs.manage_runs import delete_run
from infra.operations.runs.replay_files import WorkFiles
from schemas.errors import RefusedError
from schemas.messages import Moment
from schemas.runs import RUN_NAME, Manifest
from schemas.settings import Policy, Settings
from schemas.translations import Text
from sinks.runs.store import list_runs
from sinks.store import open_for_reading
from sinks.store.opening import is_there
from streams.replay import ReplayRequest

__all__ = ["REPLAY", "WHAT_IF", "ReplayAsked", "delete_replay", "free_name", "go_on", "replay_name", "start_replay"]

REPLAY, WHAT_IF = "replay", "what_if"
"""Kinds of jobs that are replays: an engineer's, and the registrar's."""


class ReplayAsked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to be replayed; fields as of ``ReplayRequest``. share: of a core that each worker takes at most.

    about: what else whoever asked wants to know of it; its page knows.
    """

    since: Moment
    until: Moment
    halls: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    engine: str = ""
    policy: Policy | None = None
    from_sightings: bool = False
    with_marks: bool = True
    share: float = 1.0
    about: msgspec.Raw = msgspec.Raw(b"null")

    def request(self, run: str) -> ReplayRequest:
        """Return it as a replay takes it."""
        return ReplayRequest(
            run=run,
            since=self.since,
            until=self.until,
            halls=self.halls,
            sections=self.sections,
            engines=(self.engine,) if self.engine else (),
            policy=self.policy,
            from_sightings=self.from_sightings,
            with_marks=self.with_marks,
        )


def free_name(settings: Settings, stem: str, now: datetime) -> str:
    """Return a name of a run after the time, like ``replay-20260309-0900``: one that nothing here has yet."""
    name = f"{stem}-{now.astimezone(settings.zone):%Y%m%d-%H%M%S}"
    taken = {each.name for folder in ("jobs", "runs") for each in (settings.home / folder).glob(f"{stem}-*")}
    return next(each for number in count(1) if (each := name if number == 1 else f"{name}.{number}") not in taken)


def replay_name(settings: Settings, wanted: str, id_: str, now: datetime) -> str:
    """Return what a replay that is asked for is called: as is wished, else after the time; asked again, as before."""
    known = next((each for each in jobs(settings, REPLAY) if each.asked.id == id_), None)
    return known.name if known else wanted.strip() or free_name(settings, "replay", now)


def start_replay(
    settings: Settings, kind: str, run: str, what: ReplayAsked, *, id_: str, by: str, now: datetime
) -> Job:
    """Begin a replay in a process of its own, or go on with one that ended before it was done.

    id_: of the form; sent twice it asks once.

    Raises:
        RefusedError: it is no name of a run, there is a run of that name, or one of this kind is under way.
    """
    if not RUN_NAME.fullmatch(run) or run == "live":
        raise RefusedError(
            Text("{run!r} is no name of a run", run=run), "Take letters, digits, dots and dashes, at most 60."
        )
    asked = Asked(id=id_, kind=kind, work=__name__, by=by, at=now, what=msgspec.Raw(msgspec.json.encode(what)))
    return start_job(settings, run, asked)


def go_on(settings: Settings, job: Job) -> Job:
    """Go on with a replay that ended before it was done.

    Raises:
        RefusedError: as of ``start_replay``.
    """
    asked, what = job.asked, job.what(ReplayAsked)
    return start_replay(settings, asked.kind, job.name, what, id_=asked.id, by=asked.by, now=asked.at)


def delete_replay(settings: Settings, run: str) -> None:
    """Delete a replay, finished or not: its rows, what it has seen, and that it was asked for.

    Raises:
        RefusedError: somebody is at work at it, or there is none of this name.
        UnavailableError: the store does not answer, or has not finished. Ask again.
    """
    job = find_job(settings, run)
    if job is not None and not job.ended:
        raise RefusedError(Text("{name} is under way", name=run), "Cancel it first.")
    if job is None or WorkFiles(settings, run).folder.is_dir() or _stored(settings, run):
        delete_run(settings, run)
    delete_job(settings, run)


def _stored(settings: Settings, run: str) -> bool:
    if not is_there(settings):
        return False
    with open_for_reading(settings) as store:
        return run in {each.run for each in list_runs(store)}


def _work(settings: Settings, job: Job, report: JobReport) -> None:
    """Make the run, or go on with it."""
    asked: ReplayAsked = job.what(ReplayAsked)

    def tell(_: Sequence[Manifest], now: replaying.Progress) -> None:
        report(now.done, now.total)

    if WorkFiles(settings, job.name).begun():
        replaying.resume(settings, job.name, tell, workers=settings.threads, share=asked.share, now=_now)
    elif not _finished(settings, job.name):  # its process may have ended after the last row, before it said so
        request = asked.request(job.name)
        replaying.replay(settings, request, tell, workers=settings.threads, share=asked.share, now=_now)


def _finished(settings: Settings, run: str) -> bool:
    if not is_there(settings):
        return False
    with open_for_reading(settings) as store:
        return any(each.run == run and each.manifest and each.manifest.finished_at for each in list_runs(store))


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    serve(sys.argv[1:], _work)
