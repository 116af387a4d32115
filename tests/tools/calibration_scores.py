"""Make the packaged calibration of the default engine again, and keep the scores that it was fitted to.

    python -m tests.tools.calibration_scores

It runs ``naul calibrate`` as ``COMMAND`` has it: some minutes, unless its halls are in the cache. What is kept are
numbers (scores, of how many looks, whose): no picture and no embedding. From then on
``tests/unit/faces/test_packaged_calibration.py`` fits them again, without filming anything.
"""

import io
import lzma
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from infra.cli.calibrate import command
from infra.operations.engines.calibrate import CalibrateRequest, HallScores, plays_of, scores_of
from producers.simulated_hall import Scene, Script
from schemas.settings import duration
from streams.faces.calibration import FOLDER
from streams.faces.engines import DEFAULT, load_engine
from streams.faces.fitting import DECIMALS, Scored
from streams.faces.pictures import decode_jpeg
from streams.faces.scores import Units

__all__ = ["COMMAND", "Kept", "brightness", "kept", "plays"]

COMMAND = f"naul calibrate --engine {DEFAULT} --faces orl --halls 8 --seed 1 --every 20s"
FILE = Path(__file__).parents[1] / "scores" / f"{DEFAULT}.npz.xz"
TILES = (9, 16)
"""Down and across: the parts of a picture whose brightness is kept."""


class Kept(NamedTuple):
    """What the packaged calibration was fitted to. bright: (halls, *TILES), as ``brightness`` says."""

    halls: HallScores
    bright: NDArray[np.float64]


def plays() -> list[Script]:
    """Return the halls of the command."""
    words = shlex.split(COMMAND)
    given = dict(zip(words[2::2], words[3::2], strict=True))
    counts = {name: int(given[f"--{name}"]) for name in ("halls", "seed")}
    return plays_of(CalibrateRequest(faces=given["--faces"], every=duration(given["--every"]), **counts))


def brightness(script: Script) -> NDArray[np.float64]:
    """Return the mean grey value of each part of a hall's first frame, TILES: it changes if halls look different."""
    image = decode_jpeg(Scene(script).jpeg(script.moments()[0])).mean(axis=2)
    rows = np.array_split(image, TILES[0])
    return np.array([[part.mean() for part in np.array_split(row, TILES[1], axis=1)] for row in rows])


def kept() -> Kept:
    """Read what the packaged calibration was fitted to."""
    with np.load(io.BytesIO(lzma.decompress(FILE.read_bytes())), allow_pickle=False) as found:
        several, single = (
            [_read(found, f"{kind}{n}") for n in range(len(found["bright"]))] for kind in ("several", "single")
        )
        people, faces = found["size"].tolist()
        return Kept(HallScores(several, single, str(found["data"]), people, faces), found["bright"])


def _read(found: Mapping[str, NDArray[Any]], name: str) -> Scored:
    return Scored(
        s=found[f"{name}.s"] / 10**DECIMALS,
        looks=found[f"{name}.looks"].astype(np.int64),
        who=found[f"{name}.who"],
        roster=found[f"{name}.roster"],
        units=Units(*found[f"{name}.units"].tolist()),
    )


def _written(each: Kept) -> bytes:
    halls = each.halls
    arrays: dict[str, Any] = {"size": (halls.people, halls.faces), "data": halls.data, "bright": each.bright.round(1)}
    for kind, those in (("several", halls.several), ("single", halls.single)):
        for n, hall in enumerate(those):
            arrays |= {
                f"{kind}{n}.s": np.rint(hall.s * 10**DECIMALS).astype(np.int16),
                f"{kind}{n}.looks": hall.looks.astype(np.int8),
                f"{kind}{n}.who": hall.who,
                f"{kind}{n}.roster": hall.roster,
                f"{kind}{n}.units": np.array(hall.units),
            }
    target = io.BytesIO()
    np.savez(target, **arrays)
    return lzma.compress(target.getvalue(), preset=9)


def main() -> None:
    """Run the command, and keep what it was fitted to."""
    command([*shlex.split(COMMAND)[2:], "--output", str(FOLDER / f"{DEFAULT}.toml")], standalone_mode=False)
    halls = plays()
    scores = scores_of(load_engine(DEFAULT), halls, lambda _: None)
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_bytes(_written(Kept(scores, np.array([brightness(each) for each in halls]))))


if __name__ == "__main__":
    main()
