"""Write the JSON Schema of every message version: ``python -m schemas.generate``. A test holds them current."""

from pathlib import Path
from typing import Any

import msgspec

from schemas.messages import MESSAGES

__all__ = ["schemas"]

HERE = Path(__file__).parent


def schemas() -> dict[str, dict[str, Any]]:
    """Return file name -> JSON Schema of every message that a topic carries."""
    found = {}
    for kinds in MESSAGES.values():
        for kind in kinds:
            name = str(kind.__struct_config__.tag).replace("/", ".v")
            found[f"{name}.json"] = msgspec.json.schema(kind)
    return found


def write(folder: Path = HERE / "json") -> None:
    """Write them all."""
    folder.mkdir(exist_ok=True)
    for name, schema in schemas().items():
        text = msgspec.json.format(msgspec.json.encode(schema), indent=2)
        (folder / name).write_bytes(text + b"\n")


if __name__ == "__main__":
    write()
