"""Embeddings as they were when this recipe was fixed: what an engine id promises.

python -m tests.unit.faces.golden    # writes golden.json; only with a new RECIPE of the engine
"""

import json
from pathlib import Path

import cv2
import numpy as np

from streams.faces.engines import Engine, load_engine
from streams.faces.pictures import read_photo
from streams.faces.values import Floats
from tests.benchmarks.likeness import orl

__all__ = ["FILE", "PEOPLE", "embeddings"]

FILE = Path(__file__).with_name("golden.json")
PEOPLE = (1, 9, 17, 33)


def embeddings(engine: Engine) -> Floats:
    """Return what an engine sees in a picture of each of these people, (4, d)."""
    photos = [read_photo(orl() / f"s{person}" / "1.pgm") for person in PEOPLE]
    framed = [cv2.copyMakeBorder(photo, 40, 40, 40, 40, cv2.BORDER_REPLICATE) for photo in photos]
    return np.array([engine.look(picture)[0].embedding for picture in framed])


if __name__ == "__main__":
    found = {each.id: embeddings(each) for each in map(load_engine, ("centerface-dlib", "face-recognition"))}
    lines = [
        f'"{name}": [\n' + ",\n".join(json.dumps([round(float(x), 4) for x in row]) for row in rows) + "\n]"
        for name, rows in found.items()
    ]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
