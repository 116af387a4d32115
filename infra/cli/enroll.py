"""``naul enroll``: photos of people who agreed become encrypted templates."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from enrollment.likeness import Known, same_faces
from enrollment.photos import find_photos
from enrollment.reference import enrollments
from enrollment.templates import Portrayal, known, portray, record, renewed
from infra.cli.common import console, with_settings
from schemas.cluster import send
from schemas.errors import RefusedError
from schemas.messages import Enrollment
from schemas.settings import Settings
from streams.faces.engines import Engine, load_engine
from streams.faces.vault import Vault

__all__ = ["command"]

AT_ONCE = 2
"""People whose photos are looked at in parallel."""

BATCH = 50
"""People that are sent together: an interruption costs at most these."""

CONSENT = (
    "Templates of faces are biometric data: the law (in Korea the Personal Information Protection Act, article 23) "
    "wants each person's separate consent before they are made."
)


@click.command()
@click.argument("photos", type=click.Path(path_type=Path))
@click.option("--consent-on-file", is_flag=True, help="You hold the written consent of everybody in PHOTOS.")
@click.option("--engine", "engines", multiple=True, metavar="NAME", help="Else the one that is set; may be repeated.")
@with_settings
def command(settings: Settings, photos: Path, *, consent_on_file: bool, engines: tuple[str, ...]) -> int:
    """Enrol the people whose photos are in the folder PHOTOS.

    It holds <student id>/*.jpg or .png, <student id>.jpg, or <student id>_anything.jpg. Three photos of a person, from
    the front, are best. Photos are only looked at; what is kept is an encrypted template. Enrolling the same photos
    again changes nothing.

    \b
    Example:
      naul enroll photos --consent-on-file
    """  # noqa: D301
    if not consent_on_file:
        raise RefusedError(CONSENT, "Add --consent-on-file when you hold the consent of everybody in the folder.")
    found = find_photos(photos)
    for other in found.ignored:
        _say(f"{other.path}: passed over, {other.why}")
    stood = enrollments(settings)
    vault = Vault.create(settings.key_file)
    eyes = [load_engine(name, settings.home) for name in dict.fromkeys(engines or (settings.engine,))]
    now = datetime.now(UTC)
    people: dict[str, list[Portrayal]] = {}
    waiting: list[Enrollment] = []
    changed = 0
    with _progress(sum(map(len, found.people.values()))) as progress:
        for student, portrayals in _portrayed(eyes, found.people):
            people[student] = portrayals
            for each in portrayals:
                _report(each, several=len(eyes) > 1)
            enrollment = renewed(portrayals, stood.get(student), vault, now)
            if enrollment:
                waiting.append(enrollment)
                changed += 1
            if len(waiting) >= BATCH:
                send(settings, [record(settings, each) for each in waiting])
                waiting.clear()
            progress(len(found.people[student]))
    if waiting:
        send(settings, [record(settings, each) for each in waiting])
    for engine in eyes:
        _warn_of_likeness(engine, people, stood, vault)
    return _summary(people, changed)


def _portrayed(eyes: list[Engine], people: dict[str, tuple[Path, ...]]) -> Iterator[tuple[str, list[Portrayal]]]:
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        yield from pool.map(lambda item: (item[0], [portray(each, *item) for each in eyes]), people.items())
    finally:
        pool.shutdown(cancel_futures=True)


def _report(portrayal: Portrayal, *, several: bool) -> None:
    by = f" ({portrayal.engine})" if several else ""
    if not portrayal.photos:
        _say(f"{portrayal.student_id}: the folder holds no photo{by}")
    for photo in portrayal.photos:
        _say(f"{photo.path}: {f'refused, {photo.refused}' if photo.refused else 'taken'}{by}")
    odd = [str(photo.path) for photo in portrayal.photos if photo.odd]
    if odd:
        whom = "the rest" if len(odd) < sum(not photo.refused for photo in portrayal.photos) else "each other"
        verb = "is" if len(odd) == 1 else "are"
        _say(f"Warning: {portrayal.student_id}: {', '.join(odd)} {verb} unlike {whom}; is it the same person?{by}")


def _warn_of_likeness(
    engine: Engine, people: dict[str, list[Portrayal]], stood: dict[str, Enrollment], vault: Vault
) -> None:
    new = [
        Known(student, each.template.vector, each.template.photos)
        for student, portrayals in people.items()
        for each in portrayals
        if each.template and each.engine == engine.id
    ]
    others = [enrollment for student, enrollment in stood.items() if student not in people]
    enrolled, closed = known(others, engine.id, vault)
    for pair in same_faces(new, enrolled, engine.calibration):
        _say(f"Warning: {pair.one} and {pair.other} have the same face (cosine {pair.cosine:.3f}); both are enrolled.")
    if closed:
        _say(f"Warning: the key of this home does not open {len(closed)} enrolled templates ({closed[0]}, ...).")
        _say("  Copy the key of the machine where they were enrolled, or enrol them again.")


def _summary(people: dict[str, list[Portrayal]], changed: int) -> int:
    without = [student for student, portrayals in people.items() if not all(each.template for each in portrayals)]
    single = sum(any(each.template and each.template.photos == 1 for each in those) for those in people.values())
    usable = sum(any(each.template for each in those) for those in people.values())
    _say(f"Enrolled {changed}, unchanged {usable - changed}, without a usable photo {len(without)}.")
    if single:
        _say(f"{single} with a single photo: with three a person is recognised far more surely.")
    if without:
        _say(f"Take new photos of: {', '.join(without)}")
    return 1 if without else 0


def _say(text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar with counts and rate where there is a terminal; elsewhere the report lines are enough."""
    columns = (
        TextColumn("enrolling"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=total, rate="")

        def advance(photos: int) -> None:
            bar.advance(task, photos)
            bar.update(task, rate=f"{bar.tasks[task].speed or 0:.1f} photos/s")

        yield advance
