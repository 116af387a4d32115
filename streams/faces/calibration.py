"""What a similarity is worth as evidence: numbers fitted for one engine and one recipe.

Ours are in ``calibration/*.toml``. A site's are in its home, ``engines/NAME/calibration.toml``, and win.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import msgspec

from schemas.errors import RefusedError
from schemas.toml_file import toml_values
from schemas.translations import Text
from schemas.unreadable import UNREADABLE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Calibration", "Constants", "Made", "Proof", "calibration_file", "calibration_of", "written"]

Constants: TypeAlias = tuple[float, float, float, float]
"""a, b, c, d of the log likelihood ratio."""

FOLDER = Path(__file__).parent / "calibration"


class Proof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How well constants hold for people whom they were not fitted to, fold by fold of the people.

    constants: fitted to the other folds. cllr, least_cllr: the cost of the ratios in bits, and what it would be if only
    their order counted. error: mean difference of told and true odds, as probabilities.
    reliability: (told, true, weight) of the name that a roster's faces get. found: (looks, share of strangers who get
    any name, share of students who get theirs) if that share of strangers is allowed. accepted: at p of 0.9, (looks,
    students with their name, students with another's, strangers with any).
    """

    constants: tuple[Constants, ...]
    cllr: tuple[float, ...]
    least_cllr: tuple[float, ...]
    error: tuple[float, ...]
    reliability: tuple[tuple[float, float, float], ...]
    found: tuple[tuple[int, float, float], ...]
    accepted: tuple[tuple[int, float, float, float], ...]


class Made(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a calibration comes from. engine: its id. Of what was not fitted there is no proof."""

    command: str
    data: str
    day: date
    engine: str
    people: int
    faces: int
    several: Proof | None = None
    single: Proof | None = None


class Calibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers of an engine.

    center, spread: median and scaled median deviation of the cosines between faces and other people's templates in a
    hall; what holds until a hall has shown its own.
    several, single: a, b, c, d of the log likelihood ratio for templates of two photographs or more, and of one.
    most_looks: more different looks than this add no evidence: nothing beyond was measured.
    made: how it came about; nothing that is judged depends on it.
    """

    center: float
    spread: float
    several: Constants
    single: Constants
    most_looks: Annotated[int, msgspec.Meta(ge=1)] = 7
    made: Made | None = None

    def __post_init__(self) -> None:
        if not self.spread > 0:
            raise ValueError(f"spread must be above 0, got {self.spread}")

    def llr(self, s: ArrayLike, looks: ArrayLike, photos: ArrayLike) -> NDArray[np.float64]:
        """Return ln(P(score | same person) / P(score | another)) = (a + b L) s + c L + d.

        L = ln min(looks, most_looks). s: cosines in units of the hall, (cosine - center) / spread. looks: different
        looks averaged into the face, at least 1. photos: photographs in the template, at least 1. The three broadcast
        against each other.
        """
        import numpy as np  # takes a tenth of a second: who asks which engines are calibrated computes nothing

        several = np.asarray(photos)[..., None] >= 2
        a, b, c, d = np.moveaxis(np.where(several, self.several, self.single), -1, 0)
        length = np.log(np.clip(looks, 1, self.most_looks))
        llr: NDArray[np.float64] = (a + b * length) * np.asarray(s, np.float64) + c * length + d
        return llr


def calibration_file(engine: str, home: Path) -> Path:
    """Return where a site keeps its calibration of an engine; it may not exist."""
    return home / "engines" / engine / "calibration.toml"


def calibration_of(engine: str, home: Path | None = None) -> Calibration:
    """Read the calibration of an engine: the site's if it has one, else ours.

    engine: its name; or its id, and one that was fitted to another recipe of that name is refused.

    Raises:
        RefusedError: there is none, it cannot be read, or it is for another recipe.
    """
    name = engine.partition("@")[0]
    remedy = f"Run `naul calibrate --engine {name}`."
    for path in [*([calibration_file(name, home)] if home else []), FOLDER / f"{name}.toml"]:
        try:
            found = msgspec.convert(toml_values(path.read_text("utf-8")), Calibration)
        except FileNotFoundError:
            continue
        except (OSError, *UNREADABLE) as error:
            raise RefusedError(Text("{path}: {error}", path=path, error=error), remedy) from error
        if found.made and name != engine != found.made.engine:
            raise RefusedError(
                Text(
                    "{path}: it was fitted to {engine}, which is now {now}",
                    path=path,
                    engine=found.made.engine,
                    now=engine,
                ),
                remedy,
            )
        return found
    raise RefusedError(
        Text("the engine {name} is not calibrated: nobody knows what its similarities are worth", name=name), remedy
    )


def written(calibration: Calibration) -> str:
    """Return a calibration as the text of its file."""
    return "\n".join(_table(msgspec.to_builtins(calibration, builtin_types=(date,)), "")) + "\n"


def _table(table: Mapping[str, Any], name: str) -> list[str]:
    values = [f"{key} = {_value(value)}" for key, value in table.items() if not isinstance(value, dict | None)]
    tables = [(f"{name}.{key}" if name else key, value) for key, value in table.items() if isinstance(value, dict)]
    return values + [line for key, value in tables for line in ("", f"[{key}]", *_table(value, key))]


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        if value and isinstance(value[0], list | tuple):
            return "[\n" + "".join(f"    {_value(each)},\n" for each in value) + "]"
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # JSON's strings are TOML's but for this
