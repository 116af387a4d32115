"""What a kiosk can tell: real heads that turn against pictures that are held up, whom it names, and how long it takes.

    python -m tests.benchmarks.kiosk [--only turn|names|time]

A head that turns is two pictures of one person, one that looks into the camera and one that looks aside (by its yaw, as
enrolment tells it); what lies between, which no set of pictures has, is drawn between their landmarks. A
picture that is held up is a frontal one of the same people, flat or bent to a standing cylinder, that is turned away
step by step while it moves and leans a little; who holds it knows the side. All pass through a JPEG of 320x256 with a
sensor's noise, the detector and the very functions that a kiosk asks. BENCH_FACES names a folder laid out like LFW;
else the people are those of ORL.
"""

import argparse
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from enrollment.likeness import EnrolledFace
from enrollment.portrayals import record
from infra.machine.topic_creation import create_topics
from infra.operations.kiosk.kiosk import Kiosk, NamedAtKiosk
from infra.operations.kiosk.kiosk_challenge import Challenge, Side, TimedLook, TurnState, judge_turn
from infra.operations.kiosk.kiosk_looks import KioskFace, KioskLook, look, portrait_of
from infra.operations.kiosk.kiosk_naming import LikelyStudent, whose_face
from producers.simulated_hall.actors import people_of
from schemas.cluster import send
from schemas.messages import ClassHour, Enrollment, EnrollmentTemplate, HallDay, Roster, Student, encode
from schemas.settings import Policy, Settings
from streams.faces.engines import DEFAULT, Engine, load_engine
from streams.faces.head_turn import nose_offset
from streams.faces.pictures import Image, read_photo
from streams.faces.quality import light
from streams.faces.template_cipher import TemplateCipher, template_context
from streams.faces.templates import blend, study
from streams.faces.unfit_pictures import UnfitPictureError
from streams.faces.values import Floats, Found
from streams.reference.visitors import NO_VISITORS, Everybody, Visitors
from tests.benchmarks.crowd import faces_of_benchmark
from tests.conftest import Broker
from tests.held_up import Held, hold_before

WIDTH, HEIGHT = 320, 256
FRONTAL = 8.0
TURNED = ((20, 25), (25, 30), (30, 35), (35, 90))
"""Degrees of yaw, as enrolment tells it: what counts as looking into the camera, and how far a head is turned aside."""

BENDS = (None, 1.4, 1.0, 0.7, 0.5, -0.8)
"""Radius in widths of a face (14 cm): of a sheet that is hardly bent, to one bent as narrow as a head; and hollow."""
PARTS = (0.25, 0.5, 0.75)
TILTS = (0, 10, 20, 25, 30, 35, 40, 50, 60)
HOLDERS = 25
"""People whose picture is held up."""
UP_TO = (30, 40, 50, 60)
AT = datetime(2026, 3, 9, tzinfo=UTC)
EVERY, HOUR = timedelta(milliseconds=200), timedelta(minutes=50)

ENROLLED, ROSTER, DRAWS = 3, 40, 10
DIM = (20.0, 30.0, 40.0, 60.0, 100.0)
EVERYBODY, STUDENTS = 10_000, 200


class Taken(NamedTuple):
    """A picture of somebody as a kiosk sees it, the yaw of the head, and the picture file."""

    look: KioskLook
    yaw: float
    file: Path


def jpeg(image: Image, rng: np.random.Generator, noise: float = 3.0, quality: int = 80) -> bytes:
    """Return a picture as a browser sends it."""
    noisy = np.clip(image + rng.normal(0, noise, image.shape), 0, 255).astype(np.uint8)
    return cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def portrait(file: Path) -> Image:
    """Return a picture of a person at the size that it has before a kiosk."""
    image = read_photo(file)
    return cv2.resize(image, None, fx=1.7, fy=1.7, interpolation=cv2.INTER_CUBIC) if len(image) < 200 else image  # type: ignore[return-value]


