"""Between which values the activations of a graph lie: measured offline, shipped, needed to make its 8-bit copy."""

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

from schemas.errors import RefusedError
from schemas.translations import Text
from streams.faces.weights import Weight

__all__ = ["Ranges", "ranges_file", "ranges_of"]


class Ranges(NamedTuple):
    """Least and largest value of tensors, by their names. digest: of the file, eight hexadecimal digits."""

    values: dict[str, list[float]]
    digest: str


def ranges_file(name: str) -> Path:
    """Return where the ranges of a graph are."""
    return Path(__file__).with_name("ranges") / f"{name}.json"


def ranges_of(name: str, weight: Weight, file: Path | None = None) -> Ranges:
    """Read the ranges of a graph. weight: what the graph is made of.

    Raises:
        RefusedError: they were measured with other weights, or cannot be read.
    """
    path = file or ranges_file(name)
    try:
        data = path.read_bytes()
        found = json.loads(data)
        sha256, values = found["weights"], dict(found["ranges"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RefusedError(
            Text("{path}: ranges cannot be read ({error!r})", path=path, error=error), _REMEDY
        ) from error
    if sha256 != weight.sha256:
        raise RefusedError(
            Text("{path}: measured with other weights than {name}", path=path, name=weight.path.name), _REMEDY
        )
    return Ranges(values, hashlib.sha256(data).hexdigest()[:8])


_REMEDY = "Measure them again: python -m tests.benchmarks.quantise measure. Until then set NAUL_ARITHMETIC=float."
