"""Whom looks name, and whom strangers' looks name: open-set identification against a roster of 40.

    python -m tests.benchmarks.naming [--engine NAME] [--home DIR]

Of each person three photographs (or one) are enrolled, and each of seven others is a look, 32 or 24 px wide. Rosters
are drawn by chance; who is not on one is a stranger, and so is, with his own template left out, everybody who is.
BENCH_FACES names a folder laid out like LFW; else the people are those of ORL.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from infra.operations.simulation.labelled_faces import AFAR, Taken, photographed
from producers.simulated_hall.actors import people_of
from streams.faces.cross_validation import accepted_rates, answers, found_rates
from streams.faces.engines import DEFAULT, Engine, load_engine
from streams.faces.fitting import Labelled, Scored, scored
from streams.faces.templates import blend
from streams.judgement.matching import STRANGER
from tests.benchmarks.crowd import faces_of_benchmark

ROSTER, DRAWS = 40, 20
ENROLLED, SEEN = 3, 7
LOOKS = (1, 3, 7)


def people(faces: str, engine: Engine) -> dict[str, list[Taken]]:
    """Return who has photographs enough, as the engine sees them."""
    source, found = people_of(faces), {}
    for name in track(source.names(pictures=ENROLLED + SEEN), "photographs", transient=True):
        taken = list(islice(photographed(engine, source.pictures(name)), ENROLLED + SEEN))
        if len(taken) == ENROLLED + SEEN:
            found[name] = taken
    return found


def rosters(known: Mapping[str, Sequence[Taken]], photos: int, width: int) -> Iterator[Scored]:
    """Yield everybody's looks against rosters. width: which of AFAR."""
    names = sorted(known)
    embeddings = np.array([known[name][ENROLLED + n].views[width] for name in names for n in range(SEEN)], np.float32)
    templates = {name: blend([each.share for each in known[name][:photos]]).vector for name in names}
    who, group = np.repeat(np.array(names, np.str_), SEEN), np.tile(np.arange(SEEN), len(names))
    for draw in range(DRAWS):
        roster = np.random.default_rng(draw).permutation(names)[:ROSTER].tolist()
        mine = {name: templates[name] for name in roster}
        yield scored(Labelled(embeddings, who, group, several=mine, single=mine), mine)


def tables(engine: Engine | None = None) -> list[Table]:
    """Return what was measured."""
    engine = engine or load_engine(DEFAULT)
    faces = faces_of_benchmark()
    known = people(faces, engine)
    whose = "ORL" if faces == "orl" else Path(faces).name
    table = Table(
        "face, photos", "looks", *(f"named at {allowed:.1%}\nof strangers" for allowed in (0.05, 0.01, 0.001)),
        "named at\np >= 0.9", "wrongly", "strangers",
        title=f"{len(known)} people of {whose}, rosters of {min(ROSTER, len(known))}, {engine.id}",
    )  # fmt: skip
    for photos in (ENROLLED, 1):
        constants = engine.calibration.several if photos > 1 else engine.calibration.single
        for width, pixels in enumerate(AFAR):
            told = [
                each
                for hall in rosters(known, photos, width)
                for each in answers(hall, set(known), constants, photos, STRANGER)
            ]
            looks, p, right, stray = (np.array(each) for each in zip(*told, strict=True))
            named = {(length, allowed): share for length, allowed, share in found_rates(looks, p, right, stray)}
            sure = {length: shares for length, *shares in accepted_rates(looks, p, right, stray)}
            for length in LOOKS:
                table.add_row(
                    f"{pixels:.0f} px, {photos}", str(length),
                    *(f"{named[length, allowed]:.1%}" for allowed in (0.05, 0.01, 0.001)),
                    *(f"{share:.2%}" for share in sure[length]),
                )  # fmt: skip
    return [table]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default=DEFAULT)
    parser.add_argument("--home", type=Path, help="of the site that has it")
    given = parser.parse_args()
    for table in tables(load_engine(given.engine, given.home)):
        Console(width=110).print(table)


if __name__ == "__main__":
    main()