def before_kiosk(image: Image) -> Image:
    """Return a portrait as the middle of a kiosk's picture."""
    x, y = max(0, WIDTH - image.shape[1]), max(0, HEIGHT - image.shape[0])
    return cv2.copyMakeBorder(image, y // 2, y - y // 2, x // 2, x - x // 2, cv2.BORDER_REPLICATE)  # type: ignore[return-value]


def people(engine: Engine) -> dict[str, list[Taken]]:
    """Return everybody of whom there are five pictures, as a kiosk sees them."""
    source, rng, found = people_of(faces_of_benchmark()), np.random.default_rng(0), {}
    for name in source.names(pictures=5):
        looks = [(look(engine, jpeg(before_kiosk(portrait(file)), rng)), file) for file in source.pictures(name)]
        found[name] = [Taken(each, each.face.yaw, file) for each, file in looks if each.face]
    return found


def answered(looks: Sequence[KioskLook], side: Side, engine: Engine) -> TurnState:
    """Return what a series of looks comes to."""
    challenge = Challenge(id="", side=side, issued_at=AT)
    timed = [TimedLook(AT + number * EVERY, each) for number, each in enumerate(looks)]
    return judge_turn(challenge, timed, timed[-1].at, engine.calibration)


def heads(known: Mapping[str, Sequence[Taken]], engine: Engine) -> Table:
    """Return how many real heads pass, by how far they are turned."""
    table = Table("turned by", "pictures", "people", "pairs", "passed", "too little depth or shift", "other reasons",
                  title=f"real heads of {whose()}, turned to the side that was asked")  # fmt: skip
    for least, most in TURNED:
        outcome, pictures, who = Counter[str](), 0, set()
        for name, taken in known.items():
            aside = [each for each in taken if least <= abs(each.yaw) < most]
            front = [each for each in taken if abs(each.yaw) < FRONTAL and not each.look.reason]
            pictures, who = pictures + len(aside), who | ({name} if aside and front else set())
            for one in front:
                for other in aside:
                    series = [one.look, *(between(one.look, other.look, part) for part in PARTS), other.look]
                    state = answered(series, "left" if other.yaw > 0 else "right", engine)
                    outcome[state.state if not state.reason else state.reason.cause] += 1
        pairs, waits = outcome.total(), outcome["further"] + outcome["turn"]
        rest = pairs - outcome["passed"] - waits
        table.add_row(f"{least} to {most} degrees", str(pictures), str(len(who)), str(pairs),
                      share(outcome["passed"], pairs), share(waits, pairs), share(rest, pairs))  # fmt: skip
    return table


def between(one: KioskLook, other: KioskLook, part: float) -> KioskLook:
    """Return the look on the way from one to the other. part: of the way."""
    assert one.face
    assert other.face
    here, there = (each.landmarks - each.landmarks[:2].mean(axis=0) for each in (one.face, other.face))
    return KioskLook(None, KioskFace(one.face.box, 0, here + part * (there - here), one.face.embedding))


def held_up(known: Mapping[str, Sequence[Taken]], engine: Engine) -> Table:
    """Return how many pictures pass that are held up and turned away, by how they are bent."""
    passing = (f"passed,\nup to {each} deg." for each in UP_TO)
    table = Table("bent to a radius of", "tries", *passing, "refused\nas framed",
                  title=f"held-up pictures of {whose()}: a frontal print, turned away step by step")  # fmt: skip
    for bend in BENDS:
        passed, framed, tries = Counter[int](), 0, 0
        for number, taken in enumerate(islice(known.values(), HOLDERS)):
            front = min(taken, key=lambda each: abs(nose_offset(each.look.face.landmarks)) if each.look.face else 9)
            for side in (1, -1):
                tries += 1
                looks = tilted(engine, front.file, side, bend, np.random.default_rng([number, side + 1]))
                # A picture that is turned to the right of the image, away from the camera, shows what a head would
                # show that turns to its own right; both sides are asked for, so that any shift counts.
                states = {most: passes(looks, most, engine) for most in UP_TO}
                framed += states[UP_TO[-1]] == "picture"
                passed.update(most for most, state in states.items() if state == "passed")
        radius = "flat" if bend is None else f"{abs(bend) * 14:.0f} cm{', hollow' if bend < 0 else ''}"
        table.add_row(radius, str(tries), *(share(passed[most], tries) for most in UP_TO), share(framed, tries))
    return table


def passes(looks: Sequence[KioskLook], most: int, engine: Engine) -> str:
    """Return what a series comes to for whichever side is better for who holds the picture."""
    series = [each for tilt, each in zip(TILTS, looks, strict=True) if tilt <= most]
    states = [answered(series, side, engine) for side in ("left", "right")]  # type: ignore[arg-type]
    said = {each.reason.cause if each.reason else each.state for each in states}
    return next(each for each in ("passed", "picture", "further", "turn", *said) if each in said)


def tilted(engine: Engine, file: Path, side: int, bend: float | None, rng: np.random.Generator) -> list[KioskLook]:
    """Return the looks at a picture that is turned away."""
    picture = portrait(file)
    plain = before_kiosk(picture)
    faces = engine.detect(plain)
    wide = float(faces.widths[0])
    x, y = (faces.boxes[0, :2] + faces.boxes[0, 2:]) / 2
    x, y = x - (plain.shape[1] - picture.shape[1]) / 2, y - (plain.shape[0] - picture.shape[0]) / 2
    half_x, half_y = min(x, picture.shape[1] - x), min(y, picture.shape[0] - y)
    middle = np.ascontiguousarray(picture[int(y - half_y) : int(y + half_y), int(x - half_x) : int(x + half_x)])
    wall = cv2.GaussianBlur(rng.normal(130, 60, (HEIGHT, WIDTH, 3)), (0, 0), 25)
    wall = np.clip((wall - wall.mean()) * 4 + 130, 0, 255).astype(np.uint8)
    size, pitch, roll = rng.uniform(75, 125), rng.normal(0, 6), rng.normal(0, 4)
    looks = []
    for tilt in TILTS:
        held = Held(
            tilt * side, pitch + rng.normal(0, 3), roll + rng.normal(0, 2), size * rng.uniform(0.95, 1.05), bend
        )
        place = WIDTH / 2 + rng.normal(0, 8), HEIGHT / 2 + rng.normal(0, 8)
        looks.append(look(engine, jpeg(hold_before(wall, middle, wide, held, *place), rng)))
    return looks


def filled(image: Image) -> Image:
    """Return the middle of a picture, so that its own edges are none of the kiosk's picture."""
    height, width = image.shape[:2]
    wide = min(width, 200)
    tall = min(height, wide * HEIGHT // WIDTH)
    top, left = (height - tall) // 2, (width - wide) // 2
    middle = image[top : top + tall, left : left + wide]
    return cv2.resize(middle, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]


def rectangles(engine: Engine) -> str:
    """Return how many living faces lie inside a rectangle, of pictures that fill the kiosk's picture."""
    source, rng, found = people_of(faces_of_benchmark()), np.random.default_rng(0), list[bool]()
    for name in source.names(pictures=5):
        for file in source.pictures(name):
            image = read_photo(file)
            if face := look(engine, jpeg(filled(image), rng)).face:
                found.append(face.framed)
    return f"{whose()}: {sum(found)} of {len(found)} living faces were inside a rectangle.\n"


# ---------------------------------------------------------------- whom it names


def names(engine: Engine) -> Iterator[Table]:
    """Yield what is said of photos: of students, of who is enrolled elsewhere, of strangers, and of dark ones."""
    source, rng = people_of(faces_of_benchmark()), np.random.default_rng(1)
    shares: dict[str, list[Floats]] = {}
    photos: dict[str, list[tuple[Found, Image]]] = {}
    for name in source.names(pictures=ENROLLED + 2):
        files = source.pictures(name)
        try:
            shares[name] = [study(engine, read_photo(file)).share for file in files[:ENROLLED]]
        except UnfitPictureError:
            continue
        seen = [before_kiosk(portrait(file)) for file in files[ENROLLED:]]
        photos[name] = [(found, image) for image in seen if (found := found_in(engine, jpeg(image, rng)))]
    known = {name: EnrolledFace(name, blend(each).vector, len(each)) for name, each in shares.items()}
    table = Table("who", "photos", "named rightly", "wrongly", "alike", "unsure", "nobody",
                  title=f"{len(known)} people of {whose()}, {ENROLLED} photos each, {DRAWS} rosters")  # fmt: skip
    for who in ("student", "enrolled, on another roster", "stranger"):
        said = Counter[str]()
        for roster, name, others in drawn(known, who):
            for found, _ in photos[name]:
                said[outcome(name, whose_face(found, roster, others, engine.calibration, Policy().accept))] += 1
        columns = ("right", "wrong", "alike", "unsure", "nobody")
        table.add_row(who, str(said.total()), *(share(said[each], said.total()) for each in columns))
    yield table
    yield dark(engine, known, photos)


def drawn(known: Mapping[str, EnrolledFace], who: str) -> Iterator[tuple[list[EnrolledFace], str, Visitors]]:
    """Yield a roster, somebody before the kiosk, and who else is enrolled."""
    for draw in range(DRAWS):
        shuffled = np.random.default_rng(draw).permutation(sorted(known)).tolist()
        size = min(ROSTER, len(known) * 2 // 3)
        roster, rest = shuffled[:size], shuffled[size:]
        for name in roster if who == "student" else rest:
            elsewhere = [each for each in rest if who != "stranger" or each != name]
            yield [known[each] for each in roster], name, visitors([known[each] for each in elsewhere])


def visitors(faces: Sequence[EnrolledFace]) -> Visitors:
    """Return people with several photos as those who are on no roster of the hall."""
    if not faces:
        return NO_VISITORS
    names = tuple(each.student_id for each in faces)
    rows = {name: row for row, name in enumerate(names)}
    everybody = Everybody(
        names, np.stack([each.vector for each in faces]), np.array([each.photos for each in faces]), rows, 0
    )
    return Visitors(everybody, np.zeros(0, np.intp))


def outcome(name: str, said: object) -> str:
    """Return an answer in one word."""
    if isinstance(said, LikelyStudent):
        return "right" if said.student_id == name else "wrong"
    cause = getattr(said, "cause", "")
    return cause if cause in ("alike", "unsure") else "nobody"


def dark(
    engine: Engine, known: Mapping[str, EnrolledFace], photos: Mapping[str, Sequence[tuple[Found, Image]]]
) -> Table:
    """Return what is said of photos of students that were taken with less light, if brightness refused none."""
    table = Table("brightness", "face found", "named rightly", "wrongly", title="the same photos with less light")
    rng = np.random.default_rng(2)
    rosters = {name: (roster, others) for roster, name, others in drawn(known, "student")}
    for level in DIM:
        said, count = Counter[str](), 0
        for name, (roster, others) in rosters.items():
            for _, image in photos[name]:
                count += 1
                if found := found_in(engine, jpeg(dimmed(engine, image, level), rng), refuse_dark=False):
                    said[outcome(name, whose_face(found, roster, others, engine.calibration, Policy().accept))] += 1
        table.add_row(
            f"{level:.0f}", share(said.total(), count), share(said["right"], count), share(said["wrong"], count)
        )
    return table


def dimmed(engine: Engine, image: Image, level: float) -> Image:
    """Return a picture whose face is as bright as that; what the sensor adds stays as it is."""
    bright = light(image, engine.detect(image).boxes[0]).bright
    return np.clip(image * min(1.0, level / bright), 0, 255).astype(np.uint8)


def found_in(engine: Engine, photo: bytes, *, refuse_dark: bool = True) -> Found | None:
    """Return the face of a photo, or None if it is refused."""
    try:
        return portrait_of(engine, photo, least_bright=40.0 if refuse_dark else 0.0).found
    except UnfitPictureError:
        return None


# ---------------------------------------------------------------- how long it takes


def times(engine: Engine) -> Table:
    """Return what a look costs, and how long it takes from the bytes of a photo to a name."""
    source = people_of(faces_of_benchmark())
    file = source.pictures(source.names(pictures=5)[0])[0]
    photo = jpeg(before_kiosk(portrait(file)), np.random.default_rng(0))
    large = jpeg(
        cv2.resize(before_kiosk(portrait(file)), (1280, 1024), interpolation=cv2.INTER_CUBIC), np.random.default_rng(0)
    )
    table = Table("what", "median", "longest", title="time")
    spent = [core(lambda: look(engine, photo)) for _ in range(50)]
    table.add_row("a look at 320x256, of a core", *(f"{each * 1000:.0f} ms" for each in (median(spent), max(spent))))
    with TemporaryDirectory() as folder:
        broker = Broker(Path(folder))
        broker.start()
        try:
            settings = site(broker, engine, file)
            kiosk = Kiosk(settings)
            prepared = clock(lambda: kiosk.prepare(AT))
            table.add_row(
                f"to be ready, {EVERYBODY:,} enrolled, of them {STUDENTS} on the roster", f"{prepared:.2f} s", ""
            )
            began = time.perf_counter()
            first = kiosk.identify("E101", large, AT)
            table.add_row("the first photo, 1280x1024", f"{time.perf_counter() - began:.2f} s", "")
            waits = [clock(lambda: kiosk.identify("E101", large, AT)) for _ in range(20)]
            table.add_row("every other", *(f"{each:.2f} s" for each in (median(waits), max(waits))))
            changed = [clock(lambda: after_a_change(kiosk, settings, large)) for _ in range(5)]
            table.add_row("after a roster was loaded", *(f"{each:.2f} s" for each in (median(changed), max(changed))))
            assert isinstance(first, NamedAtKiosk), first
            marking = clock(lambda: kiosk.mark("E101", first, AT))
            table.add_row("confirmed, until it is on record", f"{marking:.2f} s", "")
            kiosk.close()
        finally:
            broker.stop()
    return table


def after_a_change(kiosk: Kiosk, settings: Settings, photo: bytes) -> None:
    """Ask once more; the change is written first, and is not what is timed here alone."""
    send(settings, [(settings.topic("rosters"), b"other", encode(Roster(section="other", students=())), None, None)])
    kiosk.identify("E101", photo, AT)


def site(broker: Broker, engine: Engine, file: Path) -> Settings:
    """Return a site with a hall whose roster is a part of everybody; the face of a file is the first student's."""
    home = broker.settings.home / secrets.token_hex(4)
    home.mkdir()
    settings = Settings(home=home, kafka=broker.settings.bootstrap, prefix=f"b{secrets.token_hex(4)}")
    create_topics(settings)
    cipher = TemplateCipher.create(settings.key_file)
    rng = np.random.default_rng(0)
    mine = study(engine, read_photo(file)).share
    # Others lie about as far from each other as people do.
    vectors = mine / np.linalg.norm(mine) + rng.normal(0, 0.5 / np.sqrt(len(mine)), (EVERYBODY, len(mine)))
    vectors[0] = mine
    ids = [f"2026{number:05d}" for number in range(EVERYBODY)]
    people_ = [enrolled(cipher, engine.id, *each) for each in zip(ids, vectors, strict=True)]
    starts = AT - timedelta(minutes=5)
    hour = ClassHour(section="EA0017-1", hall="E101", date=AT.date(), period=1, starts_at=starts, ends_at=starts + HOUR)
    day = HallDay(hall=hour.hall, date=hour.date, hours=(hour,))
    roster = Roster(
        section=hour.section, students=tuple(Student(student_id=each, name=each) for each in ids[:STUDENTS])
    )
    send(settings, [
        (settings.topic("timetable"), f"{day.hall}|{day.date}".encode(), encode(day), None, None),
        (settings.topic("rosters"), hour.section.encode(), encode(roster), None, None),
        *(record(settings, each) for each in people_),
    ])  # fmt: skip
    return settings


def enrolled(cipher: TemplateCipher, engine: str, student: str, vector: Floats) -> Enrollment:
    """Return somebody as he is enrolled."""
    unit = (vector / np.linalg.norm(vector)).astype(np.float32)
    sealed = EnrollmentTemplate(engine=engine, photos=2, sealed=cipher.seal(unit, template_context(student, engine)))
    return Enrollment(student_id=student, version=1, enrolled_at=AT, consent_on_file=True, templates=(sealed,))


def clock(what: Callable[[], object]) -> float:
    """Return how long something takes, s."""
    began = time.perf_counter()
    what()
    return time.perf_counter() - began


def core(what: Callable[[], object]) -> float:
    """Return what something takes of a core, s."""
    began = time.process_time()
    what()
    return time.process_time() - began


def share(part: int, whole: int) -> str:
    """Return a part as people read it."""
    return f"{part} ({part / whole:.1%})" if whole else "-"


def whose() -> str:
    """Return whose faces they are."""
    return "ORL" if faces_of_benchmark() == "orl" else Path(faces_of_benchmark()).parent.name.upper()


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["turn", "names", "time"])
    only = parser.parse_args().only
    engine, console = load_engine(DEFAULT), Console(width=120)
    engine.quicken("auto")
    if only in (None, "turn"):
        known = people(engine)
        console.print(heads(known, engine), held_up(known, engine), rectangles(engine))
    if only in (None, "names"):
        console.print(*names(engine))
    if only in (None, "time"):
        console.print(times(engine))


if __name__ == "__main__":
    main()
