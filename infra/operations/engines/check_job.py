"""An engine's check as a job: it loads the engine and looks at 80 pictures, which no page may wait for.

``python -m infra.operations.engines.check_job HOME NAME``.
"""

import sys
from datetime import datetime

import msgspec
import numpy as np

from infra.machine.jobs import Asked, Job, JobReport, serve, start_job
from infra.operations.engines.engine_check import check_named
from schemas.errors import RefusedError
from schemas.settings import Settings
from schemas.translations import Text
from streams.faces.engines import sources

__all__ = ["CHECK", "CheckResult", "start_check"]

CHECK = "engine_check"


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came out; fields as of ``EngineCheck``. same, different: medians, None without a face. wrong: English."""

    engine: str
    faces: int
    found: int
    same: float | None
    different: float | None
    told_apart: float
    milliseconds: float
    wrong: tuple[str, ...]


def start_check(settings: Settings, engine: str, *, id_: str, by: str, now: datetime) -> Job:
    """Begin to check an engine in a process of its own.

    Raises:
        RefusedError: there is no such engine, or one is being checked.
    """
    if engine not in {each.name for each in sources(settings.home)}:
        raise RefusedError(Text("there is no engine {engine!r}", engine=engine), "`naul engine list` names them all.")
    what = msgspec.Raw(msgspec.json.encode(engine))
    asked = Asked(id=id_, kind=CHECK, work=__name__, by=by, at=now, what=what)
    return start_job(settings, f"check-{id_[:12]}", asked)


def _work(settings: Settings, job: Job, report: JobReport) -> CheckResult:
    engine, check, wrong = check_named(job.what(str), settings.home)
    medians = [float(np.median(each)) if len(each) else None for each in (check.same, check.different)]
    return CheckResult(
        engine=engine.id,
        faces=check.faces,
        found=check.found,
        same=medians[0],
        different=medians[1],
        told_apart=check.told_apart,
        milliseconds=check.milliseconds,
        wrong=tuple(map(str, wrong)),
    )


if __name__ == "__main__":
    serve(sys.argv[1:], _work)
