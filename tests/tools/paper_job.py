"""A job for tests: does, notes, fails, breaks, or waits until it is ended."""

import sys
import time
from typing import Any

from infra.machine.jobs import Job, JobReport, serve
from schemas.errors import RefusedError
from schemas.settings import Settings
from schemas.translations import Text


def work(_: Settings, job: Job, report: JobReport) -> Any:
    what = job.what(str)
    report(3, 10)
    if what == "note":
        report.note("began")
        report.note("wrote", {"lines": 3})
    if what == "refuse":
        raise RefusedError(
            Text("there is no term {name!r}", name="2026-9"), Text("Did you mean {near}?", near="2026-1")
        )
    if what == "break":
        return 1 / 0
    while what == "wait":
        time.sleep(0.05)
    return {"worked": True}


if __name__ == "__main__":
    serve(sys.argv[1:], work)
