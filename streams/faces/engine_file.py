"""An engine as a file: a short TOML names an ONNX detector or embedder and how it wants to be used.

What the file does not name is Naul's own: CenterFace finds, dlib's network embeds. See docs/engines.md.
"""

import hashlib
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from schemas.errors import RefusedError
from schemas.toml_file import toml_values
from schemas.translations import Text
from schemas.unreadable import UNREADABLE
from streams.faces.intake import Intake
from streams.faces.weights import Weight

__all__ = ["DetectorPart", "EmbedderPart", "EngineFile", "read_engine_file", "weight_of"]

Words: TypeAlias = Annotated[str, Meta(min_length=1)]
Sha256: TypeAlias = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class DetectorPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What finds faces. kind: how its answer is read. threshold: least score of a face."""

    kind: Literal["centerface", "yunet"]
    threshold: Annotated[float, Meta(gt=0, lt=1)]
    file: Words
    sha256: Sha256
    licence: Words
    source: Words


class EmbedderPart(Intake, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What makes numbers of faces."""

    file: Words
    sha256: Sha256
    licence: Words
    source: Words


class EngineFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. note: what somebody who is about to use it should know, such as what it was trained on."""

    name: Annotated[str, Meta(pattern="^[a-z][a-z0-9-]{0,39}$")]
    note: str = ""
    detector: DetectorPart | None = None
    embedder: EmbedderPart | None = None

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("it names neither a [detector] nor an [embedder]")
        if len({Path(each.file).name for each in self.parts}) < len(self.parts):
            raise ValueError("the files of [detector] and [embedder] have the same name; rename one")

    @property
    def parts(self) -> list[DetectorPart | EmbedderPart]:
        """Those that it names."""
        return [each for each in (self.detector, self.embedder) if each]


def read_engine_file(path: Path) -> EngineFile:
    """Read the file of an engine.

    Raises:
        RefusedError: it is missing, no TOML, or a key is unknown, missing or out of bounds.
    """
    try:
        return msgspec.convert(toml_values(path.read_text("utf-8")), EngineFile)
    except (OSError, *UNREADABLE) as error:
        why = str(error).replace("`$.", "`").replace(" - at `$`", "")
        raise RefusedError(
            Text("{path}: {why}", path=path, why=why), "docs/engines.md says what each key means, with examples."
        ) from error


def weight_of(part: DetectorPart | EmbedderPart, folder: Path) -> Weight:
    """Return the weights of a part. folder: of the file; weights that lie beside it win over a path to elsewhere."""
    beside = folder / Path(part.file).name
    path = beside if beside.exists() else folder / part.file
    return Weight(path=path, sha256=part.sha256, licence=part.licence, source=part.source)


def recipe_digest(*what: object) -> str:
    """Return eight hexadecimal digits that name all that decides which numbers a picture becomes."""
    return hashlib.sha256(msgspec.json.encode(what)).hexdigest()[:8]
