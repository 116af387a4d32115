"""Engines that look at everybody's photos, on all cores."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

from enrollment.portrayals import Portrayal, portray, source_of
from schemas.messages import Enrollment
from streams.faces.engines import Engine, load_engine
from streams.faces.process_pools import process_pool
from streams.faces.template_cipher import TemplateCipher

__all__ = ["EnrolmentPool"]

Job = tuple[str, tuple[Path, ...], dict[str, bytes]]
"""A student, his photos, and the source of the template that each engine (its id) has of him."""


class EnrolmentPool:
    """Engines behind a pool, a person at a time: threads if all free the GIL, spawned processes if one does not."""

    def __init__(self, names: Sequence[str], home: Path, key_file: Path) -> None:
        """names: of the engines. home: of the site. key_file: of its cipher, which knows what was seen before."""
        self.engines = [load_engine(name, home) for name in names]
        workers = len(os.sched_getaffinity(0))
        self._pool: Executor
        self._do: Callable[[Job], tuple[str, list[Portrayal]]]
        if all(each.frees_gil for each in self.engines):
            cipher = TemplateCipher.open(key_file)
            self._pool = ThreadPoolExecutor(workers, thread_name_prefix="enrolment")
            self._do = lambda job: _portrayed(self.engines, cipher, job)
        else:
            self._pool = process_pool(workers, _open_there, tuple(names), home, key_file)
            self._do = _portrayed_there

    def portrayals(
        self, people: Mapping[str, tuple[Path, ...]], stood: Mapping[str, Enrollment]
    ) -> Iterator[tuple[str, list[Portrayal]]]:
        """Go through the people with what was made of their photos, in their order.

        An engine that made its template of these very files before does not look again.
        """
        jobs = (
            (
                student,
                paths,
                {each.engine: each.source for each in stood[student].templates} if student in stood else {},
            )
            for student, paths in people.items()
        )
        return self._pool.map(self._do, jobs)

    def close(self) -> None:
        """Finish who is being looked at, and nobody else."""
        self._pool.shutdown(cancel_futures=True)


def _portrayed(engines: Sequence[Engine], cipher: TemplateCipher, job: Job) -> tuple[str, list[Portrayal]]:
    student, paths, sources = job
    source = source_of(student, paths, cipher)
    looking = [each for each in engines if not source or sources.get(each.id) != source]
    return student, portray(looking, student, paths, source)


_there: tuple[list[Engine], TemplateCipher] | None = None


def _open_there(names: tuple[str, ...], home: Path, key_file: Path) -> None:
    global _there
    _there = [load_engine(name, home) for name in names], TemplateCipher.open(key_file)


def _portrayed_there(job: Job) -> tuple[str, list[Portrayal]]:
    if _there is None:
        raise RuntimeError("the pool was not opened")
    return _portrayed(*_there, job)
