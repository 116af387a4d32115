"""A small lecture hall of numbers: people are directions in space, looks are noisy copies, boxes sit on seats.

The cosines come out about as dlib's do in a hall: 0.873 ± 0.034 between different people; a single look of oneself
lies 2.6 ± 0.5 of these spreads above, the mean of many looks 3.2; of forty strangers, the most alike reaches 2.6.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from schemas.settings import Policy
from streams.faces.calibration import Calibration
from streams.faces.frame_view import REGIONS, THUMBNAIL
from streams.judgement.judge import Hour, HourJudgement, Person, judge
from streams.judgement.learning import Memory
from streams.judgement.matching import candidate_faces, likely_visitors, names
from streams.judgement.observations import Facts, Seen, Visit

DIMENSION, VARIED = 128, 16
WIDTH, HEIGHT = 1280, 720
START = 1_763_856_000.0
Spans = Sequence[tuple[float, float]]
ALWAYS: Spans = ((0, 1e9),)

CALIBRATION = Calibration(
    center=0.872, spread=0.034, several=(6.81, 2.95, -9.29, -11.91), single=(5.03, 2.23, -6.52, -7.98)
)


def unit(v: NDArray[np.float64]) -> NDArray[np.float64]:
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


@dataclass(frozen=True)
class Guest:
    """Somebody who is not on the roster. face: of ``Lecture.strangers``; like: resembles this student, so much."""

    seat: int
    there: Spans = ALWAYS
    face: int = 0
    like: int | None = None
    likeness: float = 0.5


@dataclass(repr=False)
class Lecture:
    """Students sit on seats 0, 1, ... of a hall; minutes count from the start of the class hour."""

    size: int = 12
    seed: int = 0
    minutes: float = 50
    every: float = 20
    hidden: float = 0.33
    photos: int = 2
    known: int | None = None
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.hour = Hour(START, START + 60 * self.minutes)
        self.identities = self._identities(self.size)
        self.strangers = self._identities(40)
        noise = self._noise(self.size) * 0.5 * np.sqrt(2 / self.photos)
        self.templates = unit(self.identities + noise).astype(np.float32)
        self.names = [f"2019{number:05d}" for number in range(self.size)]
        self.people = [
            Person(name, None if self.known is not None and place >= self.known else template, self.photos)
            for place, (name, template) in enumerate(zip(self.names, self.templates, strict=True))
        ]

    def _identities(self, count: int) -> NDArray[np.float64]:
        common = np.zeros((count, DIMENSION))
        alike = np.clip(self.rng.normal(0.915, 0.008, count), 0.88, 0.95)
        common[:, 0] = alike
        common[:, 1 : VARIED + 1] = unit(self.rng.normal(size=(count, VARIED))) * np.sqrt(1 - alike**2)[:, None]
        return common

    def _noise(self, count: int) -> NDArray[np.float64]:
        noise = self.rng.normal(0, 0.014, (count, DIMENSION))
        noise[:, 1 : VARIED + 1] += self.rng.normal(0, 0.02, (count, VARIED))
        return noise

    def look(self, faces: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what a camera sees of faces: a poor picture shows less of what makes people different."""
        shown = faces.copy()
        shown[:, 1:] *= np.clip(self.rng.normal(0.55, 0.25, (len(faces), 1)), 0.2, 1)
        return unit(shown + self._noise(len(faces))) * 1.4

    def like(self, student: int, part: float) -> NDArray[np.float64]:
        """Return the face of somebody who resembles a student: so much of what makes him different is the same."""
        own, other = self.identities[student, 1:], self.strangers[student % len(self.strangers), 1:]
        apart = unit(other - other @ unit(own) * unit(own)) * np.linalg.norm(own)
        return np.append(self.identities[student, :1], part * own + np.sqrt(1 - part**2) * apart)

    def enrol(self, guests: Sequence[Guest], others: int = 0) -> list[Person]:
        """Return guests as people whose faces are known, and so many others who are nowhere near."""
        rng, own = np.random.default_rng((self.seed, 1)), self.rng
        self.rng = rng  # whoever is enrolled elsewhere changes nothing of what happens in the hall
        faces = np.vstack([*(self.face_of(each) for each in guests), self._identities(others)])
        templates = unit(faces + self._noise(len(faces)) * 0.5).astype(np.float32)
        self.rng = own
        return [Person(f"visitor{number}", template, 2) for number, template in enumerate(templates)]

    def face_of(self, guest: Guest) -> NDArray[np.float64]:
        """Return the face of a guest."""
        return self.strangers[guest.face] if guest.like is None else self.like(guest.like, guest.likeness)

    def twins(self, student: int, other: int, part: float = 0.995) -> None:
        """Make one student look like another; both are enrolled so."""
        self.strangers[student % len(self.strangers)] = self.identities[other]
        self.identities[other] = self.like(student, part)
        noise = self._noise(2) * 0.3
        self.templates[[student, other]] = unit(self.identities[[student, other]] + noise).astype(np.float32)
        for each in (student, other):
            self.people[each] = Person(self.names[each], self.templates[each], self.photos)

    def seat(self, number: int) -> tuple[float, float, float]:
        """Return x, y and face width in pixels; ten to a row, the rows behind are smaller."""
        row, place = divmod(number, 10)
        width = 62 / (1 + 0.25 * row)
        return 90 + place * 120 - 8 * row, 620 - 95 * row, width

    def place(self, number: int) -> tuple[float, float, float]:
        """Return the same in widths of the frame."""
        x, y, width = self.seat(number)
        return x / WIDTH, y / WIDTH, width / WIDTH

    def film(
        self,
        there: Mapping[int, Spans] | None = None,
        *,
        guests: Sequence[Guest] = (),
        dark: Spans = (),
        moves: Mapping[int, Sequence[tuple[float, int]]] | None = None,
        cameras: Sequence[str] = ("front",),
        candidates: Sequence[int] | None = None,
        facts: Facts | None = None,
        visitors: Sequence[Person] = (),
    ) -> Facts:
        """Return what cameras show of the hour.

        there: when a student is in the hall, in minutes; who is not named is there always. dark: when nothing is
        filmed. moves: from which minute a student sits on which other seat. candidates: who is compared.
        visitors: who is compared beside them.
        """
        there, moves = there or {}, moves or {}
        compared = [
            c for c in (range(self.size) if candidates is None else candidates) if self.people[c].template is not None
        ]
        cast = [(self.identities[s], there.get(s, ALWAYS), [(0.0, s), *moves.get(s, ())]) for s in range(self.size)]
        cast += [(self.face_of(each), each.there, [(0.0, each.seat)]) for each in guests]
        facts = facts or Facts()
        for shift, camera in enumerate(cameras):
            moments = np.arange(1.0 + 3 * shift, 60 * self.minutes, self.every)
            bent = self._bent(len(cast), moments)
            for moment, down in zip(moments, bent, strict=True):
                minute = moment / 60
                if not _within(minute, dark):
                    shown = [
                        (face, [seat for since, seat in seats if since <= minute][-1])
                        for (face, spans, seats), hides in zip(cast, down, strict=True)
                        if _within(minute, spans) and not hides
                    ]
                    facts = facts.with_(self.frame(camera, START + moment, shown, compared, visitors))
        return facts

    def _bent(self, count: int, moments: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return whose head is down when, (moments, count): for at most four minutes, ``hidden`` of the time."""
        down = np.zeros((len(moments), count), bool)
        for person in range(count if self.hidden else 0):
            at = self.rng.exponential(60)
            while at < 60 * self.minutes:
                until = at + min(self.rng.exponential(90), 240)
                down[(moments >= at) & (moments < until), person] = True
                at = until + 30 + self.rng.exponential(60 / self.hidden - 30)
        return down

    def frame(
        self,
        camera: str,
        at: float,
        shown: Sequence[tuple[NDArray[np.float64], int]],
        compared: Sequence[int],
        visitors: Sequence[Person] = (),
    ) -> Seen:
        """Return the observation of one frame that shows faces on seats."""
        x, y, width = np.array([self.seat(seat) for _, seat in shown]).reshape(-1, 3).T
        x, y = (x, y) + self.rng.normal(0, 0.12, (2, len(shown))) * width
        boxes = np.stack([x - width / 2, y - width * 0.6, x + width / 2, y + width * 0.6], axis=1).astype(np.float32)
        faces = np.array([face for face, _ in shown]).reshape(-1, DIMENSION)
        looks = self.look(faces)
        templates = self.templates[list(compared)]
        cosines = (unit(looks) @ templates.T).astype(np.float16).astype(np.float32)
        photos = np.full(len(templates), self.photos)
        llr = names(cosines, photos, CALIBRATION, center=0.872, spread=0.034).llr
        visits = self._visits(unit(looks), visitors)
        looks = np.where(candidate_faces(llr)[:, None], looks, np.nan).astype(np.float32)
        self.rng.random(len(shown))  # thrown away: these halls stay those that the tests were written for
        return Seen(
            camera=camera,
            captured_at=at,
            engine="test",
            students=tuple(self.names[place] for place in compared),
            reference=len(compared),
            width=WIDTH,
            height=HEIGHT,
            boxes=boxes,
            scores=np.full(len(shown), 0.9, np.float32),
            cosines=cosines,
            looks=looks,
            digest=sha256(boxes.tobytes() + cosines.tobytes()).digest(),
            visitors=len(visitors),
            visits=visits,
        )

    def _visits(self, looks: NDArray[np.float64], visitors: Sequence[Person]) -> tuple[Visit, ...]:
        if not visitors:
            return ()
        cosines = looks @ np.array([each.template for each in visitors], np.float64).T
        best = cosines.argmax(axis=1)
        likely = likely_visitors(CALIBRATION.llr((cosines.max(axis=1) - 0.872) / 0.034, 1, 2), len(visitors))
        return tuple(
            Visit(face, visitors[best[face]].student_id, float(cosines[face, best[face]]))
            for face in np.flatnonzero(likely).tolist()
        )

    def judge(
        self,
        facts: Facts,
        *,
        closed: bool = True,
        policy: Policy | None = None,
        people: Sequence[Person] | None = None,
        visitors: Sequence[Person] = (),
        memory: Memory | None = None,
    ) -> HourJudgement:
        """Return the judgement of the hour. visitors: who was compared; those whom the facts name take part."""
        met = [each for each in visitors if each.student_id in facts.visitors]
        return judge(
            self.hour, facts, people or self.people, policy or Policy(), CALIBRATION,
            closed=closed, visitors=met, memory=memory,
        )  # fmt: skip

    def minute(self, at: float | None) -> float | None:
        """Return a time in minutes of the class hour."""
        return None if at is None else (at - START) / 60


def pictured(facts: Facts, seed: int, dark: Spans = ()) -> Facts:
    """Return what cameras showed with pictures of one scene each, in which something changes all the time.

    dark: minutes in which nearly no light falls on it; it says nothing of the faces.
    """
    rng, found = np.random.default_rng(seed), Facts()
    cameras = sorted({each.camera for each in facts.seen.values()})
    scenes = {camera: rng.integers(40, 200, THUMBNAIL) for camera in cameras}
    detail = rng.integers(20, 80, REGIONS)
    for each in facts.observations:
        light = 0.1 if _within((each.captured_at - START) / 60, dark) else 1.0
        changed = scenes[each.camera] + rng.normal(0, 2, THUMBNAIL) + 30 * (rng.random(THUMBNAIL) < 0.02)
        clear = detail + rng.normal(0, 2, REGIONS)
        thumbnail, sharp = (np.clip(light * values, 0, 255).astype(np.uint8) for values in (changed, clear))
        found = found.with_(replace(each, thumbnail=thumbnail, detail=sharp))
    return found


def _within(minute: float, spans: Iterable[tuple[float, float]]) -> bool:
    return any(start <= minute < end for start, end in spans)
