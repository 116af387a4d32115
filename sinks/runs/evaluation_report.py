"""An evaluation as words and tables."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from schemas.translations import Text, joined
from sinks.reports.table import Table
from sinks.runs.detection import Detection, Identified
from sinks.runs.evaluate import Evaluation, JudgedVerdict, Score
from sinks.runs.reliability import Reliability
from sinks.runs.render import EVIDENCE, SUBJECT, Report, evidence_cells, local, seconds, subject
from sinks.runs.seen_places import Example, SeenPlace

__all__ = ["tell_evaluation"]

_PLACE = ("camera", "x1", "y1", "x2", "y2", "frames", "him", "others", "nobody", "visitors", "elsewhere")
_FACE = ("camera", "captured_at", "x1", "y1", "x2", "y2")


def tell_evaluation(said: Evaluation, zone: ZoneInfo) -> Report:
    """Return what is written of an evaluation. As CSV it is the scores."""
    scores = Table(
        ("of", "name", "verdicts", "right", "share", "low", "high", "false_presences", "false_absences", "unobserved",
         "arrivals", "arrival_median_s", "arrival_p95_s", "arrivals_missed",
         "departures", "departure_median_s", "departure_p95_s", "departures_missed"),
        [
            _score(Text("run"), said.run, said.score),
            *(_score(Text("hall"), name, score) for name, score in said.halls.items()),
            *(_score(Text("camera"), name, score) for name, score in said.cameras.items()),
            *(_score(Text("face width"), name, score) for name, score in said.widths.items()),
            *(_score(Text("section"), name, score) for name, score in said.sections.items()),
        ],
    )  # fmt: skip
    score = said.score
    words = [
        Text("{run}: right in {right}.", run=said.run, right=score.right),
        Text(
            "{present} false presences, {absent} false absences, {open} open.",
            present=score.false_presences,
            absent=score.false_absences,
            open=score.unobserved,
        ),
        Text("Arrivals: {off}; {missed} missed.", off=score.arrivals.off, missed=score.arrivals.missed),
        Text("Departures: {off}; {missed} missed.", off=score.departures.off, missed=score.departures.missed),
    ]
    if said.marked or said.unknown:
        words.append(
            Text(
                "Not judged: {marked} verdicts that a person had said, {unknown} truths without a verdict.",
                marked=said.marked,
                unknown=said.unknown,
            )
        )
    words += _identified(said.detection)
    placed = [(each, each.place) for each in said.wrong if each.place]
    if not said.cameras:
        words.append(
            Text("By camera and width of face nothing is told: the store holds no faces of these class hours.")
        )
    elif len(placed) < score.false_presences:
        words.append(
            Text(
                "{count} false presences have no place: no frame alone named them.",
                count=score.false_presences - len(placed),
            )
        )
    tables = [(Text("Scores"), scores), (_ece(said.calibration), _bins(said.calibration))]
    if said.detection.rates:
        tables.append((Text("Identification"), _identification(said.detection)))
    if placed:
        taken = [_taken(each, place) for each, place in placed]
        tables.append((Text("Who was taken for whom"), Table((*SUBJECT, *_PLACE), taken)))
        faces = [_example(each, place, face, zone) for each, place in placed for face in place.examples]
        tables.append((Text("Faces that got the name of somebody who was not there"), Table((*SUBJECT, *_FACE), faces)))
    if said.wrong:
        wrong = [_wrong(each, zone) for each in said.wrong]
        tables.append((Text("Wrong verdicts"), Table((*SUBJECT, "truth", *EVIDENCE), wrong)))
    return Report(said, tuple(words), tuple(tables), scores)


def _score(of: str, name: str, said: Score) -> tuple[Any, ...]:
    right = said.right
    shares = (None if each is None else round(each, 4) for each in (right.share, right.low, right.high))
    times = [
        cell for each in (said.arrivals, said.departures) for cell in (each.off.count, *seconds(each.off), each.missed)
    ]
    errors = (said.false_presences, said.false_absences, said.unobserved)
    return (of, name, right.of, right.count, *shares, *errors, *times)


def _ece(said: Reliability) -> Text:
    if said.error is None:
        return Text("Confidence: nothing to judge")
    return Text("Confidence: expected calibration error {error:.3f}", error=said.error)


def _bins(said: Reliability) -> Table:
    return Table(
        ("from", "to", "verdicts", "confidence", "right", "low", "high"),
        [
            (each.low, each.high, each.right.of, round(each.confidence, 3), *(round(share, 3) for share in shares))
            for each in said.bins
            if each.confidence is not None
            for shares in [(each.right.share or 0, each.right.low or 0, each.right.high or 0)]
        ],
    )


def _identified(said: Detection) -> Iterator[Text]:
    if said.rates:
        yield Text(
            "Identified with none of {absent} absent students called present: {identified}.",
            absent=said.absent,
            identified=said.rates[0].identified,
        )
    else:
        yield Text(
            "Identification cannot be told of {present} who were there and {absent} who were not.",
            present=said.present,
            absent=said.absent,
        )
    if said.unscored:
        yield Text("{count} verdicts of before p was kept are left out.", count=said.unscored)


def _identification(said: Detection) -> Table:
    columns = ("false_rate", "absent", "called_present", "p_above", "present", "identified", "share", "low", "high")
    return Table(columns, [_rate(each, said.absent) for each in said.rates])


def _rate(said: Identified, absent: int) -> tuple[Any, ...]:
    found = said.identified
    shares = (None if each is None else round(each, 4) for each in (found.share, found.low, found.high))
    rate = f"{said.at:.1%}" if said.at else Text("none")
    return (rate, absent, said.false_presences, said.above, found.of, found.count, *shares)


def _taken(each: JudgedVerdict, place: SeenPlace) -> tuple[Any, ...]:
    others, visitors = (joined(given) for given in (place.others, place.visitors))
    counts = (place.frames, place.him, others, place.nobody, visitors, place.elsewhere)
    return (*subject(each), place.camera, *place.box, *counts)


def _example(each: JudgedVerdict, place: SeenPlace, face: Example, zone: ZoneInfo) -> tuple[Any, ...]:
    return (*subject(each), place.camera, local(face.captured_at, zone), *face.box)


def _wrong(each: JudgedVerdict, zone: ZoneInfo) -> tuple[Any, ...]:
    return (*subject(each), each.truth, *evidence_cells(each.said, zone))
